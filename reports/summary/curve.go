package summary

import "math"

// CurveQuantiles are those of percentile curves, nine to a decade of rarity:
// 0, p10 to p80, p90 to p98, p99 to p99.8, and so on to p99.999.
func CurveQuantiles() []float64 {
	var all []float64
	for scale := 10.0; scale <= 1e5; scale *= 10 {
		for m := 10.0; m >= 2; m-- {
			all = append(all, (scale-m)/scale)
		}
	}
	return append(all, 0.99999)
}

// Rarity is log10(1/(1−q)), where a quantile stands on the axis of such a
// curve: 1 for p90, 2 for p99.
func Rarity(q float64) float64 { return math.Log10(1 / (1 - q)) }
