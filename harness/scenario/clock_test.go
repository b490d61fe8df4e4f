package scenario

import (
	"testing"
	"time"

	"github.com/flowweir/weir/loadgen/histogram"
)

// TestProgressWithholdsPercentiles of too few samples, as every view does.
func TestProgressWithholdsPercentiles(t *testing.T) {
	kind := func(count, all int64) histogram.LiveKind {
		return histogram.LiveKind{Count: count, P99: time.Second, RunCount: all, RunP99: time.Minute}
	}
	for _, tt := range []struct {
		name              string
		publish, endToEnd histogram.LiveKind
		want              Progress
	}{
		{"nothing", kind(0, 0), kind(0, 0), Progress{}},
		{"enough in the second", kind(10_000, 10_000), kind(10_000, 10_000), Progress{PublishP99: time.Second, EndToEndP99: time.Second}},
		{"too few in the second", kind(9_999, 10_000), kind(9_999, 10_000), Progress{PublishP99: time.Minute, EndToEndP99: time.Minute, SoFar: true}},
		{"too few of one of them", kind(10_000, 20_000), kind(9_999, 10_000), Progress{PublishP99: time.Minute, EndToEndP99: time.Minute, SoFar: true}},
		{"too few at all", kind(5_000, 9_999), kind(5_000, 9_999), Progress{SoFar: true}},
		{"nothing is read back", kind(10_000, 10_000), kind(0, 0), Progress{PublishP99: time.Second}},
		{"a second in which all stood still", kind(0, 90_000), kind(0, 90_000), Progress{}},
	} {
		var p Progress
		p.latencies(tt.publish, tt.endToEnd)
		if p.PublishP99 != tt.want.PublishP99 || p.EndToEndP99 != tt.want.EndToEndP99 || p.SoFar != tt.want.SoFar {
			t.Errorf("%s: got %v, %v, %t", tt.name, p.PublishP99, p.EndToEndP99, p.SoFar)
		}
	}
}

// TestIntervalEnd: intervals are of whole seconds, and one ends with the load.
func TestIntervalEnd(t *testing.T) {
	const load = 2500 * ms
	for _, tt := range []struct{ at, want time.Duration }{
		{0, time.Second}, {999 * ms, time.Second}, {time.Second, 2 * time.Second}, {1003 * ms, 2 * time.Second},
		{2 * time.Second, load}, {2499 * ms, load}, {load, 3 * time.Second}, {2507 * ms, 3 * time.Second}, {7900 * ms, 8 * time.Second},
		{599 * time.Second, 600 * time.Second}, {600 * time.Second, 610 * time.Second}, {603 * time.Second, 610 * time.Second},
	} {
		if got := intervalEnd(tt.at, load); got != tt.want {
			t.Errorf("the interval of %v ends at %v, want %v", tt.at, got, tt.want)
		}
	}
	equal(t, intervalEnd(610*time.Second, 615*time.Second), 615*time.Second)
}
