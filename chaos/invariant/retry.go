package invariant

import (
	"math"
	"time"
)

// RetryPolicy is what a consumer promises of its retries, and what may make
// it break the promise by no fault of its own.
type RetryPolicy struct {
	// Attempts is how often one event is tried at most, the first included.
	Attempts int
	// Waits are the times from one failed attempt to the next, Attempts − 1 of
	// them. None is shorter than the one before it.
	Waits []time.Duration
	// Topics are where events wait for their next attempt. Attempts in place
	// leave no trace: without topics nothing can be judged.
	Topics []string
	// Shared says that another consumer of the flow retries by these topics:
	// whose retry a record is, is then not known.
	Shared bool
	// Deliveries is how often one record may be delivered: once, and once more
	// for each fault after which a consumer may start again before its commit.
	Deliveries int
}

// retriesMax bounds the events whose attempts are counted: about 20 MiB.
const retriesMax = 1 << 18

// waitSlack is how much shorter a wait may look than it was: a tenth, and at
// least this long. The wait begins when an attempt has failed, and is measured
// from the time that the service wrote into the retry, which is a little later.
const waitSlack = 50 * time.Millisecond

// Retries counts the attempts of a consumer in its retry topics, and times
// them.
//
// A record in a retry topic is an attempt that failed. When n of them have been
// read, the waits between n attempts are over: the time from the earliest of
// their timestamps to now is no shorter than these waits, in whichever order
// they were read and however late. So a short wait may hide behind a late
// reader, a slow consumer or a timestamp that was copied from the original; a
// wait that was kept never looks short.
//
// It is for one goroutine.
type Retries struct {
	Policy RetryPolicy
	// least[n] is the shortest time that n waits take.
	least []time.Duration
	// events by the sequence of the record that was tried.
	events map[uint64]attempts
	max    int
	// uncounted are records of events beyond max; untimed have a timestamp of
	// the broker, which says nothing of when the attempt failed.
	uncounted, untimed uint64
}

// attempts are those that failed of one record.
type attempts struct {
	event uint64
	n     uint32
	// blurred says that the attempts may be those of several records.
	blurred bool
	first   time.Duration
	// waits were over after took, which is too soon; zero while none were.
	waits int
	took  time.Duration
}

// NewRetries returns Retries that have seen nothing.
func NewRetries(p RetryPolicy) *Retries {
	r := &Retries{Policy: p, events: map[uint64]attempts{}, max: retriesMax, least: make([]time.Duration, 1, len(p.Waits)+1)}
	for _, w := range p.Waits {
		sum := r.least[len(r.least)-1] + max(0, w-max(w/10, waitSlack))
		if sum < 0 {
			sum = math.MaxInt64
		}
		r.least = append(r.least, sum)
	}
	return r
}

// Retry is a record that was found in a retry topic.
type Retry struct {
	// Sequence is of the record that was tried, Event of its event's first send.
	Sequence, Event uint64
	// Exact is false where only the event is known, and the load may have sent
	// it more than once.
	Exact bool
	// At is when it was read. Stamp is when the service sent it by its own
	// clock; Untimed says that the broker wrote another time over it.
	At, Stamp time.Duration
	Untimed   bool
}

// Retried takes a record of a retry topic.
func (r *Retries) Retried(x Retry) {
	a, known := r.events[x.Sequence]
	if !known {
		if len(r.events) >= r.max {
			r.uncounted++
			return
		}
		a = attempts{event: x.Event, first: math.MaxInt64}
	}
	a.n++
	a.blurred = a.blurred || !x.Exact
	if x.Untimed {
		// The attempt may have failed at any time before: nothing is too soon.
		r.untimed++
		x.Stamp = math.MinInt64 / 2
	}
	a.first = min(a.first, x.Stamp, x.At)
	r.events[x.Sequence] = r.over(a, r.deep(a.n)-1, x.At)
}

// Ended takes an effect or a dead letter of a record that was read at a time:
// the last attempt is over, and so are the waits before it. One whose stamp is
// no later than the first failure did not follow it.
func (r *Retries) Ended(seq uint64, at, stamp time.Duration) {
	a, known := r.events[seq]
	if !known || stamp <= a.first {
		return
	}
	waits := int(a.n)
	if r.Policy.Deliveries > 1 { // it may be of the delivery that was tried least
		waits = r.deep(a.n) - 1
	}
	r.events[seq] = r.over(a, waits, at)
}

// deep is how many of n attempts followed each other at least, where a record
// may have been delivered several times.
func (r *Retries) deep(n uint32) int {
	return (int(n)-1)/max(1, r.Policy.Deliveries) + 1
}

// over notes the first time that so many waits were over too soon.
func (r *Retries) over(a attempts, waits int, at time.Duration) attempts {
	waits = min(waits, len(r.least)-1)
	if took := at - a.first; a.waits == 0 && waits > 0 && took < r.least[waits] {
		a.waits, a.took = waits, took
	}
	return a
}

// declared is how long n waits are by the policy.
func (p RetryPolicy) declared(n int) (sum time.Duration) {
	for _, w := range p.Waits[:n] {
		if sum += w; sum < 0 {
			return math.MaxInt64
		}
	}
	return sum
}

// most is how often an event may stand in the retry topics.
func (p RetryPolicy) most() uint64 {
	return uint64(p.Attempts-1) * uint64(max(1, p.Deliveries))
}
