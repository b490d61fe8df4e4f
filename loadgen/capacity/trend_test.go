package capacity_test

import (
	"math"
	"testing"
	"time"

	"github.com/flowweir/weir/loadgen/capacity"
)

func series(n int, lag func(second float64) float64) []capacity.Sample {
	samples := make([]capacity.Sample, n)
	for i := range samples {
		samples[i] = capacity.Sample{At: time.Duration(i) * time.Second, Lag: lag(float64(i))}
	}
	return samples
}

func TestGrowth(t *testing.T) {
	const rate = 1000.0
	saw := func(s float64) float64 { return rate * math.Mod(s+2, 5) } // a commit every 5 s
	for _, c := range []struct {
		name    string
		samples []capacity.Sample
		slope   float64
		grows   bool
	}{
		{"none", series(15, func(float64) float64 { return 0 }), 0, false},
		{"constant", series(15, func(float64) float64 { return 500 }), 0, false},
		{"2% of the rate", series(15, func(s float64) float64 { return 20 * s }), 20, true},
		{"half a percent is none", series(15, func(s float64) float64 { return 5 * s }), 5, false},
		{"catching up", series(15, func(s float64) float64 { return 1000 - 50*s }), -50, false},
		{"a saw", series(15, saw), 0, false},
		{"a saw that grows by the whole rate", series(15, func(s float64) float64 { return saw(s) + rate*s }), 1000, true},
		{"too few", series(4, func(s float64) float64 { return 500 * s }), 0, false},
		{"at one time", make([]capacity.Sample, 9), 0, false},
	} {
		slope, grows := capacity.Growth(c.samples, rate)
		if math.Abs(slope-c.slope) > 120 || grows != c.grows {
			t.Errorf("%s: %.1f/s, %v; want %.1f/s, %v", c.name, slope, grows, c.slope, c.grows)
		}
	}
}
