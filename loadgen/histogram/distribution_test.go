package histogram_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/flowweir/weir/loadgen/histogram"
)

func TestDistributions(t *testing.T) {
	var phases histogram.Phases
	phases.Set(histogram.Steady, time.Second)
	m, err := histogram.New(t.TempDir(), time.Now(), &phases)
	if err != nil {
		t.Fatal(err)
	}
	r := m.Recorder()
	r.Record(histogram.Publish, 0, 3*time.Millisecond)
	for _, d := range []time.Duration{time.Millisecond, 4 * time.Millisecond, 5001 * time.Microsecond, 700 * time.Millisecond, 2 * time.Hour, -1} {
		r.Record(histogram.Publish, 2*time.Second, d)
	}
	r.Miss(histogram.Publish, histogram.Failed, 2*time.Second, 3*time.Second)
	bounds := []time.Duration{500 * time.Microsecond, 5 * time.Millisecond, time.Second}

	if got := m.Distributions(histogram.Publish, bounds); got != nil {
		t.Errorf("before the first Rotate: %v", got)
	}
	m.Rotate(time.Second)
	m.Rotate(1500 * time.Millisecond) // one part in the total, one pending
	r.Record(histogram.Publish, 2*time.Second, 6*time.Millisecond)
	m.Rotate(1600 * time.Millisecond)

	got := m.Distributions(histogram.Publish, bounds)
	if len(got) != 2 {
		t.Fatalf("%d phases, want warm-up and steady", len(got))
	}
	warmup, steady := got[0], got[1]
	if warmup.Phase != histogram.Warmup || warmup.Count != 1 || !reflect.DeepEqual(warmup.AtMost, []int64{0, 1, 1}) {
		t.Errorf("warm-up: %+v", warmup)
	}
	if steady.Phase != histogram.Steady || steady.Count != 5 || !reflect.DeepEqual(steady.AtMost, []int64{0, 2, 5}) {
		t.Errorf("steady: %+v", steady)
	}
	if steady.OutOfRange != 1 || steady.Negative != 1 || steady.Failed != 1 {
		t.Errorf("what has no latency: %+v", steady.Stats)
	}
	if sum := steady.Sum(); sum != 0.716001 {
		t.Errorf("sum %v s, want 0.716001", sum)
	}
	if got := m.Distributions(histogram.Send, bounds); got != nil {
		t.Errorf("of a kind without samples: %v", got)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if again := m.Distributions(histogram.Publish, bounds); !reflect.DeepEqual(again, got) {
		t.Errorf("after Close: %+v", again)
	}
}

// TestNoSampleCountsBelowABoundThatItExceeds tries values around a bound one by
// one, beside the widths of the buckets there.
func TestNoSampleCountsBelowABoundThatItExceeds(t *testing.T) {
	const bound = 5 * time.Millisecond
	for d := bound - 10*time.Microsecond; d <= bound+10*time.Microsecond; d += 500 * time.Nanosecond {
		m, err := histogram.New(t.TempDir(), time.Now(), &histogram.Phases{})
		if err != nil {
			t.Fatal(err)
		}
		m.Recorder().Record(histogram.Send, 0, d)
		m.Rotate(time.Second)
		n := m.Distributions(histogram.Send, []time.Duration{bound})[0].AtMost[0]
		if d > bound && n != 0 {
			t.Errorf("%s counts as at most %s", d, bound)
		}
		if d < bound-bound/1000 && n != 1 {
			t.Errorf("%s does not count as at most %s", d, bound)
		}
		_ = m.Close()
	}
}
