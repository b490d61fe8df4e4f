package summary_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

func open(t *testing.T, s sample.Sample) *run.Record {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	rec, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; if the change is meant, run with -update and look at the difference. Got:\n%s", path, got)
	}
}

func TestText(t *testing.T) {
	for name, s := range map[string]sample.Sample{
		"held.txt": sample.Held(), "broken.txt": sample.Broken(), "killed.txt": sample.Killed(), "embedded.txt": sample.Embedded(),
	} {
		var b bytes.Buffer
		if err := summary.Text(&b, open(t, s), summary.TextOptions{Report: "runs/x/report.html"}); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
	}
}

// TestTextTellsOnce: what is true of several invariants or objectives, or of the
// drain, is told in one line.
func TestTextTellsOnce(t *testing.T) {
	s := sample.Held()
	s.Run.Verdict, s.Run.Reason = finding.Inconclusive, "no-loss: not everything was read: a/0: read to 1 of 2; a/1: read to 3 of 4 (and 2 more)"
	s.Results.Drain = run.Drain{Took: time.Minute, Open: []string{"a/0: read to 1 of 2", "a/1: read to 3 of 4"}}
	doubt := func(name, sentence string) run.Outcome {
		return run.Outcome{Invariant: name, Verdict: finding.Inconclusive, Sentence: sentence}
	}
	const unread = "not everything was read: a/0: read to 1 of 2; a/1: read to 3 of 4"
	s.Results.Invariants = []run.Outcome{
		doubt("no-loss", unread), {Invariant: "per-key-order", Verdict: finding.Pass}, doubt("dlq-complete", unread), doubt("recovery", "nothing to recover from"),
	}
	s.Results.Objectives = []run.Objective{
		{Name: "publish.p99", Verdict: finding.Inconclusive, Got: "—", Note: "not judged (n = 9 < 10000)", Want: "≤ 1 s"},
		{Name: "send.p99", Verdict: finding.Fail, Got: "3 s", Want: "≤ 1 s"},
		{Name: "end-to-end.p99", Phase: "fault", Verdict: finding.Inconclusive, Note: "not judged (n = 9 < 10000)", Want: "≤ 2 s"},
		{Name: "lag", Verdict: finding.Inconclusive, Note: "no group was watched", Want: "≤ 9 records"},
		{Name: "achieved", Verdict: finding.Pass},
	}
	told := func() string {
		var b bytes.Buffer
		if err := summary.Text(&b, open(t, s), summary.TextOptions{}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	text := told()
	if first, _, _ := strings.Cut(text, "\n"); first != "INCONCLUSIVE  no-loss: not everything was read: see drain (and 2 more)" {
		t.Errorf("got %s", first)
	}
	want := `
  invariants  ? no-loss, dlq-complete: not everything was read: see drain
              ? recovery: nothing to recover from
              ✓ per-key-order
  objectives  ? publish.p99 ≤ 1 s, end-to-end.p99 (fault) ≤ 2 s: not judged (n = 9 < 10000)
              ✗ send.p99: 3 s, wanted ≤ 1 s
              ? lag: no group was watched, wanted ≤ 9 records
              ✓ 1 of 5 met
`
	if !strings.Contains(text, want) {
		t.Errorf("the text lacks%s\nin\n%s", want, text)
	}
	if want := "\n  drain       ? incomplete after 1 m 00 s: a/0: read to 1 of 2; a/1: read to 3 of 4\n"; !strings.Contains(text, want) {
		t.Errorf("the text lacks%s\nin\n%s", want, text)
	}
	s.Results.Drain.Open = []string{"no load was sent"}
	s.Results.Invariants = []run.Outcome{doubt("no-loss", "not judged: no load was sent")}
	if text := told(); !strings.Contains(text, "\n  invariants  ? no-loss: not judged: no load was sent\n") {
		t.Errorf("what is short is not told in\n%s", text)
	}
}

// TestTextIsInert: nothing that a run carries may drive the terminal.
func TestTextIsInert(t *testing.T) {
	s := sample.Broken()
	s.Run.Name = "\x1b[1;31mred\x1b[0m\r\nforged line\u202e"
	s.Run.Services[1].LastLines = []string{"\x1b]0;title\a"}
	for _, color := range []bool{false, true} {
		var b bytes.Buffer
		if err := summary.Text(&b, open(t, s), summary.TextOptions{Color: color}); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if want := "\n      \\u001b[1;31mred\\u001b[0m\\u000d\\u000aforged line\\u202e: docker"; !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
		own := strings.NewReplacer("\x1b[1;31m", "", "\x1b[1;32m", "", "\x1b[1;33m", "", "\x1b[0m", "")
		if color {
			text = own.Replace(text)
		}
		if i := strings.IndexFunc(text, func(r rune) bool { return r < ' ' && r != '\n' }); i >= 0 {
			t.Errorf("color %v: control character %q left at %d", color, text[i], i)
		}
	}
}

func TestJSON(t *testing.T) {
	paths := map[string]string{"report": "report.html", "run": "run.json"}
	for name, s := range map[string]sample.Sample{"broken.json": sample.Broken(), "killed.json": sample.Killed()} {
		var b bytes.Buffer
		if err := summary.Make(open(t, s), paths).WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
		if strings.Contains(b.String(), "null") {
			t.Errorf("%s holds null", name)
		}
		var back summary.Summary
		if err := json.Unmarshal(b.Bytes(), &back); err != nil {
			t.Error(err)
		}
	}
}

// TestJSONHasEveryCount: a count that is added to the ledger must reach
// summary.json, or be left out knowingly.
func TestJSONHasEveryCount(t *testing.T) {
	leftOut := map[string]bool{"Name": true, "Event": true, "Topic": true, "Via": true, "DeadLetteredTwice": true}
	counts := reflect.TypeFor[summary.Counts]()
	senders := []run.Sender{{}, {}}
	for i := range senders {
		v := reflect.ValueOf(&senders[i]).Elem()
		for f := range v.NumField() {
			if v.Field(f).Kind() == reflect.Uint64 {
				v.Field(f).SetUint(uint64(f + 1))
			}
		}
	}
	total := reflect.ValueOf(summary.Totals(senders))
	for f := range total.NumField() {
		field := total.Type().Field(f)
		if field.Type.Kind() == reflect.Uint64 && total.Field(f).Uint() != 2*uint64(f+1) {
			t.Errorf("Totals does not add %s", field.Name)
		}
		if _, ok := counts.FieldByName(field.Name); !ok && !leftOut[field.Name] {
			t.Errorf("summary.json has no %s", field.Name)
		}
	}
}

// TestReasons: those of all senders together, most frequent first, and no more
// than fit a line.
func TestReasons(t *testing.T) {
	senders := []run.Sender{
		{Reasons: []run.Reason{{Reason: "reply 404 Not Found", Count: 2000}, {Reason: "timeout", Count: 9}, {Reason: "d", Count: 2}}},
		{},
		{Reasons: []run.Reason{{Reason: "timeout", Count: 1992}, {Reason: "c", Count: 3}, {Reason: "e", Count: 1}, {Reason: "b", Count: 3}, {Reason: "a", Count: 2}}},
	}
	total := summary.Totals(senders)
	if got, want := summary.Reasons(total), "2,001 timeout · 2,000 reply 404 Not Found · 3 b · 3 c · 2 a · 3 for 2 other reasons"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := summary.Reasons(run.Sender{Reasons: total.Reasons[:6]}), "2,001 timeout · 2,000 reply 404 Not Found · 3 b · 3 c · 2 a · 2 d"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if senders[0].Reasons[1].Count != 9 {
		t.Error("the sender's own reasons were changed")
	}
	if got := summary.Reasons(run.Sender{}); got != "" {
		t.Errorf("without reasons: %q", got)
	}
}

func TestJudge(t *testing.T) {
	ended := func(edit func(*run.Record)) *run.Record {
		rec := &run.Record{
			Run: run.Run{
				Status: run.Complete, Verdict: finding.Pass, Cluster: run.Cluster{Kind: "docker", Durable: true},
				Ended: sample.Started.Add(time.Minute), Started: sample.Started,
			},
			Results: &run.Results{
				Senders:    []run.Sender{{Sent: 1200}},
				Invariants: []run.Outcome{{Invariant: "no-loss", Verdict: finding.Pass}},
				Faults:     []run.Fault{{What: "kill", Bit: true}},
				Objectives: []run.Objective{{Name: "publish.p99", Phase: "steady", Verdict: finding.Pass, Want: "≤ 5 ms", Got: "3 ms"}},
				Drain:      run.Drain{Complete: true},
			},
		}
		edit(rec)
		return rec
	}
	for name, c := range map[string]struct {
		edit     func(*run.Record)
		verdict  finding.Verdict
		sentence string
		exit     int
	}{
		"pass":     {func(*run.Record) {}, finding.Pass, "The flow held: 1,200 events were sent and none was lost, 1 of 1 fault bit, 1 of 1 objective was met.", 0},
		"embedded": {func(r *run.Record) { r.Run.Cluster.Durable = false; r.Results.Faults = nil; r.Results.Objectives = nil }, finding.Pass, "The flow held: 1,200 events were sent and none was lost, broker durability was not exercised.", 0},
		"loss not looked at": {func(r *run.Record) {
			r.Results = &run.Results{Senders: []run.Sender{{Sent: 1}}, Drain: run.Drain{Complete: true}}
		}, finding.Pass, "The flow held: 1 event was sent.", 0},
		"reason of its own": {func(r *run.Record) { r.Run.Reason = "As said." }, finding.Pass, "As said.", 0},
		"fail": {func(r *run.Record) {
			r.Run.Verdict = finding.Fail
			r.Results.Invariants[0] = run.Outcome{Invariant: "no-loss", Verdict: finding.Fail, Violations: 1}
			r.Results.Objectives[0].Verdict = finding.Fail
			r.Results.Objectives[0].Got = "9 ms"
			r.Run.Services = []run.Service{{Name: "a", Died: "exit status 2"}, {Name: "b", Died: "killed"}}
		}, finding.Fail, "The flow did not hold: no-loss failed (1 violation); publish.p99 (steady) was 9 ms, wanted ≤ 5 ms; a ended by itself (exit status 2); and 1 more.", 1},
		"vacuous": {func(r *run.Record) { r.Run.Verdict = finding.Vacuous; r.Results.Faults[0].Bit = false }, finding.Vacuous, `Nothing was proven: the fault "kill" never bit.`, 4},
		"vacuous in the load": {func(r *run.Record) {
			r.Run.Verdict = finding.Vacuous
			r.Results.Faults[0] = run.Fault{What: "poison 0.01% of OrderPlaced", Always: true, Evidence: []string{"0 of 500 records drawn for a share of 0.01%"}}
		}, finding.Vacuous, `Nothing was proven: the fault "poison 0.01% of OrderPlaced" never bit (0 of 500 records drawn for a share of 0.01%).`, 4},
		"interrupted": {func(r *run.Record) {
			r.Run.Verdict, r.Run.Status, r.Results.Drain.Complete = finding.Inconclusive, run.Interrupted, false
		}, finding.Inconclusive, "There is not enough evidence: the run was interrupted; the drain did not complete.", 4},
		"killed":                       {func(r *run.Record) { r.Run.Status = run.Running }, finding.Inconclusive, "The run did not end: weir was killed, or is still running. Nothing is judged, and nothing was measured.", 4},
		"broken, never green":          {func(r *run.Record) { r.Run.Status, r.Run.Error = run.Broken, "no engine." }, finding.Inconclusive, "The run broke before anything could be judged: no engine.", 3},
		"no results":                   {func(r *run.Record) { r.Results = nil }, finding.Inconclusive, "The run has no results.json that can be read: nothing is judged, and nothing was measured.", 4},
		"no results, though it passed": {func(r *run.Record) { r.Results, r.Run.Reason = nil, "Everything held." }, finding.Inconclusive, "The run has no results.json that can be read: nothing is judged, and nothing was measured.", 4},
		"no results, and it failed":    {func(r *run.Record) { r.Results, r.Run.Reason, r.Run.Verdict = nil, "It lost.", finding.Fail }, finding.Fail, "It lost.", 1},
		"passed, though its results did not": {func(r *run.Record) {
			r.Run.Reason, r.Results.Invariants[0].Verdict = "Everything held.", finding.Fail
		}, finding.Inconclusive, "run.json says that the run passed, and results.json that no-loss failed: one of them was changed. Nothing is judged.", 4},
		"passed, though an objective was missed": {func(r *run.Record) { r.Results.Objectives[0].Verdict = finding.Fail }, finding.Inconclusive,
			"run.json says that the run passed, and results.json that publish.p99 (steady) failed: one of them was changed. Nothing is judged.", 4},
		"no verdict, no green": {func(r *run.Record) { r.Run.Verdict = "" }, finding.Inconclusive, "The run carries no verdict.", 4},
	} {
		rec := ended(c.edit)
		v, sentence := summary.Judge(rec)
		if v != c.verdict || sentence != c.sentence {
			t.Errorf("%s:\n got %s %s\nwant %s %s", name, v, sentence, c.verdict, c.sentence)
		}
		if got := summary.ExitCode(rec); got != c.exit {
			t.Errorf("%s: exit code %d, want %d", name, got, c.exit)
		}
	}
}
