package histogram

import (
	"sync"
	"time"
)

// Recorder records for one goroutine. Its mutex is contended only while the
// meter rotates, so that it costs about as much as the histogram itself;
// sharing a recorder is safe, but slow.
type Recorder struct {
	phases *Phases

	mu sync.Mutex
	// current is recorded into; Rotate swaps it with an empty one.
	current    set
	partitions partitions
}

// Record adds a sample d of a record that was due at a time since the load
// began. Negative samples and those beyond an hour are counted apart. The
// record's phase is that of a record done at due+d, see Phases.Of.
func (r *Recorder) Record(k Kind, due, d time.Duration) {
	phase := r.phases.Of(due, due+d)
	r.mu.Lock()
	r.current[k][phase].record(d)
	r.mu.Unlock()
}

// Sent is Record for all that is known when a record is handed to the client:
// by how much that was late in all, and how much of it the client's buffer
// held it up; the rest is the pacer's (Wake). The record's phase is that of a
// record done then.
func (r *Recorder) Sent(due, delay, blocked time.Duration) {
	phase := r.phases.Of(due, due+delay)
	r.mu.Lock()
	r.current[ScheduleDelay][phase].record(delay)
	r.current[Blocked][phase].record(blocked)
	r.current[Wake][phase].record(delay - blocked)
	r.mu.Unlock()
}

// Acked is Record for the send and the publish latency of a record of that
// many bytes, which its partition counts with its publish latency. Both are of
// the phase of a record done at due+publish. Partitions do not count the
// warm-up.
func (r *Recorder) Acked(topic string, partition int32, due, send, publish time.Duration, bytes int) {
	phase := r.phases.Of(due, due+publish)
	r.mu.Lock()
	r.current[Send][phase].record(send)
	r.current[Publish][phase].record(publish)
	if phase != Warmup {
		r.partitions.of(topic, partition).acked(publish, int64(bytes))
	}
	r.mu.Unlock()
}

// Between is Record for a latency from one moment to another of a record that
// was due before both: its phase is that of a record done at the second.
func (r *Recorder) Between(k Kind, due, from, to time.Duration) {
	phase := r.phases.Of(due, to)
	r.mu.Lock()
	r.current[k][phase].record(to - from)
	r.mu.Unlock()
}

// Measured says whether a record that was due then is behind the warm-up.
func (r *Recorder) Measured(due time.Duration) bool { return r.phases.At(due) != Warmup }

// Miss counts a record that was due then and has no latency of this kind, as
// was known at a later time.
func (r *Recorder) Miss(k Kind, why Missing, due, known time.Duration) {
	phase := r.phases.Of(due, known)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch c := &r.current[k][phase]; why {
	case Failed:
		c.Failed++
	case Unfinished:
		c.Unfinished++
	}
}

// Received counts a record read from its partition, unless it was due in the
// warm-up.
func (r *Recorder) Received(topic string, partition int32, due time.Duration) {
	if r.phases.At(due) == Warmup {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.partitions.of(topic, partition).received++
}
