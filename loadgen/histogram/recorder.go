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
	current    *set
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

// Partition counts an acked record of that many bytes in its partition, with
// its publish latency. Records due in the warm-up do not count. It does not
// add to the kind Publish: Record does.
func (r *Recorder) Partition(topic string, partition int32, due, publish time.Duration, bytes int) {
	if r.phases.At(due) == Warmup {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.partitions.of(topic, partition).acked(publish, int64(bytes))
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
