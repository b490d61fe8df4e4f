package jsonschema_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
)

// mesh is a schema of n closed objects, each of which refers to some others at
// random, directly and as elements of an array, and the number of the one that
// is farthest from the root; more says what each of them has besides.
func mesh(n, references int, more func(i int) string) (schema string, farthest int) {
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	refers := make([][]int, n)
	definitions := make([]string, n)
	for i := range definitions {
		var b strings.Builder
		fmt.Fprintf(&b, `"D%d":{"type":"object","required":["id"],"additionalProperties":false,"properties":{"id":{"type":"string"}`, i)
		for j := range references {
			to := rng.IntN(n)
			refers[i] = append(refers[i], to)
			ref := fmt.Sprintf(`{"$ref":"#/$defs/D%d"}`, to)
			if j%2 == 0 {
				ref = `{"type":"array","items":` + ref + `}`
			}
			fmt.Fprintf(&b, `,"r%d":%s`, j, ref)
		}
		definitions[i] = b.String() + more(i) + "}}"
	}
	seen, order := map[int]bool{0: true}, []int{0}
	for i := 0; i < len(order); i++ {
		for _, to := range refers[order[i]] {
			if !seen[to] {
				seen[to] = true
				order = append(order, to)
			}
		}
	}
	return `{"$ref":"#/$defs/D0","$defs":{` + strings.Join(definitions, ",") + `}}`, order[len(order)-1]
}

// TestMesh: of many definitions that refer to each other in circles, each is
// held against its own once, so that what one of them changes is decided.
func TestMesh(t *testing.T) {
	for _, size := range []struct{ definitions, references int }{{12, 3}, {24, 3}, {30, 3}, {50, 6}, {100, 3}, {300, 10}, {800, 10}} {
		if testing.Short() && size.definitions > 300 {
			continue
		}
		t.Run(fmt.Sprintf("%d definitions with %d references", size.definitions, size.references), func(t *testing.T) {
			text, farthest := mesh(size.definitions, size.references, func(int) string { return `,"n":{"type":"integer"}` })
			in := func(change string) func(int) string {
				return func(i int) string {
					if i == farthest {
						return change
					}
					return `,"n":{"type":"integer"}`
				}
			}
			writer := mustLoad(t, text)
			changed := func(change string) *jsonschema.Schema {
				text, _ := mesh(size.definitions, size.references, in(change))
				return mustLoad(t, text)
			}
			if c := jsonschema.Compare(writer, changed(`,"n":{"type":"integer"},"added":{"type":"string"}`)); c.Result() != compat.Compatible || len(c.Problems) > 0 {
				t.Errorf("one has a property more: %s\n%.2000s", c.Result(), problemText(c))
			}
			c := jsonschema.Compare(writer, changed(`,"n":{"type":"string"}`))
			var got []string
			for _, p := range c.Problems {
				got = append(got, fmt.Sprint(p.Rule, " ", p.Verdict == compat.Breaks, " ", p.Reader.Path))
			}
			want := []string{fmt.Sprintf("compat/json-type true /$defs/D%d/properties/n/type", farthest)}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the type of one leaf: -want +got:\n%.2000s", diff)
			}
		})
	}
}
