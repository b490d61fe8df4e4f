package docset

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
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

const (
	// maxDigits bounds the text of a number that is written, and maxBits what
	// is tried: readers bound it too.
	maxDigits = 10_000
	maxBits   = 40_000
	// maxExponent bounds exponents, which are written where they save more
	// than plainDigits digits.
	maxExponent = 1_000
	plainDigits = 40
)

// Decimal writes a number as JSON, exactly; false if it has no finite decimal
// form, or only a very long one. Long numbers are written with an exponent if
// that is shorter.
func Decimal(r *big.Rat) (json.Number, bool) {
	if r.Num().BitLen() > maxBits || r.Denom().BitLen() > maxBits {
		return "", false
	}
	digits, exact := r.FloatPrec()
	if !exact {
		return "", false
	}
	text := r.FloatString(digits)
	if len(text) > plainDigits {
		text = withExponent(text, digits)
	}
	return json.Number(text), len(text) <= maxDigits
}

// withExponent is a number of so many digits after the point, with an exponent
// if that is shorter.
func withExponent(text string, digits int) string {
	sign := ""
	if text[0] == '-' {
		sign, text = "-", text[1:]
	}
	whole := strings.TrimLeft(strings.Replace(text, ".", "", 1), "0")
	mantissa := strings.TrimRight(whole, "0")
	exponent := len(whole) - len(mantissa) - digits
	if short := mantissa + "e" + strconv.Itoa(exponent); len(short) < len(text) && max(exponent, -exponent) <= maxExponent {
		text = short
	}
	return sign + text
}

// Key is a text that equal documents, in the sense of JSON Schema, share and
// others do not.
func Key(doc any) string { return newValue(doc).key }
