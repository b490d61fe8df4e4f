package jsonschema_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/fstest"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
)

func loadText(name, text string, options ...jsonschema.Option) (*jsonschema.Schema, error) {
	return jsonschema.Load(fstest.MapFS{name: {Data: []byte(text)}}, name, options...)
}

// TestWitness holds Compare to documents, over random pairs of schemas: what
// it calls compatible, no document contradicts; what it finds, the witness
// shows; and it leaves at most 2% undecided, none against itself.
// WEIR_PAIRS and WEIR_SEED draw more pairs, or others, WEIR_ROUNDS documents for
// each: 1,340 a round, of which the writer takes some 400; 8 rounds by default,
// one with -short.
func TestWitness(t *testing.T) {
	pairs, seed, rounds := 400, uint64(1), 8
	if testing.Short() {
		pairs, rounds = 60, 1
	}
	if n, err := strconv.Atoi(os.Getenv("WEIR_PAIRS")); err == nil {
		pairs = n
	}
	if n, err := strconv.Atoi(os.Getenv("WEIR_ROUNDS")); err == nil {
		rounds = n
	}
	if n, err := strconv.ParseUint(os.Getenv("WEIR_SEED"), 10, 64); err == nil {
		seed = n
	}
	results, documents := map[compat.Result]int{}, 0
	for drawn := 0; drawn < pairs; seed++ {
		p := randomPair(t, seed)
		if p == nil {
			continue // the change left a schema that is none
		}
		drawn++
		c := jsonschema.Compare(p.writer, p.reader)
		results[c.Result()]++
		switch c.Result() {
		case compat.Compatible:
			for range rounds {
				documents += p.contradict(t)
			}
		case compat.Undecided:
			t.Logf("%s is undecided: %v", p, c.Problems)
		case compat.Incompatible:
		}
		p.checkProblems(t, c)
		if problem, empty := p.writer.Contradiction(); empty && c.Result() != compat.Compatible {
			t.Errorf("%s: nothing is valid for the writer (%s), and yet it breaks: %s", p, problem.Message, problemText(c))
		}
		lenient := jsonschema.Compare(p.writer, p.reader, jsonschema.Lenient())
		p.checkProblems(t, lenient)
		if c.Result() == compat.Compatible && len(lenient.Problems) > 0 {
			t.Errorf("%s: lenient is stricter: %s", p, problemText(lenient))
		}
		if c := jsonschema.Compare(p.writer, p.again); len(c.Problems) > 0 {
			t.Errorf("%s: the writer against itself: %s", p, problemText(c))
		}
	}
	share := float64(results[compat.Undecided]) / float64(pairs)
	t.Logf("%d pairs: %v, undecided %.1f%%; %d documents of compatible pairs", pairs, results, 100*share, documents)
	if share > 0.02 {
		t.Errorf("%.1f%% of the pairs are undecided", 100*share)
	}
	if documents < 100*rounds*results[compat.Compatible] {
		t.Errorf("only %d documents for %d compatible pairs", documents, results[compat.Compatible])
	}
}

// pair is a pair of random schemas, and the writer's once more from a file
// that looks different.
type pair struct {
	*randomSchemas
	seed                  uint64
	texts                 [2]string
	writer, reader, again *jsonschema.Schema
}

func (p *pair) String() string {
	return "seed " + strconv.FormatUint(p.seed, 10) + "\nwriter " + p.texts[0] + "\nreader " + p.texts[1] + "\n"
}

