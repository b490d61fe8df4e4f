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
	next := time.Duration(0)
	for {
		step := shortInterval
		if next >= longAfter {
			step = longInterval
		}
		next += step
		if !pause(ctx, next-x.now()) {
			x.tick()
			return
		}
		x.tick()
	}
}

// tick ends an interval.
func (x *execution) tick() {
	if x.now() <= 0 {
		return
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
	x.progress(Progress{
		Phase: in.Phase, At: at, Length: x.plan.Length,
		Due: float64(in.Due) / seconds, Acked: float64(in.Acked) / seconds,
		PublishP99: live.Kinds[histogram.Publish].P99, EndToEndP99: live.Kinds[histogram.EndToEnd].P99,
		Lag: x.lag.total(at), Open: x.injector.OpenFaults(),
	})
}

// phaseAt is the phase of a time of the run; drain is what follows the load.
func (x *execution) phaseAt(at time.Duration) string {
	if at >= x.plan.Length {
		return run.PhaseDrain
	}
	return x.phases.At(at).String()
}
