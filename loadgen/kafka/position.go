package kafka

import "github.com/twmb/franz-go/pkg/kgo"

// position is how far a partition was read, and under which leaders.
type position struct {
	next int64 // the offset to read next
	// epochs are where records of each leader epoch began, in ascending
	// order, as far as they were read.
	epochs []epochStart
}

type epochStart struct {
	epoch int32
	from  int64
}

// epochAt is the leader epoch of the record that was read at an offset, or
// -1.
func (p *position) epochAt(offset int64) int32 {
	for i := len(p.epochs) - 1; i >= 0; i-- {
		if p.epochs[i].from <= offset {
			return p.epochs[i].epoch
		}
	}
	return -1
}

// sight is what a record is to a position.
type sight uint8

const (
	fresh sight = iota
	// reread: the very record was read before.
	reread
	// rewritten: another record was read at its offset; since then the log
	// was truncated there and written again.
	rewritten
)

// see moves the position past a record. That an offset was read before does
// not mean that the record was: after an unclean election the log begins
// again further back, with new records at old offsets. A new leader epoch
// tells them apart.
func (p *position) see(r *kgo.Record) sight {
	s := fresh
	if r.Offset < p.next {
		if r.LeaderEpoch <= p.epochAt(r.Offset) {
			return reread
		}
		p.rewind(r.Offset)
		s = rewritten
	}
	p.next = r.Offset + 1
	if n := len(p.epochs); n == 0 || p.epochs[n-1].epoch < r.LeaderEpoch {
		p.epochs = append(p.epochs, epochStart{r.LeaderEpoch, r.Offset})
	}
	return s
}

// rewind forgets what was read from an offset on.
func (p *position) rewind(offset int64) {
	n := len(p.epochs)
	for n > 0 && p.epochs[n-1].from >= offset {
		n--
	}
	p.epochs = p.epochs[:n]
	p.next = min(p.next, offset)
}
