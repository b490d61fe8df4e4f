package compat_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/reports/finding"
)

func TestParseMode(t *testing.T) {
	for _, tt := range []struct {
		name string
		want compat.Mode
		says string
	}{
		{"none", compat.Mode{}, "none"},
		{"NONE", compat.Mode{}, "none"},
		{"backward", compat.Mode{Backward: true}, "backward"},
		{"BACKWARD_TRANSITIVE", compat.Mode{Backward: true, Transitive: true}, "backward-transitive"},
		{"forward", compat.Mode{Forward: true}, "forward"},
		{"forward-transitive", compat.Mode{Forward: true, Transitive: true}, "forward-transitive"},
		{"FULL", compat.Mode{Backward: true, Forward: true}, "full"},
		{"full-transitive", compat.Mode{Backward: true, Forward: true, Transitive: true}, "full-transitive"},
	} {
		got, err := compat.ParseMode(tt.name)
		if err != nil || got != tt.want || got.String() != tt.says {
			t.Errorf("%s: got %+v (%s), %v; want %+v (%s)", tt.name, got, got, err, tt.want, tt.says)
		}
	}
	for _, name := range []string{"", "none-transitive", "backwards", "transitive", "full-", "-transitive"} {
		if got, err := compat.ParseMode(name); err == nil {
			t.Errorf("%q: got %s, want an error", name, got)
		}
	}
}

func TestStricterMode(t *testing.T) {
	mode := func(name string) compat.Mode {
		m, err := compat.ParseMode(name)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, tt := range []struct {
		a, b, union string
		covers      bool // a covers b
	}{
		{"none", "none", "none", true},
		{"none", "backward", "backward", false},
		{"backward", "none", "backward", true},
		{"backward", "forward", "full", false},
		{"full", "backward", "full", true},
		{"full", "backward-transitive", "full-transitive", false},
		{"full-transitive", "forward", "full-transitive", true},
	} {
		if got := mode(tt.a).Union(mode(tt.b)); got != mode(tt.union) {
			t.Errorf("%s with %s: got %s, want %s", tt.a, tt.b, got, tt.union)
		}
		if got := mode(tt.a).Covers(mode(tt.b)); got != tt.covers {
			t.Errorf("%s covers %s: got %v", tt.a, tt.b, got)
		}
	}
}

// bits reads a number if it has no bit that the reader lacks; a negative one
// is never decided.
func bits(writer, reader int) compat.Comparison {
	place := func(path string) compat.Place {
		return compat.Place{Path: path, Position: finding.Position{File: path, Line: 1}}
	}
	p := compat.Problem{Rule: "compat/bits", Verdict: compat.Breaks, Message: "bits", Writer: place("w"), Reader: place("r")}
	switch {
	case writer < 0 || reader < 0:
		p.Verdict = compat.Open
	case writer&^reader == 0:
		return compat.Comparison{}
	default:
		p.Witness = &compat.Witness{Document: "1", Outcome: "refused"}
	}
	return compat.Comparison{Problems: []compat.Problem{p}}
}

func TestCheckUnderModes(t *testing.T) {
	for _, tt := range []struct {
		mode   string
		olds   []int
		latest int
		want   compat.Result
		found  []string // writer>reader
	}{
		{"none", []int{7}, 0, compat.Compatible, nil},
		{"backward", nil, 1, compat.Compatible, nil},
		{"backward", []int{1}, 3, compat.Compatible, nil},
		{"backward", []int{3}, 1, compat.Incompatible, []string{"old0>new"}},
		{"backward", []int{3, 1}, 1, compat.Compatible, nil},
		{"backward-transitive", []int{3, 1}, 1, compat.Incompatible, []string{"old0>new"}},
		{"forward", []int{1}, 3, compat.Incompatible, []string{"new>old0"}},
		{"full", []int{1}, 2, compat.Incompatible, []string{"old0>new", "new>old0"}},
		{"full", []int{1}, 1, compat.Compatible, nil},
		{"backward", []int{-1}, 1, compat.Undecided, []string{"old0>new"}},
		{"backward-transitive", []int{3, -1}, 1, compat.Incompatible, []string{"old0>new", "old1>new"}},
	} {
		mode, err := compat.ParseMode(tt.mode)
		if err != nil {
			t.Fatal(err)
		}
		var olds []compat.Version[int]
		for i, v := range tt.olds {
			olds = append(olds, compat.Version[int]{Name: "old" + string(rune('0'+i)), Schema: v})
		}
		out := compat.Check(mode, olds, compat.Version[int]{Name: "new", Schema: tt.latest}, bits)
		var found []string
		for _, p := range out.Problems {
			found = append(found, p.WriterName+">"+p.ReaderName)
		}
		if out.Result != tt.want {
			t.Errorf("%s of %v and %d: got %s, want %s", tt.mode, tt.olds, tt.latest, out.Result, tt.want)
		}
		if diff := cmp.Diff(tt.found, found); diff != "" {
			t.Errorf("%s of %v and %d (-want +got):\n%s", tt.mode, tt.olds, tt.latest, diff)
		}
	}
}

// A finding stands in the new version, whichever way the data flows.
func TestFindingsStandInTheNewVersion(t *testing.T) {
	at := func(file string) finding.Position { return finding.Position{File: file, Line: 1} }
	problem := compat.Problem{
		Rule: "compat/x", Verdict: compat.Breaks, Message: "m", Hint: "h",
		Writer: compat.Place{Path: "/a", Position: at("writer")}, Reader: compat.Place{Position: at("reader")},
		Witness: &compat.Witness{Document: "1", Bytes: []byte{1}, Outcome: "refused"},
	}
	forgiven, open := problem, problem
	forgiven.Verdict, open.Verdict, open.Witness = compat.Forgiven, compat.Open, nil
	backward := compat.Direction{WriterName: "v1", ReaderName: "v2", NewReads: true}
	forward := compat.Direction{WriterName: "v2", ReaderName: "v1"}
	out := compat.Outcome{Problems: []compat.Directed{
		{Problem: problem, Direction: backward}, {Problem: forgiven, Direction: forward}, {Problem: open, Direction: backward},
	}}
	reader, writer := at("reader"), at("writer")
	reader.Path, writer.Path = "#", "/a"
	example := func(w, r string) *finding.Counterexample {
		return &finding.Counterexample{Writer: w, Reader: r, Document: "1", Bytes: []byte{1}, Outcome: "refused"}
	}
	want := []finding.Finding{
		{
			ID: "compat/x", Severity: finding.Error, Message: "m", Hint: "h", Position: &reader,
			Related: []finding.Related{{Position: writer, Message: "/a in v1"}}, Counterexample: example("v1", "v2"),
		},
		{
			ID: "compat/x", Severity: finding.Info, Message: "m", Hint: "h", Position: &writer,
			Related: []finding.Related{{Position: reader, Message: "the root in v1"}}, Counterexample: example("v2", "v1"),
		},
		{
			ID: "compat/x", Severity: finding.Undecided, Message: "m", Position: &reader,
			Hint:    "undecided counts as not compatible; simplify the schemas at this place, or waive the rule",
			Related: []finding.Related{{Position: writer, Message: "/a in v1"}},
		},
	}
	if diff := cmp.Diff(want, out.Findings()); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
