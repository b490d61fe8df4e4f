package scenario

import (
	"context"
	"time"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/reports/run"
)

// Intervals are one second for the first ten minutes and ten beyond.
const (
	shortInterval = time.Second
	longInterval  = 10 * time.Second
	longAfter     = 10 * time.Minute
)

// clock ends an interval of the series and the histograms each second.
func (x *execution) clock(ctx context.Context) {
	end := time.Duration(0)
	for {
		end = intervalEnd(max(end, x.now()), x.plan.Length)
		if !pause(ctx, end-x.now()) {
			x.tick() // of which nothing is shown: the run has said how it ended
			return
		}
		if p, ok := x.tick(); ok {
			x.progress(p)
		}
	}
}

// intervalEnd is when the interval ends in which a time lies: after whole steps,
// however late the one before it ended, and with the load, since what is
// acknowledged in the drain is none of its rate.
func intervalEnd(at, load time.Duration) time.Duration {
	step := shortInterval
	if at >= longAfter {
		step = longInterval
	}
	end := at.Truncate(step) + step
	if at < load {
		return min(end, load)
	}
	return end
}

// tick ends an interval, and says how the run stands; ok is false before the
// load.
func (x *execution) tick() (p Progress, ok bool) {
	if x.now() <= 0 {
		return Progress{}, false
	}
	in := x.counters.Tick(x.now)
	at := in.Start + in.Length
	live := x.meter.Rotate(at)
	in.Phase = x.phaseAt(in.Start)
	in.Lag = x.lag.last(at)
	x.mu.Lock()
	x.intervals = append(x.intervals, in)
	x.mu.Unlock()
	if err := x.dir.AppendInterval(in); err != nil {
		x.logf("series.jsonl: %v", err)
	}
	seconds := in.Length.Seconds()
	p = Progress{
		Phase: in.Phase, At: at, Length: x.plan.Length,
		Due: float64(in.Due) / seconds, Acked: float64(in.Acked) / seconds,
		Lag: x.lag.total(at), Open: x.injector.OpenFaults(),
	}
	if x.loadOver.Load() {
		p.Phase = run.PhaseDrain // also where it ended early
	}
	p.latencies(live.Kinds[histogram.Publish], live.Kinds[histogram.EndToEnd])
	return p, true
}

// latencies shows percentiles of which enough samples are known, as everywhere.
func (p *Progress) latencies(publish, endToEnd histogram.LiveKind) {
	need := histogram.Need(0.99)
	few := func(k histogram.LiveKind) bool { return k.Count > 0 && k.Count < need }
	p.SoFar = few(publish) || few(endToEnd)
	of := func(k histogram.LiveKind) time.Duration {
		switch {
		case !p.SoFar && k.Count >= need:
			return k.P99
		case p.SoFar && k.RunCount >= need:
			return k.RunP99
		}
		return 0
	}
	p.PublishP99, p.EndToEndP99 = of(publish), of(endToEnd)
}

// phaseAt is the phase of a time of the run; drain is what follows the load.
func (x *execution) phaseAt(at time.Duration) string {
	if at >= x.plan.Length {
		return run.PhaseDrain
	}
	return x.phases.At(at).String()
}
