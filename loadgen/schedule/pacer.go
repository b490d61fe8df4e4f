package schedule

import (
	"context"
	"time"
)

// step is how long the pacer sleeps at least, once nothing is due. A due tick
// waits for the end of the step, so that at high rates ticks leave in groups
// (200 at a million a second) instead of the pacer spinning on a core.
const step = 200 * time.Microsecond

// Pacer walks a schedule in real time.
type Pacer struct {
	// Schedule says what is due when.
	Schedule *Schedule
	// Start is the time that due times count from. It may lie ahead: the
	// pacer then waits for it.
	Start time.Time
}

// Run calls send for all ticks that are due, in order and without a gap,
// until the schedule has ended, ctx is done or send errs. It returns how many
// ticks were handed over and, of ctx or send, the error that ended it early.
//
// send gets ticks first to first+n−1 and when the pacer woke for them, since
// the start: woke − Due(i) is by how much the pacer itself was late for tick
// i. While send runs the pacer stands still; ticks that become due meanwhile
// come, all of them, with the next call. A send that may block must watch
// ctx itself.
//
// Between calls the pacer sleeps, for 200 µs or to the next due tick if that
// is later; it never spins.
func (p Pacer) Run(ctx context.Context, send func(first, n uint64, woke time.Duration) error) (uint64, error) {
	var next uint64
	for next < p.Schedule.Total() {
		if err := ctx.Err(); err != nil {
			return next, err
		}
		woke := time.Since(p.Start)
		if due := p.Schedule.Due(next); due > woke {
			sleep(ctx, max(due-woke, step))
			continue
		}
		n := p.Schedule.Count(woke) - next
		if err := send(next, n, woke); err != nil {
			return next, err
		}
		next += n
		if next < p.Schedule.Total() {
			sleep(ctx, step)
		}
	}
	return next, nil
}

// coarse is the span from which on a Go timer is exact enough for all but the
// end of a sleep: the runtime's timers fire up to a millisecond late when
// nothing else keeps its poller awake.
const coarse = 2 * time.Millisecond

// sleep returns after d or when ctx is done, whichever is first.
func sleep(ctx context.Context, d time.Duration) {
	until := time.Now().Add(d)
	if d > coarse {
		timer := time.NewTimer(d - coarse)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		d = time.Until(until)
	}
	if d > 0 {
		nap(d)
	}
}
