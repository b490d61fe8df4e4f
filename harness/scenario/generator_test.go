package scenario

import (
	"testing"
	"time"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// steadyLatency is a latency of the steady phase with a p99 and a maximum.
func steadyLatency(kind string, p99, longest time.Duration) run.Latency {
	return run.Latency{Kind: kind, Phase: run.PhaseSteady, Count: 10_000, Max: longest,
		Quantiles: []run.Quantile{{Q: 0.99, Value: p99, Judged: true, Need: 10_000}}}
}

// TestGeneratorBound: an objective that failed is inconclusive where, and only
// where, the generator decided that. Each case has its bound at 50 ms, or at
// 99% of 1,000 records a second.
func TestGeneratorBound(t *testing.T) {
	publish := func(p99, send, wake, latest, blocked time.Duration) *measured {
		return &measured{latencies: []run.Latency{
			steadyLatency(run.Publish, p99, 2*p99), steadyLatency(run.Send, send, 2*send),
			steadyLatency(histogram.Wake.String(), wake, latest), steadyLatency(histogram.Blocked.String(), 0, blocked),
		}}
	}
	lost := func(m *measured) *measured { m.latencies[0].Unfinished = 300; return m }
	few := func(m *measured) *measured { m.latencies[2].Quantiles[0].Judged = false; return m }
	rate := func(achieved, cpu float64, blocked, throttled time.Duration) *measured {
		return &measured{generator: run.Generator{Offered: 1000, Achieved: achieved, CPU: cpu, Cores: 1.5, BlockedP99: blocked},
			throttled: throttled, length: 100 * time.Second}
	}
	refused := func(m *measured, failed uint64) *measured {
		m.due, m.failed = 100_000, failed
		return m
	}
	slept := func(achieved float64, late, blocked time.Duration) *measured {
		m := rate(achieved, 0.10, blocked, 0)
		m.latencies = []run.Latency{steadyLatency(histogram.Wake.String(), ms, late)}
		return m
	}
	const bound = "publish: {p99: 50ms}"
	tests := []struct {
		name      string
		objective string
		measured  *measured
		verdict   finding.Verdict
		note      string
	}{
		{"the pacer was late, and the flow was not", bound, publish(60*ms, 45*ms, 20*ms, 30*ms, 0), finding.Inconclusive,
			"generator-bound: the pacer woke 20ms late, and without that it is 45ms"},
		{"sending alone takes longer", bound, publish(60*ms, 51*ms, 20*ms, 30*ms, 0), finding.Fail, ""},
		{"no wake explains it", bound, publish(90*ms, 45*ms, 20*ms, 30*ms, 0), finding.Fail, ""},
		{"the buffer held records up, but not for long enough", bound, publish(60*ms, 40*ms, 12*ms, 30*ms, 5*ms), finding.Inconclusive,
			"generator-bound: the pacer woke 12ms late, and without that it is 48ms"},
		{"the buffer held records up for too long", bound, publish(60*ms, 40*ms, 9*ms, 30*ms, 50*ms), finding.Fail, ""},
		{"records without a latency", bound, lost(publish(60*ms, 45*ms, 20*ms, 30*ms, 0)), finding.Fail, "300 without a latency outweigh this percentile"},
		{"too little is known of the pacer", bound, few(publish(60*ms, 45*ms, 20*ms, 30*ms, 0)), finding.Fail, ""},
		{"a late pacer takes no pass back", bound, publish(50*ms, 45*ms, 20*ms, 30*ms, 0), finding.Pass, ""},
		{"sending begins after the wake", "send: {p99: 40ms}", publish(60*ms, 45*ms, 20*ms, 30*ms, 0), finding.Fail, ""},

		{"end to end", "end-to-end: {p99: 50ms}", &measured{latencies: []run.Latency{
			steadyLatency(run.EndToEnd, 60*ms, 70*ms), steadyLatency(histogram.Wake.String(), 20*ms, 30*ms)}}, finding.Inconclusive,
			"generator-bound: the pacer woke 20ms late, and without that it is 40ms"},
		{"end to end, and the pacer was hardly late", "end-to-end: {p99: 50ms}", &measured{latencies: []run.Latency{
			steadyLatency(run.EndToEnd, 60*ms, 70*ms), steadyLatency(histogram.Wake.String(), 9*ms, 30*ms)}}, finding.Fail, ""},

		{"no more CPU", "achieved: 99%", rate(800, 0.81, 0, 0), finding.Inconclusive,
			"generator-bound: it used 81% of the 1.5 cores that it could get, and nothing held it up: the rate needs 1.3 times as many"},
		{"no more CPU, and some were refused", "achieved: 99%", refused(rate(800, 0.81, 0, 0), 1000), finding.Inconclusive,
			"generator-bound: it used 81% of the 1.5 cores that it could get, and nothing held it up: the rate needs 1.3 times as many"},
		{"no more CPU, and too many were refused", "achieved: 99%", refused(rate(800, 0.81, 0, 0), 1001), finding.Fail, ""},
		{"the pacer was late, and too many were refused", "achieved: 99%", refused(slept(970, 3*time.Second, 0), 1001), finding.Fail, ""},
		{"CPU left", "achieved: 99%", rate(800, 0.80, 0, 0), finding.Fail, ""},
		{"held up by the flow", "achieved: 99%", rate(800, 0.95, 2*ms, 0), finding.Fail, ""},
		{"throttled by brokers", "achieved: 99%", rate(800, 0.95, 0, 2*time.Second), finding.Fail, ""},
		{"others had the CPU", "achieved: 99%", slept(970, 3*time.Second, 0), finding.Inconclusive,
			"generator-bound: the pacer woke up to 3s late, and no more is missing than what was due in that time"},
		{"more is missing than the pacer was late by", "achieved: 99%", slept(969, 3*time.Second, 0), finding.Fail, ""},
		{"the pacer was late, and the flow held it up", "achieved: 99%", slept(980, 3*time.Second, 2*ms), finding.Fail, ""},
		{"the pacer was hardly late", "achieved: 99.5%", slept(991, 999*ms, 0), finding.Fail, ""},
		{"others had the CPU all the time", "achieved: 99%", slept(0, 100*time.Second, 0), finding.Inconclusive,
			"generator-bound: the pacer woke up to 1m40s late, and no more is missing than what was due in that time"},
		{"nothing achieved", "achieved: 99%", rate(0, 0.95, 0, 0), finding.Fail, ""},
		{"achieved on a full machine", "achieved: 99%", rate(990, 0.99, 0, 0), finding.Pass, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := planOf(t, "contracts: [bare.yaml]\n", load10, "objectives: {steady: {"+tt.objective+"}}\n")
			all, decided := p.judgeObjectives(tt.measured)
			equal(t, []any{all[0].Verdict, all[0].Note, decided}, []any{tt.verdict, tt.note, tt.verdict == finding.Inconclusive})
		})
	}
}

