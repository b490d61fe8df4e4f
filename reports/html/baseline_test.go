package html

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// TestBaselineCurve: what is not of the page's quantiles, or no latency, ends
// the curve; send and kinds that the baseline does not have get none.
func TestBaselineCurve(t *testing.T) {
	q := summary.CurveQuantiles()
	b := &run.Baseline{Curves: []run.BaselineCurve{
		{Kind: run.Publish, Quantiles: q[:4], Base: []float64{1000, 2_345_678, 3e6, 4e6}},
		{Kind: run.Send, Quantiles: q[:2], Base: []float64{1e6, 2e6}},
		{Kind: run.EndToEnd, Quantiles: []float64{q[0], q[1], 0.5}, Base: []float64{1e6, 2e6, 3e6}},
		{Kind: run.Effect, Quantiles: q[:3], Base: []float64{1e6, math.NaN(), 3e6}},
		{Kind: run.ScheduleDelay, Quantiles: q[:3], Base: []float64{1e6}},
	}}
	for kind, want := range map[string][]float64{
		run.Publish: {1, 2345.68, 3000, 4000}, run.Send: nil, run.EndToEnd: {1000, 2000}, run.Effect: {1000},
		run.ScheduleDelay: {1000}, "wake": nil,
	} {
		if diff := cmp.Diff(want, baselineCurve(b, kind)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
	}
	if got := baselineCurve(nil, run.Publish); got != nil {
		t.Errorf("%v without a baseline", got)
	}
}
