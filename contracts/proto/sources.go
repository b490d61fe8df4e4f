package proto

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/ast"
	"github.com/bufbuild/protocompile/parser"
	"github.com/bufbuild/protocompile/reporter"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/flowweir/weir/reports/finding"
)

const (
	maxFileBytes = 4 << 20
	maxAllBytes  = 32 << 20
	maxFiles     = 2000
	// maxBrackets bounds how deep brackets nest, comments and strings
	// counted along: messages nest at most 32 deep in Protobuf, and literals
	// of options are walked recursively by the compiler.
	maxBrackets = 500
)

// sources are the parsed files of a schema.
type sources struct {
	fsys  fs.FS
	roots []string // folders that imports are looked for in
	files map[string]*source
	order []*source // in the order of reading; the first is the schema's
	size  int
}

type source struct {
	name string // as imports write it
	file string // in the file system
	data []byte
	node *ast.FileNode
}

// readSources parses a file and all that it imports.
func readSources(fsys fs.FS, name string, importPaths []string) (*sources, error) {
	s := &sources{fsys: fsys, roots: roots(name, importPaths), files: map[string]*source{}}
	// The file itself first: its errors are the caller's, not an import's.
	var problems []Problem
	main, err := s.read(path.Clean(name), name, &problems)
	if err != nil {
		return nil, err
	}
	main.file = name
	for i := 0; i < len(s.order); i++ {
		s.readImports(s.order[i], &problems)
	}
	if len(problems) > 0 {
		return nil, s.sorted(problems)
	}
	return s, nil
}

// roots are the given import paths, the file's folder, and those above it
// for as long as the name tells them.
func roots(name string, importPaths []string) []string {
	var all []string
	for _, p := range importPaths {
		all = append(all, path.Clean(p))
	}
	for dir := path.Dir(path.Clean(name)); ; dir = path.Dir(dir) {
		if !slices.Contains(all, dir) {
			all = append(all, dir)
		}
		if dir == "." || dir == "/" || dir == ".." || strings.HasSuffix(dir, "/..") {
			return all
		}
	}
}

// read parses one file. Its error is that of the file system; what is wrong
// with the file's text goes to problems.
func (s *sources) read(name, file string, problems *[]Problem) (*source, error) {
	data, err := fs.ReadFile(s.fsys, file)
	if err != nil {
		return nil, err
	}
	f := &source{name: name, file: file, data: data, node: ast.NewEmptyFileNode(name)}
	s.files[name] = f
	s.order = append(s.order, f)
	s.size += len(data)
	switch {
	case len(data) > maxFileBytes || s.size > maxAllBytes:
		*problems = append(*problems, Problem{f.at(0), "the file is too large: a schema may have 4 MiB, with its imports 32 MiB", ""})
		return f, nil
	case !utf8.Valid(data):
		*problems = append(*problems, Problem{f.at(invalidUTF8(data)), "the file is not UTF-8", ""})
		return f, nil
	}
	if offset := tooDeep(data); offset >= 0 {
		*problems = append(*problems, Problem{f.at(offset), fmt.Sprintf("brackets nest deeper than %d", maxBrackets), ""})
		return f, nil
	}
	f.parse(s, problems)
	return f, nil
}

func (f *source) parse(s *sources, problems *[]Problem) {
	defer func() {
		if v := recover(); v != nil {
			*problems = append(*problems, Problem{f.at(0), fmt.Sprintf("the parser failed: %v", v), ""})
		}
	}()
	handler := reporter.NewHandler(reporter.NewReporter(func(err reporter.ErrorWithPos) error {
		*problems = append(*problems, s.problem(err))
		return nil
	}, nil))
	node, err := parser.Parse(f.name, bytes.NewReader(f.data), handler)
	if err != nil && !errors.Is(err, reporter.ErrInvalidSource) {
		*problems = append(*problems, Problem{f.at(0), fmt.Sprintf("cannot parse: %v", err), ""})
	}
	if node != nil {
		f.node = node
	}
}

func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(data)
}

// tooDeep is the offset of the bracket beyond the bound, or -1.
func tooDeep(data []byte) int {
	depth := 0
	for i, c := range data {
		switch c {
		case '{', '[', '<', '(':
			if depth++; depth > maxBrackets {
				return i
			}
		case '}', ']', '>', ')':
			depth = max(0, depth-1)
		}
	}
	return -1
}

// readImports reads the files that f imports and that are not read yet.
func (s *sources) readImports(f *source, problems *[]Problem) {
	for _, decl := range f.node.Decls {
		imported, ok := decl.(*ast.ImportNode)
		if !ok || imported.Name == nil {
			continue
		}
		name := imported.Name.AsString()
		if s.files[name] != nil || builtIn(name) {
			continue
		}
		if message, hint := s.readImport(name, problems); message != "" {
			at := f.at(f.node.NodeInfo(imported.Name).Start().Offset)
			*problems = append(*problems, Problem{at, message, hint})
		}
	}
}

