package asyncapi

import (
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	js "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// Versions are the versions of AsyncAPI that are read and written, the
// preferred one last.
func Versions() []string { return []string{"3.0.0", "3.1.0"} }

//go:embed schema/*.json.gz
var published embed.FS

// structure is the JSON Schema of one version of AsyncAPI.
type structure struct {
	version string
	mu      sync.Mutex
	source  *js.Compiler
	kinds   map[string]*js.Schema
}

// structures are those of all Versions; they compile once for a process.
var structures = map[string]*structure{
	"3.0.0": {version: "3.0.0", kinds: map[string]*js.Schema{}},
	"3.1.0": {version: "3.1.0", kinds: map[string]*js.Schema{}},
}

// of is the schema of a kind of object, such as operation; "" is that of a
// whole document. It is compiled on first use.
func (s *structure) of(kind string) (*js.Schema, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.kinds[kind]; ok {
		return known, nil
	}
	const base = "weir:asyncapi"
	if s.source == nil {
		packed, err := published.Open("schema/" + s.version + ".json.gz")
		if err != nil {
			return nil, err
		}
		plain, err := gzip.NewReader(packed)
		if err != nil {
			return nil, err
		}
		doc, err := js.UnmarshalJSON(plain)
		if err != nil {
			return nil, err
		}
		s.source = js.NewCompiler()
		if err := s.source.AddResource(base, doc); err != nil {
			return nil, err
		}
	}
	location := base
	if kind != "" {
		location += "#/definitions/" + strings.ReplaceAll("http://asyncapi.com/definitions/"+s.version+"/"+kind+".json", "/", "~1")
	}
	compiled, err := s.source.Compile(location)
	if err != nil {
		return nil, err
	}
	s.kinds[kind] = compiled
	return compiled, nil
}

// check holds a node against AsyncAPI's schema of its kind.
func (r *reader) check(n *document.Node, kind string) {
	schema, err := r.structure.of(kind)
	if err != nil {
		r.report(finding.Error, BadStructure, r.at(n), fmt.Sprintf("AsyncAPI's own schema cannot be used: %v", err), "")
		return
	}
	var invalid *js.ValidationError
	if err := schema.Validate(value(n)); errors.As(err, &invalid) {
		c := complaints{reader: r, root: n, said: map[string]bool{}}
		c.add(invalid)
	}
}

// checkForeign checks what a reference found outside of the document's own
// file, which is checked as a whole.
func (r *reader) checkForeign(n *document.Node, kind string) {
	place, ok := r.places[n]
	if kind == "" || !ok || place.file.name == r.main || r.checked[n] {
		return
	}
	r.checked[n] = true
	r.check(n, kind)
}

// complaints turns the validator's tree of errors into findings.
type complaints struct {
	*reader
	root *document.Node
	said map[string]bool
}

// add reports the leaves of an error. Of alternatives it follows the one that
// was meant: AsyncAPI allows a reference nearly everywhere, and who wrote
// none does not want to hear that $ref is missing.
func (c *complaints) add(e *js.ValidationError) {
	switch k := e.ErrorKind.(type) {
	case *kind.OneOf:
		if len(k.Subschemas) > 0 {
			break
		}
		if meant := c.meant(e); meant != nil {
			c.add(meant)
			return
		}
	case *kind.AnyOf:
		if meant := c.meant(e); meant != nil {
			c.add(meant)
			return
		}
	case *kind.Required:
		for _, name := range k.Missing {
			c.say(e.InstanceLocation, false, fmt.Sprintf("%s needs the field %s", c.called(e.InstanceLocation), name), "")
		}
		return
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			hint := document.Suggest(name, c.structure.properties(e.SchemaURL))
			c.say(append(slices.Clone(e.InstanceLocation), name), true,
				fmt.Sprintf("%s has no field %q", c.called(e.InstanceLocation), name), or(hint, "extensions begin with x-"))
		}
		return
	}
	if len(e.Causes) > 0 {
		for _, cause := range e.Causes {
			c.add(cause)
		}
		return
	}
	c.say(e.InstanceLocation, false, c.called(e.InstanceLocation)+": "+e.ErrorKind.LocalizedString(english), "")
}

var english = message.NewPrinter(language.English)

// meant is the alternative that was meant: a reference where the document has
// one and else not, then the one with the fewest values of another kind, then
// the one whose problems lie deepest.
func (c *complaints) meant(e *js.ValidationError) *js.ValidationError {
	wantReference := reference(c.node(e.InstanceLocation)) != nil
	var best *js.ValidationError
	var bestScore [2]int
	for _, cause := range e.Causes {
		if isReference(cause) != wantReference && len(e.Causes) > 1 {
			continue
		}
		score := [2]int{-mismatches(cause, len(e.InstanceLocation)+1), deepest(cause)}
		if best == nil || slices.Compare(score[:], bestScore[:]) > 0 {
			best, bestScore = cause, score
		}
	}
	return best
}

// isReference says whether an alternative is AsyncAPI's Reference Object.
func isReference(e *js.ValidationError) bool {
	if k, ok := e.ErrorKind.(*kind.Reference); ok {
		return strings.Contains(k.URL, "Reference.json")
	}
	return strings.Contains(e.SchemaURL, "Reference.json")
}

// mismatches counts the values, down to a depth, that tell alternatives
// apart: those of another type or of none of the expected ones.
func mismatches(e *js.ValidationError, depth int) int {
	if len(e.InstanceLocation) > depth {
		return 0
	}
	n := 0
	switch e.ErrorKind.(type) {
	case *kind.Type, *kind.Const, *kind.Enum:
		n = 1
	}
	for _, cause := range e.Causes {
		n += mismatches(cause, depth)
	}
	return n
}

func deepest(e *js.ValidationError) int {
	d := len(e.InstanceLocation)
	for _, cause := range e.Causes {
		d = max(d, deepest(cause))
	}
	return d
}

// node is the value at a location of the checked node, or the nearest that
// encloses it.
func (c *complaints) node(location []string) *document.Node {
	n := c.root
	for _, token := range location {
		below, _ := step(n, token)
		if below == nil {
			return n
		}
		n = below
	}
	return n
}

// say reports a problem once, at the value or at its key.
func (c *complaints) say(location []string, atKey bool, message, hint string) {
	n := c.node(location)
	if atKey && len(location) > 0 {
		last := location[len(location)-1]
		for _, entry := range c.node(location[:len(location)-1]).Entries {
			if entry.Key.Text == last {
				n = entry.Key
			}
		}
	}
	at := c.at(n)
	key := at.String() + message
	if c.said[key] {
		return
	}
	c.said[key] = true
	c.report(finding.Error, BadStructure, at, message, hint)
}

// called is what messages call a value: the last names that lead to it.
func (c *complaints) called(location []string) string {
	if place, ok := c.places[c.root]; ok && place.pointer != "" {
		above := strings.Split(place.pointer[1:], "/")
		location = append(above, location...)
	}
	if len(location) == 0 {
		return "the document"
	}
	return strings.Join(location[max(0, len(location)-2):], ".")
}

// properties are the names that a subschema knows.
func (s *structure) properties(location string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	schema, err := s.source.Compile(location)
	if err != nil {
		return nil // there is no such hint, then
	}
	return sortedKeys(schema.Properties)
}
