package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/reports/finding"
)

// inTemplate are the places of a key template, "{$.tenant}:{$.order_id}".
var inTemplate = regexp.MustCompile(`\{([^}]*)\}`)

// key checks that every event has the fields that its record key is made of,
// and what a CloudEvent's partitionkey says about it.
func (c *checker) key(p produced) {
	c.partitionKey(p)
	key := p.promise().Key
	if key == nil {
		return
	}
	c.keySchema(p)
	texts, in := []string{key.Place}, "place"
	if key.Template != "" {
		texts, in = nil, "template"
		for _, m := range inTemplate.FindAllStringSubmatch(key.Template, -1) {
			texts = append(texts, m[1])
		}
	}
	for _, text := range texts {
		at, err := place.Parse(text)
		if err != nil || at.Kind() == place.Key {
			continue // the loader has said so
		}
		f, _, known := c.promised(p, at)
		if !known {
			continue
		}
		what := "the schema"
		if at.Kind() == place.Header {
			what = "the contract"
		}
		if id, problem := keyProblem(f, what); id != "" {
			c.reportAs(unpromised(f, id), p.contract, id, p.at("key", in).Naming(at.String()), fmt.Sprintf("the key of %s is made of %s, which %s", p.promise().Event, text, problem),
				c.keyHint(p, at, f), relatedField(f, "%s", what)...)
			c.missing(p, at, f, "the key of "+p.promise().Event)
		}
		c.keyForm(p, at, f, in)
	}
}

// keySchema checks a key that is a document of its own: it has one form for one
// value, and its schema takes what it is made of.
func (c *checker) keySchema(p produced) {
	key := p.promise().Key
	if key.Schema == nil {
		return
	}
	declared := p.contract.SchemaOf(*key.Schema)
	if declared == nil {
		return // the loader has said so
	}
	s, err := c.files.loader.Current(p.contract, declared, "")
	if err != nil {
		return // that it cannot be read is told elsewhere
	}
	if data, at, found := s.Unordered(); found {
		c.report(p.contract, KeyUnordered, p.at("key", "schema"),
			fmt.Sprintf("the key of %s has a map at %s: its entries can be written in any order, so one key has several forms, and its records several partitions", p.promise().Event, data),
			"make the map an array of records that is sorted, or leave it out of the key", related(&at, "%s", at.Of("the key's schema"))...)
	}
	made, text, known := c.madeOf(p)
	if !known {
		return
	}
	root, err := place.Parse("$")
	if err != nil {
		return
	}
	takes := s.Lookup(root)
	if wrong := untaken(made.Types, takes.Types); wrong != "" {
		c.reportAs(finding.Warning, p.contract, KeyType, p.at("key", "schema"),
			fmt.Sprintf("the key of %s is made of %s, which can be %s, and its schema takes %s alone", p.promise().Event, text, wrong, strings.Join(takes.Types, " or ")),
			"name a place with such a value, or give the key a schema of what it is made of", append(relatedField(takes, "the key's schema"), relatedField(made, "what it is made of")...)...)
	}
}

// madeOf is the value that a key is made of, where something states what it is.
func (c *checker) madeOf(p produced) (f field.Field, text string, known bool) {
	key := p.promise().Key
	if key.Template != "" {
		return field.Field{Types: []string{"string"}, Position: position(p.at("key", "template"))}, "a template", true
	}
	at, err := place.Parse(key.Place)
	if err != nil || at.Kind() == place.Key {
		return f, "", false // the loader has said so
	}
	f, _, known = c.promised(p, at)
	return f, key.Place, known && stated(f) && f.Types != nil
}

// untaken names the types of a value that a schema does not take; "" if there
// are none. That it may be null is said of the key already.
func untaken(made, takes []string) string {
	if takes == nil {
		return ""
	}
	rest := slices.DeleteFunc(slices.Clone(made), func(t string) bool {
		return t == "null" || slices.Contains(takes, t) || t == "integer" && slices.Contains(takes, "number")
	})
	return strings.Join(rest, " or ")
}

// keyHint is what to do about a key that events can be without.
func (c *checker) keyHint(p produced, at place.Place, f field.Field) string {
	const hint = "make the key of a field that is required, or require this one"
	if stated(f) {
		return hint
	}
	return c.meant(p, at, hint)
}

// keyProblem says why events can be without a field that their key is made
// of; what is the schema or the contract.
func keyProblem(f field.Field, what string) (id, problem string) {
	if f.Open {
		return KeyOptional, what + " may or may not require: that could not be decided"
	}
	switch f.Presence {
	case field.Never:
		return KeyAbsent, what + " does not allow"
	case field.Unstated:
		return KeyOptional, what + " does not mention"
	case field.Sometimes:
		return KeyOptional, what + " does not require"
	}
	if slices.Contains(f.Types, "null") {
		return KeyOptional, "may be null"
	}
	return "", ""
}

// partitionKey holds the record key against the CloudEvents extension
// partitioning: the Kafka binding makes the key of the attribute
// partitionkey, which is text.
func (c *checker) partitionKey(p produced) {
	const header = "ce_partitionkey"
	promise := p.promise()
	if _, promised := promise.Headers[header]; !promised || !isCloudEvents(promise) {
		return
	}
	at := p.contract.Doc.KeyPosition("produces", p.i, "headers", header)
	switch key := promise.Key; {
	case key == nil:
		c.report(p.contract, PartitionKey, at,
			promise.Event+" promises ce_partitionkey and has no key: the key of a CloudEvent's record is its partitionkey",
			"add key: header:ce_partitionkey")
	case key.SerializedAs() != "string":
		c.report(p.contract, PartitionKey, at,
			fmt.Sprintf("%s promises ce_partitionkey, which is text, but its key is written as %s: the two cannot be equal", promise.Event, key.SerializedAs()),
			"write the key as text: format: string", related(p.at("key"), "the key")...)
	}
}

// keyShape is a key as far as two producers must agree on it.
type keyShape struct{ made, format string }

func shapeOf(key *contracts.Key) keyShape {
	if key == nil {
		return keyShape{"nothing", ""}
	}
	shape := keyShape{key.Template, key.SerializedAs()}
	if key.Template == "" {
		shape.made = "{" + key.Place + "}"
	}
	shape.made = inTemplate.ReplaceAllStringFunc(shape.made, func(braced string) string {
		at, err := place.Parse(braced[1 : len(braced)-1])
		if err != nil {
			return braced
		}
		return "{" + at.String() + "}"
	})
	return shape
}

func (s keyShape) String() string {
	if s.format == "" {
		return s.made
	}
	made := s.made
	if whole := inTemplate.FindString(made); whole == made {
		made = made[1 : len(made)-1]
	}
	if s.format == "string" {
		return made
	}
	return made + " as " + s.format
}

// keyAgreement holds the key of one producer of an event against that of
// another one that sends to the same place: an entity has one partition only
// if all key it alike.
func (c *checker) keyAgreement(first, other produced) {
	a, b := first.promise(), other.promise()
	if a.Channel() != b.Channel() {
		return
	}
	before, now := shapeOf(a.Key), shapeOf(b.Key)
	if before == now {
		return
	}
	c.report(other.contract, KeyDisagree, other.at("key"),
		fmt.Sprintf("%s keys %s by %s, and %s by %s", beside(first, other), b.Event, now, first.service(), before),
		"agree on one key, or one entity's events are spread over partitions", related(first.at("key"), "the key of %s", first.service())...)
}
