package jsonschema

import (
	"encoding/json"
	"math/big"
	"math/rand/v2"
	"strings"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
)

// maxDecimals bounds the digits after the point of generated numbers.
const maxDecimals = 30

// decimals is how many digits after the point write r exactly; false if no
// finite number of them does.
func decimals(r *big.Rat) (int, bool) {
	scaled, ten := new(big.Rat).Set(r), big.NewRat(10, 1)
	for n := range maxDecimals + 1 {
		if scaled.IsInt() {
			return n, true
		}
		scaled.Mul(scaled, ten)
	}
	return 0, false
}

// decimal writes r as JSON does, rounded where it has no finite form, or a long
// one.
func decimal(r *big.Rat) string {
	if text, ok := docset.Decimal(r); ok && len(text) <= maxShown {
		return string(text)
	}
	n, ok := decimals(r)
	if !ok {
		n = 6
	}
	return r.FloatString(n)
}

// numberRange is what a set of schemas demands of a number.
type numberRange struct {
	low, high         *big.Rat // nil without a bound
	openLow, openHigh bool     // the bound itself is excluded
	step              *big.Rat // nil without multipleOf
}

func rangeOf(atoms []*js.Schema) numberRange {
	var r numberRange
	for _, s := range atoms {
		r.atLeast(s.Minimum, false)
		r.atLeast(s.ExclusiveMinimum, true)
		r.atMost(s.Maximum, false)
		r.atMost(s.ExclusiveMaximum, true)
		r.multipleOf(s.MultipleOf)
	}
	return r
}

func (r *numberRange) atLeast(bound *big.Rat, open bool) {
	if bound == nil {
		return
	}
	if r.low == nil || bound.Cmp(r.low) > 0 {
		r.low, r.openLow = bound, open
	} else if bound.Cmp(r.low) == 0 {
		r.openLow = r.openLow || open
	}
}

func (r *numberRange) atMost(bound *big.Rat, open bool) {
	if bound == nil {
		return
	}
	if r.high == nil || bound.Cmp(r.high) < 0 {
		r.high, r.openHigh = bound, open
	} else if bound.Cmp(r.high) == 0 {
		r.openHigh = r.openHigh || open
	}
}

// multipleOf makes the step the least common multiple of all steps.
func (r *numberRange) multipleOf(step *big.Rat) {
	switch {
	case step == nil:
	case r.step == nil:
		r.step = step
	default:
		r.step = leastCommonMultiple(r.step, step)
	}
}

// leastCommonMultiple of a/b and c/d is lcm(a·d, c·b) / (b·d).
func leastCommonMultiple(a, b *big.Rat) *big.Rat {
	x := new(big.Int).Mul(a.Num(), b.Denom())
	y := new(big.Int).Mul(b.Num(), a.Denom())
	gcd := new(big.Int).GCD(nil, nil, new(big.Int).Abs(x), new(big.Int).Abs(y))
	lcm := new(big.Int).Div(new(big.Int).Mul(x, y), gcd)
	return new(big.Rat).SetFrac(lcm.Abs(lcm), new(big.Int).Mul(a.Denom(), b.Denom()))
}

// span is how far generated numbers reach where the schema has no bound.
var span = big.NewRat(10_000, 1)

// bounds are the range with the missing ends made up.
func (r *numberRange) bounds(step *big.Rat) (low, high *big.Rat) {
	low, high = r.low, r.high
	reach := span
	if wide := new(big.Rat).Mul(step, big.NewRat(100, 1)); wide.Cmp(reach) > 0 {
		reach = wide
	}
	switch {
	case low == nil && high == nil:
		low, high = new(big.Rat), reach
	case low == nil && high.Sign() > 0:
		low = new(big.Rat)
	case low == nil:
		low = new(big.Rat).Sub(high, reach)
	case high == nil:
		high = new(big.Rat).Add(low, reach)
	}
	return low, high
}

// pick is a number of the range, exact in decimal; false if there is none. In
// a corner it is at a bound that the schema states.
func (r *numberRange) pick(rng *rand.Rand, whole bool, c *corner) (json.Number, bool) {
	step := r.step
	switch {
	case whole && step == nil:
		step = big.NewRat(1, 1)
	case whole:
		step = leastCommonMultiple(step, big.NewRat(1, 1))
	case step == nil:
		step = r.freeStep()
	}
	digits, ok := decimals(step)
	if !ok {
		return "", false
	}
	low, high := r.bounds(step)
	first := floor(new(big.Rat).Quo(low, step))
	last := floor(new(big.Rat).Quo(high, step))
	at := func(k *big.Int) *big.Rat { return new(big.Rat).Mul(new(big.Rat).SetInt(k), step) }
	one := big.NewInt(1)
	if c := at(first).Cmp(low); c < 0 || c == 0 && r.openLow {
		first.Add(first, one)
	}
	if at(last).Cmp(high) == 0 && r.openHigh {
		last.Sub(last, one)
	}
	count := new(big.Int).Add(new(big.Int).Sub(last, first), one)
	if count.Sign() <= 0 {
		return "", false
	}
	n := int64(1 << 53)
	if count.IsInt64() {
		n = min(n, count.Int64())
	}
	k := first
	switch {
	case c.low() && r.low != nil:
	case c.high() && r.high != nil:
		k = last
	default:
		k = first.Add(first, big.NewInt(rng.Int64N(n)))
	}
	text := at(k).FloatString(digits)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return json.Number(text), true
}

// freeStep is the resolution of numbers that need no multiple: cents, or
// finer where the range holds fewer than a hundred of them.
func (r *numberRange) freeStep() *big.Rat {
	step := big.NewRat(1, 100)
	if r.low == nil || r.high == nil {
		return step
	}
	width := new(big.Rat).Sub(r.high, r.low)
	if width.Sign() == 0 {
		if digits, ok := decimals(r.low); ok {
			return new(big.Rat).SetFrac(big.NewInt(1), pow10(digits))
		}
	}
	for range maxDecimals - 2 {
		if new(big.Rat).Mul(step, big.NewRat(100, 1)).Cmp(width) <= 0 {
			break
		}
		step = new(big.Rat).Quo(step, big.NewRat(10, 1))
	}
	return step
}

func pow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// floor rounds toward minus infinity.
func floor(r *big.Rat) *big.Int {
	q, m := new(big.Int), new(big.Int)
	q.DivMod(r.Num(), r.Denom(), m) // Euclidean: the denominator is positive
	return q
}
