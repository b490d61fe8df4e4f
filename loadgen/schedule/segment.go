package schedule

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// Segment is a part of a schedule: one shape of rate over a span of time.
// [Ramp], [Hold], [Step], [Spike], [Sine] and [Replay] are the shapes that
// there are. The interface is sealed so that shapes can be added without
// breaking anyone.
type Segment interface {
	// Length is how long the segment takes.
	Length() time.Duration
	// Peak is its highest rate, in ticks per second.
	Peak() float64
	// String is the segment as a scenario would say it.
	String() string

	check() error
	// shapes are what the segment is made of, one after the other: itself,
	// or the holds of a step. They are not asked for before check.
	shapes() []shape
}

// shape is a rate over a span of time whose integral has an inverse.
type shape interface {
	Length() time.Duration
	Peak() float64
	// ticks is the exact integral of the rate over the shape.
	ticks() *big.Rat
	// after is the time in nanoseconds after which n ticks were due, the
	// inverse of by; n is below ticks, and may be a little below 0 by
	// rounding. k is the number of ticks that fell into the shape before.
	after(n float64, k uint64) float64
	// by is the integral of the rate over the first ns nanoseconds.
	by(ns float64) float64
	// rate is the rate after ns nanoseconds.
	rate(ns float64) float64
}

// Hold is a constant rate, in ticks per second, for a span of time. A rate of
// 0 is a pause.
func Hold(rate float64, length time.Duration) Segment {
	return newLinear(rate, rate, length)
}

// Ramp is a rate that changes evenly from one to another, both in ticks per
// second. It may fall as well as rise.
func Ramp(from, to float64, over time.Duration) Segment {
	return newLinear(from, to, over)
}

// linear is a rate that changes by the same amount each second, also by 0.
type linear struct {
	from, to float64 // ticks per second
	length   time.Duration
	slope    float64 // change of the rate, per second
	all      float64 // ticks
}

func newLinear(from, to float64, length time.Duration) linear {
	s := length.Seconds()
	return linear{from: from, to: to, length: length, slope: (to - from) / s, all: (from + to) / 2 * s}
}

func (l linear) Length() time.Duration { return l.length }
func (l linear) Peak() float64         { return max(l.from, l.to) }

func (l linear) String() string {
	if l.from == l.to {
		return fmt.Sprintf("hold %s/s for %s", number(l.from), duration(l.length))
	}
	return fmt.Sprintf("ramp %s..%s/s over %s", number(l.from), number(l.to), duration(l.length))
}

func (l linear) check() error {
	if err := cmp.Or(checkRate(l.from), checkRate(l.to)); err != nil {
		return err
	}
	return checkLength(l.length)
}

func (l linear) shapes() []shape { return []shape{l} }

func checkRate(r float64) error {
	switch {
	case math.IsNaN(r) || r < 0:
		return fmt.Errorf("the rate %s/s is not a number from 0", number(r))
	case r > 0 && r < MinRate:
		return fmt.Errorf("the rate %s/s is below %s/s: a pause has rate 0", number(r), number(MinRate))
	case r > MaxRate:
		return fmt.Errorf("the rate %s/s is above %s/s", number(r), number(MaxRate))
	}
	return nil
}

func checkLength(d time.Duration) error {
	if d <= 0 {
		return errors.New("it takes no time: give a duration above 0")
	}
	return nil
}

func (l linear) ticks() *big.Rat {
	sum := new(big.Rat).Add(decimal(l.from), decimal(l.to))
	return sum.Mul(sum, big.NewRat(int64(l.length), 2*int64(time.Second)))
}

// decimal is the rate that was written, not the float64 next to it: 0.1/s for
// ten seconds is one tick, and 0.1 as a float64 is a little more than 1/10.
func decimal(rate float64) *big.Rat {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(rate, 'g', -1, 64))
	return r
}

// after solves n = a·t + k·t²/2 for t. The usual form of the solution takes
// the difference of two nearly equal numbers; 2n/(a + √(a² + 2kn)) does not.
// A falling rate is solved from its end for the same reason.
func (l linear) after(n float64, _ uint64) float64 {
	ns := float64(l.length)
	switch {
	case l.from == l.to:
		return max(n, 0) / l.from * 1e9
	case l.from < l.to:
		return root(n, l.from, l.slope)
	}
	return ns - root(l.all-n, l.to, -l.slope)
}

// root is the time in nanoseconds in which a rate that starts at a and rises
// by k a second makes n ticks.
func root(n, a, k float64) float64 {
	if n <= 0 {
		return 0
	}
	return 2 * n / (a + math.Sqrt(a*a+2*k*n)) * 1e9
}

func (l linear) by(ns float64) float64 {
	t := ns / 1e9
	return (l.from + l.slope*t/2) * t
}

func (l linear) rate(ns float64) float64 {
	return l.from + (l.to-l.from)*(ns/float64(l.length))
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// duration leaves out what is zero: 10m rather than 10m0s.
func duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
