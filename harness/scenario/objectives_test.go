package scenario

import (
	"fmt"
	"testing"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

const ms = time.Millisecond

// latency is a publish latency of the steady phase whose percentiles are
// 10 ms, and 40 ms from p99.9 on; the slowest took 90 ms.
func latency(count, failed, unfinished int64) run.Latency {
	l := run.Latency{Kind: run.Publish, Phase: run.PhaseSteady, Count: count, Failed: failed, Unfinished: unfinished, Max: 90 * ms}
	for _, q := range []struct {
		q     float64
		value time.Duration
		need  int64
	}{{0.5, 10 * ms, 200}, {0.99, 10 * ms, 10_000}, {0.999, 40 * ms, 100_000}} {
		l.Quantiles = append(l.Quantiles, run.Quantile{Q: q.q, Value: q.value, Judged: count >= q.need, Need: q.need})
	}
	return l
}

// lagging are steady seconds with the lag of the groups a and b, −1 where it is
// not known.
func lagging(seconds ...[2]int64) *measured {
	m := &measured{groups: []run.Group{{Name: "a"}, {Name: "b"}},
		phases: []run.Phase{{Name: run.PhaseSteady, End: time.Duration(len(seconds)) * time.Second}}}
	for i, s := range seconds {
		in := nthSecond(i, run.PhaseSteady, map[string]map[string]int64{})
		for i, g := range m.groups {
			if s[i] >= 0 {
				in.Lag[g.Name] = map[string]int64{"t/0": s[i]}
			}
		}
		m.intervals = append(m.intervals, in)
	}
	return m
}

// late are lagging seconds whose clock ended each a moment late, so that the
// last one ends after the load, and one of the drain follows.
func late(m *measured) *measured {
	m.length = time.Duration(len(m.intervals)) * time.Second
	for i := range m.intervals {
		m.intervals[i].Start += time.Millisecond
	}
	last := m.intervals[len(m.intervals)-1]
	last.Start, last.Phase, last.Lag = last.Start+time.Second, run.PhaseDrain, map[string]map[string]int64{"a": {"t/0": 999}, "b": {"t/0": 999}}
	m.intervals = append(m.intervals, last)
	return m
}

// nthSecond is the nth second of a run, with the lag at its end.
func nthSecond(n int, phase string, lag map[string]map[string]int64) run.Interval {
	return run.Interval{Start: time.Duration(n) * time.Second, Length: time.Second, Phase: phase, Lag: lag}
}

// of is a latency of a phase.
func of(phase string, count int64) run.Latency {
	l := latency(count, 0, 0)
	l.Phase = phase
	return l
}

// phased is a run with 100 records due within a fault, some of them without a
// latency, and 100 after it; the fault begins and ends in the middle of a
// second, with figures that would decide otherwise.
func phased(failed, unfinished int64) *measured {
	lag := func(n int64) map[string]map[string]int64 {
		return map[string]map[string]int64{"g": {"a/0": n - 2, "a/1": 2}}
	}
	counts := func(in run.Interval, due, acked, aborted int64) run.Interval {
		in.Due, in.Acked, in.Aborted, in.Failed = due, acked, aborted, due-acked-aborted
		return in
	}
	m := &measured{
		groups: []run.Group{{Name: "g", MaxLag: 999}},
		phases: []run.Phase{
			{Name: run.PhaseSteady, End: 1500 * time.Millisecond},
			{Name: run.PhaseFault, Start: 1500 * time.Millisecond, End: 4500 * time.Millisecond},
			{Name: run.PhaseHealed, Start: 4500 * time.Millisecond, End: 6 * time.Second},
		},
		intervals: []run.Interval{
			counts(nthSecond(0, run.PhaseSteady, lag(9)), 100, 100, 0),
			counts(nthSecond(1, run.PhaseSteady, lag(999)), 100, 0, 0),
			counts(nthSecond(2, run.PhaseFault, lag(12)), 50, 10, 0),
			counts(nthSecond(3, run.PhaseFault, lag(7)), 50, 25, 5),
			counts(nthSecond(4, run.PhaseFault, lag(999)), 1000, 1000, 0),
			counts(nthSecond(5, run.PhaseHealed, lag(3)), 100, 95, 0),
		},
	}
	if failed+unfinished > 0 {
		m.latencies = []run.Latency{{Kind: run.Publish, Phase: run.PhaseFault, Count: 100 - failed - unfinished, Failed: failed, Unfinished: unfinished}}
	}
	return m
}

func each(bound string) string { return "objectives: {partitions: {publish: {" + bound + "}}}\n" }

// parts are two partitions, with what was acknowledged and how late.
func parts(n0 int64, p0 time.Duration, n1 int64, p1 time.Duration) *measured {
	return &measured{partitions: []run.Partition{
		{Topic: "bench", Partition: 0, Acked: n0, PublishP50: p0, PublishP99: p0}, {Topic: "bench", Partition: 1, Acked: n1, PublishP50: p1, PublishP99: p1},
	}}
}

// TestObjectives judges one objective of the scenario over what was measured.
func TestObjectives(t *testing.T) {
	steady := func(text string) string { return "objectives: {steady: {" + text + "}}\n" }
	bitten := func(f run.Fault) *measured { return &measured{faults: []run.Fault{f}} }
	tests := []struct {
		name      string
		objective string
		measured  *measured
		verdict   finding.Verdict
		want      string
	}{
		{"met", steady("publish: {p99: 10ms}"), &measured{latencies: []run.Latency{latency(10_000, 0, 0)}}, finding.Pass, "publish.p99 ≤ 10ms: 10ms"},
		{"not met", steady("publish: {p99: 9ms}"), &measured{latencies: []run.Latency{latency(10_000, 0, 0)}}, finding.Fail, "publish.p99 ≤ 9ms: 10ms"},
		{"too few samples", steady("publish: {p99: 9ms}"), &measured{latencies: []run.Latency{latency(9_999, 0, 0)}}, finding.Inconclusive, "publish.p99 ≤ 9ms: — (not judged (n = 9999 < 10000))"},
		{"no samples", steady("publish: {p99: 9ms}"), &measured{}, finding.Inconclusive, "publish.p99 ≤ 9ms: — (not judged (n = 0))"},
		{"of another phase", steady("publish: {p99: 90ms}"), &measured{latencies: []run.Latency{{Kind: run.Publish, Phase: run.PhaseFault}}}, finding.Inconclusive, "publish.p99 ≤ 90ms: — (not judged (n = 0))"},
		{"of another kind", steady("send: {p99: 90ms}"), &measured{latencies: []run.Latency{latency(10_000, 0, 0)}}, finding.Inconclusive, "send.p99 ≤ 90ms: — (not judged (n = 0))"},
		{"a percentile that is not measured", steady("publish: {p90: 90ms}"), &measured{latencies: []run.Latency{latency(10_000, 0, 0)}}, finding.Inconclusive, "publish.p90 ≤ 90ms: — (not measured)"},
		{"the maximum", steady("publish: {max: 90ms}"), &measured{latencies: []run.Latency{latency(1, 0, 0)}}, finding.Pass, "publish.max ≤ 90ms: 90ms"},
		{"the maximum of nothing", steady("publish: {max: 90ms}"), &measured{latencies: []run.Latency{latency(0, 0, 0)}}, finding.Inconclusive, "publish.max ≤ 90ms: — (not judged (n = 0))"},
		{"the maximum with one that never came", steady("publish: {max: 90ms}"), &measured{latencies: []run.Latency{latency(500, 0, 1)}}, finding.Fail, "publish.max ≤ 90ms: unbounded (1 without a latency)"},

		{"missed samples outweigh the percentile", steady("publish: {p99: 10ms}"), &measured{latencies: []run.Latency{latency(10_000, 60, 60)}}, finding.Fail,
			"publish.p99 ≤ 10ms: unbounded (120 without a latency outweigh this percentile)"},
		{"missed samples shift it, but not over the bound", steady("publish: {p99: 40ms}"), &measured{latencies: []run.Latency{latency(10_000, 50, 0)}}, finding.Pass,
			"publish.p99 ≤ 40ms: 10ms (50 without a latency)"},
		{"missed samples may shift it over the bound", steady("publish: {p99: 39ms}"), &measured{latencies: []run.Latency{latency(10_000, 50, 0)}}, finding.Inconclusive,
			"publish.p99 ≤ 39ms: 10ms (50 without a latency: with them it may be up to 40ms)"},
		{"missed samples may shift it to the maximum", steady("publish: {p99: 89ms}"), &measured{latencies: []run.Latency{latency(10_000, 100, 0)}}, finding.Inconclusive,
			"publish.p99 ≤ 89ms: 10ms (100 without a latency: with them it may be up to 90ms)"},
		{"over the bound without them", steady("publish: {p99: 9ms}"), &measured{latencies: []run.Latency{latency(10_000, 1, 0)}}, finding.Fail, "publish.p99 ≤ 9ms: 10ms (1 without a latency)"},

		{"achieved", steady("achieved: 99%"), &measured{generator: run.Generator{Offered: 1000, Achieved: 990}}, finding.Pass, "achieved ≥ 99%: 99%"},
		{"not achieved", steady("achieved: 99%"), &measured{generator: run.Generator{Offered: 1000, Achieved: 989}}, finding.Fail, "achieved ≥ 99%: 98.9%"},
		{"nothing offered", steady("achieved: 99%"), &measured{}, finding.Inconclusive, "achieved ≥ 99%: — (nothing was offered)"},
		{"acks of nobody", steady("achieved: 99%"), &measured{generator: run.Generator{Offered: 1000}, unanswered: "acks none"}, finding.Inconclusive, "achieved ≥ 99%: — (acks none)"},
		{"outcomes that nobody tells", steady("errors: 1%"), &measured{due: 1000, failed: 1000, unanswered: "acks none"}, finding.Inconclusive, "errors ≤ 1%: — (acks none)"},
		{"outcomes of a phase that nobody tells", "objectives: {fault: {errors: 10%}}\n", &measured{unanswered: "acks none"}, finding.Inconclusive, "fault.errors ≤ 10%: — (acks none)"},
		{"a standstill that nobody could tell", "objectives: {fault: {unavailable: 2s}}\n", &measured{faults: []run.Fault{{Bit: true}}, unanswered: "acks none"}, finding.Inconclusive, "fault.unavailable ≤ 2s: — (acks none)"},
		{"errors", steady("errors: 0.1%"), &measured{due: 1000, failed: 1}, finding.Pass, "errors ≤ 0.1%: 0.1%"},
		{"no errors allowed", steady("errors: 0%"), &measured{due: 1000, failed: 1}, finding.Fail, "errors ≤ 0%: 0.1%"},
		{"errors of nothing", steady("errors: 0%"), &measured{}, finding.Inconclusive, "errors ≤ 0%: — (nothing was sent)"},
		{"lag", steady("lag: {records: 10}"), lagging([2]int64{9, 0}, [2]int64{3, 10}), finding.Pass, "lag ≤ 10 records: 10 records (b)"},
		{"a lag of one", steady("lag: {records: 1}"), lagging([2]int64{1, 0}), finding.Pass, "lag ≤ 1 record: 1 record (a)"},
		{"too much lag", steady("lag: {records: 10}"), lagging([2]int64{11, 0}, [2]int64{10, 10}), finding.Fail, "lag ≤ 10 records: 11 records (a)"},
		{"too much lag, and not always known", steady("lag: {records: 10}"), lagging([2]int64{11, -1}), finding.Fail, "lag ≤ 10 records: 11 records (a)"},
		{"lag that is not always known", steady("lag: {records: 10}"), lagging([2]int64{9, 9}, [2]int64{-1, 9}, [2]int64{9, -1}), finding.Inconclusive,
			"lag ≤ 10 records: 9 records (a; not known in 2 of 3 steady intervals)"},
		{"lag that is never known", steady("lag: {records: 10}"), lagging([2]int64{-1, 9}), finding.Inconclusive, "lag ≤ 10 records: — (not known in the steady phase)"},
		{"lag of the second in which the load ended", steady("lag: {records: 10}"), late(lagging([2]int64{1, 1}, [2]int64{2, 11})), finding.Fail, "lag ≤ 10 records: 11 records (b)"},
		{"lag of the drain", steady("lag: {records: 11}"), late(lagging([2]int64{1, 1}, [2]int64{2, 11})), finding.Pass, "lag ≤ 11 records: 11 records (b)"},
		{"lag of a fault, and of the second in which it began", steady("lag: {records: 10}"), phased(0, 0), finding.Pass, "lag ≤ 10 records: 9 records (g)"},
		{"lag of a phase that no second lies in", steady("lag: {records: 10}"), &measured{groups: []run.Group{{Name: "g"}},
			phases:    []run.Phase{{Name: run.PhaseSteady, End: 900 * ms}, {Name: run.PhaseFault, Start: 900 * ms, End: time.Second}},
			intervals: []run.Interval{nthSecond(0, run.PhaseSteady, map[string]map[string]int64{"g": {"a/0": 1}})}}, finding.Inconclusive, "lag ≤ 10 records: — (not known in the steady phase)"},
		{"lag of nobody", steady("lag: {records: 10}"), &measured{}, finding.Inconclusive, "lag ≤ 10 records: — (no group was watched)"},

		{"unavailable", "objectives: {fault: {unavailable: 2s}}\n", bitten(run.Fault{Bit: true, PublishStall: 2 * time.Second}), finding.Pass, "fault.unavailable ≤ 2s: 2s"},
		{"unavailable for too long", "objectives: {fault: {unavailable: 2s}}\n", bitten(run.Fault{Bit: true, PublishStall: 2001 * ms}), finding.Fail, "fault.unavailable ≤ 2s: 2.001s"},
		{"no fault bit", "objectives: {fault: {unavailable: 2s}}\n", bitten(run.Fault{PublishStall: time.Hour}), finding.Inconclusive, "fault.unavailable ≤ 2s: — (no fault bit)"},
		{"faults in the load stop nothing", "objectives: {fault: {unavailable: 2s}}\n", bitten(run.Fault{Bit: true, Always: true}), finding.Inconclusive, "fault.unavailable ≤ 2s: — (no fault bit)"},
		{"healed", "objectives: {healed: {within: 5s}}\n", bitten(run.Fault{Bit: true, Recovered: true, Recovery: 5 * time.Second}), finding.Pass, "healed.within ≤ 5s: 5s (from the fault, not from its healing)"},
		{"healed too late", "objectives: {healed: {within: 5s}}\n", bitten(run.Fault{Bit: true, Recovered: true, Recovery: 6 * time.Second}), finding.Fail, "healed.within ≤ 5s: 6s (from the fault, not from its healing)"},
		{"the whole run", "objectives: {run: {publish: {p99: 9ms}}}\n", &measured{latencies: []run.Latency{of("", 10_000)}}, finding.Fail, "run.publish.p99 ≤ 9ms: 10ms"},
		{"the whole run without samples", "objectives: {run: {publish: {p99: 9ms}}}\n", &measured{latencies: []run.Latency{of(run.PhaseSteady, 10_000)}}, finding.Inconclusive, "run.publish.p99 ≤ 9ms: — (not judged (n = 0))"},
		{"the whole run's errors", "objectives: {run: {errors: 1%}}\n", &measured{due: 100, failed: 1}, finding.Pass, "run.errors ≤ 1%: 1%"},
		{"a latency while a fault is open", "objectives: {fault: {publish: {p99: 10ms}}}\n", &measured{latencies: []run.Latency{of(run.PhaseFault, 10_000)}}, finding.Pass, "fault.publish.p99 ≤ 10ms: 10ms"},
		{"no samples while a fault is open", "objectives: {fault: {publish: {p99: 10ms}}}\n", &measured{latencies: []run.Latency{of(run.PhaseSteady, 10_000)}}, finding.Inconclusive, "fault.publish.p99 ≤ 10ms: — (not judged (n = 0))"},
		{"achieved while a fault is open", "objectives: {fault: {achieved: 50%}}\n", phased(0, 0), finding.Fail, "fault.achieved ≥ 50%: 40%"},
		{"achieved after healing", "objectives: {healed: {achieved: 90%}}\n", phased(0, 0), finding.Pass, "healed.achieved ≥ 90%: 95%"},
		{"achieved in no phase", "objectives: {healed: {achieved: 90%}}\n", &measured{}, finding.Inconclusive, "healed.achieved ≥ 90%: — (nothing was offered)"},
		{"errors while a fault is open", "objectives: {fault: {errors: 10%}}\n", phased(9, 2), finding.Fail, "fault.errors ≤ 10%: 11%"},
		{"errors after healing", "objectives: {healed: {errors: 0%}}\n", phased(9, 2), finding.Inconclusive, "healed.errors ≤ 0%: — (nothing was sent)"},
		{"lag while a fault is open", "objectives: {fault: {lag: {records: 10}}}\n", phased(0, 0), finding.Fail, "fault.lag ≤ 10 records: 12 records (g)"},
		{"lag after healing", "objectives: {healed: {lag: {records: 10}}}\n", phased(0, 0), finding.Pass, "healed.lag ≤ 10 records: 3 records (g)"},
		{"lag that was not sampled", "objectives: {healed: {lag: {records: 10}}}\n", &measured{groups: []run.Group{{Name: "g", MaxLag: 1}}}, finding.Inconclusive, "healed.lag ≤ 10 records: — (not known in the healed phase)"},

		{"each partition", each("p99: 5ms"), parts(10_000, 4*ms, 10_000, 5*ms), finding.Pass, "partitions.publish.p99 ≤ 5ms: 5ms (bench/1)"},
		{"one partition is slow", each("p99: 5ms"), parts(10_000, 6*ms, 10_000, 5*ms), finding.Fail, "partitions.publish.p99 ≤ 5ms: 6ms (bench/0)"},
		{"a partition with too few", each("p99: 5ms"), parts(10_000, 4*ms, 9_999, 5*ms), finding.Inconclusive, "partitions.publish.p99 ≤ 5ms: — (1 of 2 partitions not judged, such as bench/1 (n = 9999 < 10000))"},
		{"a slow one beside one with none", each("p99: 5ms"), parts(10_000, 6*ms, 0, 0), finding.Fail, "partitions.publish.p99 ≤ 5ms: 6ms (bench/0)"},
		{"a pooled partition", each("p50: 5ms"), parts(200, 4*ms, 200, 0), finding.Inconclusive, "partitions.publish.p50 ≤ 5ms: — (1 of 2 partitions not judged, such as bench/1 (it is not among the 64 busiest, which are measured apart))"},
		{"no partition", each("p50: 5ms"), &measured{}, finding.Inconclusive, "partitions.publish.p50 ≤ 5ms: — (not judged (n = 0))"},
		{"not seen to heal", "objectives: {healed: {within: 5s}}\n", bitten(run.Fault{Bit: true, What: "kill all"}), finding.Inconclusive, "healed.within ≤ 5s: — (the run ended before the flow was seen to recover from: kill all)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := planOf(t, "contracts: [bare.yaml]\n", load10, tt.objective)
			all, bound := p.judgeObjectives(tt.measured)
			if len(all) != 1 || all[0].Source != planFile || bound {
				t.Fatalf("%+v", all)
			}
			o := all[0]
			got := fmt.Sprintf("%s %s: %s", o.Name, o.Want, o.Got)
			if o.Note != "" {
				got += " (" + o.Note + ")"
			}
			equal(t, []any{got, o.Verdict}, []any{tt.want, tt.verdict})
		})
	}
}

