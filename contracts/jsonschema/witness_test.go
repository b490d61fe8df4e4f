package jsonschema_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
)

func loadText(name, text string, options ...jsonschema.Option) (*jsonschema.Schema, error) {
	return jsonschema.Load(fstest.MapFS{name: {Data: []byte(text)}}, name, options...)
}

// TestWitness holds Compare to documents: what it calls compatible, no
// document contradicts; what it calls incompatible, its witness shows.
func TestWitness(t *testing.T) {
	pairs := 300
	if n, err := strconv.Atoi(os.Getenv("PAIRS")); err == nil {
		pairs = n
	}
	first := uint64(0)
	if n, err := strconv.Atoi(os.Getenv("SEED")); err == nil {
		first = uint64(n)
	}
	results := map[compat.Result]int{}
	documents := 0
	var slowest time.Duration
	depth := 2
	if os.Getenv("DEPTH") == "3" {
		depth = 3
	}
	for seed := first; seed < first+uint64(pairs); seed++ {
		r := &randomSchemas{Rand: rand.New(rand.NewPCG(seed, 7))}
		w := r.document(depth)
		var rd object
		if seed%3 == 0 {
			rd = r.document(depth)
		} else {
			rd = w
			for range 1 + r.IntN(3) {
				rd = r.mutate(rd)
			}
		}
		wt, rt := marshal(w), marshal(rd)
		writer, err := loadText("w.json", wt)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		reader, err := loadText("r.json", rt)
		if err != nil {
			continue // a mutation may leave an empty anyOf
		}
		begin := time.Now()
		c := jsonschema.Compare(writer, reader)
		took := time.Since(begin)
		if took > slowest {
			slowest = took
		}
		if took > 200*time.Millisecond {
			t.Logf("seed %d took %v %s\n%s\n%s", seed, took, c.Result(), wt, rt)
		}
		results[c.Result()]++
		switch c.Result() {
		case compat.Compatible:
			documents += contradict(t, r, writer, reader, func(doc any) {
				t.Errorf("seed %d: compatible, but %s\nwriter %s\nreader %s", seed, marshal(doc), wt, rt)
			})
		case compat.Undecided:
			if os.Getenv("SHOW") != "" {
				t.Logf("seed %d undecided %v %v\n%s\n%s", seed, took, c.Problems[0], wt, rt)
			}
		}
		for _, p := range c.Problems {
			if p.Verdict == compat.Open {
				continue
			}
			if v := writer.Validate([]byte(p.Witness.Document)); v != nil {
				t.Errorf("seed %d: %s: writer refuses witness %s: %v", seed, p.Rule, p.Witness.Document, v)
			}
			if v := reader.Validate([]byte(p.Witness.Document)); v == nil {
				t.Errorf("seed %d: %s: reader takes witness %s", seed, p.Rule, p.Witness.Document)
			}
		}
	}
	t.Logf("%v, %d documents, slowest %v", results, documents, slowest)
}

// contradict looks for documents that the writer accepts and the reader does
// not.
func contradict(t *testing.T, r *randomSchemas, writer, reader *jsonschema.Schema, found func(any)) (n int) {
	try := func(doc any) {
		if writer.ValidateValue(doc) != nil {
			return
		}
		n++
		if reader.ValidateValue(doc) != nil {
			found(doc)
		}
	}
	g, err := jsonschema.NewGenerator(writer)
	for range 30 {
		if err != nil {
			break
		}
		doc, failed := g.Generate(r.Rand)
		if failed != nil {
			break
		}
		try(doc)
		for range 10 {
			try(r.mutateDocument(doc))
		}
	}
	for range 100 {
		try(r.anyDocument(2))
	}
	return n
}

func (r *randomSchemas) anyDocument(depth int) any {
	switch k := r.IntN(10); {
	case k < 2 && depth > 0:
		doc := object{}
		for range r.IntN(4) {
			doc[[]string{"a", "b", "c", "ab", "bb", "other"}[r.IntN(6)]] = r.anyDocument(depth - 1)
		}
		return doc
	case k < 4 && depth > 0:
		doc := []any{}
		for range r.IntN(4) {
			doc = append(doc, r.anyDocument(depth-1))
		}
		return doc
	case k < 6:
		return []any{"", "a", "b", "ab", "ba", "bb", "c", "abab", "0", "12", "aaaa"}[r.IntN(11)]
	case k < 9:
		return json.Number([]string{"0", "1", "2", "3", "-1", "-2", "0.5", "2.5", "0.1", "0.3", "6", "1.5", "100"}[r.IntN(13)])
	}
	return []any{nil, true, false}[r.IntN(3)]
}

func (r *randomSchemas) mutateDocument(doc any) any {
	switch doc := copyOf(doc).(type) {
	case object:
		switch names := slices.Sorted(maps.Keys(doc)); {
		case len(names) == 0 || r.IntN(4) == 0:
			doc[[]string{"a", "b", "c", "ab", "bb", "other"}[r.IntN(6)]] = r.anyDocument(1)
		case r.IntN(3) == 0:
			delete(doc, names[r.IntN(len(names))])
		default:
			name := names[r.IntN(len(names))]
			doc[name] = r.mutateDocument(doc[name])
		}
		return doc
	case []any:
		switch {
		case len(doc) == 0 || r.IntN(3) == 0:
			return append(doc, r.anyDocument(1))
		case r.IntN(3) == 0:
			return append(doc, doc[r.IntN(len(doc))])
		}
		i := r.IntN(len(doc))
		doc[i] = r.mutateDocument(doc[i])
		return doc
	}
	return r.anyDocument(1)
}
