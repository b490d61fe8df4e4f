package rules

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/reports/finding"
)

// keyForm checks that a key's format can write each value of a place of which
// the key is made, and writes each in one form; in is the key's own field that
// names the place, of which the schema says f.
func (c *checker) keyForm(p produced, at place.Place, f field.Field, in string) {
	s, _ := c.schemaOf(p)
	if at.Kind() != place.Data || s == nil || f.Presence < field.Sometimes {
		return // that the place is not stated is told already
	}
	switch key := p.promise().Key; key.SerializedAs() {
	case "long":
		if key.Template == "" {
			c.keyLong(p, s.schema, at, f)
		}
	case "string", "json":
		c.keyMembers(p, s.schema, at, f, in)
	}
}

// keyLong checks that a place has whole numbers alone. That it may be null is
// said of the key already.
func (c *checker) keyLong(p produced, s *schema.Schema, at place.Place, f field.Field) {
	f.Types = slices.DeleteFunc(slices.Clone(f.Types), func(t string) bool { return t == "null" })
	lack := s.Mistyped(at, f, "integer")
	severity, can, hint := finding.Error, "can", "name a place with whole numbers alone, or write the key as text: format: string"
	switch {
	case lack.Verdict == 0:
		return
	case lack.Verdict == compat.Open, isLong(lack.Witness, at):
		severity, can, hint = finding.Undecided, "may", "undecided counts as not written; make the place an integer in the schema, or waive the rule"
		lack.Witness = nil
	}
	c.reportAs(severity, p.contract, KeyType, p.at("key", "format"),
		fmt.Sprintf("the key of %s is made of %s, which %s be %s, and the format long writes whole numbers alone", p.promise().Event, at, can, lack.Types),
		hint, relatedField(f, "the schema")...)
	c.shown(p, lack.Witness)
}

// isLong says that what an event has at a place is written as a long: a text
// of digits is.
func isLong(w *compat.Witness, at place.Place) bool {
	if w == nil {
		return false
	}
	event, err := jsonschema.Decode([]byte(w.Document))
	if err != nil {
		return false
	}
	value, _ := at.In(event)
	_, err = strconv.ParseInt(place.Text(value), 10, 64)
	return err == nil
}

// keyMembers checks that a place has no object, nor an array of them, where
// the partition of a key counts: JSON says nothing of the order of members.
func (c *checker) keyMembers(p produced, s *schema.Schema, at place.Place, f field.Field, in string) {
	if _, compacted := c.compacted(p.promise().TopicName()); !compacted && !p.promise().OrderedPerKey() {
		return
	}
	object, what := at, "an object"
	if !allows(f, "object") {
		object, what = place.Field(append(slices.Clone(at.Path()), place.Index(0))...), "an array of objects"
		if !allows(f, "array") || !allows(s.Lookup(object), "object") {
			return
		}
	}
	severity, can, hint := finding.Error, "can", "make the key of a text or a number in it, or give the key a schema in Avro or Protobuf"
	w := s.Having(object, "object")
	switch {
	case w != nil:
		w.Outcome = fmt.Sprintf("refused: %s is an object, whose members have no order", object)
	case s.JSONSchema() != nil: // the types are declared, not worked out
		severity, can, hint = finding.Undecided, "may", "undecided counts as unordered; simplify the schema at this place, or waive the rule"
	}
	c.reportAs(severity, p.contract, KeyUnordered, p.at("key", in),
		fmt.Sprintf("the key of %s is made of %s, which %s be %s: its members can be written in any order, so one key has several forms, and its records several partitions", p.promise().Event, at, can, what),
		hint, relatedField(f, "the schema")...)
	c.shown(p, w)
}

// allows says whether a place can have a value of a type.
func allows(f field.Field, name string) bool {
	return f.Presence != field.Never && (f.Types == nil || slices.Contains(f.Types, name))
}

// shown adds to the last finding, about a key, an event that shows it.
func (c *checker) shown(p produced, w *compat.Witness) {
	if w != nil {
		c.found[len(c.found)-1].Counterexample = w.Between("the schema of "+p.service(), "the key of "+p.promise().Event)
	}
}
