package jsonschema

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"

	js "github.com/santhosh-tekuri/jsonschema/v6"
)

// maxCount bounds what minLength and its like say: the largest number that
// every reader of JSON sees as it is written (RFC 8259, section 6).
const maxCount = 1<<53 - 1

// counts are the keywords that count characters, elements or properties, as
// the compiler read them.
func counts(s *js.Schema) map[string]*int {
	return map[string]*int{
		"minLength": s.MinLength, "maxLength": s.MaxLength,
		"minItems": s.MinItems, "maxItems": s.MaxItems, "minContains": s.MinContains, "maxContains": s.MaxContains,
		"minProperties": s.MinProperties, "maxProperties": s.MaxProperties,
	}
}

// countProblems are the counts in schemas that are too large. The compiler
// wraps them round. What it did not compile, because nothing refers to it, is
// held to the same.
func (l *loader) countProblems(root *js.Schema) []Problem {
	var all []Problem
	compiled := map[string]bool{}
	check := func(d *Document, pointer, keyword string, number json.Number) {
		if r, ok := new(big.Rat).SetString(number.String()); !ok || r.Cmp(new(big.Rat).SetInt64(maxCount)) > 0 {
			all = append(all, Problem{d.Position(pointer + "/" + keyword), fmt.Sprintf("%s is %s, and is read up to %d", keyword, start(number.String()), int64(maxCount)), "no document has so many"})
		}
	}
	walk(root, func(s *js.Schema) {
		d, pointer := l.split(s.Location)
		if d == nil {
			return // a metaschema
		}
		compiled[d.file+"#"+pointer] = true
		v, _ := placeIn(d.value, pointer).In(d.value)
		members, _ := v.(map[string]any)
		for keyword, n := range counts(s) {
			if number, ok := members[keyword].(json.Number); ok && n != nil {
				check(d, pointer, keyword, number)
			}
		}
	})
	for _, location := range l.order {
		d := l.documents[location]
		eachSchema("", d.value, func(pointer string, members map[string]any) {
			for keyword := range counts(&js.Schema{}) {
				if number, ok := members[keyword].(json.Number); ok && !compiled[d.file+"#"+pointer] {
					check(d, pointer, keyword, number)
				}
			}
		})
	}
	return all
}

// parts are the keywords whose values are schemas, or lists of schemas.
var parts = []string{
	"not", "if", "then", "else", "allOf", "anyOf", "oneOf", "items", "prefixItems", "additionalItems", "unevaluatedItems", "contains",
	"additionalProperties", "unevaluatedProperties", "propertyNames", "contentSchema",
}

// eachSchema visits a schema and those within it, by the keywords that hold
// schemas, in no order.
func eachSchema(pointer string, v any, visit func(pointer string, members map[string]any)) {
	members, ok := v.(map[string]any)
	if !ok {
		return
	}
	visit(pointer, members)
	for name, value := range members {
		at := pointer + "/" + name
		list, isList := value.([]any)
		switch {
		case slices.Contains(holders, name) || name == "dependencies":
			named, _ := value.(map[string]any)
			for member, sub := range named {
				eachSchema(at+"/"+escapeToken(member), sub, visit)
			}
		case slices.Contains(parts, name) && isList:
			for i, sub := range list {
				eachSchema(at+"/"+strconv.Itoa(i), sub, visit)
			}
		case slices.Contains(parts, name):
			eachSchema(at, value, visit)
		}
	}
}
