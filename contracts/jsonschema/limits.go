package jsonschema

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Numbers are reckoned with exactly, which costs what their digits cost when
// they are written out: 1e999999999 has a billion.
const (
	// maxExponent bounds the exponent as it is written, upwards and downwards.
	maxExponent = 1_000
	// maxNumber bounds the characters of a number.
	maxNumber = 10_000
)

// unread says of a number, as its text, why it is not reckoned with; "" if it
// is. What it says completes "the number ...".
func unread(number string) string {
	_, exponent, _ := strings.Cut(strings.ToLower(number), "e")
	n, err := strconv.Atoi(cmp.Or(exponent, "0"))
	switch {
	case len(number) > maxNumber:
		return fmt.Sprintf("has %d characters, and numbers are read up to %d", len(number), maxNumber)
	case !isNumber(number):
		return fmt.Sprintf("is %q, which is no number of JSON", start(number))
	case err != nil || n < -maxExponent || n > maxExponent:
		return fmt.Sprintf("is %s, and exponents are read from -%d to %d", start(number), maxExponent, maxExponent)
	}
	return ""
}

// start is what a message shows of a number.
func start(number string) string {
	const shown = 40
	if len(number) > shown {
		return number[:shown] + "…"
	}
	return number
}

func isNumber(text string) bool {
	return text != "" && (text[0] == '-' || '0' <= text[0] && text[0] <= '9') && json.Valid([]byte(text))
}

// unreadNumbers are the numbers in a document that are not reckoned with, for
// the validator has no defence against them.
func unreadNumbers(doc any) []Violation {
	var all []Violation
	var at []string
	var visit func(v any)
	visit = func(v any) {
		why := ""
		switch v := v.(type) {
		case json.Number:
			why = unread(v.String())
		case float32:
			why = unreadFloat(float64(v))
		case float64:
			why = unreadFloat(v)
		case []any:
			for i, item := range v {
				at = append(at, strconv.Itoa(i))
				visit(item)
				at = at[:len(at)-1]
			}
		case map[string]any:
			for name, member := range v {
				at = append(at, name)
				visit(member)
				at = at[:len(at)-1]
			}
		}
		if why != "" {
			all = append(all, Violation{Place: pointer(at), Message: why})
		}
	}
	visit(doc)
	slices.SortFunc(all, func(a, b Violation) int { return cmp.Compare(a.Place, b.Place) })
	return all
}

// unreadFloat is unread for a number of Go's: infinity is none of JSON.
func unreadFloat(f float64) string {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return unread(fmt.Sprint(f))
	}
	return ""
}
