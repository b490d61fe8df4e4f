package schedule

import (
	"fmt"
	"math/big"
	"time"
)

// stairs bounds the holds of a Step.
const stairs = 10_000

// Step is a rate that changes by the same amount every so often, from one
// rate to another, both in ticks per second; each rate, the last one too, is
// held for every. by is above 0 also where the rate falls. A last change that
// would overshoot ends at to.
func Step(from, to, by float64, every time.Duration) Segment {
	return staircase{from, to, by, every}
}

type staircase struct {
	from, to, by float64
	every        time.Duration
}

// holds is the number of rates that are held, counted with the decimals that
// were written: 0.1 added three times is 0.3.
func (s staircase) holds() int {
	span := new(big.Rat).Sub(decimal(s.to), decimal(s.from))
	n := ceil(span.Quo(span.Abs(span), decimal(s.by)))
	return int(min(n, stairs)) + 1
}

func (s staircase) check() error {
	for _, r := range []float64{s.from, s.to} {
		if err := checkRate(r); err != nil {
			return err
		}
	}
	switch {
	case !(s.by > 0) || s.by > MaxRate:
		return fmt.Errorf("it steps by %s/s: give a rate above 0, at most %s/s", number(s.by), number(MaxRate))
	case s.holds() > stairs:
		return fmt.Errorf("it has more than %d steps: step by more", stairs)
	}
	for _, r := range s.rates() {
		if err := checkRate(r); err != nil {
			return err // between 0 and MinRate
		}
	}
	return checkLength(s.every)
}

func (s staircase) rates() []float64 {
	rates := make([]float64, s.holds())
	rate, by := decimal(s.from), decimal(s.by)
	if s.to < s.from {
		by.Neg(by)
	}
	for i := range rates {
		rates[i], _ = rate.Float64()
		rate.Add(rate, by)
	}
	rates[len(rates)-1] = s.to
	return rates
}

func (s staircase) shapes() []shape {
	rates := s.rates()
	parts := make([]shape, len(rates))
	for i, r := range rates {
		parts[i] = newLinear(r, r, s.every)
	}
	return parts
}

// Length saturates beyond MaxLength, which New refuses.
func (s staircase) Length() time.Duration {
	return min(s.every, MaxLength+1) * time.Duration(s.holds())
}
func (s staircase) Peak() float64 { return max(s.from, s.to) }

func (s staircase) String() string {
	return fmt.Sprintf("step %s..%s/s by %s/s every %s", number(s.from), number(s.to), number(s.by), duration(s.every))
}

// Spike is a rate that jumps from a base to a peak and back, both in ticks
// per second: the peak lasts for length and stands in the middle of over.
func Spike(base, peak float64, length, over time.Duration) Segment {
	return spike{base, peak, length, over}
}

type spike struct {
	base, peak   float64
	length, over time.Duration
}

func (s spike) check() error {
	for _, r := range []float64{s.base, s.peak} {
		if err := checkRate(r); err != nil {
			return err
		}
	}
	switch {
	case s.peak <= s.base:
		return fmt.Errorf("the peak %s/s is not above the base %s/s", number(s.peak), number(s.base))
	case s.over <= s.length:
		return fmt.Errorf("the spike of %s does not fit into %s", duration(s.length), duration(s.over))
	}
	return checkLength(s.length)
}

func (s spike) shapes() []shape {
	before := (s.over - s.length) / 2
	after := s.over - s.length - before
	parts := []shape{newLinear(s.base, s.base, before), newLinear(s.peak, s.peak, s.length), newLinear(s.base, s.base, after)}
	if before == 0 {
		return parts[1:]
	}
	return parts
}

func (s spike) Length() time.Duration { return s.over }
func (s spike) Peak() float64         { return s.peak }

func (s spike) String() string {
	return fmt.Sprintf("spike %s..%s/s for %s over %s", number(s.base), number(s.peak), duration(s.length), duration(s.over))
}
