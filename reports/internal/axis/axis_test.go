package axis_test

import (
	"math"
	"slices"
	"testing"

	"github.com/flowweir/weir/reports/internal/axis"
)

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		name string
		axis axis.Axis
		want []float64
	}{
		{"62", axis.Linear(62, 8), []float64{0, 10, 20, 30, 40, 50, 60}},
		{"1", axis.Linear(1, 8), []float64{0, 0.2, 0.4, 0.6, 0.8, 1}},
		{"nothing", axis.Linear(0, 8), nil},
		{"four decades", axis.Log(1, 10_000), []float64{1, 10, 100, 1000, 10_000}},
		{"two decades", axis.Log(1, 100), []float64{1, 2, 5, 10, 20, 50, 100}},
		{"less than one", axis.Log(30, 80), []float64{50}},
		{"of a thousandth", axis.Log(0.001, 0.01), []float64{0.001, 0.002, 0.005, 0.01}},
		{"one value", axis.Log(10, 10), []float64{10}},
	} {
		near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*b }
		if !slices.EqualFunc(c.axis.Ticks, c.want, near) {
			t.Errorf("%s: %v, want %v", c.name, c.axis.Ticks, c.want)
		}
	}
}

func TestShare(t *testing.T) {
	for want, got := range map[float64]float64{
		0.25: axis.Linear(8, 4).Share(2), 0.5: axis.Log(1, 100).Share(10), 0: axis.Linear(0, 4).Share(0),
	} {
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("share %v, want %v", got, want)
		}
	}
}
