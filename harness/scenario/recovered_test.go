package scenario

import (
	"math"
	"testing"
	"time"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/reports/run"
)

// TestRecovered: the flow goes on as if nothing were while a service is down
// that it does not need. Nothing has recovered before the service is back.
func TestRecovered(t *testing.T) {
	var good []run.Interval
	for i := range 10 {
		good = append(good, run.Interval{Start: time.Duration(i) * time.Second, Length: time.Second, Due: 100, Acked: 100})
	}
	const at = 1999 * ms
	for _, tt := range []struct {
		name     string
		kind     fault.Kind
		healed   time.Duration
		recovery time.Duration
		ok       bool
		evidence []string
	}{
		{"started again", fault.Crash, 4500 * ms, 5*time.Second - at, true, nil},
		{"frozen for a while", fault.PauseService, 4500 * ms, 5*time.Second - at, true, nil},
		{"never started again", fault.Crash, 0, 0, false, []string{"no recovery: the service was not started again"}},
		{"started again after the load", fault.Crash, 9500 * ms, 0, false, []string{"the service was there again only after the load"}},
		{"a broker whose partitions others lead", fault.Kill, 4500 * ms, ms, true, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := run.Fault{Kind: string(tt.kind), Start: at, Healed: tt.healed, Bit: true}
			recovered(&f, good, 9*time.Second, at, nil)
			equal(t, []any{f.Recovery, f.Recovered, f.Evidence}, []any{tt.recovery, tt.ok, tt.evidence})
		})
	}
}

// TestFirstFault: faults in the load have no time, and one that never began disturbs nothing.
func TestFirstFault(t *testing.T) {
	faults := []run.Fault{{Always: true, Bit: true}, {Start: 5 * time.Second}, {Start: 3 * time.Second, Bit: true}, {Start: time.Second, Never: "the load ended before its time"}}
	equal(t, firstFault(faults), 3*time.Second)
	equal(t, firstFault(faults[:1]), time.Duration(math.MaxInt64))
}
