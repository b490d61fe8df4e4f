// Package schedule says when each record of a load is due, and wakes the
// sender for it.
//
// A [Schedule] is a rate over time, λ(t), made of segments. Tick i is due at
// Λ⁻¹(i), where Λ(t) is the integral of λ: the number of ticks due by t. Due
// times are computed from i alone, never by adding intervals, so that there
// is no drift and no truncated nanosecond however long the load is: at a
// million a second for a day every tick is still within a nanosecond of its
// place. No tick is ever skipped.
//
// A [Pacer] walks the schedule in real time and hands over all ticks that
// are due. It decides nothing about a late tick but says how late it woke:
// the load is open loop, and latency starts when the tick was due (Gil Tene's
// coordinated omission is what happens otherwise).
//
// The package is not a rate limiter: nothing here slows a sender down, and a
// sender that cannot keep up gets its ticks late, all of them.
package schedule

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"sort"
	"strings"
	"time"
)

// Limits of a schedule. Above MaxRate two ticks would be due within ten
// nanoseconds of each other, below MinRate (and above 0) the first two within
// no load that anyone runs; beyond MaxLength a float64 no longer tells
// nanoseconds apart.
const (
	MaxRate   = 1e8  // ticks per second
	MinRate   = 1e-6 // ticks per second
	MaxLength = 30 * 24 * time.Hour
)

// Schedule says when each tick of a load is due, as a time since the load's
// start. It is immutable and safe for concurrent use.
type Schedule struct {
	segments []Segment
	spans    []span
	total    uint64
	length   time.Duration
	peak     float64
}

// span is a shape in its place: where it starts in time and in ticks.
type span struct {
	shape
	start, end time.Duration
	// The ticks due before the segment: a whole number and a rest below 1,
	// apart so that no digit of either is lost.
	whole uint64
	rest  float64
	// from is the first tick that falls into the span, until the first that
	// is due after it.
	from, until uint64
}

// New makes a schedule of segments, one after the other. It errs where a
// segment is impossible, where nothing is ever due, and beyond [MinRate],
// [MaxRate] and [MaxLength]; the error names the segment by its number, from 1.
func New(segments ...Segment) (*Schedule, error) {
	s := &Schedule{}
	ticks := new(big.Rat)
	for i, seg := range segments {
		if err := seg.check(); err != nil {
			return nil, fmt.Errorf("segment %d (%s): %w", i+1, seg, err)
		}
		if seg.Length() > MaxLength-s.length {
			return nil, fmt.Errorf("segment %d (%s): the load would take longer than %s", i+1, seg, MaxLength)
		}
		for _, part := range seg.shapes() {
			sp := span{shape: part, start: s.length, end: s.length + part.Length(), from: ceil(ticks)}
			sp.whole, sp.rest = split(ticks)
			ticks.Add(ticks, part.ticks())
			sp.until = ceil(ticks)
			s.spans = append(s.spans, sp)
			s.length = sp.end
		}
		s.segments = append(s.segments, seg)
		s.peak = max(s.peak, seg.Peak())
	}
	if s.total = ceil(ticks); s.total == 0 {
		return nil, errors.New("the load is empty: give at least one segment with a rate above 0")
	}
	return s, nil
}

// split is floor(r) and r − floor(r).
func split(r *big.Rat) (whole uint64, rest float64) {
	q, m := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	rest, _ = new(big.Rat).SetFrac(m, r.Denom()).Float64()
	return q.Uint64(), rest
}

// ceil is the number of ticks i with i < r: those due before the end, where
// r is Λ(end).
func ceil(r *big.Rat) uint64 {
	q, m := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	if m.Sign() > 0 {
		return q.Uint64() + 1
	}
	return q.Uint64()
}

// Total is the number of ticks. Ticks are numbered from 0 to Total−1; tick 0
// is due where the rate first rises above 0.
func (s *Schedule) Total() uint64 { return s.total }

// Length is the time from the start to the end of the last segment.
func (s *Schedule) Length() time.Duration { return s.length }

// Peak is the highest rate, in ticks per second.
func (s *Schedule) Peak() float64 { return s.peak }

// Due is when tick i is due, to the nanosecond. It never decreases with i.
// Ticks that do not exist are due never: at [math.MaxInt64].
//
// A tick that falls into a pause, where the rate is 0, is due at the pause's
// end.
func (s *Schedule) Due(i uint64) time.Duration {
	if i >= s.total {
		return math.MaxInt64
	}
	sp := &s.spans[0]
	if i >= sp.until {
		sp = &s.spans[sort.Search(len(s.spans), func(k int) bool { return s.spans[k].until > i })]
	}
	at := sp.after(float64(i-sp.whole)-sp.rest, i-sp.from)
	return min(sp.start+time.Duration(max(math.Round(at), 0)), sp.end)
}

// Count is the number of ticks that are due by at, at included: the smallest
// i for which Due(i) > at.
func (s *Schedule) Count(at time.Duration) uint64 {
	if at < 0 {
		return 0
	}
	if at >= s.length {
		return s.total
	}
	sp := s.at(at)
	n := s.guess(sp, at)
	// The guess is from the integral and off by rounding at most; Due alone
	// decides.
	for n > 0 && s.Due(n-1) > at {
		n--
	}
	for n < s.total && s.Due(n) <= at {
		n++
	}
	return n
}

func (s *Schedule) guess(sp *span, at time.Duration) uint64 {
	n := sp.rest + sp.by(float64(at-sp.start))
	return min(sp.whole+uint64(math.Floor(n))+1, s.total)
}

// at is the segment of a time within the schedule.
func (s *Schedule) at(t time.Duration) *span {
	return &s.spans[sort.Search(len(s.spans), func(k int) bool { return s.spans[k].end > t })]
}

// Rate is the offered rate at a time, in ticks per second: 0 before the start
// and from the end on.
func (s *Schedule) Rate(at time.Duration) float64 {
	if at < 0 || at >= s.length {
		return 0
	}
	sp := s.at(at)
	return sp.rate(float64(at - sp.start))
}

// String describes the schedule as a scenario would: "ramp 0..5000/s over
// 10s, hold 5000/s for 50s".
func (s *Schedule) String() string {
	parts := make([]string, len(s.segments))
	for i, seg := range s.segments {
		parts[i] = seg.String()
	}
	return strings.Join(parts, ", ")
}
