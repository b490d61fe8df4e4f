package schedule

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sort"
	"time"
)

// MaxReplay bounds the times of a Replay: 160 MB of them.
const MaxReplay = 20_000_000

// Replay has a tick at each of the given times, which count from the
// segment's start. They need not be in order and may be equal; the slice is
// not kept. The segment ends with the last one, rounded up to a millisecond.
//
// Its rate at a moment is the number of ticks of the second around it.
func Replay(times []time.Duration) Segment { return newReplay("times", times) }

// ReplayDue is Replay of the times at which the records of a run were due, and
// ReplaySent of those at which they were sent, the waits of its flow included.
// Their String says which.
func ReplayDue(times []time.Duration) Segment { return newReplay("due times", times) }

// ReplaySent is the other one of ReplayDue.
func ReplaySent(times []time.Duration) Segment { return newReplay("sent times", times) }

func newReplay(what string, times []time.Duration) Segment {
	r := &replay{what: what, times: slices.Clone(times)}
	slices.Sort(r.times)
	if n := len(r.times); n > 0 {
		r.length = max((r.times[n-1] + time.Millisecond - 1).Truncate(time.Millisecond), time.Millisecond)
		first := 0
		for i, t := range r.times {
			for t-r.times[first] >= time.Second {
				first++
			}
			r.peak = max(r.peak, float64(i-first+1))
		}
	}
	return r
}

type replay struct {
	what   string
	times  []time.Duration
	length time.Duration
	peak   float64
}

func (r *replay) check() error {
	switch n := len(r.times); {
	case n == 0:
		return errors.New("it has no times")
	case n > MaxReplay:
		return fmt.Errorf("it has more than %d times", MaxReplay)
	case r.times[0] < 0:
		return fmt.Errorf("the time %s is before the start", r.times[0])
	case r.times[n-1] > MaxLength:
		return fmt.Errorf("the load would take longer than %s", MaxLength)
	}
	return nil
}

func (r *replay) shapes() []shape       { return []shape{r} }
func (r *replay) Length() time.Duration { return r.length }
func (r *replay) Peak() float64         { return r.peak }
func (r *replay) ticks() *big.Rat       { return new(big.Rat).SetInt64(int64(len(r.times))) }

func (r *replay) String() string {
	return fmt.Sprintf("replay %d %s over %s", len(r.times), r.what, duration(r.length))
}

func (r *replay) after(_ float64, k uint64) float64 { return float64(r.times[k]) }

// before is the number of times before a moment.
func (r *replay) before(t float64) int {
	return sort.Search(len(r.times), func(i int) bool { return float64(r.times[i]) >= t })
}

func (r *replay) by(ns float64) float64 { return float64(r.before(ns)) }

func (r *replay) rate(ns float64) float64 {
	const half = float64(time.Second) / 2
	return float64(r.before(ns+half) - r.before(ns-half))
}
