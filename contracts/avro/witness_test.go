package avro

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	codec "github.com/twmb/avro"
	"pgregory.net/rapid"

	"github.com/flowweir/weir/contracts/compat"
)

// TestWitnesses holds every verdict to data. Where a pair is compatible, the
// bytes of generated values are read by the resolver of this test without a
// refusal, and by twmb's. Where it is not, each problem's witness is refused
// by the resolver for the problem's reason at its place. Where Recoded finds
// nothing, either, values keep their bytes.
func TestWitnesses(t *testing.T) {
	counts := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		writer, reader, w, r := drawPair(t)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		problems := Compare(w, r).Problems
		for _, p := range problems {
			counts[p.Rule]++
			checkWitness(t, w, r, p)
		}
		if len(breaking(problems)) > 0 || w.root.smallest == endless {
			return
		}
		counts["compatible"]++
		resolved := resolvedBy(t, writer, reader)
		if resolved == nil && !hasEndless(w.root.node, map[*node]bool{}) {
			t.Fatalf("twmb does not read %s as %s", writer, reader)
		}
		g, err := NewGenerator(w)
		if err != nil {
			t.Fatal(err)
		}
		rewritten := rewriter(t, w, r)
		if rewritten != nil {
			counts["rewritten"]++
		}
		for n := range 200 {
			native := g.native(rng)
			octets, err := w.encode(native)
			if err != nil {
				t.Fatalf("%v in %s: %v", native, writer, err)
			}
			reading := resolver{src: octets}
			reading.read(w.root.node, r.root.node, "", false)
			if len(reading.refusals) > 0 || len(reading.src) > 0 {
				t.Fatalf("%s\nread by %s\nof %v: %v, %d bytes left", writer, reader, native, reading.refusals, len(reading.src))
			}
			if rewritten != nil && n < 20 {
				checkRewritten(t, rewritten, r, octets)
			}
			var v any
			if resolved == nil {
				continue
			}
			if rest, err := resolved.Decode(octets, &v); err != nil || len(rest) > 0 {
				t.Fatalf("%s\nread by %s\nof %v: %v, %d bytes left", writer, reader, native, err, len(rest))
			}
		}
	})
	t.Log(counts)
}

// resolvedBy is twmb's reader, nil where it refuses the pair as the table of
// differences says.
func resolvedBy(t *rapid.T, writer, reader string) *codec.Schema {
	tw, err := codec.Parse(writer)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := codec.Parse(reader)
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := codec.Resolve(tw, tr)
	if err != nil {
		return nil
	}
	return resolved
}

func checkWitness(t *rapid.T, w, r *Schema, p compat.Problem) {
	if p.Witness == nil || p.Witness.Document == "" {
		t.Fatalf("no witness: %+v", p)
	}
	if violations := w.ValidateJSON([]byte(p.Witness.Document)); len(violations) > 0 {
		t.Fatalf("%s is no value of the writer: %v", p.Witness.Document, violations)
	}
	var v any
	if doc := p.Witness.Document; json.Unmarshal([]byte(doc), &v) != nil {
		t.Fatalf("not JSON: %s", doc)
	}
	octets, err := w.Encode(v)
	if err != nil || !slices.Equal(octets, p.Witness.Bytes) {
		t.Fatalf("%s is encoded as %x, not %x: %v", p.Witness.Document, octets, p.Witness.Bytes, err)
	}
	reading := resolver{src: p.Witness.Bytes}
	reading.read(w.root.node, r.root.node, "", false)
	want := p.Rule + " at " + p.Reader.Path
	if p.Verdict == compat.Breaks && !slices.Contains(reading.refusals, want) {
		t.Fatalf("%s\nis refused by %q, not by %s", p.Witness.Document, reading.refusals, want)
	}
}

