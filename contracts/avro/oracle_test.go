package avro

import (
	"encoding/json"
	"flag"
	"slices"
	"strconv"
	"strings"
	"testing"

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
	pair := rapid.Custom(drawTexts).Filter(func(pair [2]string) bool {
		_, errW := Parse(Source{"writer.avsc", []byte(pair[0])})
		_, errR := Parse(Source{"reader.avsc", []byte(pair[1])})
		return errW == nil && errR == nil
	}).Draw(t, "pair")
	w, errW := Parse(Source{"writer.avsc", []byte(pair[0])})
	r, errR := Parse(Source{"reader.avsc", []byte(pair[1])})
	if errW != nil || errR != nil {
		t.Fatal(errW, errR)
	}
	return pair[0], pair[1], w, r
}

func drawTexts(t *rapid.T) [2]string {
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
	return [2]string{textOf(t, first), textOf(t, second)}
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
	// outcome is that of the example's witness, where we have one.
	outcome string
	// explains says of a problem that twmb does not see it for this reason. Of
	// what it sees and we do not, only one is known: endless values.
	explains func(r *Schema, p compat.Problem) bool
}

var differences = []difference{
	{
		"an alias without a namespace", `{"type":"record","name":"x.Old","fields":[]}`, `{"type":"record","name":"a.New","aliases":["Old"],"fields":[]}`,
		"by the specification the reader refuses it: at $ it finds record x.Old where it needs record a.New; a library that looks for aliases in every namespace reads it",
		func(r *Schema, p compat.Problem) bool {
			return p.Rule == ruleName && len(nodeAt(r, strings.TrimSuffix(p.Reader.Path, "/name")).aliases) > 0
		},
	},
	{
		"an alias without a namespace in a union", `{"type":"record","name":"x.Old","fields":[]}`, `["null",{"type":"record","name":"a.New","aliases":["Old"],"fields":[]}]`,
		"by the specification the reader refuses it: at $ it finds record x.Old, which it cannot read; a library that looks for aliases in every namespace reads it",
		func(r *Schema, p compat.Problem) bool {
			return p.Rule == ruleUnionBranch && nodeAt(r, p.Reader.Path).branch(func(b *node) bool { return len(b.aliases) > 0 }) >= 0
		},
	},
	{
		"a field that can be null, without a default", `{"type":"record","name":"R","fields":[]}`, `{"type":"record","name":"R","fields":[{"name":"f","type":["null","int"]}]}`,
		"by the specification the reader refuses it: there is no $.f in it, and no default to take; a library that takes null for the default of a field that can be null reads null",
		func(r *Schema, p compat.Problem) bool {
			record, index, _ := cutLast(p.Reader.Path, "/fields/")
			i, err := strconv.Atoi(index)
			return p.Rule == ruleMissingField && err == nil && nodeAt(r, record).fields[i].typ.branch(func(b *node) bool { return b.kind == nullKind }) == 0
		},
	},
	{
		"what can never be written", `{"type":"record","name":"R","fields":[{"name":"r","type":"R"}]}`, `"int"`, "",
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

// verdicts are ours and twmb's, by Avro's own rules.
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
	return w, r, breaking(Compare(w, r, Lenient()).Problems), codec.CheckCompatibility(tw, tr)
}

// TestDifferences holds each difference of the table to its example.
func TestDifferences(t *testing.T) {
	for _, d := range differences {
		w, r, ours, theirs := verdicts(t, d.writer, d.reader)
		if got := explain(w, r, ours, theirs); got != d.name {
			t.Errorf("%s: is explained by %q: ours %v, theirs %v", d.name, got, ours, theirs)
			continue
		}
		outcome := ""
		if len(ours) > 0 {
			outcome = ours[0].Witness.Outcome
		}
		if outcome != d.outcome {
			t.Errorf("%s: the outcome is %q, want %q", d.name, outcome, d.outcome)
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
		for _, p := range ours {
			if !strings.HasPrefix(p.Witness.Outcome, "by the specification ") {
				t.Fatalf("twmb reads what %q says of %s", p.Witness.Outcome, p.Message)
			}
		}
		if name == "" {
			t.Fatalf("unclassified: ours %v, theirs %v\nwriter %s\nreader %s", ours, theirs, writer, reader)
		}
		counts[name]++
	})
	t.Log(counts)
}