// TestLateNote: a pacer that missed an interval is told of, in whichever phase.
func TestLateNote(t *testing.T) {
	late := func(phase string, longest time.Duration) run.Latency {
		return run.Latency{Kind: histogram.Wake.String(), Phase: phase, Max: longest}
	}
	all := []run.Latency{late(run.PhaseSteady, 20*ms), late(run.PhaseFault, 2345*ms), {Kind: run.Publish, Max: time.Minute}}
	equal(t, lateNote(longestWake(all)), "the pacer woke up to 2.35s late: this machine had no time for it, and what was due meanwhile was sent in one go; rates of single seconds and latencies show that, and not the flow alone")
	equal(t, longestWake(nil), time.Duration(0))
}

// TestOfferedRate: what is offered is the schedule's, whatever second the pacer came
// to it in; what is achieved is what was acknowledged meanwhile.
func TestOfferedRate(t *testing.T) {
	schedule := func(at time.Duration) uint64 { return uint64(1000 * at.Seconds()) }
	second := func(start float64, length float64, due, acked int64) run.Interval {
		d := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
		return run.Interval{Start: d(start), Length: d(length), Due: due, Acked: acked - 10, Aborted: 10}
	}
	late := []run.Interval{second(0, 1.5, 100, 90), second(1.5, 1.5, 2900, 1500), second(3, 1.25, 0, 750), second(4.25, 1, 3000, 100)}
	for _, tt := range []struct {
		name              string
		intervals         []run.Interval
		warmup, ended     time.Duration
		offered, achieved float64
		unmeasured        bool
	}{
		{"a pacer that was late", late, time.Second, 4 * time.Second, 1000, 900, false},
		{"a warm-up between two intervals", late, 1500 * ms, 4 * time.Second, 1000, 900, false},
		{"no warm-up", late[:2], 0, 3 * time.Second, 1000, 530, false},
		{"ended in its warm-up", late[:1], time.Second, 1500 * ms, 0, 0, true},
		{"nothing", nil, 0, time.Second, 0, 0, true},
	} {
		offered, achieved, unmeasured := rates(tt.intervals, tt.warmup, tt.ended, schedule)
		equal(t, []any{tt.name, offered, achieved, unmeasured}, []any{tt.name, tt.offered, tt.achieved, tt.unmeasured})
	}
}
