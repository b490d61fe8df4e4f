package jsonschema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
)

// kinds is a choice of n closed objects that a const of the property kind tells
// apart, each with ten properties, and one more in each branch that has one.
func kinds(keyword string, n int, required string, more func(i int) string) string {
	branches := make([]string, n)
	for i := range branches {
		var b strings.Builder
		fmt.Fprintf(&b, `{"type":"object","additionalProperties":false,"required":[%s],"properties":{"kind":{"const":"k%d"}`, required, i)
		for j := range 10 {
			fmt.Fprintf(&b, `,"f%d_%d":{"type":%q}`, i, j, []string{"string", "integer", "boolean"}[j%3])
		}
		b.WriteString(more(i) + "}}")
		branches[i] = b.String()
	}
	return fmt.Sprintf(`{%q:[%s]}`, keyword, strings.Join(branches, ","))
}

// TestManyAlternatives: alternatives that one property tells apart are each
// held against their own, however many there are and however they change.
func TestManyAlternatives(t *testing.T) {
	plain := func(int) string { return "" }
	added := func(int) string { return `,"added":{"type":"string"}` }
	third := func(i int) string {
		if i != 3 {
			return ""
		}
		return `,"added":{"type":"string"}`
	}
	const required = `"kind"`
	for _, keyword := range []string{"oneOf", "anyOf"} {
		t.Run(keyword+" of 20, each has a property less", func(t *testing.T) {
			c := jsonschema.Compare(mustLoad(t, kinds(keyword, 20, required, added)), mustLoad(t, kinds(keyword, 20, required, plain)))
			if c.Result() != compat.Incompatible || len(c.Problems) != 20 {
				t.Errorf("%s with %d problems:\n%.2000s", c.Result(), len(c.Problems), problemText(c))
			}
		})
		for _, n := range []int{20, 60} {
			base := mustLoad(t, kinds(keyword, n, required, plain))
			for _, tt := range []struct {
				name           string
				writer, reader *jsonschema.Schema
				want           compat.Result
				problems       int
			}{
				{"each has a property more", base, mustLoad(t, kinds(keyword, n, required, added)), compat.Compatible, 0},
				{"one has a property more", base, mustLoad(t, kinds(keyword, n, required, third)), compat.Compatible, 0},
				{"one has a property less", mustLoad(t, kinds(keyword, n, required, third)), base, compat.Incompatible, 1},
				{"an alternative more", base, mustLoad(t, kinds(keyword, n+1, required, plain)), compat.Compatible, 0},
				{"an alternative less", mustLoad(t, kinds(keyword, n+1, required, plain)), base, compat.Incompatible, 1},
			} {
				t.Run(fmt.Sprintf("%s of %d, %s", keyword, n, tt.name), func(t *testing.T) {
					c := jsonschema.Compare(tt.writer, tt.reader)
					if c.Result() != tt.want || len(c.Problems) != tt.problems {
						t.Errorf("%s with %d problems:\n%.2000s", c.Result(), len(c.Problems), problemText(c))
					}
				})
			}
		}
	}
}

// TestManyAlternativesLenient: what the lenient dialect forgives, it forgives in
// each of many alternatives. Of more than are held apart it says neither that
// they break nor that they do not.
func TestManyAlternativesLenient(t *testing.T) {
	schema := func(n int, more, seventh string) *jsonschema.Schema {
		branches := make([]string, n)
		for i := range branches {
			kind := "string"
			if i == 7 {
				kind = seventh
			}
			branches[i] = fmt.Sprintf(`{"type":"object","required":["kind"],"properties":{"kind":{"const":"k%d"},"f%d":{"type":%q}%s}}`, i, i, kind, more)
		}
		return mustLoad(t, `{"oneOf":[`+strings.Join(branches, ",")+`]}`)
	}
	for _, tt := range []struct {
		alternatives int
		seventh      string
		want         compat.Result
	}{
		{30, "string", compat.Compatible},
		{50, "string", compat.Compatible},
		{70, "string", compat.Compatible},
		{120, "string", compat.Compatible},
		{120, "integer", compat.Incompatible},
		{400, "string", compat.Undecided},
	} {
		c := jsonschema.Compare(schema(tt.alternatives, "", "string"), schema(tt.alternatives, `,"fresh":{"type":"string"}`, tt.seventh), jsonschema.Lenient())
		if got := c.Result(); got != tt.want {
			var others []string
			for _, p := range c.Problems {
				if p.Verdict != compat.Forgiven {
					others = append(others, p.Message)
				}
			}
			t.Errorf("%d alternatives, the seventh of type %s: %s, want %s: %q", tt.alternatives, tt.seventh, got, tt.want, others)
		}
	}
}
