package compare

import "math"

// studentQuantile is the p-quantile of Student's t distribution with df
// degrees of freedom, for p from 0.5 to 1.
func studentQuantile(p, df float64) float64 {
	tail := 1 - p
	low, high := 0.0, 1.0
	for studentTail(high, df) > tail && high < 1e12 {
		high *= 2
	}
	for range 200 {
		mid := (low + high) / 2
		if mid == low || mid == high {
			break
		}
		if studentTail(mid, df) > tail {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// studentTail is the probability of more than t, for t ≥ 0.
func studentTail(t, df float64) float64 {
	return incompleteBeta(df/(df+t*t), df/2, 0.5) / 2
}

// incompleteBeta is the regularized incomplete beta function I_x(a, b).
func incompleteBeta(x, a, b float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	case x > (a+1)/(a+b+2): // where the continued fraction converges slowly
		return 1 - incompleteBeta(1-x, b, a)
	}
	front := math.Exp(logBeta(a, b) + a*math.Log(x) + b*math.Log1p(-x))
	return front * betaFraction(x, a, b) / a
}

// logBeta is −log B(a, b).
func logBeta(a, b float64) float64 {
	sum, _ := math.Lgamma(a + b)
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	return sum - la - lb
}

// betaFraction is the continued fraction 8.17.22 of the Digital Library of
// Mathematical Functions, by Lentz's method.
func betaFraction(x, a, b float64) float64 {
	const tiny, precise = 1e-300, 1e-15
	nonzero := func(f float64) float64 {
		if math.Abs(f) < tiny {
			return tiny
		}
		return f
	}
	c, d := 1.0, 1/nonzero(1-(a+b)*x/(a+1))
	f := d
	for i := 1; i < 1000; i++ {
		m := float64(i)
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		before := f
		for _, step := range []float64{even, odd} {
			d = 1 / nonzero(1+step*d)
			c = nonzero(1 + step/c)
			f *= c * d
		}
		if math.Abs(f/before-1) < precise {
			break
		}
	}
	return f
}