// TestMisreadings shows with twmb's reader what outcomes claim of a reader
// that does not refuse: the writer's bytes taken for the reader's type.
func TestMisreadings(t *testing.T) {
	for _, tt := range []struct{ writer, reader, reads, outcome string }{
		{
			`{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}`, `{"type":"bytes","logicalType":"decimal","precision":9,"scale":4}`,
			"1/10000", "by the specification the reader refuses it; a library that does not check reads 0.0001 at $ instead of 0.01",
		},
		{
			`{"type":"bytes","logicalType":"decimal","precision":9}`, `{"type":"bytes","logicalType":"decimal","precision":4}`,
			"10000/1", "by the specification the reader refuses it; a library that does not check gets 5 digits at $ where it has room for 4",
		},
		{
			`{"type":"long","logicalType":"timestamp-millis"}`, `{"type":"long","logicalType":"timestamp-micros"}`,
			"1970-01-21 02:08:09.6 +0000 UTC", "a reader that applies logical types reads 1970-01-21T02:08:09.6Z at $ instead of 2025-01-01T00:00:00Z",
		},
		{
			`{"type":"long","logicalType":"time-micros"}`, `{"type":"long","logicalType":"timestamp-micros"}`,
			"1970-01-01 12:00:00 +0000 UTC", "a reader that applies logical types reads 1970-01-01T12:00:00Z at $ instead of 12h0m0s after midnight",
		},
		{
			`{"type":"int","logicalType":"time-millis"}`, `{"type":"int","logicalType":"date"}`,
			"120247-08-02 00:00:00 +0000 UTC", "a reader that applies logical types reads 120247-08-02 at $ instead of 12h0m0s after midnight",
		},
		{
			`{"type":"fixed","name":"F","size":12,"logicalType":"decimal","precision":20,"scale":2}`, `{"type":"fixed","name":"F","size":12,"logicalType":"duration"}`,
			"PT4H39M37.216S", "a reader that applies logical types reads 0 months, 0 days and 16777216 ms at $ instead of the number 0.01",
		},
		{
			`{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}`, `{"type":"fixed","name":"F","size":16,"logicalType":"decimal","precision":30,"scale":3}`,
			"1/1000", "a reader that applies logical types reads the number 0.001 at $ instead of the UUID 00000000-0000-0000-0000-000000000001",
		},
	} {
		w, r, _, _ := verdicts(t, tt.writer, tt.reader)
		problems := Compare(w, r).Problems
		if len(problems) != 1 {
			t.Errorf("%s read as %s: %d problems, want 1", tt.writer, tt.reader, len(problems))
			continue
		}
		if lenient := Compare(w, r, Lenient()); strings.Contains(tt.outcome, "logical types") != (lenient.Result() == compat.Compatible) || len(lenient.Problems) != 1 {
			t.Errorf("%s read as %s, by Avro's own rules: %s, %d problems", tt.writer, tt.reader, lenient.Result(), len(lenient.Problems))
		}
		if problems[0].Witness.Outcome != tt.outcome {
			t.Errorf("%s read as %s: %+v, want the outcome %s", tt.writer, tt.reader, problems[0].Witness, tt.outcome)
		}
		var v any
		if _, err := codec.MustParse(tt.reader).Decode(problems[0].Witness.Bytes, &v); err != nil {
			t.Error(err)
		}
		if got := fmt.Sprint(v); got != tt.reads {
			t.Errorf("%s read as %s is %s, want %s", tt.writer, tt.reader, got, tt.reads)
		}
	}
}

// hasValues says whether a schema loads and values of it can be made.
func hasValues(text string) bool {
	s, err := Parse(Source{"s.avsc", []byte(text)})
	if err != nil {
		return false
	}
	_, err = NewGenerator(s)
	return err == nil
}

// TestCodec holds the library's codec to a decoder of this test: what
// generated values become and what is read back, branches included.
func TestCodec(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.Custom(func(t *rapid.T) string { return textOf(t, drawSchema(t)) }).Filter(hasValues).Draw(t, "schema")
		s, err := Parse(Source{"s.avsc", []byte(text)})
		if err != nil {
			t.Fatal(err)
		}
		g, err := NewGenerator(s)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		for range 20 {
			native := g.native(rng)
			octets, err := s.encode(native)
			if err != nil {
				t.Fatal(err)
			}
			reading := resolver{src: octets}
			own := reading.own(s.root.node)
			if len(reading.src) > 0 || !reflect.DeepEqual(own, native) {
				t.Fatalf("%s\n%x is\n%#v, not\n%#v", text, octets, own, native)
			}
			decoded, err := s.decode(octets)
			if err != nil || !reflect.DeepEqual(decoded, native) {
				t.Fatalf("%s\n%x is decoded as\n%s: %v", text, octets, cmp.Diff(native, decoded), err)
			}
			value, err := s.Decode(octets)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Encode(value); err != nil {
				t.Fatalf("%s\n%v cannot be encoded: %v", text, value, err)
			}
		}
	})
}
