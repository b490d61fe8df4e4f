package invariant

// Backlog holds which record of the run stands at which offset of a topic,
// from the first that a group has not committed on. It costs eight bytes a
// record, and only for as long as some group is behind it.
//
// What is in the way of the bound, 4 million records in all, is counted as
// Missed and not held: nothing can be said of it then.
//
// It is for one goroutine at a time.
type Backlog struct {
	logs []backlogged // by partition
	// readers are those whose progress frees what is held.
	readers []*Progress
	held    int // pages
	max     int
	missed  uint64
	spare   []*backlogPage
}

// backlogged is what is held of a partition.
type backlogged struct {
	pages map[int64]*backlogPage
	// last is the page that was written last, of number at: records come in
	// order of offset.
	last *backlogPage
	at   int64
	// from is the number of the first page that was not freed, end the offset
	// after the last record.
	from, end int64
}

const (
	backlogBits  = 10
	backlogSize  = 1 << backlogBits
	backlogPages = 4096 // 32 MiB
)

// backlogPage holds identities as sender << 48 | sequence, plus one; zero is
// an offset without a record of the run.
type backlogPage [backlogSize]uint64

// NewBacklog returns a Backlog that holds nothing.
func NewBacklog() *Backlog { return &Backlog{max: backlogPages} }

// Add tells that a record of the run stands at an offset.
func (b *Backlog) Add(partition int32, offset int64, ref Ref) {
	if int(partition) >= len(b.logs) {
		b.logs = append(b.logs, make([]backlogged, int(partition)+1-len(b.logs))...)
	}
	l := &b.logs[partition]
	n := offset >> backlogBits
	if l.last == nil || l.at != n {
		if n < l.from { // every group is past it
			return
		}
		if !b.turn(l, n) {
			b.missed++
			l.end = max(l.end, offset+1)
			return
		}
	}
	l.last[offset&(backlogSize-1)] = uint64(ref.Sender)<<48 | ref.Sequence + 1
	l.end = max(l.end, offset+1)
}

// turn makes the page with a number the one that is written to; false where
// there is no room for it.
func (b *Backlog) turn(l *backlogged, n int64) bool {
	p := l.pages[n]
	if p == nil {
		if b.held >= b.max {
			return false
		}
		if last := len(b.spare) - 1; last >= 0 {
			p, b.spare = b.spare[last], b.spare[:last]
		} else {
			p = &backlogPage{}
		}
		if l.pages == nil {
			l.pages = map[int64]*backlogPage{}
		}
		l.pages[n] = p
		b.held++
	}
	l.last, l.at = p, n
	return true
}

// end is the offset after the last record of the run in a partition.
func (b *Backlog) end(partition int32) int64 {
	if int(partition) >= len(b.logs) {
		return 0
	}
	return b.logs[partition].end
}

// records yields the records of the run at the offsets from one to another,
// exclusive, as far as they are held.
func (b *Backlog) records(partition int32, from, to int64, yield func(offset int64, ref Ref) bool) {
	if int(partition) >= len(b.logs) {
		return
	}
	l := &b.logs[partition]
	from, to = max(from, l.from<<backlogBits), min(to, l.end)
	for from < to {
		next := min((from>>backlogBits+1)<<backlogBits, to)
		if p := l.pages[from>>backlogBits]; p != nil {
			for ; from < next; from++ {
				if id := p[from&(backlogSize-1)]; id != 0 && !yield(from, Ref{uint16((id - 1) >> 48), (id - 1) & (1<<48 - 1)}) {
					return
				}
			}
		}
		from = next
	}
}

// release frees what every group has committed of a partition.
func (b *Backlog) release(partition int32) {
	if int(partition) >= len(b.logs) || len(b.readers) == 0 {
		return
	}
	done := b.readers[0].committed(partition)
	for _, r := range b.readers[1:] {
		done = min(done, r.committed(partition))
	}
	l := &b.logs[partition]
	for n, p := range l.pages {
		if n < done>>backlogBits {
			delete(l.pages, n)
			b.held--
			*p = backlogPage{}
			if len(b.spare) < 64 {
				b.spare = append(b.spare, p)
			}
		}
	}
	if n := done >> backlogBits; n > l.from {
		l.from = n
		if l.at < n {
			l.last = nil
		}
	}
}
