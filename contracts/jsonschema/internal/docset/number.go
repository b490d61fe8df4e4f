package docset

import (
	"encoding/json"
	"math/big"
)

const jsonZero = json.Number("0")

// interval is what facts say of numbers.
type interval struct {
	low, high         *big.Rat // nil without a bound
	openLow, openHigh bool     // the bound itself is outside
	steps, avoid      []*big.Rat
	excluded          map[string]bool
}

func (s *Space) interval(t Type, facts []Set) interval {
	in := interval{excluded: map[string]bool{}}
	for _, v := range s.excluded(t, facts) {
		in.excluded[v.key] = true
	}
	for _, set := range facts {
		n := &s.nodes[set>>1]
		not := set.negated()
		switch {
		case n.kind == minimum && !not, n.kind == exclusiveMaximum && not:
			in.above(n.rat, false)
		case n.kind == exclusiveMinimum && !not, n.kind == maximum && not:
			in.above(n.rat, true)
		case n.kind == maximum && !not, n.kind == exclusiveMinimum && not:
			in.below(n.rat, false)
		case n.kind == exclusiveMaximum && !not, n.kind == minimum && not:
			in.below(n.rat, true)
		case n.kind == multiple && !not:
			in.steps = append(in.steps, n.rat)
		case n.kind == multiple:
			in.avoid = append(in.avoid, n.rat)
		}
	}
	one := big.NewRat(1, 1)
	if t == Whole {
		in.steps = append(in.steps, one)
	} else {
		in.avoid = append(in.avoid, one)
	}
	return in
}

func (in *interval) above(bound *big.Rat, open bool) {
	c := 1
	if in.low != nil {
		c = bound.Cmp(in.low)
	}
	if c > 0 || c == 0 && open {
		in.low, in.openLow = bound, open
	}
}

func (in *interval) below(bound *big.Rat, open bool) {
	c := -1
	if in.high != nil {
		c = bound.Cmp(in.high)
	}
	if c < 0 || c == 0 && open {
		in.high, in.openHigh = bound, open
	}
}

// empty says whether no number is within the bounds.
func (in *interval) empty() bool {
	if in.low == nil || in.high == nil {
		return false
	}
	c := in.low.Cmp(in.high)
	return c > 0 || c == 0 && (in.openLow || in.openHigh)
}

func (s *Space) findNumber(t Type, facts []Set) Result {
	in := s.interval(t, facts)
	if in.empty() {
		return Result{Answer: Empty}
	}
	var r Result
	if len(in.steps) > 0 {
		r = in.onGrid()
	} else {
		r = in.anywhere()
	}
	return s.tested(facts, r)
}

// onGrid looks among the common multiples of the steps.
func (in *interval) onGrid() Result {
	step := in.steps[0]
	for _, other := range in.steps[1:] {
		step = leastCommonMultiple(step, other)
	}
	for _, m := range in.avoid {
		if isMultiple(step, m) {
			return Result{Answer: Empty}
		}
	}
	return in.scan(step, maxTried)
}

const (
	// maxTried bounds the numbers of one grid that are tried.
	maxTried = 2000
	// maxRefined bounds how often an interval without a grid is cut finer.
	maxRefined = 40
)

// anywhere looks at ever finer decimals, because only finitely many values
// are excluded and each multiple to avoid leaves almost all of them.
func (in *interval) anywhere() Result {
	if in.low != nil && in.high != nil && in.low.Cmp(in.high) == 0 {
		return in.point(in.low)
	}
	step, tenth := big.NewRat(1, 2), big.NewRat(1, 10)
	if r := in.scan(step, 16); r.Answer == Found {
		return r
	}
	step = in.fine(tenth)
	for range maxRefined {
		if r := in.scan(step, 64); r.Answer == Found {
			return r
		}
		step = new(big.Rat).Mul(step, tenth)
	}
	return Result{}
}

// fine is the step to begin with: the coarse one, or, in an interval that is
// far too narrow for it, about the hundredth part of its width.
func (in *interval) fine(coarse *big.Rat) *big.Rat {
	if in.low == nil || in.high == nil {
		return coarse
	}
	width := new(big.Rat).Sub(in.high, in.low)
	const bitsPerDigit = 3.3219
	places := int(float64(width.Denom().BitLen()-width.Num().BitLen())/bitsPerDigit) + 2
	if places <= maxRefined/2 {
		return coarse
	}
	return new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil))
}

// point is the only number within the bounds.
func (in *interval) point(r *big.Rat) Result {
	if !in.accepts(r) {
		return Result{Answer: Empty}
	}
	doc, ok := Decimal(r)
	if !ok {
		return Result{} // a number that JSON can hardly write
	}
	return Result{Found, doc}
}

// scan tries multiples of the step within the bounds, those nearest to zero
// first. Empty is certain only if all were tried.
func (in *interval) scan(step *big.Rat, limit int) Result {
	up, down := new(big.Int), big.NewInt(-1)
	if in.low != nil && in.low.Sign() > 0 {
		up = quotient(in.low, step)
	}
	if in.high != nil && in.high.Sign() < 0 {
		down = quotient(in.high, step)
	}
	at := func(k *big.Int) *big.Rat { return new(big.Rat).Mul(new(big.Rat).SetInt(k), step) }
	one := big.NewInt(1)
	upOpen, downOpen := true, true
	for i := range limit {
		if upOpen {
			r := at(up)
			if upOpen = in.high == nil || r.Cmp(in.high) <= 0; upOpen && in.within(r) && in.accepts(r) {
				return in.point(r)
			}
			up.Add(up, one)
		}
		if downOpen && i > 0 { // of equals the positive one
			r := at(down)
			if downOpen = in.low == nil || r.Cmp(in.low) >= 0; downOpen && in.within(r) && in.accepts(r) {
				return in.point(r)
			}
			down.Sub(down, one)
		}
		if !upOpen && !downOpen {
			return Result{Answer: Empty}
		}
	}
	return Result{}
}

func (in *interval) within(r *big.Rat) bool {
	if in.low != nil {
		if c := r.Cmp(in.low); c < 0 || c == 0 && in.openLow {
			return false
		}
	}
	if in.high != nil {
		if c := r.Cmp(in.high); c > 0 || c == 0 && in.openHigh {
			return false
		}
	}
	return true
}

// accepts tests what the bounds do not say.
func (in *interval) accepts(r *big.Rat) bool {
	for _, m := range in.steps {
		if !isMultiple(r, m) {
			return false
		}
	}
	for _, m := range in.avoid {
		if isMultiple(r, m) {
			return false
		}
	}
	return !in.excluded[r.RatString()]
}

func isMultiple(r, step *big.Rat) bool {
	return step.Sign() != 0 && new(big.Rat).Quo(r, step).IsInt()
}

// quotient is r divided by step, rounded toward minus infinity.
func quotient(r, step *big.Rat) *big.Int {
	q := new(big.Rat).Quo(r, step)
	out, m := new(big.Int), new(big.Int)
	out.DivMod(q.Num(), q.Denom(), m)
	return out
}

// leastCommonMultiple of a/b and c/d is lcm(a·d, c·b) / (b·d).
func leastCommonMultiple(a, b *big.Rat) *big.Rat {
	x := new(big.Int).Mul(a.Num(), b.Denom())
	y := new(big.Int).Mul(b.Num(), a.Denom())
	lcm := new(big.Int).Div(new(big.Int).Mul(x, y), new(big.Int).GCD(nil, nil, x, y))
	return new(big.Rat).SetFrac(lcm, new(big.Int).Mul(a.Denom(), b.Denom()))
}
