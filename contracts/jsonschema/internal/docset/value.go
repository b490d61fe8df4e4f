package docset

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
)

// value is a document with what equality and type need.
type value struct {
	key string // equal for equal documents only
	typ Type
	doc any
}

func newValue(doc any) value {
	return value{key: string(appendKey(nil, doc)), typ: TypeOf(doc), doc: doc}
}

func sortedValues(values []value) []value {
	slices.SortStableFunc(values, func(a, b value) int {
		switch {
		case a.key < b.key:
			return -1
		case a.key > b.key:
			return 1
		}
		return 0
	})
	return slices.CompactFunc(values, func(a, b value) bool { return a.key == b.key })
}

// TypeOf is the type of a document.
func TypeOf(doc any) Type {
	switch doc := doc.(type) {
	case nil:
		return Null
	case bool:
		return Boolean
	case string:
		return String
	case []any:
		return Array
	case map[string]any:
		return Object
	default:
		if r := number(doc); r != nil && !r.IsInt() {
			return Fraction
		}
	}
	return Whole
}

// number is the value of a number; nil if doc is none.
func number(doc any) *big.Rat {
	switch doc := doc.(type) {
	case json.Number:
		r, _ := new(big.Rat).SetString(doc.String())
		return r
	case float64:
		return new(big.Rat).SetFloat64(doc)
	case int:
		return big.NewRat(int64(doc), 1)
	}
	r, _ := new(big.Rat).SetString(fmt.Sprint(doc))
	return r
}

// appendKey writes a document so that equal documents, in the sense of JSON
// Schema, have equal keys.
func appendKey(key []byte, doc any) []byte {
	switch doc := doc.(type) {
	case nil:
		return append(key, "null"...)
	case bool:
		return strconv.AppendBool(key, doc)
	case string:
		return strconv.AppendQuote(key, doc)
	case []any:
		key = append(key, '[')
		for _, item := range doc {
			key = append(appendKey(key, item), ',')
		}
		return append(key, ']')
	case map[string]any:
		key = append(key, '{')
		for _, name := range slices.Sorted(maps.Keys(doc)) {
			key = append(strconv.AppendQuote(key, name), ':')
			key = append(appendKey(key, doc[name]), ',')
		}
		return append(key, '}')
	}
	if r := number(doc); r != nil {
		return append(key, r.RatString()...)
	}
	return fmt.Appendf(key, "%v", doc)
}

// decimal writes a number as JSON; false if it has no finite decimal form, or
// a very long one.
func decimal(r *big.Rat) (json.Number, bool) {
	if r.Num().BitLen() > 2048 || r.Denom().BitLen() > 2048 {
		return "", false
	}
	digits, exact := r.FloatPrec()
	if !exact {
		return "", false
	}
	return json.Number(r.FloatString(digits)), true
}

// Key is a text that equal documents, in the sense of JSON Schema, share and
// others do not.
func Key(doc any) string { return newValue(doc).key }
