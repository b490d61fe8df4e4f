package proto

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Same reports whether two schemas are one: the same message in files whose
// descriptors are equal, and so are those of all files that they import.
// Comments, and what the schema's own file is called, are not in them.
func Same(a, b *Schema) bool {
	return a.MessageName() == b.MessageName() && sameFile(a.main, b.main, map[string]bool{})
}

// sameFile compares files, of which those that were compared are known by the
// names by which both import them.
func sameFile(a, b protoreflect.FileDescriptor, compared map[string]bool) bool {
	x, y := protodesc.ToFileDescriptorProto(a), protodesc.ToFileDescriptorProto(b)
	x.Name, y.Name = nil, nil
	x.SourceCodeInfo, y.SourceCodeInfo = nil, nil
	if !proto.Equal(x, y) {
		return false
	}
	for i := range a.Imports().Len() { // as many as b has, of the same names
		imported := a.Imports().Get(i)
		if compared[imported.Path()] {
			continue
		}
		compared[imported.Path()] = true
		if !sameFile(imported.FileDescriptor, b.Imports().Get(i).FileDescriptor, compared) {
			return false
		}
	}
	return true
}
