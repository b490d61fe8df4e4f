package jsonschema_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/jsonschema"
)

const orderYAML = "\ufeff# an order\r\n" + `$schema: https://json-schema.org/draft/2020-12/schema
type: object
required: [id, lines]
properties:
  id: &id {type: string, pattern: '^[A-Z]{2}$'}
  ref: *id
  "größe": {enum: [S, "10", 10, 1.5, true, null, ~]}
  lines:
    type: array
    items:
      $ref: line.json
`

const lineJSON = `{"type": "object", "properties": {"size": {"$ref": "size.yml#/$defs/size"}}}`

const sizeYAML = `$defs:
  size:
    type: integer
    maximum: 10
`

// A schema in YAML is the same schema, and its places are those of the YAML.
func TestYAML(t *testing.T) {
	fsys := files("order.yaml", orderYAML, "line.json", lineJSON, "size.yml", sizeYAML)
	s := load(t, fsys, "order.yaml")
	for _, tt := range []struct {
		document string
		want     []string
	}{
		{`{"id":"AB","lines":[{"size":10}],"größe":"10"}`, nil},
		{`{"id":"AB","lines":[],"größe":10}`, nil},
		{`{"id":"AB","lines":[],"größe":null}`, nil},
		{`{"id":"AB","lines":[],"größe":"S"}`, nil},
		{`{"id":"a","lines":[]}`, []string{"order.yaml:6:26 /id"}},
		{`{"id":"AB","ref":"a","lines":[]}`, []string{"order.yaml:6:26 /ref"}},
		{`{"id":"AB","lines":[],"größe":"L"}`, []string{"order.yaml:8:15 /größe"}},
		{`{"id":"AB","lines":[{"size":11}]}`, []string{"size.yml:4:5 /lines/0/size"}},
		{`{"lines":[]}`, []string{"order.yaml:4:1 "}},
	} {
		var got []string
		for _, v := range s.Validate([]byte(tt.document)) {
			got = append(got, v.Schema.String()+" "+v.Place)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.document, diff)
		}
	}
	narrow := load(t, files("order.yaml", orderYAML, "line.json", lineJSON, "size.yml", sizeYAML[:len(sizeYAML)-4]+" 9\n"), "order.yaml")
	want := `compat/json-range breaks
  $.lines[0].size can be 10, the reader takes at most 9
  writer: /$defs/size/maximum at size.yml:4:5
  reader: /$defs/size/maximum at size.yml:4:5
  witness: {"id":"AA","lines":[{"size":10}]}
  refused: /lines/0/size is 10, must be at most 9
`
	if diff := cmp.Diff(want, problemText(jsonschema.Compare(s, narrow))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// FuzzYAML: whatever a file holds, it is a schema or an error with a place
// in a file that was read.
func FuzzYAML(f *testing.F) {
	for _, s := range []string{orderYAML, sizeYAML, "", "true", "- 1", "a: &a [*a]", "type: [string", "a: {b: c", "? a\n: b", "!!str a", "x: 0x1F", "a: &x {}\nb: {<<: *x}", "\x00", "a:\r\n  b: |\r\n    c\r\n", "properties: {a: ~}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		s, err := jsonschema.Load(files("s.yaml", src), "s.yaml")
		if err == nil {
			if at := s.Position(); at.File != "s.yaml" || at.Line < 1 || at.Column < 1 {
				t.Fatalf("the schema stands at %s", at)
			}
			return
		}
		var e *jsonschema.Error
		if !errors.As(err, &e) || len(e.Problems) == 0 {
			t.Fatalf("%v is no *Error", err)
		}
		for _, p := range e.Problems {
			if p.Position.File != "s.yaml" || p.Position.Line < 1 || p.Position.Column < 1 {
				t.Fatalf("%v has no place", err)
			}
		}
	})
}

// FuzzCompare: any two schemas are compared, in bounded time and without a
// panic, and what breaks is shown.
func FuzzCompare(f *testing.F) {
	for _, s := range [][2]string{
		{`{"type":"string"}`, `{"pattern":"^a*$","maxLength":3}`},
		{`{"$ref":"#/$defs/a","$defs":{"a":{"items":{"$ref":"#"}}}}`, `{"uniqueItems":true,"contains":{"minimum":1e30}}`},
		{`{"oneOf":[{"multipleOf":0.1},{"minimum":1}]}`, `{"not":{"enum":[1,"a",null]}}`},
		{`{"minItems":100000}`, `{"minItems":100001,"unevaluatedItems":false}`},
		{`{"minimum":1e400}`, `{"exclusiveMinimum":1e400}`},
		{`{"minimum":1e1000}`, `{"minimum":1e999,"multipleOf":1e-1000}`},
		{`{"minimum":5}`, `{"maximum":-1e99999999}`},
		{`{"minLength":18446744073709551616}`, `{"maxLength":9007199254740991}`},
		{`true`, `false`},
		{`{"patternProperties":{"\\bx":{}},"propertyNames":{"maxLength":2}}`, `{"dependentSchemas":{"a":false},"minProperties":3}`},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a)+len(b) > 2000 {
			return
		}
		if !json.Valid([]byte(a)) || !json.Valid([]byte(b)) {
			return
		}
		writer, err := loadText("w.json", a)
		if err != nil {
			return
		}
		reader, err := loadText("r.json", b)
		if err != nil {
			return
		}
		for _, options := range [][]jsonschema.CompareOption{nil, {jsonschema.Lenient()}} {
			for _, p := range jsonschema.Compare(writer, reader, options...).Problems {
				if p.Witness == nil {
					continue
				}
				if writer.Validate([]byte(p.Witness.Document)) != nil || reader.Validate([]byte(p.Witness.Document)) == nil {
					t.Fatalf("%s: %s is no witness", p.Rule, p.Witness.Document)
				}
			}
		}
	})
}
