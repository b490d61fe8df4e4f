package schema

import (
	"encoding/json"
	"io/fs"
	"path"
	"strings"

	"github.com/flowweir/weir/contracts"
)

// Declared is a schema's file with all that a contract says about how it is
// read. It is comparable: what is equal needs to be loaded once.
type Declared struct {
	// File is a path in the file system of the contract.
	File string
	// Format is jsonschema, avro or protobuf.
	Format string
	// Message is the full name of the message that is meant, for Protobuf; ""
	// for the file's first.
	Message string

	formats, encoding       string
	references, importPaths string // the paths, each after a NUL
}

// DeclaredBy is the file of one of a contract's schemas. The schema is one of
// a file, not of a registry; its message counts for Protobuf alone.
func DeclaredBy(c *contracts.Contract, s *contracts.Schema, message string) Declared {
	d := declared(s, message, c.Resolve)
	d.File = c.Resolve(s.File)
	return d
}

// Registered is a schema of a registry, in the folder that holds it with all
// that it refers to.
func Registered(s *contracts.Schema, file, message string) Declared {
	d := declared(s, message, path.Clean)
	d.File, d.importPaths = file, "\x00"+path.Dir(file)
	return d
}

func declared(s *contracts.Schema, message string, resolve func(string) string) Declared {
	d := Declared{Format: s.Format, formats: s.Formats, encoding: s.Encoding}
	if s.Format == contracts.FormatProtobuf {
		d.Message = message
	}
	for _, file := range s.References {
		d.references += "\x00" + resolve(file)
	}
	for _, dir := range s.ImportPaths {
		d.importPaths += "\x00" + resolve(dir)
	}
	return d
}

// Kept is the same schema as a version that was published with all files that
// it refers to: file within the folder root of fsys. A folder that has the
// version in one file has nothing that belongs to it.
func (d Declared) Kept(fsys fs.FS, file, root string) Declared {
	if _, err := fs.Stat(fsys, path.Join(root, mainFile)); err != nil {
		d.File, d.references, d.importPaths = file, "", "\x00"+root
		return d
	}
	return d.Alone(fsys, file, root)
}

// mainFile, in the folder of a version, has the path of its schema; see package
// history.
const mainFile = "main"

// hasID reports whether a JSON Schema can be referred to by its $id.
func hasID(fsys fs.FS, file string) bool {
	text, err := fs.ReadFile(fsys, file)
	var identified struct {
		ID string `json:"$id"`
	}
	return err == nil && json.Unmarshal(text, &identified) == nil && strings.Contains(identified.ID, "://")
}

// Alone is the same schema with all files that it refers to in the folder root
// and nothing else there: every file is a reference, and imports begin at every
// folder, at root first. What cannot be read of it, the schema will miss.
func (d Declared) Alone(fsys fs.FS, file, root string) Declared {
	d.File, d.references, d.importPaths = file, "", "\x00"+root
	_ = fs.WalkDir(fsys, root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || name == root || name == file || name == path.Join(root, mainFile):
		case entry.IsDir():
			d.importPaths += "\x00" + name
		case d.Format == contracts.FormatAvro || d.Format == contracts.FormatJSONSchema && hasID(fsys, name):
			d.references += "\x00" + name
		}
		return nil
	})
	return d
}

// Options say how the file is read.
func (d Declared) Options() Options {
	return Options{
		Message: d.Message, AssertFormat: d.formats == contracts.FormatsAssert, Encoding: d.encoding,
		References: paths(d.references), ImportPaths: paths(d.importPaths),
	}
}

func paths(joined string) []string {
	if joined == "" {
		return nil
	}
	return strings.Split(joined[1:], "\x00")
}

// Load reads the schema; see [Load].
func (d Declared) Load(fsys fs.FS) (*Schema, error) {
	return Load(fsys, d.File, d.Format, d.Options())
}
