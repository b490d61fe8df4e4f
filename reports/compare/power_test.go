package compare

import (
	"math"
	"os"
	"testing"

	"github.com/flowweir/weir/reports/run"
)

func TestExplore(t *testing.T) {
	f := flow{seconds: 60, perSecond: 2000}
	if os.Getenv("EXPLORE") == "" {
		t.Skip()
	}
	reps := 100
	f.alike = true
	two := Options{Metrics: []string{"publish.p50", "publish.p99"}}
	for _, n := range []int{5, 12, 24} {
		for _, shared := range []float64{0, 0.5, 0.8} {
			f.shared = shared
			for _, inter := range []bool{false, true} {
				for name, o := range map[string]Options{"two": two} {
					f.shift = 0
					null := f.repeated(1, reps, n, inter, o)
					f.shift = math.Log(1.25)
					alt := f.repeated(2, reps, n, inter, o)
					t.Logf("n %d shared %.1f interleaved %v %s: alarms %.3f found %.3f p50 %.3f p99 %.3f", n, shared, inter, name, null.share(null.alarms), alt.share(alt.failed), alt.share(alt.slower[run.Publish+".p50"]), alt.share(alt.slower[run.Publish+".p99"]))
				}
			}
		}
	}
}
