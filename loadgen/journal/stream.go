package journal

import (
	"sync"
	"time"
)

// blockEntries is the size of a block in memory: 4,096 entries of 48 bytes.
const blockEntries = 4096

type block struct {
	entries []entry
}

// Stream records for one goroutine. Its mutex is there for the writer, which
// takes blocks that have waited for a second; sharing a stream is safe, but
// slow.
type Stream struct {
	w *Writer

	mu     sync.Mutex
	block  *block
	since  time.Time
	closed bool
}

// Ack records a send with its outcome: when it was sent, and when its outcome
// was known (done), since the load began. Without an ack there is no
// partition and offset: pass -1 for what is not known.
func (s *Stream) Ack(sender uint16, seq uint64, o Outcome, topic uint16, partition int32, offset int64, sent, done time.Duration) {
	if s.w.drops(o.Base() != Acked) {
		return
	}
	s.add(entry{
		kind: Send, outcome: o, sender: sender, sequence: seq,
		topic: topic, partition: partition, offset: offset,
		sent: sent.Microseconds(), at: done.Microseconds(),
	})
}

// See records a sighting of a record, or of its event, at a time since the
// load began.
func (s *Stream) See(kind Kind, sender uint16, seq uint64, topic uint16, partition int32, offset int64, at time.Duration) {
	if s.w.drops(false) {
		return
	}
	s.add(entry{
		kind: kind, sender: sender, sequence: seq,
		topic: topic, partition: partition, offset: offset,
		at: at.Microseconds(),
	})
}

func (s *Stream) add(e entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		s.w.dropped.Add(1)
		return
	}
	if s.block == nil {
		s.block = s.w.empty()
	}
	s.block.entries = append(s.block.entries, e)
	if len(s.block.entries) == blockEntries {
		s.w.full <- s.block
		s.block = nil
	}
}

// take returns the current block if it has entries, and leaves none.
func (s *Stream) take() *block {
	b := s.block
	s.block = nil
	return b
}
