package rules

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/reports/finding"
)

func (c *checker) produces(p produced) {
	c.examples(p)
	c.bodies(p)
	c.key(p)
}

// inTemplate are the places of a key template, "{$.tenant}:{$.order_id}".
var inTemplate = regexp.MustCompile(`\{([^}]*)\}`)

// key checks that every event has the fields that its record key is made of.
func (c *checker) key(p produced) {
	key := p.promise().Key
	if key == nil {
		return
	}
	texts, field := []string{key.Place}, "place"
	if key.Template != "" {
		texts, field = nil, "template"
		for _, m := range inTemplate.FindAllStringSubmatch(key.Template, -1) {
			texts = append(texts, m[1])
		}
	}
	schema, _ := c.jsonSchema(p.contract, p.promise().Schema)
	if schema == nil {
		return
	}
	for _, text := range texts {
		at, err := place.Parse(text)
		if err != nil || at.Kind() != place.Data {
			continue
		}
		id, problem := keyProblem(schema.Lookup(at))
		if id == "" {
			continue
		}
		position := schema.Lookup(at).Position
		c.report(p.contract, id, p.at("key", field), fmt.Sprintf("the key of %s is made of %s, which %s", p.promise().Event, text, problem),
			"make the key of a field that the schema requires, or require this one", related(&position, "the schema")...)
	}
}

func keyProblem(f field.Field) (id, problem string) {
	switch f.Presence {
	case field.Never:
		return KeyAbsent, "the schema does not allow"
	case field.Unstated:
		return KeyOptional, "the schema does not mention"
	case field.Sometimes:
		return KeyOptional, "the schema does not require"
	}
	if slices.Contains(f.Types, "null") {
		return KeyOptional, "may be null"
	}
	return "", ""
}

// disagreements compares the schemas of events that several services
// produce. Each other producer is held against the first.
func (c *checker) disagreements() {
	for _, event := range slices.Sorted(maps.Keys(c.byEvent)) {
		producers := c.byEvent[event]
		for _, other := range producers[1:] {
			first := producers[0]
			a, b := first.contract.SchemaOf(first.promise().Schema), other.contract.SchemaOf(other.promise().Schema)
			if a == nil || b == nil || c.sameSchema(first.contract, a, other.contract, b) {
				continue
			}
			c.report(other.contract, ProducersDisagree, other.at("schema"),
				fmt.Sprintf("%s and %s produce %s with different schemas", first.service(), other.service(), event),
				"share one schema, or give the events different names", related(first.at("schema"), "the schema of %s", first.service())...)
		}
	}
}

func (c *checker) sameSchema(inA *contracts.Contract, a *contracts.Schema, inB *contracts.Contract, b *contracts.Schema) bool {
	if a.Registry != nil || b.Registry != nil {
		return a.Registry != nil && b.Registry != nil && *a.Registry == *b.Registry
	}
	if a.Format != b.Format {
		return false
	}
	fileA, fileB := inA.Resolve(a.File), inB.Resolve(b.File)
	if fileA == fileB {
		return true
	}
	x, y := c.files.schema(fileA, a.Format), c.files.schema(fileB, b.Format)
	if x.err != nil || y.err != nil {
		return true // that they cannot be read is said elsewhere
	}
	return sameContent(x.src, y.src)
}

// promised is what a producer says about a place in its records: the schema
// about the data, headers and envelope about headers. why is set where that
// cannot be judged; it is "" for a schema that a finding is about already.
func (c *checker) promised(p produced, at place.Place) (f field.Field, why string, known bool) {
	switch at.Kind() {
	case place.Key:
		return keyPromise(p), "", true
	case place.Header:
		return headerPromise(p, at.HeaderName()), "", true
	}
	schema, why := c.jsonSchema(p.contract, p.promise().Schema)
	if schema == nil {
		return field.Field{}, why, false
	}
	return schema.Lookup(at), "", true
}

func keyPromise(p produced) field.Field {
	key := p.promise().Key
	if key == nil {
		return field.Field{Presence: field.Unstated, Position: position(p.at("event"))}
	}
	f := field.Field{Presence: field.Always, Position: position(p.at("key"))}
	switch key.SerializedAs() {
	case "string":
		f.Types = []string{"string"}
	case "long":
		f.Types = []string{"integer"}
	}
	return f
}

// headerPromise reads headers of the contract, and knows those of a binary
// CloudEvent: the required attributes are always there.
func headerPromise(p produced, name string) field.Field {
	f := field.Field{Types: []string{"string"}, Position: position(p.at("headers"))}
	if h, ok := p.promise().Headers[name]; ok {
		f.Position = position(p.contract.Doc.KeyPosition("produces", p.i, "headers", name))
		f.Presence = field.Sometimes
		if h.Required {
			f.Presence = field.Always
		}
		return f
	}
	match := p.promise().Match
	binary := p.promise().EnvelopeName() == contracts.EnvelopeCloudEventsBinary
	switch {
	case match != nil && match.Header == name:
		f.Presence, f.Position = field.Always, position(p.at("match"))
	case binary && slices.Contains(envelope.RequiredHeaders, name):
		f.Presence, f.Position = field.Always, position(p.at("envelope"))
	}
	return f
}

// position is the zero Position for models that were built in Go.
func position(p *finding.Position) finding.Position {
	if p == nil {
		return finding.Position{}
	}
	return *p
}
