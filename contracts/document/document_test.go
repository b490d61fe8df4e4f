package document

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/reports/finding"
)

type model struct {
	Name    string            `yaml:"name"`
	Size    int               `yaml:"size"`
	Small   int8              `yaml:"small"`
	Seed    *uint64           `yaml:"seed"`
	Ratio   float64           `yaml:"ratio"`
	On      bool              `yaml:"on"`
	Wait    *Duration         `yaml:"wait"`
	Labels  map[string]string `yaml:"labels"`
	Parts   []part            `yaml:"parts"`
	Best    *part             `yaml:"best"`
	Union   union             `yaml:"union"`
	Hidden  string            `yaml:"-"`
	address `yaml:",inline"`

	Untagged string
}

type part struct {
	ID   string `yaml:"id"`
	Tags []int  `yaml:"tags"`
}

type address struct {
	Street string `yaml:"street"`
	City   string `yaml:"city"`
}

// union is text or a map.
type union struct {
	ID   string `yaml:"id"`
	text bool
}

func (u *union) UnmarshalNode(d *Decoder, n *Node) {
	if n.Kind == Scalar {
		u.ID, u.text = n.Text, true
		return
	}
	type plain union
	d.Decode(n, (*plain)(u))
}

func decode(t *testing.T, src string) (model, *Document, []string) {
	t.Helper()
	var m model
	doc, findings := Decode("f.yaml", []byte(src), &m)
	var lines []string
	for _, f := range findings {
		line := fmt.Sprintf("%s %s: %s", strings.TrimPrefix(f.Position.String(), "f.yaml:"), f.ID, f.Message)
		if f.Hint != "" {
			line += " | " + f.Hint
		}
		lines = append(lines, line)
	}
	return m, doc, lines
}

