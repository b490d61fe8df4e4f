package avro

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	codec "github.com/twmb/avro"
	"pgregory.net/rapid"

	"github.com/flowweir/weir/contracts/compat"
)

// TestMain draws more than rapid does by default: a schema is small.
func TestMain(m *testing.M) {
	flag.Parse()
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		if err := flag.Set("rapid.checks", "1000"); err != nil {
			panic(err)
		}
	}
	m.Run()
}

// drawPair draws a writer and a reader that load. Most readers are a later
// version of the writer.
func drawPair(t *rapid.T) (writer, reader string, w, r *Schema) {
	m := &schemaMaker{t: t}
	first := m.root()
	var second any
	if m.chance(15) {
		second = drawSchema(t)
	} else {
		second = m.mutate(first)
	}
	if m.chance(30) {
		first, second = second, first
	}
	writer, reader = textOf(t, first), textOf(t, second)
	w, errW := Parse(Source{"writer.avsc", []byte(writer)})
	r, errR := Parse(Source{"reader.avsc", []byte(reader)})
	if errW != nil || errR != nil {
		t.Skip("does not load")
	}
	return writer, reader, w, r
}

func textOf(t *rapid.T, v any) string {
	octets, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(octets)
}

// difference is why twmb/avro's verdict on a pair is not ours, with a pair
// that shows it; docs/compatibility-avro.md has the same table.
type difference struct {
	name, writer, reader string
	// explains says of a problem that twmb does not see it for this reason. Of
	// what it sees and we do not, only one is known: endless values.
	explains func(r *Schema, p compat.Problem) bool
}

