package compare

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// flow is a made-up flow whose runs vary as those of one on three containers
// did: over ten identical runs p50 varied by 9% and p99 by 19% (coefficient of
// variation).
//
// The logarithm of a latency is a line over u = log10(1/(1−q)): p50 is 5 ms,
// p99 25 ms. Each run moves the line by level and turns it by tail, and the
// seconds of a run move it too, each like the one before.
type flow struct {
	seconds, perSecond int
	// kinds is how many of publish, end to end and send there are.
	kinds int
	// shift is added to the logarithm of every latency.
	shift float64
	// shared is the part of the variance that the runs of a pair have in
	// common.
	shared float64
	// alike says that all kinds of latency have the same character, as send,
	// publish and end to end nearly do: one that is found is found in all, and
	// none is found by luck in one of three. Without it false alarms have most
	// chances.
	alike bool
	// one has a single run of the shifted flow held against the others.
	one bool
}

const (
	levelSD = 0.09   // of p50
	tailSD  = 0.0984 // per decade of 1/(1−q): with levelSD it makes 0.19 at p99
	median  = 0.3010 // u of p50
	slope   = 0.947  // per decade
	second  = 0.05   // how much the seconds of a run move, and
	like    = 0.5    // how much one is like the one before
)

// character is what a run has of its own, for each kind of latency.
type character [3]struct{ level, tail float64 }

func (f flow) character(rng *rand.Rand) (c character) {
	for i := range c {
		c[i].level, c[i].tail = levelSD*rng.NormFloat64(), tailSD*rng.NormFloat64()
		if f.alike {
			c[i] = c[0]
		}
	}
	return c
}

// mixed has the part shared of the variance from other.
func (c character) mixed(other character, shared float64) character {
	own, of := math.Sqrt(1-shared), math.Sqrt(shared)
	for i := range c {
		c[i].level = own*c[i].level + of*other[i].level
		c[i].tail = own*c[i].tail + of*other[i].tail
	}
	return c
}

// sides are n runs of the flow and n of the same flow shifted.
func (f flow) sides(rng *rand.Rand, n int) (base, candidate []*measured) {
	still := f
	still.shift = 0
	for range n {
		pair := f.character(rng)
		base = append(base, still.run(rng, f.character(rng).mixed(pair, f.shared)))
		candidate = append(candidate, f.run(rng, f.character(rng).mixed(pair, f.shared)))
	}
	return base, candidate
}

var simulatedKinds = [3]string{run.Publish, run.EndToEnd, run.Send}

func (f flow) run(rng *rand.Rand, c character) *measured {
	m := &measured{rec: &run.Record{}, latencies: map[string]*latency{}, missing: map[string]int64{}}
	for i, kind := range simulatedKinds[:f.kinds] {
		m.latencies[kind] = newLatency(f.spans(rng, math.Log(5e6)+c[i].level+f.shift, slope+c[i].tail))
	}
	for i := range f.seconds {
		m.steady = append(m.steady, run.Interval{
			Start: time.Duration(i) * time.Second, Length: time.Second, Phase: run.PhaseSteady,
			Acked: int64(f.perSecond) + rng.Int64N(11) - 5,
		})
	}
	return m
}

// spans are the seconds of a run, in buckets 4% wide from 1.5 ms on, with the
// expected number of samples in each rounded up or down at random.
func (f flow) spans(rng *rand.Rand, level, slope float64) []span {
	const first, width = 1.5e6, 0.04
	var all []span
	move := second * rng.NormFloat64()
	for i := range f.seconds {
		s := span{start: time.Duration(i) * time.Second, length: time.Second, bars: make([]bar, 0, len(edges))}
		// What lies beyond an edge is 10^−u, so it falls by the same factor from
		// edge to edge.
		beyond, before := math.Pow(10, -(median+(math.Log(first)+width-level-move)/slope)), 1.0
		factor := math.Pow(10, -width/slope)
		for b, edge := range edges {
			now := min(beyond, 1)
			if b == len(edges)-1 {
				now = 0
			}
			if n := int64(float64(f.perSecond)*(before-now) + rng.Float64()); n > 0 {
				s.bars = append(s.bars, bar{edge, n})
			}
			before = now
			beyond *= factor
		}
		all = append(all, s)
		move = like*move + second*math.Sqrt(1-like*like)*rng.NormFloat64()
	}
	return all
}

// edges are the upper ends of the buckets.
var edges = func() (all []int64) {
	for b := range 180 { // up to 2 s
		all = append(all, int64(1.5e6*math.Exp(0.04*float64(b+1))))
	}
	return all
}()

// tally is how repeated comparisons of a flow came out.
type tally struct {
	repetitions int
	// alarms are the comparisons in which a metric was called slower or
	// faster; failed those that ended as a regression.
	alarms, failed int
	slower         map[string]int
}

func (t tally) share(n int) float64 { return float64(n) / float64(t.repetitions) }

// repeated compares n runs of the flow with n shifted ones, again and again.
func (f flow) repeated(seed uint64, repetitions, n int, interleaved bool, o Options) tally {
	rng := newRand(seed)
	t := tally{repetitions: repetitions, slower: map[string]int{}}
	o.inner, o.Resamples = 100, 2000
	o, err := o.withDefaults()
	if err != nil {
		panic(err)
	}
	for range repetitions {
		a, b := f.sides(rng, n)
		if o.Prediction = f.one; f.one {
			b = b[:1]
		}
		o.Seed = rng.Uint64()
		c := &Comparison{Base: make([]Run, n), Candidate: make([]Run, len(b)), Interleaved: interleaved}
		c.weigh(a, b, o)
		alarm := false
		for _, m := range c.Metrics {
			alarm = alarm || m.Outcome != "" && m.Outcome != Same && m.Outcome != CannotTell
			if m.Outcome == Slower {
				t.slower[m.Name]++
			}
		}
		if alarm {
			t.alarms++
		}
		if c.Verdict == finding.Fail {
			t.failed++
		}
	}
	return t
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }
