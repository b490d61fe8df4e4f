package scenario

import (
	"fmt"
	"math"
	"time"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/reports/run"
)

// generator accounts for the generator itself.
func (x *execution) generator(stats journal.Stats) run.Generator {
	g := run.Generator{JournalBytes: stats.Bytes, JournalDropped: stats.Dropped}
	g.CPU, g.Cores = x.cpu.share()
	g.WakeP99, _ = x.meter.Quantile(histogram.Wake, 0.99)
	g.BlockedP99, _ = x.meter.Quantile(histogram.Blocked, 0.99)
	g.Offered, g.Achieved, g.Unmeasured = rates(x.intervals, x.plan.Warmup, x.offered, x.plan.due)
	if t := x.counters.Totals(x.now()); t.Acked > 0 {
		g.Capacity = x.curve.Rate(float64(t.Bytes) / float64(t.Acked))
	}
	if g.Capacity > 0 && g.Offered > near*g.Capacity {
		x.warn(fmt.Sprintf("the load is %s of what this machine can send to a broker that discards it: near that, a rate is the machine's and not the flow's", percent(g.Offered/g.Capacity)))
	}
	if late := longestWake(x.results.Latencies); late >= shortInterval {
		x.warn(lateNote(late))
	}
	return g
}

// rates are what was due and what was acknowledged in a second, over the whole
// intervals after the warm-up: one that it ends in is left out. What was due is
// the schedule's: a pacer that is late comes to it in another interval.
func rates(intervals []run.Interval, warmup, ended time.Duration, due func(time.Duration) uint64) (offered, achieved float64, unmeasured bool) {
	var from, to time.Duration
	var acked int64
	for _, in := range intervals {
		if in.Start < warmup || in.Start >= ended {
			continue
		}
		if to == 0 {
			from = in.Start
		}
		to = min(in.Start+in.Length, ended)
		acked += in.Acked + in.Aborted // which was asked for
	}
	span := (to - from).Seconds()
	if span <= 0 {
		return 0, 0, true
	}
	return float64(due(to)-due(from)) / span, float64(acked) / span, false
}

// due is how many records the load has until a time since its beginning.
func (p *Plan) due(at time.Duration) (n uint64) {
	for _, f := range p.Flows {
		n += f.Schedule.Count(at)
	}
	return n
}

// longestWake is by how much the pacer was late at most.
func longestWake(latencies []run.Latency) (late time.Duration) {
	for _, l := range latencies {
		if l.Kind == histogram.Wake.String() {
			late = max(late, l.Max)
		}
	}
	return late
}

// lateNote warns of a pacer that missed a whole interval of the series.
func lateNote(late time.Duration) string {
	return fmt.Sprintf("the pacer woke up to %s late: this machine had no time for it, and what was due meanwhile was sent in one go; rates of single seconds and latencies show that, and not the flow alone", late.Round(10*time.Millisecond))
}

// near is the share of what a machine can send from which on a load is warned
// of.
const near = 0.7

// boundBy is what a note begins with where the generator decided an objective.
const boundBy = "generator-bound: "

// lateness says whether a latency that failed its bound would have met it if
// the pacer had never been late, and why; empty where that is not shown. What
// the flow did to the records stands against it:
//
//   - no record was later than the worst wake: where that does not explain
//     the difference, nothing does;
//   - a record's send time is part of its publish time without the wake: a
//     percentile of send over the bound fails by itself, and where the client's
//     buffer never held a record up it is the whole of it;
//   - else the same percentile of wake is taken off, which is exact where the
//     late records are the slow ones.
//
// A record without a latency has none without the wake either.
func lateness(m *measured, kind histogram.Kind, q string, bound time.Duration) string {
	if l := m.steady(kind); l.Failed+l.Unfinished > 0 {
		return ""
	}
	got, _, _ := quantile(m.steady(kind), q)
	late, known, _ := quantile(m.steady(histogram.Wake), q)
	if !known || got-m.steady(histogram.Wake).Max > bound {
		return ""
	}
	without := got - late
	if kind == histogram.Publish {
		send, known, _ := quantile(m.steady(histogram.Send), q)
		if !known || send > bound {
			return ""
		}
		if m.steady(histogram.Blocked).Max == 0 {
			without = send
		}
	}
	if without > bound {
		return ""
	}
	return fmt.Sprintf("%sthe pacer woke %s late, and without that it is %s", boundBy, late.Round(10*time.Microsecond), without.Round(10*time.Microsecond))
}

// steady is a latency of the steady phase; the zero value where there is none.
func (m *measured) steady(kind histogram.Kind) run.Latency {
	for _, l := range m.latencies {
		if l.Kind == kind.String() && l.Phase == run.PhaseSteady {
			return l
		}
	}
	return run.Latency{}
}

const (
	// busy is the share of the CPU from which on the generator, and not the
	// flow, is what a missed rate shows.
	busy = 0.8
	// unheld is what a flow that holds nothing up is blocked for at most, at
	// the 99th percentile: records wait this long for a buffer's lock.
	unheld = time.Millisecond
	// unthrottled is the share of the run that brokers may have throttled a
	// producer for.
	unthrottled = 0.01
)

// overload says whether a rate was missed because the generator had no more
// CPU, its own or what others left it, and not because the flow held it up, or
// did not take what was sent; empty where that is not shown.
func overload(m *measured, bound float64) string {
	g := m.generator
	if m.due > 0 && 1-float64(m.failed)/float64(m.due) < bound {
		return ""
	}
	if g.BlockedP99 > unheld || m.throttled > time.Duration(unthrottled*float64(m.length)) {
		return ""
	}
	missed := time.Duration((1 - g.Achieved/g.Offered) * float64(m.length))
	if late := longestWake(m.latencies); late >= shortInterval && missed <= late {
		return fmt.Sprintf("%sthe pacer woke up to %s late, and no more is missing than what was due in that time", boundBy, late.Round(10*time.Millisecond))
	}
	if g.CPU <= busy || g.Achieved == 0 {
		return ""
	}
	return fmt.Sprintf("%sit used %s of the %.2g cores that it could get, and nothing held it up: the rate needs %.1f times as many", boundBy, percent(g.CPU), g.Cores, math.Ceil(10*g.Offered/g.Achieved)/10)
}
