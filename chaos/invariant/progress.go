package invariant

import (
	"slices"
	"time"

	"github.com/flowweir/weir/loadgen/ledger"
)

// Trace is what a group does with the records of a sender, and what is known
// of them.
type Trace struct {
	// Reactions are those of the consumers of the group; none for a group of
	// which nothing but its commits is known.
	Reactions []*Reaction
	// Event is the sequence of the first send of a record's event.
	Event func(seq uint64) uint64
	// Apart says whether a record is a duplicate on another partition than the
	// first send, which may be committed while another member still works on
	// that; nil where none is. Of its event the first send is asked about.
	Apart func(seq uint64) bool
	// Key is the hash of a record's key, Due when the record was due.
	Key func(seq uint64) uint64
	Due func(seq uint64) time.Duration
}

// ProgressConfig says whose progress is followed, and what it is held to.
type ProgressConfig struct {
	Group, Topic string
	Backlog      *Backlog
	// Begin is where the log of each partition ended before the load.
	Begin map[int32]int64
	// Traces are by sender.
	Traces map[uint16]Trace
	// Patience is for how long a record that cannot be processed may hold up
	// records of other keys behind it; 0 where nobody asks.
	Patience time.Duration
	// Age is how old the first record that is not committed may be; 0 where
	// nobody asks.
	Age time.Duration
}

// Progress compares what a group has committed of a topic, look by look, with
// what has become of each record.
//
// A look takes the commits as they were at a moment. Whatever the consumers
// wrote by then must have been observed before it is told of: a record that is
// committed and has neither an effect, nor a dead letter, nor stands in a retry
// topic is then one whose commit ran ahead. It costs two questions to the
// ledger for each record, and memory for what is not committed.
//
// It is for one goroutine at a time.
type Progress struct {
	ProgressConfig
	looks  looks
	traces []*Trace // by sender
	places map[int32]*place

	// compared are committed records that were compared, doubtful those that a
	// dead letter of nobody, or a retry that was not counted, may stand for.
	compared, doubtful, aheads uint64
	ahead                      []ahead
	// poison are the records that could not be processed and were passed.
	poison uint64
	blocks []block
	// longest is the longest block that was not too long.
	longest time.Duration
	// old is the span in which the lag is too old, if it is.
	old  excursion
	aged []excursion
	// oldest is how old the lag was at the last look, and aging how old that of
	// the partitions is which the look that goes on has seen.
	oldest, aging time.Duration
	// unaged are spans in which the lag may have been too old unseen.
	unaged []Span
}

// place is how far a group is in a partition.
type place struct {
	// committed is up to where commits were compared, head the first record
	// that is neither committed nor settled, seen at since.
	committed, head int64
	// settled are records behind a head that cannot be processed.
	settled int
	block   block
}

// ahead is a record that was committed before it was processed.
type ahead struct {
	Ref
	partition         int32
	offset, committed int64
	at                time.Duration
}

// block is a span in which a record that cannot be processed held up others.
type block struct {
	Ref
	partition int32
	offset    int64
	from, to  time.Duration
	// waiting are records of other keys right behind it.
	waiting int
}

// NewProgress returns a Progress that has seen no look.
func NewProgress(c ProgressConfig) *Progress {
	p := &Progress{ProgressConfig: c, places: map[int32]*place{}}
	for partition, begin := range c.Begin {
		p.places[partition] = &place{committed: begin, head: begin}
	}
	for sender, t := range c.Traces {
		for int(sender) >= len(p.traces) {
			p.traces = append(p.traces, nil)
		}
		p.traces[sender] = &t
	}
	c.Backlog.readers = append(c.Backlog.readers, p)
	return p
}

// trace is that of a sender; nil where there is none.
func (p *Progress) trace(sender uint16) *Trace {
	if int(sender) < len(p.traces) {
		return p.traces[sender]
	}
	return nil
}

