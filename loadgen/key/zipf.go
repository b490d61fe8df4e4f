package key

import (
	"fmt"
	"math"
	"strconv"

	"github.com/flowweir/weir/loadgen/internal/random"
)

// maxZipf bounds the cardinality of Zipf: float64 counts no further.
const maxZipf = 1 << 53

// Zipf is a distribution in which the key of index k has a probability in
// proportion to (k+1)⁻ˢ: index 0 is the hottest key. The exponent s must be
// above 0; 1 is Zipf's own law, and about 1.1 is often seen in practice.
//
// Samples are exact, drawn by rejection-inversion (Hörmann and Derflinger,
// "Rejection-inversion to generate variates from monotone discrete
// distributions", ACM TOMACS 6(3), 1996), in constant time and memory for any
// cardinality.
func Zipf(seed uint64, sender uint16, cardinality uint64, s float64) (Distribution, error) {
	switch {
	case cardinality == 0:
		return nil, errNoKeys
	case cardinality > maxZipf:
		return nil, fmt.Errorf("the cardinality %d of a zipf distribution is above %d", cardinality, uint64(maxZipf))
	case !(s > 0) || math.IsInf(s, 1):
		return nil, fmt.Errorf("the zipf exponent %s is not a number above 0: 1.1 is a usual choice", strconv.FormatFloat(s, 'g', -1, 64))
	}
	z := zipf{Counter: random.New(seed, sender), n: cardinality, s: s}
	z.low = z.integral(1.5) - 1
	z.high = z.integral(float64(cardinality) + 0.5)
	z.squeeze = 2 - z.inverse(z.integral(2.5)-z.weight(2))
	return z, nil
}

type zipf struct {
	random.Counter
	n         uint64
	s         float64
	low, high float64 // the integral's range from which ranks are drawn
	squeeze   float64 // closer than this to its rank, a draw is accepted at once
}

func (z zipf) Index(seq uint64) uint64 {
	r := z.At(seq)
	for {
		u := z.high + r.Float()*(z.low-z.high)
		x := z.inverse(u)
		rank := min(max(math.Round(x), 1), float64(z.n))
		if rank-x <= z.squeeze || u >= z.integral(rank+0.5)-z.weight(rank) {
			return uint64(rank) - 1
		}
	}
}

func (z zipf) Cardinality() uint64 { return z.n }

func (z zipf) String() string {
	return fmt.Sprintf("zipf %s over %s", strconv.FormatFloat(z.s, 'g', -1, 64), keys(z.n))
}

// weight is x⁻ˢ.
func (z zipf) weight(x float64) float64 { return math.Exp(-z.s * math.Log(x)) }

// integral is the integral of weight from 1 to x: (x¹⁻ˢ − 1)/(1 − s), and
// log x where s is 1, computed so that it passes smoothly from one to the
// other.
func (z zipf) integral(x float64) float64 {
	l := math.Log(x)
	return expm1OverX((1-z.s)*l) * l
}

// inverse is the x of which y is the integral.
func (z zipf) inverse(y float64) float64 {
	t := y * (1 - z.s)
	if t < -1 {
		t = -1 // rounding at the far end
	}
	return math.Exp(log1pOverX(t) * y)
}

// expm1OverX is (eˣ − 1)/x, also near 0.
func expm1OverX(x float64) float64 {
	if math.Abs(x) > 1e-8 {
		return math.Expm1(x) / x
	}
	return 1 + x/2*(1+x/3*(1+x/4))
}

// log1pOverX is log(1 + x)/x, also near 0.
func log1pOverX(x float64) float64 {
	if math.Abs(x) > 1e-8 {
		return math.Log1p(x) / x
	}
	return 1 - x*(1./2-x*(1./3-x/4))
}
