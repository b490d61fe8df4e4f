package schedule

import (
	"fmt"
	"math"
	"math/big"
	"time"
)

// shortestPeriod is the shortest period of a Sine: a few wakes of the pacer.
const shortestPeriod = time.Millisecond

// Sine is a rate that swings around a mean: mean + amplitude × sin(2πt ÷
// period), both in ticks per second. It starts at the mean, rising. The
// amplitude is at most the mean. A whole number of periods has exactly mean ×
// length ticks.
//
// Where the rate falls to 0 (amplitude = mean), a tick within 10⁻⁹ of a tick
// of that moment is due within a few hundred microseconds of it: the integral
// is flat there. Everywhere else due times hold to the nanosecond.
func Sine(mean, amplitude float64, period, length time.Duration) Segment {
	p := period.Seconds()
	return sine{mean, amplitude, period, length, mean * p, amplitude * p / math.Pi}
}

type sine struct {
	mean, amplitude float64
	period, length  time.Duration
	each            float64 // ticks of a period
	swing           float64 // ticks by which half a period is ahead of the mean
}

func (s sine) check() error {
	if err := checkRate(s.mean); err != nil {
		return err
	}
	switch {
	case !(s.amplitude >= 0) || s.amplitude > s.mean:
		return fmt.Errorf("the amplitude %s/s is not from 0 to the mean, %s/s: the rate would fall below 0", number(s.amplitude), number(s.mean))
	case s.mean+s.amplitude > MaxRate:
		return fmt.Errorf("the rate %s/s is above %s/s", number(s.mean+s.amplitude), number(MaxRate))
	case s.period < shortestPeriod:
		return fmt.Errorf("the period %s is below %s", s.period, shortestPeriod)
	}
	return checkLength(s.length)
}

func (s sine) shapes() []shape       { return []shape{s} }
func (s sine) Length() time.Duration { return s.length }

func (s sine) Peak() float64 {
	if s.length >= s.period/4 {
		return s.mean + s.amplitude
	}
	return s.rate(float64(s.length))
}

func (s sine) String() string {
	return fmt.Sprintf("sine %s/s ± %s/s every %s for %s", number(s.mean), number(s.amplitude), duration(s.period), duration(s.length))
}

// ticks is exact but for the swing of a last period that is not whole, which
// is a float64.
func (s sine) ticks() *big.Rat {
	all := decimal(s.mean)
	all.Mul(all, big.NewRat(int64(s.length), int64(time.Second)))
	ahead := new(big.Rat)
	ahead.SetFloat64(s.ahead(float64(s.length % s.period)))
	return all.Add(all, ahead)
}

// ahead is by how many ticks the integral is above that of the mean, ns after
// a period began: A·P/2π × (1 − cos 2πt/P), written so that no digit is lost
// where the cosine is near 1.
func (s sine) ahead(ns float64) float64 {
	sin := math.Sin(math.Pi * ns / float64(s.period))
	return s.swing * sin * sin
}

func (s sine) by(ns float64) float64 {
	return s.mean*ns/1e9 + s.ahead(math.Mod(ns, float64(s.period)))
}

func (s sine) rate(ns float64) float64 {
	return s.mean + s.amplitude*math.Sin(2*math.Pi*math.Mod(ns, float64(s.period))/float64(s.period))
}

// after finds the period, then solves within it by Newton's method, kept
// between bounds that close in on the solution by bisection where the rate
// is near 0.
func (s sine) after(n float64, _ uint64) float64 {
	if n <= 0 {
		return 0
	}
	periods := math.Floor(n / s.each)
	rest := math.FMA(-periods, s.each, n)
	period := float64(s.period)
	low, high := 0., period
	t := min(max(rest/s.each, 0), 1) * period
	for range 100 {
		sin, cos := math.Sincos(math.Pi * t / period)
		miss := s.mean*t/1e9 + s.swing*sin*sin - rest
		if miss > 0 {
			high = t
		} else {
			low = t
		}
		next := t - miss/(s.mean+2*s.amplitude*sin*cos)*1e9
		if !(next >= low && next <= high) {
			next = low + (high-low)/2
		}
		moved := math.Abs(next - t)
		if t = next; moved < 0.1 {
			break
		}
	}
	return periods*period + t
}
