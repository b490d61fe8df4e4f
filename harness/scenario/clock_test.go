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
