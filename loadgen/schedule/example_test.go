package schedule_test

import (
	"fmt"
	"time"

	"github.com/flowweir/weir/loadgen/schedule"
)

func Example() {
	s, err := schedule.New(
		schedule.Ramp(0, 5000, 10*time.Second),
		schedule.Hold(5000, 50*time.Second),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s)
	fmt.Println(s.Total(), "ticks in", s.Length())
	fmt.Println("tick 1000 is due at", s.Due(1000))
	fmt.Println("after 30s", s.Count(30*time.Second), "are due, at", s.Rate(30*time.Second), "a second")
	// Output:
	// ramp 0..5000/s over 10s, hold 5000/s for 50s
	// 275000 ticks in 1m0s
	// tick 1000 is due at 2s
	// after 30s 125001 are due, at 5000 a second
}
