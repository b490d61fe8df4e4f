package sample

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/flowweir/weir/reports/run"
)

// The shape of the simulated run: a ramp, a hold, a leader killed and a
// service crashed while the load goes on, and a drain.
const (
	seconds    = 62 // of the run, the drain included
	loadFor    = 60 * time.Second
	rampFor    = 10 * time.Second
	warmup     = 6 * time.Second
	rate       = 5000
	partitions = 12
	perSecond  = 250 // simulated records a second; each stands for rate/perSecond

	killAt     = 20 * time.Second
	stallUntil = killAt + 4120*time.Millisecond
	killHealed = 30 * time.Second
	crashAt    = 40 * time.Second
	serviceUp  = crashAt + 3240*time.Millisecond
	catchUp    = serviceUp + 4*time.Second
)

// flow accumulates what the simulated records did.
type flow struct {
	rng        *rand.Rand
	intervals  []run.Interval
	histograms map[string][]*hdrhistogram.Histogram
	phases     map[string]map[string]*hdrhistogram.Histogram // kind, phase
	excluded   map[string]int64
	partitions []run.Partition
	perPart    []*hdrhistogram.Histogram
	weights    []float64
	sent       int64
}

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1000, int64(time.Minute), 3)
}

// simulate runs the flow; the same every time.
func simulate() *flow {
	f := &flow{
		rng:        rand.New(rand.NewPCG(3, 14)),
		histograms: map[string][]*hdrhistogram.Histogram{},
		phases:     map[string]map[string]*hdrhistogram.Histogram{},
		excluded:   map[string]int64{},
	}
	for _, kind := range append(run.LatencyKinds(), hopPaid, hopDead, wayPaid) {
		f.phases[kind] = map[string]*hdrhistogram.Histogram{}
		for range seconds {
			f.histograms[kind] = append(f.histograms[kind], newHistogram())
		}
	}
	for i := range seconds {
		start := time.Duration(i) * time.Second
		f.intervals = append(f.intervals, run.Interval{
			Start: start, Length: time.Second, Phase: phaseAt(start), Partitions: map[string]int64{},
		})
	}
	for p := range partitions {
		f.partitions = append(f.partitions, run.Partition{Topic: "order.events", Partition: int32(p)})
		f.perPart = append(f.perPart, hdrhistogram.New(1000, int64(time.Minute), 2))
		f.weights = append(f.weights, 1/math.Pow(float64(p)+2.2, 0.35))
	}
	for i := range int(loadFor/time.Second) * perSecond {
		due := time.Duration(i) * time.Second / perSecond
		f.record(due, weightAt(due))
	}
	f.fillLag()
	for p := range f.partitions {
		f.partitions[p].EndOffset = f.partitions[p].Acked
		f.partitions[p].PublishP50 = time.Duration(f.perPart[p].ValueAtPercentile(50))
		f.partitions[p].PublishP99 = time.Duration(f.perPart[p].ValueAtPercentile(99))
	}
	return f
}

func phaseAt(at time.Duration) string {
	switch {
	case at < warmup:
		return run.PhaseWarmup
	case at >= loadFor:
		return run.PhaseDrain
	case at >= killAt && at < killHealed, at >= crashAt && at < serviceUp:
		return run.PhaseFault
	case at >= killHealed && at < killHealed+5*time.Second, at >= serviceUp && at < serviceUp+7*time.Second:
		return run.PhaseHealed
	}
	return run.PhaseSteady
}

// weightAt is how many records one simulated record stands for.
func weightAt(due time.Duration) int64 {
	if due >= rampFor {
		return rate / perSecond
	}
	return max(int64(float64(rate/perSecond)*due.Seconds()/rampFor.Seconds()), 1)
}

