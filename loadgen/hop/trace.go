package hop

import (
	"cmp"
	"slices"
	"time"
)

// maxTraces is how many events are followed through all hops at most.
const maxTraces = 4096

// Trace is one event on its way through all hops.
type Trace struct {
	Sequence      uint64
	Due, Received time.Duration
	// Passed are its outputs.
	Passed []Passage
}

// Passage is an output of a trace.
type Passage struct {
	Output  *Output
	At      time.Duration
	Retried bool
}

// traces are a uniform sample of all events: those with the lowest hashes. While
// there is room all are taken; when it is used up the bound is halved, and half
// of them go.
type traces struct {
	shift uint // events whose hash has so many leading zeros are followed
	all   map[uint64]*trace
}

type trace struct {
	due, received time.Duration
	passed        []stamp
}

type stamp struct {
	at      time.Duration
	is      bool
	retried bool
}

// follows says whether an event is in the sample.
func (t *traces) follows(seq uint64) bool { return mix(seq)>>(64-t.shift) == 0 }

// mix is the finalizer of SplitMix64: a bijection whose bits all depend on all
// bits of its argument.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (t *traces) begin(seq uint64, due, received time.Duration, outputs int) {
	if t.all == nil {
		t.all = map[uint64]*trace{}
	}
	t.all[seq] = &trace{due, received, make([]stamp, outputs)}
	for len(t.all) > maxTraces {
		t.shift++
		for seq := range t.all {
			if !t.follows(seq) {
				delete(t.all, seq)
			}
		}
	}
}

func (t *traces) passed(seq uint64, output int, at time.Duration) {
	if !t.follows(seq) {
		return
	}
	if e := t.all[seq]; e != nil && !e.passed[output].is {
		e.passed[output] = stamp{at: at, is: true, retried: e.passed[output].retried}
	}
}

func (t *traces) retried(seq uint64, output int) {
	if !t.follows(seq) {
		return
	}
	if e := t.all[seq]; e != nil {
		e.passed[output].retried = true
	}
}

// Nearest is the followed event whose whole way from due to an output took
// closest to d, of those that passed the output; of two alike that which was
// due first. ok is false where none did.
func (o *Output) Nearest(d time.Duration) (_ Trace, ok bool) {
	f := o.consumer.flow
	var best *trace
	var sequence uint64
	for seq, t := range f.traces.all {
		if t.passed[o.index].is && (best == nil || t.nearer(best, o.index, d)) {
			best, sequence = t, seq
		}
	}
	if best == nil {
		return Trace{}, false
	}
	found := Trace{Sequence: sequence, Due: best.due, Received: best.received}
	for i, s := range best.passed {
		if s.is {
			found.Passed = append(found.Passed, Passage{f.outputs[i], s.at, s.retried})
		}
	}
	slices.SortStableFunc(found.Passed, func(a, b Passage) int { return cmp.Compare(a.At, b.At) })
	return found, true
}

func (t *trace) nearer(o *trace, output int, d time.Duration) bool {
	off := func(t *trace) time.Duration { return (t.passed[output].at - t.due - d).Abs() }
	if a, b := off(t), off(o); a != b {
		return a < b
	}
	return t.due < o.due
}

// Followed is how many events of the sample passed the output.
func (o *Output) Followed() (n int) {
	for _, t := range o.consumer.flow.traces.all {
		if t.passed[o.index].is {
			n++
		}
	}
	return n
}
