package jsonschema_test

import (
	"testing"

	"github.com/flowweir/weir/contracts/place"
)

// TestExcludes: what keywords leave of a place, together and in alternatives,
// and nothing where that cannot be found out.
func TestExcludes(t *testing.T) {
	for _, tt := range []struct {
		name, schema, place string
		want                bool
	}{
		{"anything", `true`, "$.a", false},
		{"nothing", `false`, "$.a", true},
		{"another value", `{"properties":{"a":{"const":"y"}}}`, "$.a", true},
		{"this value", `{"properties":{"a":{"const":"x"}}}`, "$.a", false},
		{"one of several", `{"properties":{"a":{"enum":["x","y"]}}}`, "$.a", false},
		{"none of several", `{"properties":{"a":{"enum":["y",1]}}}`, "$.a", true},
		{"a pattern", `{"properties":{"a":{"pattern":"^y"}}}`, "$.a", true},
		{"a pattern that may be given up", `{"properties":{"a":{"pattern":"^(?=x)x$"}}}`, "$.a", false},
		{"forbidden by not", `{"properties":{"a":{"not":{"const":"x"}}}}`, "$.a", true},
		{"some alternative", `{"anyOf":[{"properties":{"a":{"const":"y"}}},{"properties":{"a":{"const":"x"}}}]}`, "$.a", false},
		{"no alternative", `{"anyOf":[{"properties":{"a":{"const":"y"}}},{"properties":{"a":{"const":"z"}}}]}`, "$.a", true},
		{"whole documents", `{"enum":[{"a":"y"},{"b":"x"}]}`, "$.a", true},
		{"a place within", `{"properties":{"l":{"items":{"properties":{"a":{"const":"y"}}}}}}`, "$.l[1].a", true},
		{"no container on the way", `{"properties":{"l":{"type":"object"}}}`, "$.l[1]", true},
		{"a longer tuple", `{"properties":{"l":{"maxItems":2}}}`, "$.l[1]", false},
		{"a reference to itself", `{"properties":{"n":{"$ref":"#"},"a":{"const":"y"}}}`, "$.n.n.a", true},
		{"a header", `false`, "header:a", false},
	} {
		s := load(t, files("s.json", tt.schema), "s.json")
		if got := s.Excludes(place.MustParse(tt.place), "x"); got != tt.want {
			t.Errorf("%s: excluded: %t, want %t", tt.name, got, tt.want)
		}
	}
}
