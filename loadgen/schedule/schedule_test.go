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
		{"steps, the last one too, are held", []Segment{Step(1, 3, 1, 2*time.Second)}, 12, map[uint64]time.Duration{
			0: 0, 1: time.Second, 2: 2 * time.Second, 3: 2500 * time.Millisecond, 6: 4 * time.Second, 11: 5666666667,
		}},
		{"steps down, and a last one that is smaller", []Segment{Step(3, 0.5, 2, time.Second)}, 5, map[uint64]time.Duration{
			0: 0, 3: time.Second, 4: 2 * time.Second, // 4 and a half ticks
		}},
		{"steps are the decimals", []Segment{Step(0.1, 0.3, 0.1, 10*time.Second)}, 6, map[uint64]time.Duration{
			0: 0, 1: 10 * time.Second, 3: 20 * time.Second, 5: 26666666667,
		}},
		{"a spike stands in the middle", []Segment{Spike(1, 10, time.Second, 5*time.Second)}, 14, map[uint64]time.Duration{
			1: time.Second, 2: 2 * time.Second, 3: 2100 * time.Millisecond, 12: 3 * time.Second, 13: 4 * time.Second,
		}},
		{"a spike from nothing", []Segment{Spike(0, 10, time.Second, 3*time.Second)}, 10, map[uint64]time.Duration{
			0: time.Second, 9: 1900 * time.Millisecond, 10: never,
		}},
		{"whole periods have the mean", []Segment{Sine(10, 10, 10*time.Second, 30*time.Second)}, 300, map[uint64]time.Duration{
			0: 0, 100: 10 * time.Second, 200: 20 * time.Second,
		}},
		{"half a period is ahead by 2A/2πf: 50 + 31.83", []Segment{Sine(10, 10, 10*time.Second, 5*time.Second)}, 82, map[uint64]time.Duration{0: 0, 82: never}},
		{"a sine that does not swing is a hold", []Segment{Sine(4, 0, time.Second, 1500*time.Millisecond)}, 6, map[uint64]time.Duration{
			1: 250 * time.Millisecond, 5: 1250 * time.Millisecond,
		}},
		{"a replay is its times, sorted", []Segment{Hold(1, time.Second), Replay([]time.Duration{3, 1, 1, 7 * time.Second}), Hold(1, time.Second)}, 6, map[uint64]time.Duration{
			0: 0, 1: time.Second + 1, 2: time.Second + 1, 3: time.Second + 3, 4: 8 * time.Second, 5: 8 * time.Second,
		}},
		{"a replay after part of a tick", []Segment{Hold(1, 1500*time.Millisecond), Replay([]time.Duration{0, 5}), Hold(1, time.Second)}, 5, map[uint64]time.Duration{
			1: time.Second, 2: 1500 * time.Millisecond, 3: 1500*time.Millisecond + 5, 4: 2001 * time.Millisecond,
		}},
		{"a replay of one time", []Segment{Replay([]time.Duration{0})}, 1, map[uint64]time.Duration{0: 0, 1: never}},
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
	other := build(t, Step(1, 3, 1, time.Minute), Spike(1, 9, time.Second, 3*time.Second), Sine(5, 4, 4*time.Second, 10*time.Second),
		Sine(5, 4, 12*time.Second, time.Second), Replay([]time.Duration{0, 100 * time.Millisecond, 2 * time.Second}))
	const shapes = "step 1..3/s by 1/s every 1m, spike 1..9/s for 1s over 3s, sine 5/s ± 4/s every 4s for 10s, sine 5/s ± 4/s every 12s for 1s, replay 3 times over 2s"
	if got := other.String(); got != shapes {
		t.Errorf("String() = %q, want %q", got, shapes)
	}
	if other.Peak() != 9 || other.Length() != 3*time.Minute+16*time.Second {
		t.Errorf("Peak() = %v, Length() = %v", other.Peak(), other.Length())
	}
	for at, want := range map[time.Duration]float64{
		0: 1, time.Minute: 2, 3*time.Minute - 1: 3, 181 * time.Second: 9, 182 * time.Second: 1, 183 * time.Second: 5,
		184 * time.Second: 9, 186 * time.Second: 1, 193500 * time.Millisecond: 5 + 4*math.Sin(math.Pi/12), 194 * time.Second: 2, 196 * time.Second: 0,
	} {
		if got := other.Rate(at); math.Abs(got-want) > 1e-9 {
			t.Errorf("Rate(%s) = %v, want %v", at, got, want)
		}
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
		"(step 1..3/s by 0/s every 1s): it ste": {Step(1, 3, 0, time.Second)},
		"it steps by NaN/s: give a rate":        {Step(1, 3, math.NaN(), time.Second)},
		"it has more than 10000 steps: step by": {Step(0, 10_001, 1, time.Second)},
		"every 0s): it takes no time":           {Step(0, 5, 1, 0)},
		"every 720h0m1s): the load would take ": {Step(0, 5, 1, MaxLength+time.Second)},
		"the peak 5/s is not above the base 5/": {Spike(5, 5, 1, 2)},
		"the spike of 2s does not fit into 2s":  {Spike(1, 5, 2*time.Second, 2*time.Second)},
		"over 2s): it takes no time":            {Spike(1, 5, 0, 2*time.Second)},
		"the amplitude 5/s is not from 0 to th": {Sine(4, 5, time.Second, time.Second)},
		"the amplitude NaN/s is not":            {Sine(4, math.NaN(), time.Second, time.Second)},
		"the rate 120000000/s is above":         {Sine(6e7, 6e7, time.Second, time.Second)},
		"the period 1µs is below 1ms":           {Sine(4, 1, time.Microsecond, time.Second)},
		"every 1s for 0s): it takes no time":    {Sine(4, 1, time.Second, 0)},
		"(replay 0 times over 0s): it has no t": {Replay(nil)},
		"the time -1ns is before the start":     {Replay([]time.Duration{5, -1})},
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
		segments := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Segment { return drawSegment(t, rate, length) }), 1, 5).Filter(func(segments []Segment) bool {
			_, err := New(segments...)
			return err == nil
		}).Draw(t, "segments")
		s, err := New(segments...)
		if err != nil {
			t.Fatal(err)
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

// drawSegment is a segment of any shape.
func drawSegment(t *rapid.T, rate *rapid.Generator[float64], length *rapid.Generator[time.Duration]) Segment {
	switch rapid.SampledFrom([]string{"hold", "ramp", "step", "spike", "sine", "replay"}).Draw(t, "shape") {
	case "hold":
		return Hold(rate.Draw(t, "rate"), length.Draw(t, "for"))
	case "ramp":
		return Ramp(rate.Draw(t, "from"), rate.Draw(t, "to"), length.Draw(t, "over"))
	case "step":
		from, to := rate.Draw(t, "from"), rate.Draw(t, "to")
		by := math.Abs(from-to)/float64(rapid.IntRange(1, 20).Draw(t, "steps")) + 1
		return Step(from, to, by, length.Draw(t, "every"))
	case "spike":
		part := length.Draw(t, "for")
		return Spike(rate.Draw(t, "base"), rate.Draw(t, "peak"), part, part+length.Draw(t, "beside"))
	case "sine":
		mean := rate.Draw(t, "mean")
		amplitude := mean * rapid.OneOf(rapid.Just(1.), rapid.Float64Range(0, 1)).Draw(t, "depth")
		return Sine(mean, amplitude, time.Millisecond+length.Draw(t, "period"), length.Draw(t, "for"))
	}
	return Replay(rapid.SliceOfN(length, 1, 50).Draw(t, "times"))
}

// TestIntegral compares due times and counts with the integral of Rate, added
// up in small strips without any of the package's formulas.
func TestIntegral(t *testing.T) {
	for _, seg := range []Segment{
		Hold(700, 10*time.Second), Ramp(0, 900, 10*time.Second), Ramp(900, 3, 10*time.Second),
		Step(100, 950, 300, 2*time.Second), Step(900, 100, 250, 3*time.Second), Spike(50, 2000, time.Second, 9*time.Second),
		Sine(500, 500, 4*time.Second, 10*time.Second), Sine(500, 321, 7*time.Second, 11*time.Second), Sine(80, 80, time.Minute, 50*time.Second),
	} {
		s := build(t, seg)
		t.Run(s.String(), func(t *testing.T) {
			const strip = 100 * time.Microsecond
			sum, tick := 0., uint64(0)
			for at := time.Duration(0); at < s.Length(); at += strip {
				sum += s.Rate(at+strip/2) * strip.Seconds()
				// Ticks whose whole number the sum has passed, with room
				// for its own error, are due by the strip's end.
				for ; float64(tick) < sum-1e-3; tick++ {
					if due := s.Due(tick); due > at+strip {
						t.Fatalf("tick %d is due at %s, but the rate adds up to %.4f by %s", tick, due, sum, at+strip)
					}
				}
				if due := s.Due(tick + 1); due < at && float64(tick+1) > sum+1e-3 {
					t.Fatalf("tick %d is due at %s, but the rate adds up to %.4f by %s", tick+1, due, sum, at)
				}
			}
			if got, want := float64(s.Total()), math.Ceil(sum-1e-3); got != want {
				t.Errorf("%v ticks, but the rate adds up to %.4f", got, sum)
			}
		})
	}
}

func BenchmarkDue(b *testing.B) {
	times := make([]time.Duration, 1e6)
	for i := range times {
		times[i] = time.Duration(i) * time.Microsecond
	}
	for _, bm := range []struct {
		name     string
		segments []Segment
	}{
		{"linear", []Segment{Ramp(0, 1e6, time.Minute), Hold(1e6, time.Hour), Ramp(1e6, 0, time.Minute)}},
		{"step", []Segment{Step(1e5, 1e6, 1e5, time.Minute)}},
		{"spike", []Segment{Spike(1e5, 1e6, time.Minute, time.Hour)}},
		{"sine", []Segment{Sine(5e5, 5e5, time.Minute, time.Hour)}},
		{"replay", []Segment{Replay(times)}},
	} {
		b.Run(bm.name, func(b *testing.B) {
			s := build(b, bm.segments...)
			b.ReportAllocs()
			for i := uint64(0); b.Loop(); i++ {
				s.Due(i * 37 % s.Total())
			}
		})
	}
}

func TestNothingIsAllocatedPerTick(t *testing.T) {
	s := build(t, Step(100, 900, 100, time.Second), Spike(50, 2000, time.Second, 9*time.Second), Sine(500, 500, 4*time.Second, 10*time.Second), Replay([]time.Duration{1, 2, 3}))
	i := uint64(0)
	if n := testing.AllocsPerRun(10_000, func() { s.Due(i % s.Total()); s.Count(time.Duration(i) * time.Millisecond); i += 7 }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCount(b *testing.B) {
	s := build(b, Ramp(0, 1e6, time.Minute), Hold(1e6, time.Hour), Ramp(1e6, 0, time.Minute))
	b.ReportAllocs()
	for at := time.Duration(0); b.Loop(); at += time.Millisecond {
		s.Count(at % s.Length())
	}
}