func (p *Progress) committed(partition int32) int64 {
	if x := p.places[partition]; x != nil {
		return x.committed
	}
	return 0
}

// See takes what the group had committed of a partition at the time of a look:
// the next offset that it would read, or -1 where there is none.
func (p *Progress) See(at time.Duration, partition int32, committed int64) {
	x := p.places[partition]
	if x == nil {
		return
	}
	p.compare(x, at, partition, committed)
	if p.Patience > 0 {
		p.advance(x, at, partition)
	}
	p.age(x, at, partition)
	p.Backlog.release(partition)
}

// Looked ends a look: See was told of every partition.
func (p *Progress) Looked(at time.Duration) {
	// What was not committed at the last look was too old from then on at the
	// earliest, and may be committed by now.
	if from := p.looks.end + p.Age - p.oldest; p.Age > 0 && at-p.looks.end > longGap && at > from {
		p.unaged = append(p.unaged, Span{from, at})
	}
	p.oldest, p.aging = p.aging, 0
	p.looks.add(at)
	if p.old.worst > 0 && p.old.to < at { // no partition was too old this time
		p.closeOld()
	}
}

// compare looks at the records that were committed since the last look.
func (p *Progress) compare(x *place, at time.Duration, partition int32, committed int64) {
	p.Backlog.records(partition, x.committed, committed, func(offset int64, ref Ref) bool {
		fate, poison := p.trace(ref.Sender).fate(ref.Sequence, true)
		if poison && offset >= x.head {
			p.poison++
		}
		switch fate {
		case untold:
			return true
		case doubtful:
			p.doubtful++
		case open:
			p.aheads++
			if len(p.ahead) < maxFindings {
				p.ahead = append(p.ahead, ahead{ref, partition, offset, committed, at})
			}
		}
		p.compared++
		return true
	})
	x.committed = max(x.committed, committed)
}

// advance moves the head past what is settled, and notes whether a record that
// cannot be processed holds it up.
func (p *Progress) advance(x *place, at time.Duration, partition int32) {
	head, blocked := max(x.head, x.committed), Ref{}
	stuck := false
	p.Backlog.records(partition, head, p.Backlog.end(partition), func(offset int64, ref Ref) bool {
		head = offset
		fate, poison := p.trace(ref.Sender).fate(ref.Sequence, false)
		if fate == open {
			stuck, blocked = poison, ref
			return false
		}
		if poison {
			p.poison++
		}
		head++
		return true
	})
	moved := head != x.head
	x.head = head
	waiting, settled := 0, 0
	if stuck {
		waiting, settled = p.behind(partition, head, blocked)
	}
	switch {
	case waiting == 0:
		p.unblock(x)
	case moved || settled > x.settled || x.block.waiting == 0:
		p.unblock(x)
		x.block = block{blocked, partition, head, at, at, waiting}
	default:
		x.block.to, x.block.waiting = at, waiting
	}
	x.settled = settled
}

// behindMost is how many records behind a head are looked at: consumers that
// go on process the nearest first.
const behindMost = 1024

// behind counts the records right behind a head: those of other keys that
// wait, and those that are settled.
func (p *Progress) behind(partition int32, head int64, blocked Ref) (waiting, settled int) {
	key := p.trace(blocked.Sender).Key(blocked.Sequence)
	p.Backlog.records(partition, head+1, head+1+behindMost, func(_ int64, ref Ref) bool {
		t := p.trace(ref.Sender)
		switch fate, poison := t.fate(ref.Sequence, false); {
		case fate != open:
			settled++
		case poison || ref.Sender == blocked.Sender && t.Key(ref.Sequence) == key:
		default:
			waiting++
		}
		return true
	})
	return waiting, settled
}

// unblock ends a block, if there is one.
func (p *Progress) unblock(x *place) {
	switch took := x.block.to - x.block.from; {
	case x.block.waiting == 0:
	case took <= p.Patience:
		p.longest = max(p.longest, took)
	case len(p.blocks) < maxFindings:
		p.blocks = append(p.blocks, x.block)
	}
	x.block = block{}
}

