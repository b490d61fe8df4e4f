package html

import (
	"math"

	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// baselineCurve is the baseline's percentile curve of a kind, in microseconds by
// summary.CurveQuantiles, as far as there is one. Send has none: it is on the
// page to be told from publish, not to be compared.
func baselineCurve(b *run.Baseline, kind string) []float64 {
	if b == nil || kind == run.Send {
		return nil
	}
	for _, c := range b.Curves {
		if c.Kind != kind {
			continue
		}
		var all []float64
		for i, q := range summary.CurveQuantiles() {
			if i >= min(len(c.Quantiles), len(c.Base)) || math.Abs(c.Quantiles[i]-q) > 1e-9 || !(c.Base[i] >= 0) {
				break
			}
			all = append(all, curveMicros(c.Base[i]))
		}
		return all
	}
	return nil
}

// curveMicros are nanoseconds in microseconds with two digits; a logarithmic
// axis has no 0.
func curveMicros(ns float64) float64 { return max(math.Round(ns/10)/100, 1) }