// readImport says what is wrong with an import, or "".
func (s *sources) readImport(name string, problems *[]Problem) (message, hint string) {
	if path.Clean(name) != name || path.IsAbs(name) || strings.HasPrefix(name, "../") || strings.Contains(name, `\`) {
		return fmt.Sprintf("the import %q is not a plain path", name), `write it with "/" from a folder that imports are looked for in`
	}
	if len(s.order) >= maxFiles {
		return fmt.Sprintf("a schema may have %d files", maxFiles), ""
	}
	for _, root := range s.roots {
		file := path.Join(root, name)
		if info, err := fs.Stat(s.fsys, file); err != nil || !info.Mode().IsRegular() {
			continue
		}
		for _, other := range s.order {
			if path.Clean(other.file) == file {
				return fmt.Sprintf("%s is imported as %q and read as %q", file, name, other.name), "give it one name, from the same folder"
			}
		}
		if _, err := s.read(name, file, problems); err != nil {
			return fmt.Sprintf("cannot read %s: %v", file, err), ""
		}
		return "", ""
	}
	return fmt.Sprintf("there is no file %s", name), "looked in " + strings.Join(s.roots, ", ")
}

// builtIn reports whether the compiler brings the file along.
func builtIn(name string) bool {
	none := protocompile.ResolverFunc(func(string) (protocompile.SearchResult, error) {
		return protocompile.SearchResult{}, protoregistry.NotFound
	})
	_, err := protocompile.WithStandardImports(none).FindFileByPath(name)
	return err == nil
}

// problem is an error of the compiler with its place in our files.
func (s *sources) problem(err reporter.ErrorWithPos) Problem {
	pos := err.GetPosition()
	message := strings.TrimPrefix(err.Unwrap().Error(), "syntax error: ")
	f := s.files[pos.Filename]
	if f == nil {
		return Problem{finding.Position{File: pos.Filename, Line: pos.Line, Column: pos.Col}, message, ""}
	}
	if pos.Line == 0 {
		return Problem{finding.Position{File: f.file}, message, ""}
	}
	return Problem{f.at(pos.Offset), message, ""}
}

// at is the position of a byte.
func (f *source) at(offset int) finding.Position {
	offset = min(offset, len(f.data))
	start := bytes.LastIndexByte(f.data[:offset], '\n') + 1
	return finding.Position{
		File:   f.file,
		Line:   bytes.Count(f.data[:start], []byte("\n")) + 1,
		Column: offset - start + 1,
		Source: line(f.data[start:]),
	}
}

func line(data []byte) string {
	if end := bytes.IndexByte(data, '\n'); end >= 0 {
		data = data[:end]
	}
	return string(bytes.TrimSuffix(data, []byte("\r")))
}

// position is where a descriptor is declared; a part of a built-in file has
// only a file.
func (s *Schema) position(d protoreflect.Descriptor) finding.Position {
	fd := d.ParentFile()
	f := s.sources.files[fd.Path()]
	if f == nil {
		return finding.Position{File: fd.Path()}
	}
	if _, ok := d.(protoreflect.FileDescriptor); ok {
		return f.packagePosition(fd)
	}
	// Map entries and what is in them are not written; their field is.
	for {
		if m, ok := d.(protoreflect.MessageDescriptor); ok && m.IsMapEntry() {
			d = mapField(m)
		}
		location := fd.SourceLocations().ByDescriptor(d)
		if len(location.Path) > 0 {
			return f.atColumn(location.StartLine, location.StartColumn)
		}
		if d = d.Parent(); d == nil || d == protoreflect.Descriptor(fd) {
			return finding.Position{File: f.file}
		}
	}
}

// packagePosition is where the file names its package, which is where its
// messages would be added to; its start where it has none.
func (f *source) packagePosition(fd protoreflect.FileDescriptor) finding.Position {
	const packageTag = 2 // of FileDescriptorProto
	if at := fd.SourceLocations().ByPath(protoreflect.SourcePath{packageTag}); len(at.Path) > 0 {
		return f.atColumn(at.StartLine, at.StartColumn)
	}
	return f.at(0)
}

// mapField is the field that a map entry was made for.
func mapField(entry protoreflect.MessageDescriptor) protoreflect.Descriptor {
	if parent, ok := entry.Parent().(protoreflect.MessageDescriptor); ok {
		for i := range parent.Fields().Len() {
			if f := parent.Fields().Get(i); f.Message() != nil && f.Message().FullName() == entry.FullName() {
				return f
			}
		}
	}
	return entry
}

// atColumn is the position of a line and a column, both from 0, where the
// column counts characters and a tab leads to the next multiple of 8, as
// source info has it.
func (f *source) atColumn(lineNumber, column int) finding.Position {
	data := f.data
	for range lineNumber {
		_, data, _ = bytes.Cut(data, []byte("\n"))
	}
	text := line(data)
	offset := len(text)
	for i, col := 0, 0; i < len(text); {
		if col >= column {
			offset = i
			break
		}
		if text[i] == '\t' {
			col += 8 - col%8
			i++
			continue
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		col, i = col+1, i+size
	}
	return finding.Position{File: f.file, Line: lineNumber + 1, Column: offset + 1, Source: text}
}
