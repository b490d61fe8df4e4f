package calibration_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"go.uber.org/goleak"

	. "github.com/flowweir/weir/loadgen/kafka/calibration"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRate(t *testing.T) {
	// 1 µs and 10 ns a byte.
	c := Curve{{Bytes: 1000, Rate: 1e6 / 11}, {Bytes: 100, Rate: 1e6 / 2}}
	for _, tt := range []struct {
		name  string
		curve Curve
		bytes float64
		want  float64
	}{
		{"at a point", c, 100, 500_000},
		{"between", c, 500, 1e6 / 6},
		{"beyond", c, 2000, 1e6 / 21},
		{"below", c, 50, 1e6 / 1.5},
		{"far below", c, -1000, 1_000_000},
		{"nothing measured", nil, 100, 0},
		{"one point", c[:1], 100, 1e6 / 11},
		{"larger ones were faster", Curve{{100, 1000}, {1000, 2000}}, 1000, 1000},
	} {
		if got := tt.curve.Rate(tt.bytes); math.Abs(got-tt.want) > 1e-6*tt.want {
			t.Errorf("%s: got %f, want %f", tt.name, got, tt.want)
		}
	}
}

func TestMeasure(t *testing.T) {
	c, err := Measure(t.Context(), 200*time.Millisecond, 100, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if len(c) != 2 || c[0].Bytes != 100 || c[1].Bytes != 1000 || c[0].Rate <= 0 || c[1].Rate <= 0 {
		t.Errorf("%+v", c)
	}
}

func TestMeasureEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := Measure(ctx, time.Hour, 100); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
