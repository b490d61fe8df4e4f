package fault

import (
	"math/rand/v2"
	"time"
)

// Third is a third of a load.
type Third string

// The thirds.
const (
	FirstThird  Third = "first"
	MiddleThird Third = "middle"
	LastThird   Third = "last"
)

// Mix is a list of faults of which a seed draws a schedule, the same
// everywhere: one fault after the other, with a pause before, between and
// after them, and none in one third of the load, which shows what the flow
// does when nothing breaks it.
type Mix struct {
	// Faults are those that are drawn from. Each Lasts.
	Faults []Fault
	// Weights say how often each is drawn beside the others.
	Weights []int
	// Pause is the least time without a fault; what is drawn is up to twice
	// as long. It is at least a millisecond.
	Pause time.Duration
	// Quiet is the third without faults; empty is drawn.
	Quiet Third
}

// Needs is how long a load must be, that each fault fits into each third.
func (m Mix) Needs() time.Duration {
	var longest time.Duration
	for _, f := range m.Faults {
		d, _ := f.Lasts()
		longest = max(longest, d)
	}
	return 3 * (longest + 3*m.Pause)
}

// Draw is the schedule of a load that is as long as it Needs to be, and its
// third without faults.
func (m Mix) Draw(seed uint64, length time.Duration) ([]Fault, Third) {
	rng := rand.New(rand.NewPCG(seed, 0))
	quiet := [...]Third{FirstThird, MiddleThird, LastThird}[rng.IntN(3)]
	if m.Quiet != "" {
		quiet = m.Quiet
	}
	from, until := quiet.Span(length)
	drawn := m.fill(rng, nil, 0, from)
	return m.fill(rng, drawn, until, length), quiet
}

// Span is when a third of a load begins and ends.
func (t Third) Span(length time.Duration) (from, until time.Duration) {
	third := length / 3
	switch t {
	case FirstThird:
		return 0, third
	case MiddleThird:
		return third, length - third
	}
	return length - third, length
}

// fill draws faults one after the other until none fits any more.
func (m Mix) fill(rng *rand.Rand, drawn []Fault, from, until time.Duration) []Fault {
	for {
		at := from + m.Pause + time.Duration(rng.Int64N(int64(m.Pause/time.Millisecond)))*time.Millisecond
		at = (at + time.Millisecond - 1).Truncate(time.Millisecond)
		f, fits := m.pick(rng, until-m.Pause-at)
		if !fits {
			return drawn
		}
		f.At = at
		drawn = append(drawn, f)
		lasts, _ := f.Lasts()
		from = at + lasts
	}
}

// pick draws one of the faults that last no longer than there is room.
func (m Mix) pick(rng *rand.Rand, room time.Duration) (Fault, bool) {
	sum := 0
	fits := func(i int) bool { d, known := m.Faults[i].Lasts(); return known && d <= room }
	for i := range m.Faults {
		if fits(i) {
			sum += m.Weights[i]
		}
	}
	if sum == 0 {
		return Fault{}, false
	}
	n := rng.Int64N(int64(sum))
	for i, f := range m.Faults {
		if !fits(i) {
			continue
		}
		if n -= int64(m.Weights[i]); n < 0 {
			return f, true
		}
	}
	return Fault{}, false
}
