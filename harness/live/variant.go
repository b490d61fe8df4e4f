package live

import (
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/history"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/harness/serde"
	"github.com/flowweir/weir/reports/finding"
)

// Variant is a form that an event of a contract may have.
type Variant struct {
	// Name follows "an event": "of version 2 (2026-01-31 09:00:00Z)".
	Name string
	// Override makes the event so.
	Override Override
}

// Corners are the forms of an event at the bounds that its schema states; see
// schema.Schema.Corners. Optional fields are there. Without a schema
// there are none.
func (f *Flow) Corners(event string) ([]Variant, error) {
	contract, p, err := f.Producer(event)
	if err != nil {
		return nil, err
	}
	own, err := f.serdes.Of(contract, p, registry.Value)
	if err != nil || own.Schema == nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	documents, err := own.Schema.Corners(f.rng)
	if err != nil {
		return nil, err
	}
	var out []Variant
	for i, d := range documents {
		out = append(out, Variant{fmt.Sprintf("at the bounds of its schema (%d: %s)", i+1, bounds(d, documents)), Data(d)})
	}
	return out, nil
}

// bounds are the fields of a document in which not all are the same, or all of
// a single one: what stands at a bound of the schema.
func bounds(d any, all []any) string {
	fields := map[string]any{}
	leaves("$", d, fields)
	same := maps.Clone(fields)
	for _, other := range all {
		theirs := map[string]any{}
		leaves("$", other, theirs)
		maps.DeleteFunc(same, func(at string, v any) bool { return !reflect.DeepEqual(theirs[at], v) })
	}
	if len(all) > 1 {
		maps.DeleteFunc(fields, func(at string, _ any) bool { _, everywhere := same[at]; return everywhere })
	}
	const most = 12
	var out []string
	for i, at := range sortedKeys(fields) {
		if i == most {
			out = append(out, fmt.Sprintf("and %d more", len(fields)-most))
			break
		}
		out = append(out, at+" "+bound(fields[at]))
	}
	return strings.Join(out, ", ")
}

// leaves collects what stands at the places of a document, arrays as a whole.
func leaves(at string, v any, into map[string]any) {
	object, ok := v.(map[string]any)
	if !ok {
		into[at] = v
		return
	}
	for name, member := range object {
		leaves(at+"."+name, member, into)
	}
}

// bound is a value for people; of a long one its length.
func bound(v any) string {
	const long = 24
	text := ""
	switch v := v.(type) {
	case []any:
		return fmt.Sprintf("of %d items", len(v))
	case string:
		if n := utf8.RuneCountInString(v); n > long {
			return fmt.Sprintf("of %d characters", n)
		}
		text = strconv.Quote(v)
	default:
		text = place.Text(v)
	}
	return "= " + text
}

// Versions are the forms that an event had under each version of its schema
// whose records may still be on the topic: all that were published, or where
// the contract says how long the topic keeps records, those that are retained.
// Without a history or a subject of the schema there are none.
func (f *Flow) Versions(event string) ([]Variant, error) {
	contract, p, err := f.Producer(event)
	if err != nil {
		return nil, err
	}
	declared := contract.SchemaOf(p.Schema)
	if declared == nil || declared.History == "" && declared.Registry == nil {
		return nil, nil
	}
	own, err := f.serdes.Of(contract, p, registry.Value)
	if err != nil {
		return nil, err
	}
	if own.Framing.Kind != "" && declared.Registry == nil {
		return nil, fmt.Errorf("which id the versions in %s have in the registry is not known: name the subject %s as the schema", declared.History, own.Subject)
	}
	retained, err := f.retained(contract, p, own)
	if err != nil {
		return nil, err
	}
	var out []Variant
	for _, v := range retained {
		d, err := f.generate(contract, p, v.Schema)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", v.Name, err)
		}
		out = append(out, Variant{"of " + v.Name, written(d, v)})
	}
	return out, nil
}

// version is a version of a schema, with its number in the registry if it is
// there.
type version struct {
	versions.Version
	number int
}

// retained are the versions of a schema whose records may still be on the
// topic.
func (f *Flow) retained(c *contracts.Contract, p *contracts.Produces, own serde.Form) ([]version, error) {
	declared := own.Declared
	retention, stated := versions.Retention(c.Topics[p.TopicName()])
	if !stated {
		retention = history.Retention{Forever: true}
	}
	found, findings, err := f.loader.Retained(c, declared, own.Message, retention, time.Now())
	if err == nil && finding.Errors(findings) > 0 {
		err = fmt.Errorf("the history of %s cannot be used: %s: %s", p.Event, findings[0].Position, findings[0].Message)
	}
	if err != nil {
		return nil, err
	}
	out := make([]version, len(found))
	for i, v := range found {
		out[i].Version = v
	}
	if declared.Registry == nil {
		return out, nil
	}
	// Of a subject all versions are retained, up to the contract's.
	registered, err := f.serdes.Versions(declared.Registry.Subject)
	for i := range out {
		if err == nil && i < len(registered) {
			out[i].number = registered[i].Version
		}
	}
	return out, err
}

// Examples are the forms that the producer's contract gives as examples.
func (f *Flow) Examples(event string) ([]Variant, error) {
	contract, p, err := f.Producer(event)
	if err != nil {
		return nil, err
	}
	var out []Variant
	for _, name := range p.Examples {
		v, err := f.example(contract, name)
		if err != nil {
			return nil, err
		}
		out = append(out, Variant{"of the example " + name, Data(v)})
	}
	return out, nil
}

func (f *Flow) generate(c *contracts.Contract, p *contracts.Produces, s *schema.Schema) (any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.data(c, p, s, 1)
}

// written replaces the data by what was valid when it was written, under a
// version of its subject if there is one, and need not be now.
func written(data any, of version) Override {
	return func(d *draft) error {
		d.data, d.old, d.version = data, of.Schema, of.number
		return nil
	}
}

// At is the time of an event: the envelope's, and the record's timestamp. The
// default is now.
func At(t time.Time) Override {
	return func(d *draft) error {
		d.at = t
		return nil
	}
}

// example reads an example of a contract.
func (f *Flow) example(c *contracts.Contract, name string) (any, error) {
	text, err := fs.ReadFile(f.cfg.Files, c.Resolve(name))
	if err != nil {
		return nil, err
	}
	v, err := jsonschema.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Resolve(name), err)
	}
	return v, nil
}
