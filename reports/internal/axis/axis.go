// Package axis divides the axes of drawings into round values.
package axis

import "math"

// Axis runs from Low to High, evenly or by factors, and is marked at Ticks.
type Axis struct {
	Low, High   float64
	Ticks       []float64
	Logarithmic bool
}

// Linear is an axis from 0 to high, with at most most+1 ticks.
func Linear(high float64, most int) Axis {
	a := Axis{High: high}
	if high <= 0 {
		return a
	}
	step := math.Pow(10, math.Floor(math.Log10(high/float64(most))))
	for _, m := range []float64{1, 2, 5, 10} {
		if high/(step*m) <= float64(most) {
			step *= m
			break
		}
	}
	for i := 0; float64(i)*step <= high*(1+1e-9); i++ {
		a.Ticks = append(a.Ticks, float64(i)*step)
	}
	return a
}

// Log is an axis of factors, from low, which is above 0. Its ticks are powers of
// ten; over two decades or fewer also 2 and 5 of each.
func Log(low, high float64) Axis {
	high = math.Max(high, low*(1+1e-9))
	a := Axis{Low: low, High: high, Logarithmic: true}
	steps := []float64{1, 2, 5}
	if high/low > 100*(1+1e-9) {
		steps = steps[:1]
	}
	for power := math.Floor(math.Log10(low) + 1e-9); power <= math.Log10(high)+1e-9; power++ {
		for _, s := range steps {
			if t := s * math.Pow(10, power); t >= low*(1-1e-9) && t <= high*(1+1e-9) {
				a.Ticks = append(a.Ticks, t)
			}
		}
	}
	return a
}

// Share is where a value lies: 0 at Low, 1 at High.
func (a Axis) Share(v float64) float64 {
	if a.Logarithmic {
		return math.Log(v/a.Low) / math.Log(a.High/a.Low)
	}
	if a.High == a.Low {
		return 0
	}
	return (v - a.Low) / (a.High - a.Low)
}
