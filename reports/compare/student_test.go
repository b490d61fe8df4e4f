package compare

import (
	"math"
	"testing"
)

// TestStudentQuantile compares with what tables print, and with the closed
// forms for one and two degrees of freedom.
func TestStudentQuantile(t *testing.T) {
	tests := []struct{ p, df, want float64 }{
		{0.5, 7, 0},
		{0.95, 5, 2.015048},
		{0.975, 10, 2.228139},
		{0.995, 4, 4.604095},
		{0.995, 8, 3.355387},
		{0.9995, 8, 5.041305},
		{0.9995, 30, 3.645959},
		{0.975, 1e9, 1.959964},
		{0.9999, 1, math.Tan(math.Pi * 0.4999)},
		{0.99, 2, 0.98 * math.Sqrt(2/(1-0.98*0.98))},
	}
	for _, tt := range tests {
		if got := studentQuantile(tt.p, tt.df); math.Abs(got-tt.want) > 1e-6*max(1, tt.want) {
			t.Errorf("studentQuantile(%v, %v) is %.7f, want %.7f", tt.p, tt.df, got, tt.want)
		}
	}
	for _, df := range []float64{1.3, 4, 7.7, 25} {
		for _, p := range []float64{0.6, 0.9, 0.9999} {
			if back := 1 - studentTail(studentQuantile(p, df), df); math.Abs(back-p) > 1e-9 {
				t.Errorf("df %v: the tail at the %v-quantile leaves %v", df, p, back)
			}
		}
	}
}
