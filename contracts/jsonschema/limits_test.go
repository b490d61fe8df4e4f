package jsonschema_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts/jsonschema"
)

// numbers has every keyword that compares numbers.
const numbers = `{"minimum": 0, "exclusiveMaximum": 10, "multipleOf": 0.5, "type": ["integer", "number", "array", "object"], "uniqueItems": true,
 "items": {"enum": [1, [2], {"a": 3}]}, "properties": {"a": {"const": 4}, "b": {"const": {"c": [5]}}}, "not": {"const": 6}}`

// TestNumbersAreBounded holds that a number whose digits would fill the memory
// is an error, wherever it stands in a document.
func TestNumbersAreBounded(t *testing.T) {
	s := load(t, files("s.json", numbers), "s.json")
	many := strings.Repeat("1e999999999,", 30)
	for _, tt := range []struct{ doc, want string }{
		{`1e999999999`, "the document is 1e999999999, and exponents are read from -1000 to 1000"},
		{`-1E-999999999`, "the document is -1E-999999999, and exponents are read from -1000 to 1000"},
		{`1e+1001`, "the document is 1e+1001, and exponents are read from -1000 to 1000"},
		{`1e18446744073709551617`, "the document is 1e18446744073709551617, and exponents are read from -1000 to 1000"},
		{`1e` + strings.Repeat("9", 100), "the document is 1e" + strings.Repeat("9", 38) + "…, and exponents are read from -1000 to 1000"},
		{strings.Repeat("1", 10_001), "the document has 10001 characters, and numbers are read up to 10000"},
		{`{"b": {"c": [1e999999999]}, "a": 1e1001}`, "/a is 1e1001, and exponents are read from -1000 to 1000\n/b/c/0 is 1e999999999, and exponents are read from -1000 to 1000"},
		{`[1, [1e999999999], {"a/b": 1e-1001}]`, "/1/0 is 1e999999999, and exponents are read from -1000 to 1000\n/2/a~1b is 1e-1001, and exponents are read from -1000 to 1000"},
		{`[[` + many + `0]]`, manyPlaces(30)},
		// What is just within.
		{`1e1000`, "the document is 1e1000, must be less than 10"},
		{`5e-0001`, ""},
		{"1." + strings.Repeat("0", 9_998), ""},
	} {
		if got := violationText(s.Validate([]byte(tt.doc))); got != tt.want {
			t.Errorf("%.40s: %s, want %s", tt.doc, got, tt.want)
		}
	}
}

func manyPlaces(n int) string {
	var lines []string
	for i := range n {
		lines = append(lines, fmt.Sprintf("/0/%d is 1e999999999, and exponents are read from -1000 to 1000", i))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func violationText(all []jsonschema.Violation) string {
	var lines []string
	for _, v := range all {
		lines = append(lines, v.String())
	}
	return strings.Join(lines, "\n")
}

// TestValuesThatAreNoNumbers: Go's numbers and json.Number hold more than JSON.
func TestValuesThatAreNoNumbers(t *testing.T) {
	s := load(t, files("s.json", numbers), "s.json")
	for _, tt := range []struct {
		doc  any
		want string
	}{
		{math.NaN(), `the document is "NaN", which is no number of JSON`},
		{[]any{float32(math.Inf(-1))}, `/0 is "-Inf", which is no number of JSON`},
		{json.Number(""), `the document is "", which is no number of JSON`},
		{json.Number("true"), `the document is "true", which is no number of JSON`},
		{json.Number("1/2"), `the document is "1/2", which is no number of JSON`},
		{json.Number("0x1p-2"), `the document is "0x1p-2", which is no number of JSON`},
		{map[string]any{"x": json.Number("1e")}, `/x is "1e", which is no number of JSON`},
		{math.MaxFloat64, "the document is 17976931348623157e292, must be less than 10"},
		{1.5, ""},
	} {
		if got := violationText(s.ValidateValue(tt.doc)); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.doc, got, tt.want)
		}
	}
}

// TestSchemasWithNumbersOutOfBounds: no bound is dropped or wrapped round.
func TestSchemasWithNumbersOutOfBounds(t *testing.T) {
	const limits = ", and exponents are read from -1000 to 1000"
	for _, tt := range []struct{ file, schema, want string }{
		{"s.json", "{\"items\":\n {\"maximum\": -1e99999999}}", "s.json:2:14: the number is -1e99999999" + limits},
		{"s.json", `{"multipleOf": 1e-999999999}`, "s.json:1:16: the number is 1e-999999999" + limits},
		{"s.json", `{"enum": [1, {"a": 1e1000000}]}`, "s.json:1:20: the number is 1e1000000" + limits},
		{"s.json", `{"const": ` + strings.Repeat("9", 10_001) + `}`, "s.json:1:11: the number has 10001 characters, and numbers are read up to 10000"},
		{"s.yaml", "items:\n  maximum: 1e1001\n  minimum: -1e1001\n", "s.yaml:2:12: the number is 1e1001" + limits + "\ns.yaml:3:12: the number is -1e1001" + limits},
		{"s.json", `{"minimum": -1e1000, "default": 1e-1000}`, ""},
	} {
		if got := loadError(tt.file, tt.schema); got != tt.want {
			t.Errorf("%.60s:\n%s\nwant\n%s", tt.schema, got, tt.want)
		}
	}
}

// loadError is what loading a schema of one file ends with; "" if it is fine.
func loadError(file, schema string) string {
	if _, err := jsonschema.Load(files(file, schema), file); err != nil {
		return err.Error()
	}
	return ""
}

// FuzzValidate: no document makes Validate panic or run away.
func FuzzValidate(f *testing.F) {
	for _, doc := range []string{`1e999999999`, `-1e-999999999`, `[1e999999999,1e999999999]`, `{"a":1e999999999,"b":{"c":[1e1000]}}`, `[[` + strings.Repeat("1e999999999,", 30) + `0]]`, `1e1000`, `{"a":4}`, `1e`, ``} {
		f.Add(doc)
	}
	s := load(f, files("s.json", numbers), "s.json")
	f.Fuzz(func(t *testing.T, doc string) {
		for _, v := range s.Validate([]byte(doc)) {
			if v.Message == "" || v.Schema.Line < 1 {
				t.Fatalf("%s: %+v", doc, v)
			}
		}
	})
}
