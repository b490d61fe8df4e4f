package schedule

import (
	"time"

	"golang.org/x/sys/unix"
)

// nap sleeps for a short time. It asks the kernel, because time.Sleep is late
// by the resolution of epoll, a millisecond, where nanosleep is late by some
// 60 µs; that lateness would be in every latency that is measured. A signal
// may end the sleep early, which the caller's loop does not mind.
func nap(d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	_ = unix.Nanosleep(&ts, nil)
}
