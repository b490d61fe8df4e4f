package asyncapi

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// reader reads the files of one document.
type reader struct {
	mu sync.Mutex // held while a schema is rendered on demand

	fsys     fs.FS
	main     string // the file that was asked for
	files    map[string]*file
	places   map[*document.Node]source
	findings []finding.Finding
	// merged are objects with their traits, by the object's own node.
	merged map[*document.Node]*document.Node
	// reported and checked are references that were complained of, and nodes
	// of other files that were held against AsyncAPI's schema.
	reported, checked map[*document.Node]bool
	// referenced are the nodes that references lead to.
	referenced map[*document.Node]bool
	structure  *structure
}

func newReader(fsys fs.FS, main string) *reader {
	return &reader{
		fsys: fsys, main: main,
		files:      map[string]*file{},
		places:     map[*document.Node]source{},
		merged:     map[*document.Node]*document.Node{},
		reported:   map[*document.Node]bool{},
		checked:    map[*document.Node]bool{},
		referenced: map[*document.Node]bool{},
	}
}

func (r *reader) report(severity finding.Severity, id string, at *finding.Position, message, hint string, related ...finding.Related) {
	r.findings = append(r.findings, finding.Finding{
		ID: id, Severity: severity, Message: message, Position: at, Hint: hint, Related: related,
	})
}

// at is the position of a node.
func (r *reader) at(n *document.Node) *finding.Position {
	if n == nil {
		return nil
	}
	if place, ok := r.places[n]; ok {
		return place.file.position(n)
	}
	return &finding.Position{File: r.main}
}

// reference is the $ref of a Reference Object, nil if n is none.
func reference(n *document.Node) *document.Node {
	if ref := get(n, "$ref"); ref != nil && ref.Kind == document.Scalar {
		return ref
	}
	return nil
}

// resolve follows references to what they stand for. kind, where it is not
// empty, is the definition of AsyncAPI's schema that a node of another file
// must keep. It is nil where a reference leads to nothing, which is reported.
func (r *reader) resolve(n *document.Node, kind string) *document.Node {
	first := reference(n)
	for range maxHops {
		ref := reference(n)
		if ref == nil {
			if first != nil {
				r.checkForeign(n, kind)
			}
			return n
		}
		if n = r.follow(ref); n == nil {
			return nil
		}
	}
	r.complain(first, "the reference leads in a circle", "let one of them be the object itself")
	return nil
}

// follow is one step: what a $ref names.
func (r *reader) follow(ref *document.Node) *document.Node {
	place, ok := r.places[ref]
	if !ok {
		return nil
	}
	target, problem, hint := r.target(ref.Text, place.file)
	if target == nil {
		r.complain(ref, problem, hint)
		return nil
	}
	r.referenced[target] = true
	return target
}

// complain reports a reference once.
func (r *reader) complain(ref *document.Node, message, hint string) {
	if !r.reported[ref] {
		r.reported[ref] = true
		r.report(finding.Error, BadReference, r.at(ref), message, hint)
	}
}

// target is what the text of a reference in a file leads to, or what is wrong
// with it.
func (r *reader) target(text string, from *file) (target *document.Node, problem, hint string) {
	name, fragment, _ := strings.Cut(text, "#")
	in := from
	if name != "" {
		u, err := url.Parse(name)
		switch {
		case err != nil:
			return nil, fmt.Sprintf("%q is no reference", text), ""
		case u.Scheme != "" || u.Host != "":
			return nil, fmt.Sprintf("%s is not a file here, and references are never fetched", name),
				"keep a copy beside this document and refer to it by its relative path"
		case path.IsAbs(u.Path):
			return nil, fmt.Sprintf("%s is an absolute path", name), "refer to it by its path relative to this file"
		}
		resolved := path.Join(path.Dir(from.name), u.Path)
		if in, err = r.open(resolved); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Sprintf("there is no file %s", resolved), ""
			}
			return nil, fmt.Sprintf("cannot read %s: %v", resolved, err), ""
		}
	}
	if in.root == nil {
		return nil, fmt.Sprintf("%s cannot be read", in.name), ""
	}
	return find(in, fragment)
}

// find is the node that a fragment names in a file.
func find(in *file, fragment string) (target *document.Node, problem, hint string) {
	pointer, err := url.PathUnescape(fragment)
	if err != nil || pointer != "" && !strings.HasPrefix(pointer, "/") {
		return nil, fmt.Sprintf("%q is no JSON Pointer", "#"+fragment), "write #/components/..."
	}
	n := in.root
	if pointer == "" {
		return n, "", ""
	}
	for token := range strings.SplitSeq(pointer[1:], "/") {
		below, names := step(n, unescape(token))
		if below == nil {
			return nil, fmt.Sprintf("the reference leads to nothing: %s has no %q", in.name, "#"+pointer), document.Suggest(unescape(token), names)
		}
		n = below
	}
	return n, "", ""
}

// step goes down by one token; names are what could have been meant.
func step(n *document.Node, token string) (below *document.Node, names []string) {
	switch n.Kind {
	case document.Mapping:
		for _, entry := range n.Entries {
			names = append(names, entry.Key.Text)
		}
		return n.Field(token), names
	case document.Sequence:
		if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(n.Items) {
			return n.Items[i], nil
		}
	}
	return nil, nil
}
