package html

import (
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/run"
)

// calm is the record of a run in which nothing failed and nothing stood still.
func calm(t *testing.T) *run.Record {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	if err := sample.Held().Write(dir); err != nil {
		t.Fatal(err)
	}
	rec, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rec.Results.Faults {
		rec.Results.Faults[i].PublishStall = 0
	}
	if got := failing(rec); len(got) > 0 {
		t.Fatalf("the calm run has moments %+v", got)
	}
	return rec
}

func TestMomentsOfObjectives(t *testing.T) {
	rec := calm(t)
	for i := range rec.Intervals {
		in := &rec.Intervals[i]
		in.Failed, in.Lag = 0, map[string]map[string]int64{"a": {"t/0": 9, "t/1": 9}, "b": {"t/0": 10}}
		in.Aborted = 0
		in.Due = in.Acked
	}
	at := func(second int) *run.Interval { return &rec.Intervals[second] }
	at(1).Failed, at(12).Failed, at(21).Failed, at(22).Failed, at(31).Failed = 99, 3, 4, 8, 5
	at(13).Due += 50
	at(14).Due, at(14).Aborted = at(14).Due+80, 70
	at(23).Due += 20
	at(24).Lag["a"]["t/1"] = 50
	at(25).Lag["b"]["t/0"] = 58
	rec.Results.Faults[0].PublishStall, rec.Results.Faults[1].PublishStall = time.Second, 2*time.Second
	rec.Results.Faults[0].Recovery, rec.Results.Faults[1].Recovery = 5*time.Second, 4*time.Second
	kill, crash := rec.Results.Faults[0].Start, rec.Results.Faults[1].Start
	second := func(n int) time.Duration { return time.Duration(n) * time.Second }
	for _, c := range []struct {
		name, phase string
		want        time.Duration
	}{
		{"fault.unavailable", run.PhaseFault, crash},
		{"healed.within", run.PhaseHealed, kill},
		{"recovery", run.PhaseHealed, kill},
		{"errors", run.PhaseSteady, second(12)},
		{"fault.errors", run.PhaseFault, second(22)},
		{"run.errors", "", second(22)},
		{"healed.errors", run.PhaseHealed, second(31)},
		{"achieved", run.PhaseSteady, second(13)},
		{"fault.achieved", run.PhaseFault, second(23)},
		{"fault.lag", run.PhaseFault, second(24)},
	} {
		o := run.Objective{Name: c.name, Phase: c.phase, Verdict: finding.Fail}
		if got, ok := missed(rec, o); !ok || got != c.want {
			t.Errorf("%s: at %s, %v; want %s", c.name, got, ok, c.want)
		}
		o.Verdict = finding.Pass
		if got, ok := missed(rec, o); ok {
			t.Errorf("%s was met and has a moment: %s", c.name, got)
		}
	}
}

// TestMomentsOfLatencies takes the interval with the highest latency of the
// phase, by the histograms themselves.
func TestMomentsOfLatencies(t *testing.T) {
	rec := calm(t)
	s := sample.Held()
	for _, c := range []struct{ name, kind, phase string }{
		{"publish.p99", run.Publish, run.PhaseSteady},
		{"fault.end-to-end.p50", run.EndToEnd, run.PhaseFault},
		{"run.send.max", run.Send, ""},
		{"partitions.publish.p99", run.Publish, ""},
	} {
		var want time.Duration
		var most int64
		for i, h := range s.Histograms[c.kind] {
			if phase := s.Intervals[i].Phase; (phase == c.phase || c.phase == "" && phase != run.PhaseWarmup) && h.Max() > most {
				most, want = h.Max(), time.Duration(i)*time.Second
			}
		}
		if got, ok := missed(rec, run.Objective{Name: c.name, Phase: c.phase, Verdict: finding.Fail}); !ok || got != want {
			t.Errorf("%s: at %s, %v; want %s", c.name, got, ok, want)
		}
	}
	if at, ok := missed(rec, run.Objective{Name: "effect-of-others.p99", Verdict: finding.Fail}); ok {
		t.Errorf("a kind that was not measured has a moment: %s", at)
	}
}

// TestMoments: the gravest first, those of one second as one, and of each
// service three in order of time, its own end apart.
func TestMoments(t *testing.T) {
	rec := calm(t)
	rec.Run.Services[1].DiedAt = 50 * time.Second
	told := func(at ...time.Duration) (all []finding.Finding) {
		for _, at := range at {
			all = append(all, finding.Finding{Record: &finding.Record{Story: []finding.Step{{At: at, What: "due"}, {At: 0}}}})
		}
		return append(all, finding.Finding{}, finding.Finding{Record: &finding.Record{}})
	}
	res := rec.Results
	for i := range res.Invariants {
		res.Invariants[i].Findings = told(2 * time.Second) // it passed
	}
	res.Invariants[0].Verdict, res.Invariants[0].Findings = finding.Fail, told(40*time.Second, 30*time.Second)
	res.Invariants[1].Verdict, res.Invariants[1].Findings = finding.Fail, told()
	res.Faults[0].PublishStall = 2 * time.Second
	res.Faults[1].PublishStall, res.Faults[1].Start = 1500*time.Millisecond, 31*time.Second
	res.Faults[2].PublishStall, res.Faults[2].Always = time.Second, true
	res.Objectives[3].Verdict = finding.Fail // fault.unavailable
	res.Objectives[3].Name = "fault.unavailable"
	want := []moment{
		{At: 50 * time.Second, Why: []string{"payment-service ended by itself"}, Bad: true, of: "payment-service"},
		{At: 30 * time.Second, Why: []string{"no-loss failed", "publishing stood still for 1.5 s"}, Bad: true},
		{At: 20 * time.Second, Why: []string{"fault.unavailable (fault) was missed", "publishing stood still for 2 s"}, Bad: true},
	}
	got := failing(rec)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if shown := shownMoments(got, "order-service"); !reflect.DeepEqual(shown, []moment{want[2], want[1], want[0]}) {
		t.Errorf("order-service: %+v", shown)
	}
	if shown := shownMoments(got, "payment-service"); !reflect.DeepEqual(shown, []moment{want[2], want[1]}) {
		t.Errorf("payment-service: %+v", shown)
	}
	many := append(slices.Clone(got), moment{At: 1, Why: []string{"a fourth one"}})
	if shown := shownMoments(many, "order-service"); len(shown) != 3 || shown[0].At != 20*time.Second {
		t.Errorf("of four: %+v", shown)
	}
	rec.Results = nil
	if got := failing(rec); got != nil {
		t.Errorf("without results: %+v", got)
	}
}

func TestTenths(t *testing.T) {
	for at, want := range map[time.Duration]string{
		0: "+0.0 s", 3190 * time.Millisecond: "+3.1 s", -1250 * time.Millisecond: "−1.2 s", 2 * time.Hour: "+7200.0 s",
	} {
		if got := tenths(at); got != want {
			t.Errorf("%s is %q, want %q", at, got, want)
		}
	}
}