func (f *flow) record(due time.Duration, n int64) {
	p := f.partition()
	sent := due + f.logNormal(90*time.Microsecond, 0.6)
	acked := sent + f.logNormal(1700*time.Microsecond, 0.45)
	if p%3 == 0 && acked > killAt && due < stallUntil { // its leader was killed
		acked = stallUntil + time.Duration(f.rng.Int64N(int64(180*time.Millisecond)))
	}
	received := acked + f.logNormal(2200*time.Microsecond, 0.4)
	effect := received + f.logNormal(6*time.Millisecond, 0.5)
	if effect > crashAt && due < catchUp {
		late := max(effect, serviceUp)
		share := float64(due-crashAt) / float64(catchUp-crashAt)
		effect = max(late, serviceUp+time.Duration(share*float64(catchUp-serviceUp)))
	}
	f.sent += n
	f.at(due).Due += n
	f.at(sent).Sent += n
	f.at(acked).Acked += n
	f.at(acked).Bytes += n * 412
	f.at(acked).Partitions[fmt.Sprintf("order.events/%d", p)] += n
	f.at(received).Received += n
	if f.rng.Float64() < 0.01 {
		f.at(effect).Dead += n
		f.add(hopDead, due, effect, effect-received, n)
	} else {
		f.at(effect).Effects += n
		f.add(hopPaid, due, effect, effect-received, n)
		f.add(wayPaid, due, effect, effect-due, n)
		f.add(run.Effect, due, effect, effect-due, n)
	}
	f.add(run.ScheduleDelay, due, sent, sent-due, n)
	f.add(run.Send, due, acked, acked-sent, n)
	f.add(run.Publish, due, acked, acked-due, n)
	f.add(run.EndToEnd, due, received, received-due, n)
	if due >= warmup {
		part := &f.partitions[p]
		part.Acked += n
		part.Received += n
		part.Bytes += n * 412
		_ = f.perPart[p].RecordValues(int64(acked-due), n) // below a minute
	}
}

func (f *flow) partition() int {
	var sum float64
	for _, w := range f.weights {
		sum += w
	}
	x := f.rng.Float64() * sum
	for p, w := range f.weights {
		if x -= w; x < 0 {
			return p
		}
	}
	return len(f.weights) - 1
}

func (f *flow) logNormal(median time.Duration, sigma float64) time.Duration {
	return time.Duration(float64(median) * math.Exp(sigma*f.rng.NormFloat64()))
}

func (f *flow) at(t time.Duration) *run.Interval {
	return &f.intervals[min(int(t/time.Second), seconds-1)]
}

// add records a latency: in the second in which it was known, and in the
// phase in which the record was due. A second has one phase here, so what was
// due in the warm-up is known by its end.
func (f *flow) add(kind string, due, known, d time.Duration, n int64) {
	last := seconds*time.Second - 1
	if due < warmup {
		last = warmup - 1
	}
	_ = f.histograms[kind][min(known, last)/time.Second].RecordValues(int64(d), n) // below a minute
	if due < warmup {
		f.excluded[kind] += n
		return
	}
	for _, phase := range []string{"", phaseAt(due)} {
		if f.phases[kind][phase] == nil {
			f.phases[kind][phase] = newHistogram()
		}
		_ = f.phases[kind][phase].RecordValues(int64(d), n) // below a minute
	}
}

// fillLag derives the lag of the two groups from what went in and came out.
func (f *flow) fillLag() {
	var acked, received, done int64
	for i := range f.intervals {
		in := &f.intervals[i]
		if len(in.Partitions) == 0 {
			in.Partitions = nil // as it reads back
		}
		acked += in.Acked
		received += in.Received
		done += in.Effects + in.Dead
		in.Lag = map[string]map[string]int64{
			"payment-service": spread(acked - done),
			"weir-probe":      spread(acked - received),
		}
	}
}

func spread(lag int64) map[string]int64 {
	m := map[string]int64{}
	for p := range int64(partitions) {
		share := lag / partitions
		if p < lag%partitions {
			share++
		}
		m[fmt.Sprintf("order.events/%d", p)] = share
	}
	return m
}

// latencies summarizes the histograms as a runner would.
func (f *flow) latencies() []run.Latency {
	moments := map[string][2]string{
		run.ScheduleDelay: {"due", "sent"},
		run.Send:          {"sent", "acked"},
		run.Publish:       {"due", "acked"},
		run.EndToEnd:      {"due", "received"},
		run.Effect:        {"due", "effect observed"},
	}
	var all []run.Latency
	for _, kind := range run.LatencyKinds() {
		all = append(all, f.latencyOf(kind, moments[kind][0], moments[kind][1])...)
	}
	return all
}

// maxLag is the highest lag of a group and when it was seen.
func (f *flow) maxLag(group string) (lag int64, at time.Duration) {
	for _, in := range f.intervals {
		var sum int64
		for _, n := range in.Lag[group] {
			sum += n
		}
		if sum > lag {
			lag, at = sum, in.Start+in.Length
		}
	}
	return lag, at
}

// quantile finds one value of a latency.
func quantile(all []run.Latency, kind, phase string, q float64) time.Duration {
	i := slices.IndexFunc(all, func(l run.Latency) bool { return l.Kind == kind && l.Phase == phase })
	j := slices.IndexFunc(all[i].Quantiles, func(x run.Quantile) bool { return x.Q == q })
	return all[i].Quantiles[j].Value
}
