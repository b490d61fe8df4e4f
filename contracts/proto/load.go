package proto

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/parser"
	"github.com/bufbuild/protocompile/protoutil"
	"github.com/bufbuild/protocompile/reporter"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// Option changes how a schema is loaded.
type Option interface{ apply(*config) }

type config struct {
	messages    []string
	importPaths []string
}

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// Message chooses the message of the events by its full name, such as
// "acme.order.OrderPlaced", overriding the default: the first message of the
// file, as in Confluent's registry. It may stand in an imported file. Of several
// names, which it has in several versions, the first that is there counts.
func Message(fullNames ...string) Option {
	return optionFunc(func(c *config) { c.messages = fullNames })
}

// ImportPaths adds folders of the file system that imports are looked for
// in, before the schema's own folder and its parents.
func ImportPaths(dirs ...string) Option {
	return optionFunc(func(c *config) { c.importPaths = append(c.importPaths, dirs...) })
}

// Load compiles a .proto file and every file that it imports. An import is
// looked for in the import paths, then beside the file, then in each folder
// above it; the files of google/protobuf are built in.
//
// The error is an *Error with every position, or that of fsys for a file that
// cannot be read. A file may have 4 MiB, all together 32 MiB.
func Load(fsys fs.FS, name string, options ...Option) (*Schema, error) {
	var cfg config
	for _, o := range options {
		o.apply(&cfg)
	}
	src, err := readSources(fsys, name, cfg.importPaths)
	if err != nil {
		return nil, err
	}
	fd, err := src.compile()
	if err != nil {
		return nil, err
	}
	s := &Schema{file: name, named: len(cfg.messages) > 0, sources: src}
	if err := s.register(fd); err != nil {
		return nil, src.fail(finding.Position{File: name}, "", "%v", err)
	}
	if s.message, err = s.choose(cfg.messages); err != nil {
		return nil, err
	}
	return s, nil
}

// maxProblems bounds what is reported of one schema.
const maxProblems = 100

// compile links the parsed files. The compiler checks a file by itself before
// it looks at names, and stops there; so after a failure it goes on once more
// without that check, for the problems that are left.
func (s *sources) compile() (protoreflect.FileDescriptor, error) {
	fd, problems, err := s.link(func(f *source) protocompile.SearchResult {
		return protocompile.SearchResult{AST: f.node}
	})
	if err == nil {
		return fd, nil
	}
	if len(problems) == 0 {
		return nil, s.fail(finding.Position{File: s.order[0].file}, "", "cannot compile: %v", err)
	}
	_, more, _ := s.link(func(f *source) protocompile.SearchResult {
		silent := reporter.NewHandler(reporter.NewReporter(func(reporter.ErrorWithPos) error { return nil }, nil))
		if result, err := parser.ResultFromAST(f.node, false, silent); err == nil {
			return protocompile.SearchResult{ParseResult: result}
		}
		return protocompile.SearchResult{AST: f.node}
	})
	return nil, s.sorted(append(problems, more...))
}

// link runs the compiler. The files are compiled one after the other, so that
// problems come in the same order each time.
func (s *sources) link(parsed func(*source) protocompile.SearchResult) (protoreflect.FileDescriptor, []Problem, error) {
	var problems []Problem
	report := func(err reporter.ErrorWithPos) error {
		problems = append(problems, s.problem(err))
		return nil
	}
	compiler := protocompile.Compiler{
		Resolver: protocompile.WithStandardImports(protocompile.ResolverFunc(func(name string) (protocompile.SearchResult, error) {
			if f := s.files[name]; f != nil {
				return parsed(f), nil
			}
			return protocompile.SearchResult{}, protoregistry.NotFound
		})),
		MaxParallelism: 1,
		Reporter:       reporter.NewReporter(report, nil),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	files, err := compiler.Compile(context.Background(), s.order[0].name)
	if err == nil {
		return files[0], nil, nil
	}
	if withPos := reporter.ErrorWithPos(nil); errors.As(err, &withPos) {
		problems = append(problems, s.problem(withPos))
	}
	return nil, problems, err
}

// sorted orders problems by file, as they were read, and place.
func (s *sources) sorted(problems []Problem) *Error {
	rank := map[string]int{}
	for i, f := range s.order {
		rank[f.file] = i
	}
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(rank[a.Position.File], rank[b.Position.File]),
			cmp.Compare(a.Position.Line, b.Position.Line),
			cmp.Compare(a.Position.Column, b.Position.Column),
			cmp.Compare(a.Message, b.Message),
		)
	})
	problems = slices.Compact(problems)
	return &Error{problems[:min(len(problems), maxProblems)]}
}

