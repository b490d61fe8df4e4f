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
	// tombstone. Partition may become Elsewhere, see there. The header weir-id is
	// added afterwards; all other fields of r are the producer's.
	Make(seq uint64, r *kgo.Record) ledger.Class
}

// entry is a record on its way, with all that it needs, so that sending one
// allocates nothing once the pool is warm.
//
// Thousands are on their way at a time, more than the processor's caches near
// a core hold: what an entry costs is the cache lines that it touches, more
// than what is done with them. It is six lines long, and the fields that its
// outcome needs are beside the record's offset.
type entry struct {
	kgo.Record
	lane      *lane
	seq       uint64
	due, sent time.Duration

	size    int
	promise func(*kgo.Record, error) // entry.done, bound once
	// transaction is the number of the record's.
	transaction uint64

	// Room for the next record's parts.
	key, value []byte
	headers    []kgo.RecordHeader
	id         [identity.Size]byte
	one        [1]kgo.RecordHeader // of headers, until a record has more
}

func newEntry() *entry {
	e := &entry{}
	e.promise = e.done
	e.headers = e.one[:0]
	return e
}

// warm asks for the memory of an entry that is next: each of its cache lines
// by a field, and those of its key and value. Asked for together they come at
// once, and while the record before is sent; to wait for one after the other
// was a tenth of the CPU of sending. The sum means nothing: it is there so
// that the compiler keeps the loads.
func (e *entry) warm() int {
	sum := cap(e.Key) + int(e.Partition) + int(e.due) + e.size + int(e.id[0]) + len(e.one[0].Key)
	for line := 0; line < cap(e.key); line += cacheLine {
		sum += int(e.key[:cap(e.key)][line])
	}
	for line := 0; line < min(cap(e.value), 4*cacheLine); line += cacheLine {
		sum += int(e.value[:cap(e.value)][line])
	}
	return sum
}

// cacheLine is the length of one on amd64 and most of arm64, in bytes.
const cacheLine = 64

// make fills in the record.
func (e *entry) make(p *Producer, seq uint64, due time.Duration) ledger.Class {
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
