package avro

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/reports/finding"
)

// Violation is one thing about a value that the schema does not allow.
type Violation struct {
	// Place is a JSON Pointer (RFC 6901) into the value; "" is the value
	// itself.
	Place string
	// Message is one sentence about the value at Place.
	Message string
	// Schema is where in the schema's files the type stands.
	Schema finding.Position
}

// String is "place: message", with "the document" for the root.
func (v Violation) String() string {
	if v.Place == "" {
		return "the document " + v.Message
	}
	return v.Place + " " + v.Message
}

// Invalid says why a value could not be encoded.
type Invalid struct {
	// Violations has at least one element, in the order of the schema.
	Violations []Violation
}

// Error is one line for each violation.
func (e *Invalid) Error() string {
	lines := make([]string, 0, len(e.Violations))
	for _, v := range e.Violations {
		lines = append(lines, v.String())
	}
	return strings.Join(lines, "\n")
}

// ValidateJSON checks a document in JSON and returns all violations; none
// means that it can be encoded.
//
// A value of a union may stand under the name of its branch, as in Avro's
// JSON, or plainly; a plain one is of the first branch that it fits. Where an
// object can be read in both ways, the name of a branch wins. All fields of a
// record must be there, since a default is only for readers.
func (s *Schema) ValidateJSON(doc []byte) []Violation {
	d, err := jsonschema.ParseDocument("", doc)
	if err != nil {
		message := err.Error()
		var invalid *Error
		if errors.As(err, &invalid) {
			message = invalid.Problems[0].Message
		}
		return []Violation{{Message: "cannot be read: " + message, Schema: s.Position()}}
	}
	return s.ValidateValue(d.Value())
}

// ValidateValue is ValidateJSON for a decoded document, with json.Number or
// Go's numbers.
func (s *Schema) ValidateValue(v any) []Violation {
	_, violations := s.check(v)
	return violations
}

// check turns a value of JSON into the codec's form.
func (s *Schema) check(v any) (any, []Violation) {
	c := checker{budget: checkSteps + stepsPerPart*parts(v, math.MaxInt)}
	native := c.value(s.root, v, "")
	if c.budget <= 0 {
		return nil, []Violation{{Message: "has too many ways to be read; write the names of the unions' branches", Schema: s.Position()}}
	}
	return native, c.violations
}

// stepsPerPart is how often each part of a value may be read: as values of
// several branches, in unions within unions.
const stepsPerPart = 64

type checker struct {
	violations []Violation
	// failures counts violations, of which none is kept where quiet is not 0.
	failures, quiet int
	budget          int
}

func (c *checker) fail(at site, place, format string, args ...any) {
	c.failures++
	if c.quiet == 0 {
		c.violations = append(c.violations, Violation{place, fmt.Sprintf(format, args...), at.position("")})
	}
}

func (c *checker) value(u use, v any, place string) any {
	if c.budget--; c.budget <= 0 {
		return nil
	}
	switch u.kind {
	case unionKind:
		return c.union(u, v, place)
	case recordKind:
		return c.record(u, v, place)
	case arrayKind:
		list, ok := v.([]any)
		if !ok {
			c.fail(u.at, place, "%s", mismatch(v, "an array"))
		}
		native := make([]any, len(list))
		for i, element := range list {
			native[i] = c.value(u.element, element, place+"/"+strconv.Itoa(i))
		}
		return native
	case mapKind:
		object, ok := v.(map[string]any)
		if !ok {
			c.fail(u.at, place, "%s", mismatch(v, "an object"))
		}
		native := make(map[string]any, len(object))
		for _, name := range sortedKeys(object) {
			native[name] = c.value(u.element, object[name], place+"/"+escape(name))
		}
		return native
	}
	native, why := scalar(u.node, fromGo(u.node, v))
	if why != "" {
		c.fail(u.at, place, "%s", why)
	}
	return native
}

func (c *checker) record(u use, v any, place string) any {
	object, ok := v.(map[string]any)
	if !ok {
		c.fail(u.at, place, "%s", mismatch(v, "an object: "+u.String()))
		return nil
	}
	native := make(map[string]any, len(u.fields))
	for _, f := range u.fields {
		value, given := object[f.name]
		if !given {
			c.fail(f.site, place, "lacks the field %q of %s", f.name, u)
			continue
		}
		native[f.name] = c.value(f.typ, value, place+"/"+escape(f.name))
	}
	for _, name := range sortedKeys(object) {
		if u.field(name) < 0 {
			c.fail(u.at, place+"/"+escape(name), "is not a field of %s", u)
		}
	}
	return native
}

