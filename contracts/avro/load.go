package avro

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sync"

	codec "github.com/twmb/avro"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/reports/finding"
)

// Source is the text of a schema with the name by which problems are placed.
type Source struct {
	Name string
	Text []byte
}

// Load reads a schema by slash-separated path in fsys. Named types that the
// file does not define come from the references, further files in any order,
// as those of a subject in a schema registry.
//
// The error is an *Error with every problem, or that of fsys for a file that
// cannot be read.
func Load(fsys fs.FS, name string, references ...string) (*Schema, error) {
	var sources []Source
	for _, file := range append([]string{name}, references...) {
		if ext := path.Ext(file); ext == ".avdl" || ext == ".avpr" {
			return nil, &Error{Problems: []Problem{{
				Position: finding.Position{File: file}, Message: "Avro IDL and protocols are not read",
				Hint: "make .avsc files of it with avro-tools idl2schemata and name these",
			}}}
		}
		text, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, err
		}
		sources = append(sources, Source{file, text})
	}
	return Parse(sources[0], sources[1:]...)
}

// Parse is Load for texts that are at hand. Its error is always an *Error.
func Parse(main Source, references ...Source) (*Schema, error) {
	p := &parser{names: map[string]*node{}, declaredAt: map[*node]site{}}
	for _, source := range append([]Source{main}, references...) {
		doc, err := jsonschema.ParseDocument(source.Name, source.Text)
		if err != nil {
			p.failed(err)
			continue
		}
		p.files = append(p.files, doc)
	}
	if len(p.problems) > 0 {
		return nil, &Error{Problems: p.problems}
	}
	p.order = slices.Clone(p.files)
	root := p.file(0)
	for p.more(0) {
	}
	p.settle()
	if len(p.problems) > 0 {
		p.sort()
		return nil, &Error{Problems: p.problems}
	}
	return &Schema{
		file: main.Name, root: root,
		codec: sync.OnceValues(func() (*codec.Schema, error) { return codec.Parse(string(bare(root.node))) }),
	}, nil
}

// parser turns documents into types.
type parser struct {
	order []*jsonschema.Document // the main file, then the references
	files []*jsonschema.Document // those that are not parsed yet
	names map[string]*node
	// declaredAt are the definitions, for problems about them.
	declaredAt map[*node]site
	nodes      []*node
	unresolved []unresolved
	defaults   []*fieldDefault
	problems   []Problem
}

// unresolved is a name that no definition before it gives.
type unresolved struct {
	at        site
	name      string
	namespace string
}

func (p *parser) failed(err error) {
	var invalid *Error
	if errors.As(err, &invalid) {
		p.problems = append(p.problems, invalid.Problems...)
	}
}

func (p *parser) fail(at site, hint, format string, args ...any) {
	p.problems = append(p.problems, Problem{Position: at.position(""), Message: fmt.Sprintf(format, args...), Hint: hint})
}

// file parses one of the files that are left.
func (p *parser) file(i int) use {
	doc := p.files[i]
	p.files = slices.Delete(p.files, i, i+1)
	return p.schema(site{doc: doc}, doc.Value(), scope{})
}

// more parses the next reference, if one is left, inside of what is parsed.
func (p *parser) more(depth int) bool {
	if len(p.files) == 0 {
		return false
	}
	doc := p.files[0]
	p.files = p.files[1:]
	p.schema(site{doc: doc}, doc.Value(), scope{depth: depth})
	return true
}

// settle judges what can only be judged when all types are known.
func (p *parser) settle() {
	for _, u := range p.unresolved {
		switch n := p.lookup(u.name, u.namespace); {
		case n != nil:
			p.fail(u.at, "define it where it is used first", "%q is used before it is defined", u.name)
		default:
			p.fail(u.at, p.hint(u.name), "there is no type %q here or in the references", u.name)
		}
	}
	if len(p.problems) == 0 {
		p.measure()
		p.checkDefaults()
	}
}

// complexTypes are the names that only a definition can have as its type.
var complexTypes = []kind{recordKind, enumKind, arrayKind, mapKind, fixedKind, unionKind}

// hint is the next step for a name that is unknown.
func (p *parser) hint(name string) string {
	var known []string
	for _, k := range slices.Concat(primitives, complexTypes) {
		known = append(known, string(k))
	}
	if slices.Contains(known, name) {
		return fmt.Sprintf(`write the definition as a type of its own: "type": {"type": %q, ...}`, name)
	}
	for defined := range p.names {
		known = append(known, defined)
	}
	if nearest := document.Nearest(name, known); nearest != "" {
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	return "define it, or give the file that defines it as a reference"
}

// sort orders problems by file, as given, and by place.
func (p *parser) sort() {
	rank := map[string]int{}
	for i, doc := range slices.Backward(p.order) {
		rank[doc.File()] = i
	}
	slices.SortStableFunc(p.problems, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(rank[a.Position.File], rank[b.Position.File]),
			cmp.Compare(a.Position.Line, b.Position.Line),
			cmp.Compare(a.Position.Column, b.Position.Column),
		)
	})
}
