package jsonschema_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
)

// TestRepeats: what breaks within a definition is one problem, wherever it is
// used, and hides no other.
func TestRepeats(t *testing.T) {
	const number, text = `"M":{"type":"object","properties":{"amt":{"type":"number"}}}`, `"M":{"type":"object","properties":{"amt":{"type":"string"}}}`
	properties := func(n int, sub string) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(`"p%04d":%s`, i, sub))
		}
		return strings.Join(all, ",")
	}
	using := func(properties, defs string) string {
		return `{"properties":{` + properties + `},"$defs":{` + defs + `}}`
	}
	meshed := func(defs string) string { // any of thirty definitions holds any other
		var all []string
		for i := range 30 {
			all = append(all, fmt.Sprintf(`"d%d":{"properties":{"m":{"$ref":"#/$defs/M"},"x%d":true,%s}}`, i, i, properties(30, `{"$ref":"#/$defs/d`+fmt.Sprint((i+1)%30)+`"}`)))
		}
		return `{"$ref":"#/$defs/d0","$defs":{` + strings.Join(all, ",") + `,` + defs + `}}`
	}
	const ref, nullable = `{"$ref":"#/$defs/M"}`, `{"anyOf":[{"type":"null"},{"$ref":"#/$defs/M"}]}`
	const takes = " can be a number, the reader takes only a string"
	cases := []struct {
		name, writer, reader string
		want                 []string
	}{
		{"a definition used twice", using(properties(2, ref), number), using(properties(2, ref), text), []string{
			"$.p0000.amt" + takes + "; also at $.p0001.amt"}},
		{"another break behind more uses than breaks are reported", using(properties(150, ref)+`,"z":{"type":"boolean"}`, number), using(properties(150, ref)+`,"z":{"type":"null"}`, text), []string{
			"$.p0000.amt" + takes + "; also at $.p0001.amt, $.p0002.amt, $.p0003.amt and elsewhere",
			"$.z can be a boolean, the reader takes only null"}},
		{"more uses than questions are asked", using(properties(2500, ref)+`,"z":{"type":"boolean"}`, number), using(properties(2500, ref)+`,"z":{"type":"null"}`, text), []string{
			"$.p0000.amt" + takes + "; also at $.p0001.amt, $.p0002.amt, $.p0003.amt and elsewhere",
			"$.z can be a boolean, the reader takes only null"}},
		{"an alternative", using(properties(3, nullable), number), using(properties(3, nullable), text), []string{
			"$.p0000.amt" + takes + "; also at $.p0001.amt, $.p0002.amt"}},
		{"the nearest is told", using(`"a":{"properties":{"b":`+ref+`}},"c":`+ref, number), using(`"a":{"properties":{"b":`+ref+`}},"c":`+ref, text), []string{
			"$.c.amt" + takes + "; also at $.a.b.amt"}},
		{"definitions that hold each other", meshed(number), meshed(text), []string{
			"$.m.amt" + takes + "; also at $.p0001.m.amt, $.p0002.m.amt, $.p0003.m.amt and elsewhere"}},
		{"two definitions of the writer", using(`"a":`+ref+`,"b":{"$ref":"#/$defs/N"}`, number+`,"N":{"type":"object","properties":{"amt":{"type":"boolean"}}}`),
			using(properties(0, "")+`"a":`+ref+`,"b":`+ref, text), []string{
				"$.a.amt" + takes, "$.b.amt can be a boolean, the reader takes only a string"}},
		{"what breaks only at its second use",
			using(`"a":{"enum":[{"m":"aaaaaa"}],"properties":{"m":`+ref+`}},"b":`+ref, `"M":{"type":"string"}`),
			using(`"a":{"properties":{"m":`+ref+`}},"b":`+ref, `"M":{"type":"string","maxLength":5,"pattern":"^a*$"}`), []string{
				`$.b can be "b", the reader takes only what matches ^a*$`,
				"$.b can have 6 characters, the reader takes at most 5; also at $.a.m"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, p := range jsonschema.Compare(mustLoad(t, c.writer), mustLoad(t, c.reader)).Problems {
				got = append(got, p.Message)
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestRepeatsLenient: what is forgiven at one use of a definition forgives
// nothing at another, of which the writer says something.
func TestRepeatsLenient(t *testing.T) {
	schema := func(n int, definition, more string) string {
		var uses []string
		for i := range n {
			uses = append(uses, fmt.Sprintf(`"p%d":{"$ref":"#/$defs/D"}`, i))
		}
		return `{"type":"object","properties":{` + strings.Join(uses, ",") + `},"$defs":{"D":` + definition + `}` + more + `}`
	}
	for _, tt := range []struct {
		uses int
		more string
		want compat.Result
	}{
		{40, "", compat.Compatible},
		{40, `,"not":{"properties":{"p39":{"properties":{"x":{"not":{"type":"integer"}}}}}}`, compat.Incompatible},
		{1000, "", compat.Compatible},
		{1000, `,"not":{"properties":{"p999":{"properties":{"x":{"not":{"type":"integer"}}}}}}`, compat.Undecided}, // never compatible
	} {
		c := jsonschema.Compare(mustLoad(t, schema(tt.uses, `{"type":"object"}`, tt.more)), mustLoad(t, schema(tt.uses, `{"properties":{"x":{"type":"string"}}}`, "")), jsonschema.Lenient())
		if got := c.Result(); got != tt.want {
			t.Errorf("%d uses%s: %s, want %s", tt.uses, tt.more, got, tt.want)
		}
	}
}
