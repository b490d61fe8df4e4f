package jsonschema_test

import (
	"testing"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
)

// TestKeywordsThatADraftIgnores: the validator and the comparison take them for
// what they are.
func TestKeywordsThatADraftIgnores(t *testing.T) {
	const (
		draft6    = `"$schema":"http://json-schema.org/draft-06/schema#"`
		draft7    = `"$schema":"http://json-schema.org/draft-07/schema#"`
		draft2019 = `"$schema":"https://json-schema.org/draft/2019-09/schema"`
		draft2020 = `"$schema":"https://json-schema.org/draft/2020-12/schema"`
	)
	for _, tt := range []struct {
		name, schema, ignoring string
		doc                    string // that the schema would refuse if the keyword counted
		counts                 bool
	}{
		{"const beside $ref in draft 6", `{` + draft6 + `,"allOf":[{"$ref":"#/definitions/d","const":"1"}],"definitions":{"d":{"type":"string"}}}`, `{"type":"string"}`, `"2"`, false},
		{"const beside $ref in draft 7", `{` + draft7 + `,"properties":{"a":{"const":"1","$ref":"#/definitions/d"}},"definitions":{"d":{"type":"string"}}}`, `{"properties":{"a":{"type":"string"}}}`, `{"a":"2"}`, false},
		{"const beside $ref in draft 2019-09", `{` + draft2019 + `,"const":"1","$ref":"#/$defs/d","$defs":{"d":{"type":"string"}}}`, `{"type":"string"}`, `"2"`, true},
		{"if beside $ref in draft 7", `{` + draft7 + `,"allOf":[{"$ref":"#/definitions/d","if":true,"then":false}],"definitions":{"d":{"type":"string"}}}`, `{"type":"string"}`, `"2"`, false},
		{"dependencies in draft 7", `{` + draft7 + `,"dependencies":{"a":["b"]}}`, `true`, `{"a":1}`, true},
		{"dependencies in draft 2019-09", `{` + draft2019 + `,"dependencies":{"a":["b"]}}`, `true`, `{"a":1}`, false},
		{"dependencies in draft 2020-12", `{` + draft2020 + `,"dependencies":{"a":{"required":["b"]}}}`, `true`, `{"a":1}`, false},
		{"dependencies without a draft", `{"items":{"dependencies":{"a":false}}}`, `true`, `[{"a":1}]`, false},
		{"$recursiveRef in draft 2019-09", `{` + draft2019 + `,"type":"object","properties":{"a":{"$recursiveRef":"#"}}}`, `{"type":"object"}`, `{"a":1}`, true},
		{"$recursiveRef in draft 2020-12", `{` + draft2020 + `,"type":"object","properties":{"a":{"$recursiveRef":"#"}}}`, `{"type":"object"}`, `{"a":1}`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, ignoring := mustLoad(t, tt.schema), mustLoad(t, tt.ignoring)
			if got := s.Validate([]byte(tt.doc)) != nil; got != tt.counts {
				t.Errorf("%s is refused: %t", tt.doc, got)
			}
			want := compat.Compatible
			if tt.counts {
				want = compat.Incompatible
			}
			if c := jsonschema.Compare(ignoring, s); c.Result() != want {
				t.Errorf("%s\n%s", c.Result(), problemText(c))
			}
			if c := jsonschema.Compare(s, ignoring); c.Result() != compat.Compatible {
				t.Errorf("the other way: %s\n%s", c.Result(), problemText(c))
			}
		})
	}
}

// TestIDOfDraft4: what is $id in later drafts names the file, so that
// references beside it lead to files beside the file.
func TestIDOfDraft4(t *testing.T) {
	const schema = `{"$schema": "http://json-schema.org/draft-04/schema#", "id": "http://acme.example/order.json", "items": {"$ref": "money.json"}}`
	s := load(t, files("d/order.json", schema, "d/money.json", `{"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 0, "exclusiveMinimum": true}`), "d/order.json")
	if got, want := violationText(s.Validate([]byte(`[1, 0]`))), "/1 is 0, must be more than 0"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
