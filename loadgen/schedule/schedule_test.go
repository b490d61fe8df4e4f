package schedule_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	. "github.com/flowweir/weir/loadgen/schedule"
)

func build(t testing.TB, segments ...Segment) *Schedule {
	t.Helper()
	s, err := New(segments...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDue(t *testing.T) {
	const never = math.MaxInt64
	tests := []struct {
		name     string
		segments []Segment
		total    uint64
		due      map[uint64]time.Duration
	}{
		{"hold", []Segment{Hold(4, time.Second)}, 4, map[uint64]time.Duration{
			0: 0, 1: 250 * time.Millisecond, 3: 750 * time.Millisecond, 4: never,
		}},
		{"a rate that no nanosecond divides", []Segment{Hold(3, time.Second)}, 3, map[uint64]time.Duration{
			1: 333333333, 2: 666666667,
		}},
		{"a decimal rate is the decimal", []Segment{Hold(0.1, 10*time.Second)}, 1, map[uint64]time.Duration{0: 0}},
		{"part of a tick is due", []Segment{Hold(0.1, 15*time.Second)}, 2, map[uint64]time.Duration{1: 10 * time.Second}},
		{"no truncation at 700k/s (1428.571… ns)", []Segment{Hold(700_000, time.Hour)}, 2_520_000_000, map[uint64]time.Duration{
			7: 10_000, 2_519_999_993: time.Hour - 10_000,
		}},
		{"a million a second for a day", []Segment{Hold(1e6, 24*time.Hour)}, 86_400_000_000, map[uint64]time.Duration{
			86_399_999_999: 24*time.Hour - time.Microsecond,
		}},
		{"ramp up: t = √(2i/k)", []Segment{Ramp(0, 10, 10*time.Second)}, 50, map[uint64]time.Duration{
			0: 0, 2: 2 * time.Second, 8: 4 * time.Second, 18: 6 * time.Second, 32: 8 * time.Second, 49: 9899494937,
		}},
		{"ramp down mirrors it", []Segment{Ramp(10, 0, 10*time.Second)}, 50, map[uint64]time.Duration{
			0: 0, 18: 2 * time.Second, 32: 4 * time.Second, 42: 6 * time.Second, 48: 8 * time.Second, 49: 8585786438,
		}},
		{"a steep fall keeps its last nanoseconds", []Segment{Ramp(1e6, 0, time.Hour)}, 1_800_000_000, map[uint64]time.Duration{
			// 1 of 1.8e9 ticks is left: s = √(2/k) before the end, k = 1e6/3600 s⁻².
			1_799_999_999: time.Hour - 84852814,
		}},
		{"segments follow each other", []Segment{Ramp(0, 5000, 10*time.Second), Hold(5000, 50*time.Second)}, 275_000, map[uint64]time.Duration{
			25_000: 10 * time.Second, 25_001: 10*time.Second + 200*time.Microsecond, 274_999: time.Minute - 200*time.Microsecond,
		}},
		{"half a tick is carried over", []Segment{Hold(0.5, time.Second), Hold(1, 2*time.Second)}, 3, map[uint64]time.Duration{
			0: 0, 1: 1500 * time.Millisecond, 2: 2500 * time.Millisecond,
		}},
		{"a tick after a pause is due when it ends", []Segment{Hold(10, time.Second), Hold(0, 5*time.Second), Hold(10, time.Second)}, 20, map[uint64]time.Duration{
			9: 900 * time.Millisecond, 10: 6 * time.Second, 11: 6100 * time.Millisecond,
		}},
		{"a pause first", []Segment{Hold(0, time.Second), Hold(1, time.Second)}, 1, map[uint64]time.Duration{0: time.Second}},
		{"a pause last", []Segment{Hold(1, time.Second), Hold(0, time.Second)}, 1, map[uint64]time.Duration{0: 0, 1: never}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := build(t, tt.segments...)
			if got := s.Total(); got != tt.total {
				t.Errorf("Total() = %d, want %d", got, tt.total)
			}
			for i, want := range tt.due {
				if got := s.Due(i); got != want {
					t.Errorf("Due(%d) = %d ns, want %d ns", i, got, want)
				}
			}
		})
	}
}

func TestRateAndDescription(t *testing.T) {
	s := build(t, Ramp(0, 5000, 10*time.Second), Hold(5000, 50*time.Second), Ramp(5000, 2500.5, 90*time.Minute))
	const want = "ramp 0..5000/s over 10s, hold 5000/s for 50s, ramp 5000..2500.5/s over 1h30m"
	if got := s.String(); got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if s.Peak() != 5000 || s.Length() != 91*time.Minute {
		t.Errorf("Peak() = %v, Length() = %v; want 5000, 91m", s.Peak(), s.Length())
	}
	for at, want := range map[time.Duration]float64{
		-1: 0, 0: 0, time.Second: 500, 10 * time.Second: 5000, 46 * time.Minute: 3750.25, 91 * time.Minute: 0,
	} {
		if got := s.Rate(at); got != want {
			t.Errorf("Rate(%s) = %v, want %v", at, got, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	for want, segments := range map[string][]Segment{
		"the load is empty":                     nil,
		"load is empty: give":                   {Hold(0, time.Minute)},
		"segment 2 (hold 5/s for 0s)":           {Hold(1, 1), Hold(5, 0)},
		"the rate -1/s is not":                  {Ramp(-1, 5, time.Second)},
		"the rate NaN/s is not":                 {Hold(math.NaN(), time.Second)},
		"0.0000001/s is below 0.000001/s: a p":  {Hold(1e-7, time.Second)},
		"the rate 200000000/s is above":         {Ramp(0, 2e8, time.Second)},
		"segment 2 (hold 1/s for 720h): the lo": {Hold(1, time.Second), Hold(1, MaxLength)},
	} {
		if _, err := New(segments...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

// TestInverse: Due never decreases, Count is its exact inverse, and both
// agree with the integral of the rate.
func TestInverse(t *testing.T) {
	rate := rapid.Custom(func(t *rapid.T) float64 {
		return rapid.OneOf(rapid.Just(0.), rapid.Float64Range(MinRate, 10), rapid.Float64Range(MinRate, 1e6), rapid.Just(MaxRate)).Draw(t, "rate")
	})
	length := rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.OneOf(rapid.Int64Range(1, 1e6), rapid.Int64Range(1, int64(48*time.Hour))).Draw(t, "length"))
	})
	rapid.Check(t, func(t *rapid.T) {
		segments := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Segment {
			if rapid.Bool().Draw(t, "hold") {
				return Hold(rate.Draw(t, "rate"), length.Draw(t, "for"))
			}
			return Ramp(rate.Draw(t, "from"), rate.Draw(t, "to"), length.Draw(t, "over"))
		}), 1, 5).Draw(t, "segments")
		s, err := New(segments...)
		if err != nil {
			t.Skip(err)
		}
		i := rapid.Uint64Range(0, s.Total()-1).Draw(t, "tick")
		due := s.Due(i)
		if due < 0 || due > s.Length() {
			t.Fatalf("%s: tick %d of %d is due at %d, outside 0..%d", s, i, s.Total(), due, s.Length())
		}
		if next := s.Due(i + 1); next < due {
			t.Fatalf("%s: tick %d is due at %d, the next at %d", s, i, due, next)
		}
		if n := s.Count(due); n <= i {
			t.Fatalf("%s: tick %d is due at %d, when %d ticks are due", s, i, due, n)
		}
		at := time.Duration(rapid.Int64Range(0, int64(s.Length())).Draw(t, "at"))
		n := s.Count(at)
		if n > 0 && s.Due(n-1) > at || n < s.Total() && at < s.Length() && s.Due(n) <= at {
			t.Fatalf("%s: Count(%d) = %d, but ticks %d and %d are due at %d and %d", s, at, n, n-1, n, s.Due(n-1), s.Due(n))
		}
	})
}

func BenchmarkDue(b *testing.B) {
	s := build(b, Ramp(0, 1e6, time.Minute), Hold(1e6, time.Hour), Ramp(1e6, 0, time.Minute))
	b.ReportAllocs()
	for i := uint64(0); b.Loop(); i++ {
		s.Due(i * 37 % s.Total())
	}
}

func BenchmarkCount(b *testing.B) {
	s := build(b, Ramp(0, 1e6, time.Minute), Hold(1e6, time.Hour), Ramp(1e6, 0, time.Minute))
	b.ReportAllocs()
	for at := time.Duration(0); b.Loop(); at += time.Millisecond {
		s.Count(at % s.Length())
	}
}