func want[T any](t *testing.T, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(model{}, address{}, union{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDecodeFillsEveryKind(t *testing.T) {
	m, _, findings := decode(t, `
name: 007                 # text is as written
size: -12
small: 127
seed: 18446744073709551615
ratio: 1.5e3
on: TRUE
wait: 0
labels: {a: 1, "b c": true, n: "null"}
parts:
- id: |
    several
    lines
  tags: [1, 2]
- {}
best: {id: 'it''s'}
union: plain
street: Main
city: "Ulm\n"
`)
	want(t, findings, nil)
	seed, wait := uint64(18446744073709551615), Duration(0)
	want(t, m, model{
		Name: "007", Size: -12, Small: 127, Seed: &seed, Ratio: 1500, On: true, Wait: &wait,
		Labels:  map[string]string{"a": "1", "b c": "true", "n": "null"},
		Parts:   []part{{ID: "several\nlines\n", Tags: []int{1, 2}}, {}},
		Best:    &part{ID: "it's"},
		Union:   union{ID: "plain", text: true},
		address: address{Street: "Main", City: "Ulm\n"},
	})
	m, _, findings = decode(t, "union: {id: a}\n")
	want(t, findings, nil)
	want(t, m.Union, union{ID: "a"})
}

func TestDecodeFindsEverythingAtOnce(t *testing.T) {
	m, doc, findings := decode(t, `name: [a]
size: 1.0
small: 128
seed: -1
ratio: .nan
on: no
wait: 5
labels: {a: {b: c}}
parts:
  - {id: a, tags: x}
  - 7
  - {di: a}
best:
union: {ID: x}
Hidden: x
Untagged: x
ctiy: y
address: {}
`)
	want(t, findings, []string{
		`1:7 file/wrong-type: name must be text, not a list`,
		`2:7 file/wrong-type: size must be a whole number, not the number 1.0`,
		`3:8 file/bad-value: small: 128 is out of range`,
		`4:7 file/bad-value: seed: -1 is out of range`,
		`5:8 file/wrong-type: ratio must be a number, not the text ".nan"`,
		`6:5 file/wrong-type: on must be true or false, not the text "no" | write false`,
		`7:7 file/bad-value: wait: the duration 5 has no unit | add one: 5ms, 5s, 5h`,
		`8:13 file/wrong-type: a must be text, not a map`,
		`10:19 file/wrong-type: tags must be a list, not the text "x" | write a list: [x]`,
		`11:5 file/wrong-type: parts[1] must be a map, not the number 7`,
		`12:6 file/unknown-field: parts[2] has no field "di" | did you mean "id"?`,
		`13:1 file/wrong-type: best has no value; a map belongs here | give it a value or remove it`,
		`14:9 file/unknown-field: union has no field "ID" | did you mean "id"?`,
		`15:1 file/unknown-field: the file has no field "Hidden" | valid are city, street`,
		`16:1 file/unknown-field: the file has no field "Untagged" | valid are city, street`,
		`17:1 file/unknown-field: the file has no field "ctiy" | did you mean "city"?`,
		`18:1 file/unknown-field: the file has no field "address" | valid are city, street`,
	})
	want(t, len(m.Parts), 3)
	want(t, m.Parts[0].ID, "a")
	want(t, doc.Failed("parts", 1), true)
	want(t, doc.Failed("parts", 1, "id"), true)
	want(t, doc.Failed("parts", 0), false)
	want(t, doc.Failed("parts", 0, "tags", 3), true)
	want(t, doc.Misspelt(nil, "city"), true)
	want(t, doc.Misspelt(nil, "street"), false)
	want(t, doc.Misspelt(Path{"parts", 2}, "id"), true)
}

func TestAnchorsAliasesAndMergeKeys(t *testing.T) {
	m, doc, findings := decode(t, `parts:
  - &first {id: a, tags: &tags [1, 2]}
  - *first
  - {<<: *first, id: b}
  - id: c
    <<: [{id: ignored, tags: [3]}, *first]
  - {id: d, tags: *tags}
`)
	want(t, findings, nil)
	want(t, m.Parts, []part{{"a", []int{1, 2}}, {"a", []int{1, 2}}, {"b", []int{1, 2}}, {"c", []int{3}}, {"d", []int{1, 2}}})
	want(t, doc.Position("parts", 1, "tags", 1).String(), "f.yaml:2:36")
	want(t, doc.Position("parts", 2, "id").String(), "f.yaml:4:22")
	want(t, doc.Position("parts", 3, "tags").String(), "f.yaml:6:30")
}

func TestPositions(t *testing.T) {
	_, doc, _ := decode(t, "# ünïcode\nname: é\nlabels:\n  größe: ü  # ö\n  k: {x: 1}\nparts:\n  - id: a\n")
	want(t, doc.File(), "f.yaml")
	tests := []struct {
		path       []any
		value, key string
	}{
		{nil, "2:1", "2:1"},
		{[]any{"name"}, "2:7", "2:1"},
		{[]any{"labels"}, "4:3", "3:1"},
		{[]any{"labels", "größe"}, "4:12", "4:3"},
		{[]any{"labels", 0}, "4:12", "4:3"},
		{[]any{"labels", 1, "x"}, "5:10", "5:7"},
		{[]any{"labels", 2}, "4:3", "4:3"},
		{[]any{"parts", 0}, "7:5", "7:5"},
		{[]any{"parts", 0, "id"}, "7:9", "7:5"},
		{[]any{"parts", 0, "tags", 4}, "7:5", "7:5"},
		{[]any{"parts", -1}, "7:3", "7:3"},
		{[]any{"parts", "id"}, "7:3", "7:3"},
		{[]any{"nowhere", "at", 1, "all"}, "2:1", "2:1"},
		{[]any{1.5}, "2:1", "2:1"},
	}
	for _, tt := range tests {
		want(t, doc.Position(tt.path...).String(), "f.yaml:"+tt.value)
		want(t, doc.KeyPosition(tt.path...).String(), "f.yaml:"+tt.key)
	}
	want(t, doc.Position("labels", "größe").Source, "  größe: ü  # ö")
	want(t, doc.Has("labels", "größe"), true)
	want(t, doc.Has("labels", "grösse"), false)
}

func TestNilDocumentKnowsNothing(t *testing.T) {
	var doc *Document
	want(t, doc.File(), "")
	want(t, doc.Position("a"), nil)
	want(t, doc.KeyPosition("a"), nil)
	want(t, doc.Has("a"), false)
	want(t, doc.Failed("a"), false)
	check := NewChecker(doc)
	check.Missing(nil, "name", "")
	check.Error("x", Path{"a"}, "wrong", "")
	check.ErrorInside("x", Path{"a"}, 3, "wrong", "")
	check.Conflict(Path{"b"}, Path{"a"}, "both", "")
	check.ExactlyOne(nil, Option{"a", true}, Option{"b", true})
	want(t, len(check.Findings()), 5)
	for _, f := range check.Findings() {
		want(t, f.Position, nil)
		want(t, len(f.Related), 0)
	}
}

func TestLineEndsAndMarks(t *testing.T) {
	for name, src := range map[string]string{
		"unix":    "name: a\nlabels:\n  b: [c]\n",
		"windows": "name: a\r\nlabels:\r\n  b: [c]\r\n",
		"mac":     "name: a\rlabels:\r  b: [c]\r",
		"bom":     "\ufeffname: a\nlabels:\n  b: [c]",
	} {
		t.Run(name, func(t *testing.T) {
			_, doc, findings := decode(t, src)
			want(t, findings, []string{"3:6 file/wrong-type: b must be text, not a list"})
			want(t, doc.Position("labels", "b").Source, "  b: [c]")
		})
	}
	_, _, findings := decode(t, "%YAML 1.2\n---\nname: a\n---\n")
	want(t, findings, nil)
}

func TestLimits(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"size", strings.Repeat("#\n", maxBytes), `1:1 file/too-large: the file has more than 262144 bytes, the most that are read | split it`},
		{"tokens", "labels: {" + strings.Repeat("a,", maxTokens/2) + "}", `1:50007 file/too-large: the file has more than 50000 tokens`},
		{"flow", "labels: " + strings.Repeat("{a: ", 65), `1:265 file/too-large: values nest deeper than 64 levels`},
		{"entries", "parts:\n" + strings.Repeat("- ", 66) + "a", `2:131 file/too-large: values nest deeper than 64 levels`},
		{"anchors", "name: " + strings.Repeat("&a ", 65) + "x", `1:199 file/too-large: values nest deeper than 64 levels`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, findings := decode(t, tt.src)
			want(t, findings, []string{tt.want})
		})
	}
	t.Run("blocks", func(t *testing.T) {
		var src strings.Builder
		for i := range 65 {
			fmt.Fprintf(&src, "%sa:\n", strings.Repeat(" ", i))
		}
		_, _, findings := decode(t, src.String())
		want(t, findings, []string{"65:65 file/too-large: values nest deeper than 64 levels"})
	})
	t.Run("many lines are no depth", func(t *testing.T) {
		_, _, findings := decode(t, "parts:\n"+strings.Repeat("  - id: a\n    tags: [1]\n", 1000))
		want(t, findings, nil)
	})
	t.Run("aliases", func(t *testing.T) {
		tags := "&t [" + strings.Repeat("1, ", 999) + "1]"
		_, _, findings := decode(t, "parts:\n  - &p {tags: "+tags+"}\n"+strings.Repeat("  - *p\n", 200))
		want(t, findings, []string{"2:2413 file/too-large: aliases expand to more than 100000 values | write fewer aliases of aliases"})
	})
	t.Run("findings", func(t *testing.T) {
		var src strings.Builder
		for i := range 150 {
			fmt.Fprintf(&src, "zz%d: 1\n", i)
		}
		_, _, findings := decode(t, src.String())
		want(t, len(findings), maxFindings+1)
		want(t, findings[maxFindings], "101:1 file/too-large: more than 100 problems; the rest is not listed | solve these first")
	})
	t.Run("long values", func(t *testing.T) {
		_, findings := Decode("f", []byte("wait: "+strings.Repeat("x", 1000)), new(model))
		want(t, len([]rune(findings[0].Message)), 303)
	})
}