func (s *sources) fail(at finding.Position, hint, format string, args ...any) *Error {
	return &Error{[]Problem{{at, fmt.Sprintf(format, args...), hint}}}
}

// register makes the descriptors of the Protobuf library itself out of the
// compiler's, whose own lack some of what editions say, and collects the
// extensions.
func (s *Schema) register(compiled protoreflect.FileDescriptor) error {
	var files protoregistry.Files
	s.extensions = map[protoreflect.FullName][]protoreflect.FieldDescriptor{}
	main, err := s.registerFile(compiled, &files)
	if err != nil {
		return err
	}
	s.main, s.types = main, dynamicpb.NewTypes(&files)
	for _, xs := range s.extensions {
		slices.SortFunc(xs, func(a, b protoreflect.FieldDescriptor) int { return cmp.Compare(a.Number(), b.Number()) })
	}
	return nil
}

// registerFile adds a file after its imports.
func (s *Schema) registerFile(compiled protoreflect.FileDescriptor, files *protoregistry.Files) (protoreflect.FileDescriptor, error) {
	if fd, err := files.FindFileByPath(compiled.Path()); err == nil {
		return fd, nil
	}
	for i := range compiled.Imports().Len() {
		if _, err := s.registerFile(compiled.Imports().Get(i).FileDescriptor, files); err != nil {
			return nil, err
		}
	}
	fd, err := protoregistry.GlobalFiles.FindFileByPath(compiled.Path())
	if err != nil || s.sources.files[compiled.Path()] != nil {
		if fd, err = protodesc.NewFile(protoutil.ProtoFromFileDescriptor(compiled), files); err != nil {
			return nil, err
		}
	}
	if err := files.RegisterFile(fd); err != nil {
		return nil, err
	}
	s.addExtensions(fd.Extensions())
	s.addNestedExtensions(fd.Messages())
	return fd, nil
}

func (s *Schema) addExtensions(xs protoreflect.ExtensionDescriptors) {
	for i := range xs.Len() {
		extended := xs.Get(i).ContainingMessage().FullName()
		x := dynamicpb.NewExtensionType(xs.Get(i)).TypeDescriptor()
		s.extensions[extended] = append(s.extensions[extended], x)
	}
}

func (s *Schema) addNestedExtensions(ms protoreflect.MessageDescriptors) {
	for i := range ms.Len() {
		s.addExtensions(ms.Get(i).Extensions())
		s.addNestedExtensions(ms.Get(i).Messages())
	}
}

// choose finds the message by the first of its names that is there; without a
// name it is the first of the file.
func (s *Schema) choose(names []string) (protoreflect.MessageDescriptor, error) {
	all := s.main.Messages()
	at := finding.Position{File: s.file, Line: 1, Column: 1}
	switch {
	case len(names) == 0 && all.Len() == 0:
		return nil, s.sources.fail(at, "", "the file declares no message")
	case len(names) == 0:
		return all.Get(0), nil
	}
	for _, name := range names {
		if m := s.find(protoreflect.FullName(name)); m != nil {
			return m, nil
		}
	}
	var declared []string
	for i := range all.Len() {
		declared = append(declared, string(all.Get(i).FullName()))
	}
	hint := "it declares none"
	if len(declared) > 0 {
		hint = "it declares " + strings.Join(declared[:min(len(declared), 10)], ", ")
	}
	if nearest := document.Nearest(names[0], declared); nearest != "" {
		at, hint = s.position(s.find(protoreflect.FullName(nearest))), fmt.Sprintf("did you mean %s?", nearest)
	}
	return nil, s.sources.fail(at, hint, "no message %s is here", strings.Join(names, " or "))
}

// find looks a message up by its full name in all files; nil without one.
func (s *Schema) find(name protoreflect.FullName) protoreflect.MessageDescriptor {
	t, err := s.types.FindMessageByName(name)
	if err != nil || t.Descriptor().IsMapEntry() {
		return nil
	}
	return t.Descriptor()
}
