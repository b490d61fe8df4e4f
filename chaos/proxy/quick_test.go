package proxy

import (
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestCutAndHealAreQuick measures how long after a rule was applied the last
// reply still came, and how long after it was removed the first came again,
// while requests go to and fro as fast as they can. Other load on the machine
// falls on single cycles, not on the median.
func TestCutAndHealAreQuick(t *testing.T) {
	if os.Getenv("WEIR_PROOF") != "1" {
		return // make proof: it measures time
	}
	const cycles, bound = 500, 10 * time.Millisecond
	p := front(t, newEcho(t))
	c := connect(t, p, "", 0, "payments")
	begin := time.Now()
	var last atomic.Int64 // when the last reply came
	var stop atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for i := int32(1); !stop.Load(); i++ {
			if c.trySend(kmsg.ListGroups, 100) != nil {
				return
			}
			if _, err := readFrame(c.conn); err != nil {
				return
			}
			last.Store(int64(time.Since(begin)))
		}
	}()
	var cuts, heals []time.Duration
	for range cycles {
		cut := p.apply(t, Rule{Cut: Both})
		applied := time.Since(begin)
		time.Sleep(2 * bound)
		cuts = append(cuts, max(0, time.Duration(last.Load())-applied))
		removing := time.Since(begin)
		cut.Remove()
		for time.Duration(last.Load()) < removing {
			time.Sleep(100 * time.Microsecond)
		}
		heals = append(heals, time.Duration(last.Load())-removing)
	}
	stop.Store(true)
	<-ended
	for what, took := range map[string][]time.Duration{"cut": cuts, "heal": heals} {
		slices.Sort(took)
		t.Logf("%s: median %s, 99%% %s, longest %s of %d", what, took[cycles/2], took[cycles*99/100], took[cycles-1], cycles)
		if took[cycles/2] > bound {
			t.Errorf("%s takes %s, want %s at most", what, took[cycles/2], bound)
		}
	}
}