// TestTheSlowestFilesEnd guards the limits: the YAML parser is quadratic in
// some shapes, and without limits these run into the timeout of go test.
func TestTheSlowestFilesEnd(t *testing.T) {
	for name, unit := range map[string]string{
		"pairs": "a: 1\n", "list": "- a\n", "flow": "[a],", "text": "x ", "quotes": `"a",`, "lines": "  x\n",
		"comments": "#\n", "anchors": "- &a b\n", "blanks": "\n", "flow maps": "{a: b}, ", "open": "[", "close": "]", "question": "? a\n",
	} {
		src := unit
		if len(unit) > 1 {
			src = strings.Repeat(unit, maxBytes/len(unit))
		}
		if name == "flow" || name == "flow maps" || name == "quotes" {
			src = "[" + src + "]"
		}
		_, _, findings := decode(t, src)
		if len(findings) == 0 {
			t.Errorf("%s: no finding", name)
		}
	}
}

func TestNearest(t *testing.T) {
	valid := []string{"attempts", "backoff", "end-to-end", "p99", "p99.9", "topic", "topics"}
	for name, nearest := range map[string]string{
		"atempts": "attempts", "maxAttempts": "attempts", "max_attempts": "attempts", "BACKOFF": "backoff",
		"endToEnd": "end-to-end", "end_to_end": "end-to-end", "p999": "p99.9", "topci": "topic", "topicss": "topics",
		"": "", "xyz": "", "b": "", "linearizable": "",
	} {
		want(t, Nearest(name, valid), nearest)
	}
	want(t, Suggest("topci", valid), `did you mean "topic"?`)
	want(t, Suggest("zzzzz", []string{"b", "a"}), "valid are a, b")
	want(t, Suggest("zzzzz", nil), "")
	many := make([]string, 30)
	for i := range many {
		many[i] = fmt.Sprintf("name-%02d", i)
	}
	want(t, strings.HasSuffix(Suggest("zzzzz", many), "name-23, …"), true)
}

