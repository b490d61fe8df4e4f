package kafka

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/ledger"
)

// Maker makes the records of one sender.
type Maker interface {
	// Make fills in the key, the value and the headers of the record with
	// that sequence, and says of which class it is. It must be a pure
	// function of (seed, sender, sequence), since invariants compute records
	// again from it, and fast: the time it takes is lateness.
	//
	// Key, Value and Headers come empty, with the room of an earlier record:
	// append to them, or assign slices of your own, which are only read. A
	// key that stays empty is no key (null); assign nil to Value for a
	// tombstone. The header weir-id is added afterwards; all other fields of
	// r are the producer's.
	Make(seq uint64, r *kgo.Record) ledger.Class
}

// entry is a record on its way, with all that it needs, so that sending one
// allocates nothing once the pool is warm.
type entry struct {
	kgo.Record
	producer *Producer
	lane     *lane
	promise  func(*kgo.Record, error) // entry.done, bound once
	seq      uint64
	// transaction is the number of the record's.
	transaction uint64
	due, sent   time.Duration
	size        int

	// Room for the next record's parts.
	key, value []byte
	headers    []kgo.RecordHeader
	id         [identity.Size]byte
	few        [2]kgo.RecordHeader // of headers, until a record has more
}

func newEntry(p *Producer) *entry {
	e := &entry{producer: p}
	e.promise = e.done
	e.headers = e.few[:0]
	return e
}

// make fills in the record.
func (e *entry) make(seq uint64, due time.Duration) ledger.Class {
	p := e.producer
	e.seq, e.due = seq, due
	e.Record = kgo.Record{
		Topic: p.config.Topic, Partition: -1,
		Key: e.key[:0], Value: e.value[:0], Headers: e.headers[:0],
	}
	class := p.config.Maker.Make(seq, &e.Record)
	e.key, e.value = room(e.key, e.Key), room(e.value, e.Value)
	if len(e.Key) == 0 {
		e.Key = nil
	}
	id := identity.Record{Run: p.config.Run, Sender: p.sender, Sequence: seq, Due: p.config.Start.Add(due)}
	// The maker's headers may be its own; ours go into our own copy.
	e.headers = append(e.headers[:0], e.Headers...)
	e.headers = append(e.headers, kgo.RecordHeader{Key: identity.Header, Value: id.AppendHeader(e.id[:0])})
	e.Headers = e.headers
	e.size = len(e.Key) + len(e.Value)
	for _, h := range e.headers {
		e.size += len(h.Key) + len(h.Value)
	}
	return class
}

// room is what the next record gets to write into: never a slice that the
// maker assigned, which may not be its alone, but one as large.
func room(have, used []byte) []byte {
	if cap(have) >= len(used) {
		return have
	}
	return make([]byte, 0, len(used)+len(used)/4)
}
