package series_test

import (
	"fmt"
	"time"

	"github.com/flowweir/weir/loadgen/series"
)

// A record due at 2 s is acked at 4 s, after the brokers have healed.
func ExampleStalls() {
	stalls := &series.Stalls{}
	stalls.Acked(1900*time.Millisecond, 1905*time.Millisecond)
	stalls.Acked(2000*time.Millisecond, 4000*time.Millisecond)
	stalls.Acked(2100*time.Millisecond, 4000*time.Millisecond)

	start, length := stalls.Longest(0, time.Minute)
	fmt.Printf("%v from %v on\n", length, start)
	// Output: 2s from 2s on
}
