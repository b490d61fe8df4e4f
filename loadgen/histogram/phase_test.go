package histogram_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/reports/run"
)

func TestPhases(t *testing.T) {
	p := &histogram.Phases{}
	if got := p.At(time.Hour); got != histogram.Warmup {
		t.Fatalf("an empty timeline is %v", got)
	}
	p.Set(histogram.Steady, 10*time.Second)
	p.Set(histogram.Fault, 20*time.Second)
	p.Set(histogram.Healed, 15*time.Second) // too early: there is no way back
	p.Set(histogram.Fault, 30*time.Second)
	for due, want := range map[time.Duration]histogram.Phase{
		-time.Second:         histogram.Warmup,
		0:                    histogram.Warmup,
		10*time.Second - 1:   histogram.Warmup,
		10 * time.Second:     histogram.Steady,
		20*time.Second - 1:   histogram.Steady,
		20 * time.Second:     histogram.Healed,
		29_999_999_999:       histogram.Healed,
		30 * time.Second:     histogram.Fault,
		24 * 365 * time.Hour: histogram.Fault,
	} {
		if got := p.At(due); got != want {
			t.Errorf("due at %v: %v, want %v", due, got, want)
		}
	}
	// A record that is in flight when a fault begins belongs to the fault.
	const fault = 30 * time.Second
	for _, tt := range []struct {
		due, done time.Duration
		want      histogram.Phase
	}{
		{fault - time.Millisecond, fault - 1, histogram.Healed},
		{fault - time.Millisecond, fault, histogram.Fault},
		{fault - histogram.InFlight, fault + time.Second, histogram.Fault},
		{fault - histogram.InFlight - 1, fault + time.Second, histogram.Healed},
		{fault, fault + 1, histogram.Fault},
		{10*time.Second - 1, 40 * time.Second, histogram.Warmup},
		{20*time.Second - 1, 21 * time.Second, histogram.Fault}, // healed at once, but it began
	} {
		if got := p.Of(tt.due, tt.done); got != tt.want {
			t.Errorf("due at %v, done at %v: %v, want %v", tt.due, tt.done, got, tt.want)
		}
	}
	early := &histogram.Phases{}
	early.Set(histogram.Fault, 5*time.Second)
	if got := early.Of(5*time.Second-1, 6*time.Second); got != histogram.Warmup {
		t.Errorf("a record of the warm-up before a fault: %v", got)
	}
	want := []run.Phase{
		{Name: "warmup", Start: 0, End: 10 * time.Second},
		{Name: "steady", Start: 10 * time.Second, End: 20 * time.Second},
		{Name: "healed", Start: 20 * time.Second, End: 25 * time.Second},
	}
	if diff := cmp.Diff(want, p.Spans(25*time.Second)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]run.Phase{{Name: "warmup", End: 5}}, (&histogram.Phases{}).Spans(5)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