var differences = []difference{
	{
		"an alias without a namespace", `{"type":"record","name":"x.Old","fields":[]}`, `{"type":"record","name":"a.New","aliases":["Old"],"fields":[]}`,
		func(r *Schema, p compat.Problem) bool {
			return p.Rule == ruleName && len(nodeAt(r, strings.TrimSuffix(p.Reader.Path, "/name")).aliases) > 0
		},
	},
	{
		"an alias without a namespace in a union", `{"type":"record","name":"x.Old","fields":[]}`, `["null",{"type":"record","name":"a.New","aliases":["Old"],"fields":[]}]`,
		func(r *Schema, p compat.Problem) bool {
			return p.Rule == ruleUnionBranch && nodeAt(r, p.Reader.Path).branch(func(b *node) bool { return len(b.aliases) > 0 }) >= 0
		},
	},
	{
		"a field that can be null, without a default", `{"type":"record","name":"R","fields":[]}`, `{"type":"record","name":"R","fields":[{"name":"f","type":["null","int"]}]}`,
		func(r *Schema, p compat.Problem) bool {
			record, index, _ := cutLast(p.Reader.Path, "/fields/")
			i, err := strconv.Atoi(index)
			return p.Rule == ruleMissingField && err == nil && nodeAt(r, record).fields[i].typ.branch(func(b *node) bool { return b.kind == nullKind }) == 0
		},
	},
	{
		"what can never be written", `{"type":"record","name":"R","fields":[{"name":"r","type":"R"}]}`, `"int"`,
		func(*Schema, compat.Problem) bool { return false },
	},
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// nodeAt follows a path of Compare.
func nodeAt(s *Schema, path string) *node {
	n := s.root.node
	parts := strings.Split(path, "/")[1:]
	for len(parts) > 0 {
		switch parts[0] {
		case "fields":
			i, _ := strconv.Atoi(parts[1])
			n, parts = n.fields[i].typ.node, parts[2:]
		case "items", "values":
			n = n.element.node
		default:
			i, _ := strconv.Atoi(parts[0])
			n = n.branches[i].node
		}
		parts = parts[1:]
	}
	return n
}

// explain names the differences behind a pair of verdicts, "" for none.
func explain(w, r *Schema, ours []compat.Problem, theirs error) string {
	if theirs != nil {
		if len(ours) == 0 && hasEndless(w.root.node, map[*node]bool{}) {
			return "what can never be written"
		}
		return ""
	}
	found := ""
	for _, p := range ours {
		i := slices.IndexFunc(differences, func(d difference) bool { return d.explains(r, p) })
		if i < 0 {
			return ""
		}
		found = differences[i].name
	}
	return found
}

// verdicts are ours and twmb's.
func verdicts(t interface{ Fatal(...any) }, writer, reader string) (w, r *Schema, ours []compat.Problem, theirs error) {
	w, err := Parse(Source{"writer.avsc", []byte(writer)})
	if err != nil {
		t.Fatal(err)
	}
	if r, err = Parse(Source{"reader.avsc", []byte(reader)}); err != nil {
		t.Fatal(err)
	}
	tw, err := codec.Parse(writer)
	if err != nil {
		t.Fatal("loads here, not there:", err, writer)
	}
	tr, err := codec.Parse(reader)
	if err != nil {
		t.Fatal("loads here, not there:", err, reader)
	}
	return w, r, breaking(Compare(w, r).Problems), codec.CheckCompatibility(tw, tr)
}

// TestDifferences holds each difference of the table to its example.
func TestDifferences(t *testing.T) {
	for _, d := range differences {
		w, r, ours, theirs := verdicts(t, d.writer, d.reader)
		if got := explain(w, r, ours, theirs); got != d.name {
			t.Errorf("%s: is explained by %q: ours %v, theirs %v", d.name, got, ours, theirs)
		}
	}
}

func hasEndless(n *node, seen map[*node]bool) bool {
	if seen[n] {
		return false
	}
	seen[n] = true
	if n.smallest == endless {
		return true
	}
	inner := slices.Clone(n.branches)
	if n.element.node != nil {
		inner = append(inner, n.element)
	}
	for _, f := range n.fields {
		inner = append(inner, f.typ)
	}
	return slices.ContainsFunc(inner, func(u use) bool { return hasEndless(u.node, seen) })
}

func breaking(problems []compat.Problem) []compat.Problem {
	return slices.DeleteFunc(slices.Clone(problems), func(p compat.Problem) bool { return p.Verdict != compat.Breaks })
}

// TestLoadDifferences are schemas that twmb/avro loads and this package
// refuses by the specification; docs/compatibility-avro.md has the reasons. No
// schema is known that loads here and not there: FuzzParse and TestOracle look
// for one.
func TestLoadDifferences(t *testing.T) {
	for name, schema := range map[string]string{
		"a reference before the definition":   `{"type":"record","name":"R","fields":[{"name":"a","type":["null","E"]},{"name":"b","type":{"type":"enum","name":"E","symbols":["A"]}}]}`,
		"the attributes of a type in a field": `{"type":"record","name":"R","fields":[{"name":"a","type":"enum","symbols":["A"]}]}`,
		"a primitive type's name":             `{"type":"record","name":"a.string","fields":[]}`,
		"a number's default as a string":      `{"type":"record","name":"R","fields":[{"name":"a","type":"double","default":"1.5"}]}`,
		"an integer's default as a fraction":  `{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":1.0}]}`,
		"a float's default out of range":      `{"type":"record","name":"R","fields":[{"name":"a","type":"float","default":1e39}]}`,
	} {
		if _, err := codec.Parse(schema); err != nil {
			t.Errorf("%s: twmb refuses it: %v", name, err)
		}
		if _, err := Parse(Source{"s.avsc", []byte(schema)}); err == nil {
			t.Errorf("%s: loads here", name)
		}
	}
}

// TestOracle compares verdicts with twmb/avro's on random pairs. A difference
// must be one of the table.
func TestOracle(t *testing.T) {
	counts := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		writer, reader, _, _ := drawPair(t)
		w, r, ours, theirs := verdicts(t, writer, reader)
		if (len(ours) == 0) == (theirs == nil) {
			counts[map[bool]string{true: "both compatible", false: "both incompatible"}[theirs == nil]]++
			return
		}
		name := explain(w, r, ours, theirs)
		if name == "" {
			t.Fatalf("unclassified: ours %v, theirs %v\nwriter %s\nreader %s", ours, theirs, writer, reader)
		}
		counts[name]++
	})
	t.Log(counts)
}

// TestWitnesses holds every verdict to data. Where a pair is compatible, the
// bytes of generated values are read by the resolver of this test without a
// refusal, and by twmb's. Where it is not, each problem's witness is refused
// by the resolver for the problem's reason at its place.
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
		for range 200 {
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

// TestCodec holds the library's codec to a decoder of this test: what
// generated values become and what is read back, branches included.
func TestCodec(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := textOf(t, drawSchema(t))
		s, err := Parse(Source{"s.avsc", []byte(text)})
		if err != nil {
			t.Skip("does not load")
		}
		g, err := NewGenerator(s)
		if err != nil {
			t.Skip("has no values")
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