// union finds the branch of a value: the one that it names, or the first that
// it fits.
func (c *checker) union(u use, v any, place string) any {
	if v == nil {
		if u.branch(func(b *node) bool { return b.kind == nullKind }) < 0 {
			c.fail(u.at, place, "is null, must be %s", branchNames(u.node))
		}
		return nil
	}
	if object, ok := v.(map[string]any); ok && len(object) == 1 {
		for tag, inner := range object {
			if b := u.tagged(tag); b >= 0 {
				if native, ok := c.try(u.branches[b], inner, place+"/"+escape(tag)); ok {
					return native
				}
			}
		}
	}
	for _, b := range u.branches {
		if native, ok := c.try(b, v, place); ok {
			return native
		}
	}
	if c.failures++; c.quiet == 0 {
		c.nearest(u, v, place)
	}
	return nil
}

// tagged is the branch that Avro's JSON calls by the name, which for a type
// with a namespace may be left without it.
func (n *node) tagged(tag string) int {
	if i := n.branch(func(b *node) bool { return b.tag() == tag }); i >= 0 {
		return i
	}
	return n.branch(func(b *node) bool { return b.named() && unqualified(b.name) == tag })
}

// try reads a value as one of a branch and keeps no violations.
func (c *checker) try(b use, v any, place string) (any, bool) {
	before := c.failures
	c.quiet++
	native := c.value(b, v, place)
	c.quiet--
	ok := c.failures == before && c.budget > 0
	c.failures = before
	return chosen(b.node, native), ok
}

// nearest reports what the value lacks to be of the branch that it was meant
// for, where that can be told: the one that it names, or the only one with
// the same kind of JSON.
func (c *checker) nearest(u use, v any, place string) {
	meant := -1
	for i, b := range u.branches {
		if !fits(b.node, v) {
			continue
		}
		if meant >= 0 {
			meant = -1
			break
		}
		meant = i
	}
	if object, ok := v.(map[string]any); ok && len(object) == 1 {
		for tag, inner := range object {
			if b := u.tagged(tag); b >= 0 {
				c.value(u.branches[b], inner, place+"/"+escape(tag))
				return
			}
		}
	}
	if meant >= 0 {
		c.value(u.branches[meant], v, place)
		return
	}
	c.fail(u.at, place, "is %s, must be %s", brief(v), branchNames(u.node))
}

// fits reports whether values of the type have the kind of JSON that v has.
func fits(n *node, v any) bool {
	names := map[string]bool{}
	for _, t := range jsonTypes(n) {
		names[t] = true
	}
	switch v.(type) {
	case map[string]any:
		return names["object"]
	case []any:
		return names["array"]
	case string:
		return names["string"]
	case bool:
		return names["boolean"]
	}
	return names["number"] || names["integer"]
}

func branchNames(n *node) string {
	var names []string
	for _, b := range n.branches {
		names = append(names, b.String())
	}
	if len(names) == 0 {
		return "of an empty union, which has no values"
	}
	return oneOf(names)
}

// oneOf lists names: "a, b or c".
func oneOf(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// fromGo makes a json.Number of Go's numbers, and the floats that JSON has no
// number for of their names.
func fromGo(n *node, v any) any {
	bits := 64
	switch given := v.(type) {
	case string:
		if f, ok := notNumbers[given]; ok && (n.kind == floatKind || n.kind == doubleKind) {
			return f
		}
		return v
	case int:
		return json.Number(strconv.Itoa(given))
	case int32:
		return json.Number(strconv.FormatInt(int64(given), 10))
	case int64:
		return json.Number(strconv.FormatInt(given, 10))
	case float32:
		v, bits = float64(given), 32
	}
	f, ok := v.(float64)
	switch {
	case !ok:
		return v
	case math.IsNaN(f) || math.IsInf(f, 0):
		return f
	case f == math.Trunc(f) && math.Abs(f) < 1<<63:
		return json.Number(strconv.FormatFloat(f, 'f', -1, bits))
	}
	return json.Number(strconv.FormatFloat(f, 'g', -1, bits))
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1")

// escape writes a name as a reference token of a JSON Pointer.
func escape(name string) string { return escaper.Replace(name) }

// jsonTypes are the types of JSON that plain values have, in alphabetical
// order.
func jsonTypes(n *node) []string {
	var types []string
	switch n.kind {
	case nullKind, booleanKind, arrayKind:
		types = []string{string(n.kind)}
	case intKind, longKind:
		types = []string{"integer"}
	case floatKind, doubleKind:
		types = []string{"number"}
	case recordKind, mapKind:
		types = []string{"object"}
	case unionKind:
		for _, b := range n.branches {
			types = append(types, jsonTypes(b.node)...)
		}
		slices.Sort(types)
		types = slices.Compact(types)
		if slices.Contains(types, "number") {
			types = slices.DeleteFunc(types, func(t string) bool { return t == "integer" })
		}
	default:
		types = []string{"string"}
	}
	return types
}