// TestWhoseObjectiveItIs: the scenario's override the contracts', the first
// contract's the second's; what a contract asks for and cannot be judged for
// want of evidence counts neither way.
func TestWhoseObjectiveItIs(t *testing.T) {
	p := planOf(t, both, paying, load10, "objectives: {steady: {lag: {records: 10}}}\n")
	var got []string
	judged, _ := p.judgeObjectives(lagging([2]int64{400, 0}))
	for _, o := range judged {
		got = append(got, fmt.Sprintf("%s %s %q from %s", o.Name, o.Want, o.Verdict, o.Source))
	}
	equal(t, got, []string{
		`lag ≤ 10 records "fail" from testdata/plan/s.yaml`,
		`publish.p99 ≤ 100ms "" from testdata/plan/orders.yaml`,
		`recovery ≤ 20s "" from testdata/plan/orders.yaml`,
		`end-to-end.p50 ≤ 1s "" from testdata/plan/payments.yaml`,
	})
	p = planOf(t, both, load10, "objectives: {healed: {within: 5s}}\n")
	got = nil
	for _, o := range p.objectives() {
		got = append(got, o.name)
	}
	equal(t, got, []string{"healed.within", "publish.p99", "lag"})
}

func TestWorstVerdict(t *testing.T) {
	for _, tt := range []struct {
		all     []judged
		verdict finding.Verdict
		reason  string
	}{
		{nil, finding.Vacuous, "nothing was judged"},
		{[]judged{{finding.Pass, "a"}}, finding.Pass, "every listed invariant and objective held"},
		{[]judged{{finding.Pass, "a"}, {finding.Vacuous, "b"}}, finding.Vacuous, "b"},
		{[]judged{{finding.Vacuous, "a"}, {finding.Inconclusive, "b"}, {finding.Inconclusive, "c"}}, finding.Inconclusive, "b (and 1 more)"},
		{[]judged{{finding.Inconclusive, "a"}, {finding.Fail, "b"}, {finding.Pass, "c"}, {finding.Fail, "d"}, {finding.Fail, "e"}}, finding.Fail, "b (and 2 more)"},
	} {
		v, reason := worst(tt.all)
		equal(t, []any{v, reason}, []any{tt.verdict, tt.reason})
	}
}