// TestNearestByWords: of several names that contain the text, or are contained
// in it, the one that does so by whole words is meant, then the closest.
func TestNearestByWords(t *testing.T) {
	for _, tt := range []struct {
		name  string
		valid []string
		want  string
	}{
		{"committed", []string{"read-committed", "read-uncommitted"}, "read-committed"},
		{"uncommitted", []string{"read-committed", "read-uncommitted"}, "read-uncommitted"},
		{"readCommitted", []string{"read-committed", "read-uncommitted"}, "read-committed"},
		{"cloudevent", []string{"none", "cloudevents-binary", "cloudevents-structured"}, "cloudevents-binary"},
		{"cloudevents", []string{"none", "cloudevents-binary", "cloudevents-structured"}, "cloudevents-binary"},
		{"structured", []string{"unstructured-records", "cloudevents-structured"}, "cloudevents-structured"},
		{"forward", []string{"backward", "forward", "forward-transitive"}, "forward"},
		{"transitive", []string{"full-transitive", "intransitive", "forward-transitive"}, "intransitive"},
		{"max.insync.replicas", []string{"replicas", "min.insync.replicas"}, "min.insync.replicas"},
		{"log.retention.ms", []string{"retention.bytes", "retention.ms", "local.retention.ms"}, "retention.ms"},
		{"maxRetryAttempts", []string{"attempts", "retry-topics"}, "attempts"},
		{"order", []string{"disorderly", "reorder-window", "order-window"}, "order-window"},
	} {
		want(t, Nearest(tt.name, tt.valid), tt.want)
		slices.Reverse(tt.valid)
		want(t, Nearest(tt.name, tt.valid), tt.want)
	}
}

func TestCheckerKeepsSilentAboutWhatFailed(t *testing.T) {
	_, doc, _ := decode(t, "size: x\nwait: 5\nbest: {di: a}\nunion: a\n")
	check := NewChecker(doc)
	check.Positive(Path{"size"}, false)
	check.Positive(Path{"absent"}, false)
	check.Missing(Path{"best"}, "id", "")
	check.ExactlyOne(nil, Option{Field: "wait"}, Option{Field: "seed"})
	check.Conflict(Path{"union"}, Path{"wait"}, "both", "")
	want(t, check.Findings(), nil)

	check.Missing(Path{"best"}, "tags", "add it")
	check.OneOf(Path{"union"}, "a", "b", "c")
	check.OneOf(Path{"absent"}, "", "b")
	check.ErrorInside("x/y", Path{"union"}, 1, "inside", "")
	check.ErrorAtKey("x/y", Path{"union"}, "key", "")
	var got []string
	for _, f := range check.Findings() {
		got = append(got, f.Position.String()+" "+f.ID+": "+f.Message)
		want(t, f.Severity, finding.Error)
	}
	want(t, got, []string{
		"f.yaml:3:7 file/required: best needs the field tags",
		"f.yaml:4:1 x/y: key",
		`f.yaml:4:8 file/unknown-value: union cannot be "a"`,
		"f.yaml:4:9 x/y: inside",
	})
}

func TestProgrammingMistakesPanic(t *testing.T) {
	for name, out := range map[string]any{"no pointer": model{}, "nil": (*model)(nil), "channel": &struct {
		Name chan int `yaml:"name"`
	}{}} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			Decode("f", []byte("name: a"), out)
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	src := []byte("name: a\nlabels: {a: b}\nparts:\n" + strings.Repeat("  - {id: a, tags: [1, 2, 3]}\n", 100))
	b.ReportAllocs()
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if _, findings := Decode("f", src, new(model)); len(findings) > 0 {
			b.Fatal(findings)
		}
	}
}
