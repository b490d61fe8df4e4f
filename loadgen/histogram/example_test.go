package histogram_test

import (
	"fmt"
	"os"
	"time"

	"github.com/flowweir/weir/loadgen/histogram"
)

// A record due in the steady phase, and one in the warm-up.
func Example() {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	phases := &histogram.Phases{}
	phases.Set(histogram.Steady, 10*time.Second)
	meter, err := histogram.New(dir, time.Now(), phases)
	if err != nil {
		panic(err)
	}
	recorder := meter.Recorder() // one for each goroutine
	recorder.Record(histogram.Publish, 9*time.Second, 80*time.Millisecond)
	recorder.Record(histogram.Publish, 11*time.Second, 3*time.Millisecond)
	meter.Rotate(12 * time.Second)
	if err := meter.Close(); err != nil {
		panic(err)
	}
	l := meter.Latencies()[0]
	fmt.Printf("%s (%s to %s): %d samples, %d excluded, max %v\n", l.Kind, l.From, l.To, l.Count, l.Excluded, l.Max)
	fmt.Printf("p50 judged: %v, needs %d\n", l.Quantiles[0].Judged, l.Quantiles[0].Need)
	// Output:
	// publish (due to acked): 1 samples, 1 excluded, max 3ms
	// p50 judged: false, needs 200
}
