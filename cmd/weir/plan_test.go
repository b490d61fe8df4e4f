package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/loadgen/capacity"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// testProber is that of a scenario with the fields that follow, on the flow of
// testdata/flow with one more event.
func testProber(t *testing.T, fields string, objectives ...string) (*prober, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/flow")); err != nil {
		t.Fatal(err)
	}
	contract, err := os.ReadFile(filepath.Join(dir, "weir.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	more := "  - {event: com.acme.Keyless, topic: keyless, schema: OrderPlaced, envelope: cloudevents-binary}\n  - {event: com.acme.OrderPaid, topic: paid, schema: OrderPlaced, key: $.id, envelope: cloudevents-binary}\n"
	if err := os.WriteFile(filepath.Join(dir, "weir.yaml"), append(contract, more...), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "scenario.yaml")
	src := "weir: scenario/v1\nname: test\ncontracts: [weir.yaml]\n" + fields
	if !strings.Contains(fields, "load:") {
		src += "load: [{event: com.acme.OrderPlaced, profile: [{hold: 400/s, for: 1s}]}]\n"
	}
	if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	second := document.Duration(time.Second)
	return newProber(file, planFlags{objectives: objectives, probe: 30 * second, warmup: 15 * second})
}

func mustProber(t *testing.T, fields string, objectives ...string) *prober {
	t.Helper()
	p, err := testProber(t, fields, objectives...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestObjectivesOfAPlan(t *testing.T) {
	p := mustProber(t, "objectives: {steady: {publish: {p99: 80ms, p50: 9ms}, achieved: 95%}, healed: {within: 9s}}\n", "publish.p99 < 50ms", "lag < 100")
	want := []run.PlanObjective{
		{Name: "publish.p99", Want: "≤ 50ms", Source: "flag"},
		{Name: "lag", Want: "≤ 100 records", Source: "flag"},
		{Name: "publish.p50", Want: "≤ 9ms", Source: "scenario"},
		{Name: "achieved", Want: "≥ 95%", Source: "scenario"},
		{Name: "errors", Want: "≤ 0.1%", Source: "default"},
	}
	if diff := cmp.Diff(want, p.objectives()); diff != "" {
		t.Error(diff)
	}
	o := p.base.Objectives
	got := fmt.Sprint(o.Steady.Publish["p99"], o.Steady.Publish["p50"], o.Steady.Lag.Records, o.Steady.Achieved, *o.Steady.Errors, o.Healed)
	if want := "50ms 9ms 100 95% 0.1% <nil>"; got != want {
		t.Errorf("judged by %s, want %s", got, want)
	}
}

// TestObjectivesOfARun: a probe has but one phase, so that what the scenario
// wants of the whole run must hold in it, and what it wants of the steady phase.
func TestObjectivesOfARun(t *testing.T) {
	p := mustProber(t, "objectives: {steady: {publish: {p99: 80ms, p50: 7ms}, errors: 2%, lag: {records: 10}}, run: {publish: {p99: 90ms, p50: 5ms}, send: {p50: 4ms}, errors: 1%, lag: {records: 20}}, partitions: {publish: {p50: 5ms}}}\n")
	want := []run.PlanObjective{
		{Name: "publish.p50", Want: "≤ 5ms", Source: "scenario"},
		{Name: "publish.p99", Want: "≤ 80ms", Source: "scenario"},
		{Name: "send.p50", Want: "≤ 4ms", Source: "scenario"},
		{Name: "lag", Want: "≤ 10 records", Source: "scenario"},
		{Name: "errors", Want: "≤ 1%", Source: "scenario"},
		{Name: "achieved", Want: "≥ 99%", Source: "default"},
	}
	if diff := cmp.Diff(want, p.objectives()); diff != "" {
		t.Error(diff)
	}
	o := p.base.Objectives
	got := fmt.Sprint(o.Steady.Publish["p99"], o.Steady.Publish["p50"], *o.Steady.Errors, o.Run, o.Partitions, len(p.caveats))
	if want := "80ms 5ms 1% <nil> <nil> 1"; got != want {
		t.Errorf("judged by %s, want %s", got, want)
	}
}

func TestAPlanNeedsAnObjective(t *testing.T) {
	_, err := testProber(t, "")
	var usage *exitError
	if !errors.As(err, &usage) || usage.code != exitUsage {
		t.Errorf("without an objective: %v", err)
	}
	if _, err := testProber(t, "objectives: {steady: {errors: 1%}}\n"); err != nil {
		t.Errorf("with one in the scenario: %v", err)
	}
	if _, err := testProber(t, "objectives: {run: {errors: 1%}}\n"); err != nil {
		t.Errorf("with one of the run in the scenario: %v", err)
	}
}

func TestRateOfAProbe(t *testing.T) {
	p := mustProber(t, `faults: [{always: true, duplicate: {event: com.acme.OrderPlaced, share: 10%}}]
invariants: [no-loss, recovery]
load:
  - {event: com.acme.OrderPlaced, profile: [{ramp: 0..600/s, over: 2s}]}
  - {event: com.acme.OrderPaid, profile: [{hold: 100/s, for: 2s}]}
`, "errors < 1%")
	sc := p.at(1000)
	var rates []string
	for _, l := range sc.Load {
		rates = append(rates, fmt.Sprintf("%.0f/s for %s", float64(*l.Profile[0].Hold), l.Profile[0].For))
	}
	if got, want := strings.Join(rates, ", "), "750/s for 30s, 250/s for 30s"; got != want {
		t.Errorf("loads %s, want %s", got, want)
	}
	if len(sc.Faults) != 0 || len(p.caveats) != 1 || len(sc.Invariants) != 1 || time.Duration(*sc.Warmup) != 15*time.Second {
		t.Errorf("faults %v, caveats %q, invariants %q, warm-up %s", sc.Faults, p.caveats, sc.Invariants, sc.Warmup)
	}
	if resolved, findings := scenario.Resolve(sc); finding.Errors(findings) > 0 || resolved.Length != 30*time.Second || resolved.Flows[0].Schedule.Count(30*time.Second) != 22500 {
		t.Errorf("resolved %+v, %v", resolved, findings)
	}
}

func TestFirstRateIsEnoughForThePercentiles(t *testing.T) {
	for _, c := range []struct {
		objective string
		want      float64
	}{{"errors < 1%", 100}, {"publish.p50 < 1s", 100}, {"publish.p99 < 1s", 1000}, {"effect.p99.9 < 1s", 10_000}, {"send.max < 1s", 100}} {
		p := mustProber(t, "", c.objective)
		if got := p.from(); got != c.want || p.enough(got) != nil {
			t.Errorf("%s: from %g, want %g: %v", c.objective, got, c.want, p.enough(got))
		}
	}
	if err := mustProber(t, "", "publish.p99 < 1s").enough(666); err == nil { // 9,990 samples
		t.Error("10,000 samples are needed, and 9,990 were enough")
	}
}

// held is a run in which all held; cases change it.
func held() *run.Record {
	return &run.Record{
		Run: run.Run{Verdict: finding.Pass, Reason: "the reason"},
		Results: &run.Results{
			Objectives: []run.Objective{{Name: "publish.p99", Want: "≤ 50ms", Got: "3ms", Verdict: finding.Pass}, {Name: "achieved", Got: "100%"}},
			Groups:     []run.Group{{Name: "a"}, {Name: "b"}},
		},
	}
}

// lagging gives the group b a lag that grows by so many records per second,
// from second 15 on as long as the load goes on.
func lagging(rec *run.Record, perSecond int64) {
	for i := range int64(35) {
		rec.Intervals = append(rec.Intervals, run.Interval{Start: time.Duration(i) * time.Second, Length: time.Second,
			Lag: map[string]map[string]int64{"a": {"x/0": 5}, "b": {"x/0": perSecond * min(i, 30), "x/1": 7}}})
	}
}

func TestWhatAProbeShows(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(*run.Record)
		outcome capacity.Outcome
		why     string
		growth  float64
	}{
		{"all held", func(*run.Record) {}, capacity.Met, "publish.p99 3ms", 0},
		{"an objective missed", func(r *run.Record) {
			r.Results.Objectives[0].Verdict, r.Results.Objectives[0].Got = finding.Fail, "80ms"
			r.Run.Verdict = finding.Fail
		}, capacity.Missed, "publish.p99 80ms, wanted ≤ 50ms", 0},
		{"an objective missed beside one that the generator decided", func(r *run.Record) {
			r.Results.Objectives[0].Verdict = finding.Inconclusive
			r.Results.Objectives[1].Verdict, r.Results.Objectives[1].Want = finding.Fail, "≥ 99%"
			r.Results.Generator.Bound = true
			r.Run.Verdict = finding.Fail
		}, capacity.Missed, "achieved 100%, wanted ≥ 99%", 0},
		{"the generator decided", func(r *run.Record) {
			r.Results.Objectives[0].Verdict, r.Results.Objectives[0].Note = finding.Inconclusive, "the pacer woke late"
			r.Results.Generator.Bound, r.Run.Verdict = true, finding.Inconclusive
		}, capacity.Undecided, "limited by the generator: publish.p99 3ms: the pacer woke late", 0},
		{"too few samples", func(r *run.Record) {
			r.Results.Objectives[0].Verdict, r.Results.Objectives[0].Note = finding.Inconclusive, "not judged (n = 5)"
			r.Run.Verdict = finding.Inconclusive
		}, capacity.Undecided, "publish.p99 3ms: not judged (n = 5)", 0},
		{"an invariant failed", func(r *run.Record) { r.Run.Verdict = finding.Fail }, capacity.Missed, "the reason", 0},
		{"not drained", func(r *run.Record) { r.Run.Verdict = finding.Inconclusive }, capacity.Undecided, "the reason", 0},
		{"nothing exercised", func(r *run.Record) { r.Run.Verdict = finding.Vacuous }, capacity.Undecided, "the reason", 0},
		{"an objective missed while the fault did not bite", func(r *run.Record) {
			r.Results.Objectives[0].Verdict, r.Run.Verdict = finding.Fail, finding.Fail
			r.Results.Faults = []run.Fault{{What: "stop broker 1", Bit: true}, {What: "kill broker 2", Evidence: []string{"it was back"}, Error: "no engine"}}
		}, capacity.Undecided, "kill broker 2 did not bite: it was back; no engine", 0},
		{"all held while the fault bit", func(r *run.Record) {
			r.Results.Faults = []run.Fault{{What: "kill broker 2", Bit: true}}
		}, capacity.Met, "publish.p99 3ms", 0},
		{"never judged", func(r *run.Record) { r.Results = nil }, capacity.Undecided, "the reason", 0},
		{"a lag that grows, whatever else is open", func(r *run.Record) {
			lagging(r, 20)
			r.Run.Verdict = finding.Inconclusive
		}, capacity.Missed, "the lag of b grew by 20/s", 20},
		{"a lag that grows by half a percent", func(r *run.Record) { lagging(r, 5) }, capacity.Met, "publish.p99 3ms", 5},
	} {
		p := &prober{probe: 30 * time.Second, warmup: 15 * time.Second}
		rec := held()
		c.change(rec)
		o, why, growth := p.shows(rec, 1000)
		if o != c.outcome || why != c.why || growth-c.growth > 1e-6 || c.growth-growth > 1e-6 {
			t.Errorf("%s: %s, %q, %g; want %s, %q, %g", c.name, o, why, growth, c.outcome, c.why, c.growth)
		}
	}
}

// TestVerdictOfAPlan makes searches of scripted probes and judges them.
// TestLatenciesOfAProbe: the whole run's, of the kinds that users feel or that
// other tools call latency, and none of too few samples.
func TestLatenciesOfAProbe(t *testing.T) {
	quantiles := []run.Quantile{{Q: 0.5, Value: 2, Judged: true}, {Q: 0.9, Value: 3, Judged: true}, {Q: 0.99, Value: 4}}
	got := probeLatencies([]run.Latency{
		{Kind: run.ScheduleDelay, Count: 300, Quantiles: quantiles}, {Kind: run.Publish, Count: 300, Quantiles: quantiles},
		{Kind: run.Publish, Phase: run.PhaseSteady, Count: 300, Quantiles: quantiles}, {Kind: run.Effect, Quantiles: quantiles},
	})
	if want := []run.ProbeLatency{{Kind: run.Publish, P50: 2}}; !slices.Equal(got, want) {
		t.Errorf("latencies %+v, want %+v", got, want)
	}
}

func TestVerdictOfAPlan(t *testing.T) {
	const met, missed, undecided = capacity.Met, capacity.Missed, capacity.Undecided
	found := []capacity.Outcome{met, missed, missed, met, met} // resolution 100%: 1,000 held, 2,000 missed
	blind := []capacity.Outcome{met, undecided, met, met}
	for _, c := range []struct {
		name     string
		target   float64
		outcomes []capacity.Outcome
		verdict  finding.Verdict
		reason   string
	}{
		{"found", 0, found, finding.Pass, "the flow holds its objectives up to 1,000/s; at 2,000/s it does not"},
		{"found, enough", 1000, found, finding.Pass, "the flow holds its objectives up to 1,000/s; at 2,000/s it does not"},
		{"found, too little", 1500, found, finding.Fail, "the flow holds its objectives up to 1,000/s; at 2,000/s it does not, and the target is 1,500/s"},
		{"at least", 0, blind, finding.Inconclusive, "the flow holds its objectives at 1,000/s, and takes at least that; at 2,000/s there is no evidence: why"},
		{"at least, enough", 900, blind, finding.Pass, "the flow holds its objectives at 1,000/s, and takes at least that; at 2,000/s there is no evidence: why"},
		{"at least, too little", 1500, blind, finding.Inconclusive, "the flow holds its objectives at 1,000/s, and takes at least that; at 2,000/s there is no evidence: why, and the target of 1,500/s is not known to hold"},
		{"below", 0, []capacity.Outcome{missed, missed}, finding.Fail, "the flow does not hold its objectives at 1,000/s, the lowest rate probed"},
		{"nothing", 0, []capacity.Outcome{undecided}, finding.Inconclusive, "no rate is known to hold; the last probe: why"},
		{"unconfirmed", 0, []capacity.Outcome{met, missed, missed, missed, missed}, finding.Inconclusive, "1,000/s is not confirmed: 0 of 2 confirmations met; the last probe: why"},
	} {
		search, err := capacity.New(capacity.Config{From: 1000, Resolution: 1, Confirmations: 2})
		if err != nil {
			t.Fatal(err)
		}
		r := &planner{search: search, plan: run.Plan{Target: c.target}}
		for _, o := range c.outcomes {
			step, _ := search.Next()
			r.plan.Probes = append(r.plan.Probes, run.Probe{Rate: step.Rate, Outcome: string(o), Why: "why"})
			search.Observe(o)
		}
		if _, goes := search.Next(); goes {
			t.Errorf("%s: the search goes on", c.name)
		}
		r.conclude(time.Now(), false, nil)
		if r.plan.Verdict != c.verdict || r.plan.Reason != c.reason {
			t.Errorf("%s: %s, %q\nwant %s, %q", c.name, r.plan.Verdict, r.plan.Reason, c.verdict, c.reason)
		}
	}
}

func TestWhile(t *testing.T) {
	for _, c := range []struct{ texts, want string }{
		{"", ""},
		{"kill broker 2", "broker 2 down"},
		{"stop leader-of order.events/0|pause broker 1", "leader of order.events/0 down and broker 1 frozen"},
		{" kill  followers-of a/1 ", "followers of a/1 down"},
		{"stop all", "all brokers down"},
		{"crash service a", `--while: "crash" cannot go on through a probe: kill, stop and pause of brokers can`},
		{"kill", `--while: "kill" is no fault on a broker`},
		{" ", `--while: " " is no fault on a broker`},
		{"kill broker 1 2", `--while: "kill broker 1 2" is no fault on a broker`},
		{"kill broker -1", `broker must be a whole number, not the text "-1"`},
		{"kill leader-of a", `"a" is not topic/partition, such as order.events/0`},
		{"kill broker 2|pause rack a", "broker 2 down and rack a frozen"},
		{"kill controller", "the controller down"},
		{"kill group-coordinator payments", "coordinator of group payments down"},
		{"kill broker 2|pause zone a", `pause has no field "zone"`},
		{"pause service a", "only brokers can be held broken, and no service"},
		{"kill broker 2}, {at", `--while: "kill broker 2}, {at" is no fault on a broker`},
	} {
		var texts []string
		if c.texts != "" {
			texts = strings.Split(c.texts, "|")
		}
		faults, err := whileFaults(texts)
		got := whileText(faults)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%q: %s, want %s", c.texts, got, c.want)
		}
	}
}

func TestTransferable(t *testing.T) {
	for _, c := range []struct {
		kind    string
		brokers int
		want    bool
	}{{"embedded", 3, false}, {"docker", 3, false}, {"external", 2, false}, {"external", 3, true}} {
		got, why := transferable(run.Cluster{Kind: c.kind, Brokers: c.brokers})
		if got != c.want || got == (len(why) > 0) {
			t.Errorf("%s of %d: %v, %q", c.kind, c.brokers, got, why)
		}
	}
}

// TestHottestKey: records without a key have no hottest one, and make the share
// of that of others smaller.
func TestHottestKey(t *testing.T) {
	topic := func(keys, rate string) string {
		return "  - {topic: raw, payload: {size: 10B}, " + keys + "profile: [{hold: " + rate + ", for: 1s}]}\n"
	}
	for _, tt := range []struct {
		name, loads string
		want        float64
	}{
		{"without keys", topic("", "400/s"), 0},
		{"with keys", topic("keys: {cardinality: 50}, ", "400/s"), 0.02},
		{"a hot set", topic("keys: {cardinality: 50, hot: {keys: 2, share: 80%}}, ", "400/s"), 0.4},
		{"an event", "  - {event: com.acme.OrderPlaced, keys: {cardinality: 50}, profile: [{hold: 400/s, for: 1s}]}\n", 0.02},
		{"an event without keys", "  - {event: com.acme.Keyless, profile: [{hold: 400/s, for: 1s}]}\n", 0},
		{"a quarter with keys", topic("", "300/s") + topic("keys: {cardinality: 50}, ", "100/s"), 0.005},
	} {
		p := mustProber(t, "load:\n"+tt.loads, "publish.p99 < 50ms")
		a := &answer{plan: p.resolved, loads: p.loads}
		if got := a.keyShare(p.resolved.Flows[0].Topic); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestPlanKeepsARecordOfItsDirectory, so that the next start removes what a
// killed one has built.
func TestPlanKeepsARecordOfItsDirectory(t *testing.T) {
	state := t.TempDir()
	t.Setenv("XDG_STATE_HOME", state)
	t.Setenv("TMPDIR", t.TempDir())
	left := func() (dirs, records []string) {
		dirs, _ = filepath.Glob(filepath.Join(os.TempDir(), "weir-plan-*"))
		records, _ = filepath.Glob(filepath.Join(state, "weir", "runs", "weir-plan-*.left"))
		return dirs, records
	}
	r := &planner{built: map[string]string{}}
	if _, err := r.build(t.Context(), filepath.Join(t.TempDir(), "nothing"), ""); err == nil {
		t.Fatal("nothing was built")
	}
	if dirs, records := left(); len(dirs) != 1 || len(records) != 1 {
		t.Errorf("directories %v and records %v, want one of each", dirs, records)
	}
	if err := r.remove(); err != nil {
		t.Fatal(err)
	}
	if dirs, records := left(); len(dirs)+len(records) > 0 {
		t.Errorf("%v and %v are left", dirs, records)
	}
}
