package jsonschema

import (
	"encoding/json"
	"fmt"
	"math/big"

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

// countProblems are the counts in a schema that are too large. The compiler
// wraps them round.
func (l *loader) countProblems(root *js.Schema) []Problem {
	var all []Problem
	walk(root, func(s *js.Schema) {
		d, pointer := l.split(s.Location)
		if d == nil {
			return // a metaschema
		}
		v, _ := placeIn(d.value, pointer).In(d.value)
		members, _ := v.(map[string]any)
		for keyword, n := range counts(s) {
			number, _ := members[keyword].(json.Number)
			if n == nil || number == "" {
				continue
			}
			if r, ok := new(big.Rat).SetString(number.String()); !ok || r.Cmp(new(big.Rat).SetInt64(maxCount)) > 0 {
				all = append(all, Problem{d.Position(pointer + "/" + keyword), fmt.Sprintf("%s is %s, and is read up to %d", keyword, start(number.String()), int64(maxCount)), "no document has so many"})
			}
		}
	})
	sortProblems(all)
	return all
}
