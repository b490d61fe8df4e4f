package schedule

import (
	"context"
	"sync/atomic"
	"time"
)

// Window bounds how many sends are under way, and measures for how long that
// bound held the sender up. It splits a tick's lateness in two: Blocked is
// the part that is the flow's, whose answers did not come, and the rest is
// the generator's own: by how much it had been late if nothing had held it up.
// What gathers while it is held up is not late by the work on what gathered
// before it.
//
// One goroutine calls Enter, Hold, Blocked and Drain; any number call Leave.
type Window struct {
	start   time.Time
	limit   int64
	waiting func()
	spans   []blockedSpan // in order, since the last tick that Blocked was asked about
	// last is when that tick was sent, and free when it had been sent if nothing
	// had held the sender up so far.
	last, free time.Duration

	// Of both sides, on cache lines of their own: each send would fetch the
	// fields above anew if an answer wrote beside them.
	_     [64]byte
	under atomic.Int64
	waits atomic.Bool
	fell  chan struct{}
	_     [64]byte
}

type blockedSpan struct{ from, to time.Duration }

// NewWindow returns a window that lets limit sends be under way. Times count
// from start. While Enter or Hold waits it calls waiting, which may be nil,
// every 100 ms, and once more when that is over: waits that are short and many
// hold the sender up as well as a long one.
func NewWindow(start time.Time, limit int, waiting func()) *Window {
	if waiting == nil {
		waiting = func() {}
	}
	return &Window{start: start, limit: int64(limit), waiting: waiting, fell: make(chan struct{}, 1)}
}

// Enter takes a place for a send. It waits for one where all are taken, and
// errs where ctx is done first.
func (w *Window) Enter(ctx context.Context) error {
	if w.under.Load() >= w.limit {
		from := time.Since(w.start)
		err := w.await(ctx, w.limit-1, w.waiting)
		w.block(from, time.Since(w.start))
		if err != nil {
			return err
		}
	}
	w.under.Add(1)
	return nil
}

// Hold runs what holds the sender up, and counts the time as blocked. waiting
// is called from another goroutine meanwhile, never at the same time as wait's
// caller goes on.
func (w *Window) Hold(wait func()) {
	from := time.Since(w.start)
	over, told := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(told)
		w.tell(over)
	}()
	wait()
	close(over)
	<-told
	w.block(from, time.Since(w.start))
}

// tell calls waiting until over is closed.
func (w *Window) tell(over <-chan struct{}) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-over:
			return
		case <-ticker.C:
			w.waiting()
		}
	}
}

// Leave gives a place back.
func (w *Window) Leave() {
	w.under.Add(-1)
	if w.waits.Load() {
		select {
		case w.fell <- struct{}{}:
		default:
		}
	}
}

// Open is how many sends are under way.
func (w *Window) Open() int64 { return w.under.Load() }

// Drain waits until no send is under way, or errs where ctx is done first. The
// sender has ended then, and nothing is held up: waiting is not called.
func (w *Window) Drain(ctx context.Context) error { return w.await(ctx, 0, func() {}) }

// every is how often waiting is called while a wait goes on.
const every = 100 * time.Millisecond

// await returns when at most n sends are under way.
func (w *Window) await(ctx context.Context, n int64, waiting func()) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	w.waits.Store(true)
	defer w.waits.Store(false)
	for w.under.Load() > n {
		select {
		case <-w.fell:
		case <-ticker.C:
			waiting()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (w *Window) block(from, to time.Duration) {
	w.spans = append(w.spans, blockedSpan{from, to})
	w.waiting()
}

// Blocked is by how much less a tick that was sent just now had been late if
// Enter and Hold had never waited. It is called for each tick, in their order;
// due times must not decrease from call to call.
func (w *Window) Blocked(due, sent time.Duration) time.Duration {
	// What the sender did for this tick it did since the one before, or since
	// this one was due.
	from := max(due, w.last)
	own := sent - from
	for _, s := range w.spans {
		own -= max(s.to-max(s.from, from), 0)
	}
	w.spans = w.spans[:0]
	w.last, w.free = sent, max(w.free, due)+own
	return sent - w.free
}