// randomPair draws two schemas, or one and what a few changes make of it; nil
// if these leave something that is no schema, such as an empty anyOf.
func randomPair(t *testing.T, seed uint64) *pair {
	t.Helper()
	p := &pair{randomSchemas: &randomSchemas{Rand: rand.New(rand.NewPCG(seed, 7))}, seed: seed}
	depth := 2 + int(seed%2)
	writer := p.document(depth)
	reader := writer
	switch seed % 6 {
	case 0, 3:
		reader = p.document(depth)
	case 5: // two schemas together against one of them, or one against either
		other := p.schema(depth)
		both, either := copyOf(writer).(object), copyOf(writer).(object)
		both["allOf"], either["anyOf"] = []any{other}, []any{other, p.schema(1)}
		reader = p.mutate(writer)
		if p.IntN(2) == 0 {
			writer = both
		} else {
			writer, reader = reader, either
		}
	default:
		for range 1 + p.IntN(3) {
			reader = p.mutate(reader)
		}
	}
	var options []jsonschema.Option
	if p.IntN(3) == 0 {
		options = append(options, jsonschema.AssertFormat())
	}
	p.texts = [2]string{marshal(writer), marshal(reader)}
	var err error
	if p.writer, err = loadText("w.json", p.texts[0], options...); err != nil {
		t.Fatalf("%s: %v", p, err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, []byte(p.texts[0]), "", "  "); err != nil {
		t.Fatal(err)
	}
	if p.again, err = loadText("w.json", indented.String(), options...); err != nil {
		t.Fatal(err)
	}
	if p.reader, err = loadText("r.json", p.texts[1], options...); err != nil {
		return nil
	}
	return p
}

func (p *pair) checkProblems(t *testing.T, c compat.Comparison) {
	t.Helper()
	for _, problem := range c.Problems {
		if problem.Verdict == compat.Open {
			continue
		}
		document := []byte(problem.Witness.Document)
		if v := p.writer.Validate(document); v != nil {
			t.Errorf("%s: %s: the writer refuses the witness %s: %v", p, problem.Rule, document, v)
		}
		if p.reader.Validate(document) == nil {
			t.Errorf("%s: %s: the reader takes the witness %s", p, problem.Rule, document)
		}
	}
}

// contradict looks for documents that the writer accepts and the reader does
// not: generated ones, with small changes, and any. It returns how many the
// writer accepts.
func (p *pair) contradict(t *testing.T) (n int) {
	t.Helper()
	try := func(doc any) {
		if p.writer.ValidateValue(doc) != nil {
			return
		}
		n++
		if p.reader.ValidateValue(doc) != nil {
			t.Errorf("%s: compatible, but the reader refuses %s", p, marshal(doc))
		}
	}
	g, err := jsonschema.NewGenerator(p.writer)
	for range 40 {
		if err != nil {
			break
		}
		doc, failed := g.Generate(p.Rand)
		if failed != nil {
			break
		}
		try(doc)
		for range 25 {
			try(p.mutateDocument(doc))
		}
	}
	for range 300 {
		try(p.anyDocument(2))
	}
	return n
}

var (
	someNames   = []string{"a", "b", "c", "ab", "bb", "other"}
	someTexts   = []string{"", "a", "b", "ab", "ba", "bb", "c", "abab", "0", "12", "aaaa"}
	someNumbers = []json.Number{"0", "1", "2", "3", "-1", "-2", "0.5", "2.5", "0.1", "0.3", "6", "1.5", "100"}
)

func (r *randomSchemas) anyDocument(depth int) any {
	switch k := r.IntN(10); {
	case k < 2 && depth > 0:
		doc := object{}
		for range r.IntN(4) {
			doc[someNames[r.IntN(len(someNames))]] = r.anyDocument(depth - 1)
		}
		return doc
	case k < 4 && depth > 0:
		doc := []any{}
		for range r.IntN(4) {
			doc = append(doc, r.anyDocument(depth-1))
		}
		return doc
	case k < 6:
		return someTexts[r.IntN(len(someTexts))]
	case k < 9:
		return someNumbers[r.IntN(len(someNumbers))]
	}
	return []any{nil, true, false}[r.IntN(3)]
}

// mutateDocument changes one thing in a document.
func (r *randomSchemas) mutateDocument(doc any) any {
	switch doc := copyOf(doc).(type) {
	case object:
		switch names := slices.Sorted(maps.Keys(doc)); {
		case len(names) == 0 || r.IntN(4) == 0:
			doc[someNames[r.IntN(len(someNames))]] = r.anyDocument(1)
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
