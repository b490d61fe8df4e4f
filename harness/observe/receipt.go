package observe

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/loadgen/ledger"
)

// rise is a run of records of one subject in one partition whose sequences
// rise above all that were read there before, as nearly all do. The ledger
// takes them together. One that comes after a later one is taken by itself:
// whether an order was broken depends on what had been seen by then.
type rise struct {
	subject *Subject
	seqs    []uint64
	sights  []ledger.Sight
	records []*kgo.Record
}

// receivedAll takes a batch from a topic that the load goes to, and says how
// many records of it count: as ones that were not received before, or as ones
// without an identity.
func (o *Observer) receivedAll(w *watched, batch []*kgo.Record, at time.Duration) (counted int64) {
	var highest uint64 // of the rise
	known := false
	for _, r := range batch {
		s, seq := o.record(r)
		if s == nil || s.Flow.Topic != r.Topic {
			if w.untraced != nil {
				w.untraced.Observed++
				o.cfg.Counters.Received.Add(1)
				counted++
			}
			continue
		}
		if s != o.rise.subject {
			o.received(w, at)
			o.rise.subject = s
			highest, known = w.highest[lane{r.Partition, s.Flow.Sender.ID()}]
		}
		late := known && seq <= highest
		if late {
			counted += o.received(w, at)
		}
		o.rise.seqs, o.rise.records = append(o.rise.seqs, seq), append(o.rise.records, r)
		if late {
			counted += o.received(w, at)
			continue
		}
		highest, known = seq, true
	}
	counted += o.received(w, at)
	o.rise.subject = nil
	return counted
}

// received tells the ledger of a rise and of each record in it what it is, and
// returns how many were not received before.
func (o *Observer) received(w *watched, at time.Duration) (counted int64) {
	rise := &o.rise
	if len(rise.seqs) == 0 {
		return 0
	}
	s, f := rise.subject, rise.subject.Flow
	f.Observed += uint64(len(rise.seqs))
	if len(rise.sights) < len(rise.seqs) {
		rise.sights = make([]ledger.Sight, len(rise.seqs))
	}
	where := lane{rise.records[0].Partition, f.Sender.ID()}
	w.highest[where] = max(w.highest[where], rise.seqs[len(rise.seqs)-1])
	f.Sender.ReceivedAll(rise.seqs, rise.sights[:len(rise.seqs)])
	for i, seq := range rise.seqs {
		r := rise.records[i]
		s.Largest = max(s.Largest, len(r.Value))
		if w.backlog != nil {
			w.backlog.Add(r.Partition, r.Offset, invariant.Ref{Sender: f.Sender.ID(), Sequence: seq})
		}
		if sight := rise.sights[i]; s.Hops != nil && (sight == ledger.First || sight == ledger.Risen) && s.first(seq) {
			s.Hops.Received(seq, at)
		}
		switch rise.sights[i] {
		case ledger.Ghost:
			f.Ghosts.Add(invariant.Ghost{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Sequence: seq})
		case ledger.First:
			due := s.Due(seq)
			o.recorder.Record(histogram.EndToEnd, due, at-due)
			o.recorder.Received(r.Topic, r.Partition, due)
			o.cfg.Counters.Received.Add(1)
			counted++
			if f.Order != nil {
				f.Order.See(f.Sender.ID(), seq, uint32(r.Partition))
			}
			if s.Received != nil {
				s.Received(at)
			}
		}
		o.see(journal.Received, f, seq, w, r, at)
	}
	clear(rise.records) // which may not be kept
	rise.seqs, rise.records = rise.seqs[:0], rise.records[:0]
	return counted
}
