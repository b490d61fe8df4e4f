package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/reports/finding"
)

// Recording says whether examples are made of what was seen.
type Recording string

// The ways of recording. Shapes takes which fields there are, and generates
// their values; Values takes an observed event as it is.
const (
	Nothing Recording = ""
	Shapes  Recording = "shapes"
	Values  Recording = "values"
)

// Example is an event for the examples of a contract.
type Example struct {
	Event string
	// File is where it goes: a file that the contract names and that is not
	// there, else the one beside it that check/examples-missing
	// proposes.
	File string
	// Named says whether the contract names the file.
	Named bool
	// Content is JSON text.
	Content []byte
	// Seen is how many events it has the shape of.
	Seen int
}

// ErrThere says that an example was not written over what is there.
var ErrThere = errors.New("it is there already and was not written over")

// Write writes the file as a whole or not at all. One that exists stays, and
// is an ErrThere.
func (e Example) Write() error {
	if err := os.MkdirAll(filepath.Dir(e.File), 0o777); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(e.File), ".example-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary.Name()) }()
	_, err = temporary.Write(e.Content)
	if err = errors.Join(err, temporary.Chmod(0o644), temporary.Close()); err != nil {
		return err
	}
	// A link, unlike a rename, fails where there is something.
	if err = os.Link(temporary.Name(), e.File); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w", e.File, ErrThere)
	}
	return err
}

// shapes are those of the events that a service published, by their names.
type shapes map[string]*shape

// shape is which fields the documents of an event have, and of which types.
type shape struct {
	seen    int
	first   any
	kind    string
	members map[string]*shape
	items   *shape
}

// see takes in what the service has published on what is up.
func (s shapes) see(ctx context.Context, v *verifier) {
	if v.Record == Nothing {
		return
	}
	for i := range v.contract.Produces {
		p := &v.contract.Produces[i]
		t, err := v.flow.Topic(p.TopicName())
		if err == nil {
			_, err = t.ReadToEnd(ctx)
		}
		if err != nil {
			v.result.Notes = append(v.result.Notes, fmt.Sprintf("examples of %s: %v", p.Event, err))
			continue
		}
		for _, r := range t.Records() {
			if r.Event != p.Event || r.Data == nil || v.flow.Sent(r) || finding.Errors(r.Problems()) > 0 {
				continue // what breaks its contract is no example
			}
			if s[p.Event] == nil {
				s[p.Event] = &shape{first: r.Data}
			}
			s[p.Event].add(r.Data)
		}
	}
}

func (s *shape) add(v any) {
	s.seen++
	switch v := v.(type) {
	case map[string]any:
		s.kind = "object"
		if s.members == nil {
			s.members = map[string]*shape{}
		}
		for name, member := range v {
			if s.members[name] == nil {
				s.members[name] = &shape{}
			}
			s.members[name].add(member)
		}
	case []any:
		s.kind = "array"
		for _, item := range v {
			if s.items == nil {
				s.items = &shape{}
			}
			s.items.add(item)
		}
	case string:
		s.kind = "string"
	case bool:
		s.kind = "boolean"
	case nil:
	default:
		s.kind = "number"
	}
}

// sample is a document of the shape with values that mean nothing.
func (s *shape) sample() any {
	switch s.kind {
	case "object":
		out := map[string]any{}
		for name, member := range s.members {
			out[name] = member.sample()
		}
		return out
	case "array":
		if s.items == nil {
			return []any{}
		}
		return []any{s.items.sample()}
	case "string":
		return "text"
	case "boolean":
		return true
	case "number":
		return 1
	}
	return nil
}

// examples are made of what was seen.
func (v *verifier) examples(files *asyncapi.Files) ([]Example, error) {
	var out []Example
	for i := range v.contract.Produces {
		p := &v.contract.Produces[i]
		seen := v.shapes[p.Event]
		if seen == nil {
			continue
		}
		document := seen.first
		if v.Record == Shapes {
			var err error
			if document, err = v.generate(files, p, seen); err != nil {
				return out, fmt.Errorf("an example of %s: %w", p.Event, err)
			}
		}
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(document); err != nil {
			return out, err
		}
		example := Example{Event: p.Event, Content: text.Bytes(), Seen: seen.seen}
		example.File, example.Named = v.exampleFile(p)
		out = append(out, example)
	}
	return out, nil
}

// generate makes a document of the fields that were seen.
func (v *verifier) generate(files *asyncapi.Files, p *contracts.Produces, seen *shape) (any, error) {
	declared := v.contract.SchemaOf(p.Schema)
	if declared == nil || declared.File == "" {
		return seen.sample(), nil
	}
	message := ""
	if p.Match != nil {
		message = p.Match.Name
	}
	s, err := schema.DeclaredBy(v.contract, declared, message).Load(files)
	if err != nil {
		return nil, err
	}
	generate, err := s.GeneratorWith(1)
	if err != nil {
		return nil, err
	}
	document, err := generate(rand.New(rand.NewPCG(v.Seed, 1)))
	if err == nil {
		prune(document, seen, func() bool { return len(s.Validate(document)) == 0 })
	}
	return document, err
}

// prune takes the members away that were never seen, where the document is
// valid without them.
func prune(v any, seen *shape, valid func() bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if s := seen.members[name]; s != nil {
				prune(member, s, valid)
				continue
			}
			delete(v, name)
			if !valid() {
				v[name] = member
			}
		}
	case []any:
		for _, item := range v {
			if seen.items != nil {
				prune(item, seen.items, valid)
			}
		}
	}
}

// exampleFile is where an example of an event goes.
func (v *verifier) exampleFile(p *contracts.Produces) (file string, named bool) {
	for _, name := range p.Examples {
		resolved := v.contract.Resolve(name)
		if _, err := fs.Stat(v.files, resolved); errors.Is(err, fs.ErrNotExist) {
			return filepath.FromSlash(resolved), true
		}
	}
	name := rules.ExampleFile(p.Event)
	return filepath.FromSlash(v.contract.Resolve(name)), slices.Contains(p.Examples, name)
}