// blocked are the blocks that lasted too long, those that last included.
func (p *Progress) blocked() []block {
	all := slices.Clone(p.blocks)
	for _, x := range p.places {
		if x.block.waiting > 0 && x.block.to-x.block.from > p.Patience {
			all = append(all, x.block)
		}
	}
	slices.SortFunc(all, func(a, b block) int { return int(a.from - b.from) })
	return all
}

// age notes whether the first record that is not committed is too old. It has
// been since its time came, as what is committed stays so, but no partition was
// at the last look if none is said to be.
func (p *Progress) age(x *place, at time.Duration, partition int32) {
	if p.Age == 0 {
		return
	}
	p.Backlog.records(partition, x.committed, p.Backlog.end(partition), func(offset int64, ref Ref) bool {
		t := p.trace(ref.Sender)
		if t == nil {
			return true
		}
		age := at - t.Due(ref.Sequence)
		p.aging = max(p.aging, age)
		if age <= p.Age {
			return false
		}
		if from := max(at-age+p.Age, p.looks.end); p.old.worst == 0 || from < p.old.from {
			p.old.from = from
		}
		p.old.to = at
		if int64(age) > p.old.worst {
			p.old.worst, p.old.ref = int64(age), ref
			p.old.topic, p.old.partition, p.old.offset = p.Topic, partition, offset
		}
		return false
	})
}

func (p *Progress) closeOld() {
	if len(p.aged) < maxFindings {
		p.aged = append(p.aged, p.old)
	}
	p.old = excursion{}
}

// tooOld are the spans in which the lag was too old.
func (p *Progress) tooOld() []excursion {
	if p.old.worst == 0 {
		return p.aged
	}
	return append(slices.Clone(p.aged), p.old)
}

// fate is what is known of a record.
type fate uint8

const (
	// open: nothing shows that the consumer is done with it.
	open fate = iota
	// doubtful: something may show it.
	doubtful
	// settled: there is an effect, a dead letter or a retry of it.
	settled
	// untold: nothing would show it.
	untold
)

// fate is the best that is known of a record, and whether it is poison. Where
// committed is set it is asked whether the record may be committed. What nobody
// reacts to is untold.
func (t *Trace) fate(seq uint64, committed bool) (best fate, poison bool) {
	if t == nil || len(t.Reactions) == 0 {
		return untold, false
	}
	event := t.Event(seq)
	if committed && t.Apart != nil && t.Apart(seq) {
		return untold, false
	}
	for _, r := range t.Reactions {
		flags := r.Ledger.Flags(event)
		best = max(best, r.fate(flags, seq, event, committed))
		poison = event == seq && flags&ledger.IsPoison != 0 // no duplicate is
	}
	return best, poison
}

func (r *Reaction) fate(flags ledger.Flags, seq, event uint64, committed bool) fate {
	switch {
	case committed && !r.Own:
		return untold
	case flags&(ledger.Effect|ledger.Dead) != 0 || r.Retries.has(seq, event):
		return settled
	case committed && flags&ledger.IsPoison != 0 && r.DLQ == nil:
		return untold // nothing is promised of it
	case r.Retries != nil && r.Retries.uncounted > 0:
		return doubtful
	case r.DLQ == nil:
		return open
	case r.DLQ.Unclaimed != nil && r.DLQ.Unclaimed.Flags(event)&ledger.Dead != 0, r.DLQ.Letters.Untraced.Count() > 0:
		return doubtful
	}
	return open
}

// has says whether a record, or its event, was found in a retry topic.
func (r *Retries) has(seq, event uint64) bool {
	if r == nil {
		return false
	}
	_, tried := r.events[seq]
	if !tried && event != seq {
		_, tried = r.events[event]
	}
	return tried
}
