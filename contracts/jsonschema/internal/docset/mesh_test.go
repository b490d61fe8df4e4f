package docset_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
)

// TestFindInMeshes: of sets that contain each other at random, what is in one
// and not in another is found if any small document is, and only then is said to
// be nothing if none is; whatever was asked before.
func TestFindInMeshes(t *testing.T) {
	documents := smallDocuments()
	answers := map[docset.Answer]int{}
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 3))
		b := build{}
		means := make([]func() docset.Set, 3+rng.IntN(5))
		for i := range means {
			means[i] = drawMeaning(rng, &b, len(means))
		}
		b.Space = docset.NewSpace(func(name int) docset.Set { return means[name]() })
		within := make([][]bool, len(means))
		for i := range means {
			for _, doc := range documents {
				within[i] = append(within[i], b.Holds(b.Named(i), doc))
			}
		}
		for _, pair := range rng.Perm(len(means) * len(means)) {
			i, j := pair/len(means), pair%len(means)
			want := docset.Empty
			for k := range documents {
				if within[i][k] && !within[j][k] {
					want = docset.Found
				}
			}
			r := b.Find(b.Named(i), b.Named(j).Not())
			answers[r.Answer]++
			if r.Answer == docset.Unknown || r.Answer == docset.Empty && want == docset.Found {
				t.Errorf("seed %d, %d without %d: %v, want %v", seed, i, j, r, want)
			}
			if r.Answer == docset.Found && (!b.Holds(b.Named(i), r.Doc) || b.Holds(b.Named(j), r.Doc)) {
				t.Errorf("seed %d, %d without %d: %v is none", seed, i, j, r.Doc)
			}
		}
	}
	if answers[docset.Found] < 1000 || answers[docset.Empty] < 500 {
		t.Errorf("all of one kind: %v", answers)
	}
}

// drawMeaning draws a choice of numbers and of objects whose members are in
// other sets.
func drawMeaning(rng *rand.Rand, b *build, names int) func() docset.Set {
	var ways []func() docset.Set
	member := func(name string) func() docset.Set {
		of := rng.IntN(names)
		required := rng.IntN(3) > 0
		return func() docset.Set {
			set := b.Property(name, b.Named(of))
			if required {
				set = b.And(set, b.Has(name))
			}
			return set
		}
	}
	for range 1 + rng.IntN(3) {
		if rng.IntN(3) == 0 {
			number := json.Number(fmt.Sprint(rng.IntN(2)))
			ways = append(ways, func() docset.Set { return b.Values(number) })
			continue
		}
		l, r := member("l"), member("r")
		ways = append(ways, func() docset.Set {
			return b.object(l(), r(), b.Properties(docset.Names{Except: []string{"l", "r"}}, docset.None))
		})
	}
	return func() docset.Set {
		var sets []docset.Set
		for _, way := range ways {
			sets = append(sets, way())
		}
		return b.Or(sets...)
	}
}

// smallDocuments are all documents of two numbers and two names, up to a depth.
func smallDocuments() []any {
	leaves := []any{json.Number("0"), json.Number("1")}
	all := leaves
	for range 2 {
		next := append([]any{map[string]any{}}, leaves...)
		for _, x := range all {
			next = append(next, map[string]any{"l": x}, map[string]any{"r": x})
			for _, y := range all {
				next = append(next, map[string]any{"l": x, "r": y})
			}
		}
		all = next
	}
	return all
}
