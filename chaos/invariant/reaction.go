package invariant

import (
	"fmt"
	"iter"
	"strings"

	"github.com/flowweir/weir/loadgen/ledger"
)

// Reaction is what one consumer does with the events of a flow, and what was
// seen of it. Each is judged for itself.
type Reaction struct {
	// Consumer names it in findings: its service.
	Consumer string
	// Ledger holds its effects and dead letters.
	Ledger *ledger.Reaction
	// Effect names what shows that the event was processed; empty where
	// nothing does.
	Effect string
	// Own says that the consumer writes its effect itself. Where another
	// service does, the effect says nothing of when the consumer was done.
	Own bool
	// EffectOrder watches the effects, where their producer promises an order
	// per key.
	EffectOrder *Order
	// DLQ is what it promises of its dead letters, if it has any.
	DLQ *DLQ
	// Retries watches its attempts, if it declares a retry policy.
	Retries *Retries
}

// DLQ is what a consumer promises of its dead letters.
type DLQ struct {
	// Letters are those of its topic, which others may share.
	Letters *Letters
	// Preserve names what must be kept: key, value, headers.
	Preserve []string
	// ExactlyOnce says that the contract promises no duplicate dead letters.
	ExactlyOnce bool
	// Altered holds the events of which a letter of the consumer is not what was
	// sent; nil is none.
	Altered *ledger.Reaction
	// Unclaimed holds the dead letters of the flow that could be of any of the
	// consumers that share the topic. A letter there fails nobody and passes
	// nobody. It is nil where the topic has one consumer of the flow.
	Unclaimed *ledger.Reaction
}

// Letters is what was seen of a dead-letter topic.
type Letters struct {
	Topic string
	// Seen counts its records; Altered are those that differ from what was
	// sent; Untraced are those that lead back to no record of the run.
	Seen     uint64
	Altered  WrongLetters
	Untraced WrongLetters
}

// WrongLetters counts letters by consumer, and holds the first of them: a
// service that drops a header does it to every letter. The zero value is empty.
type WrongLetters struct {
	first []Letter
	by    map[string]uint64
}

// Add adds letters.
func (w *WrongLetters) Add(letters ...Letter) {
	for _, l := range letters {
		if w.by == nil {
			w.by = map[string]uint64{}
		}
		w.by[l.Consumer]++
		if len(w.first) < maxFindings {
			w.first = append(w.first, l)
		}
	}
}

// First are the letters that were added first, at most 1,000.
func (w *WrongLetters) First() []Letter { return w.first }

// Count is how many were added.
func (w *WrongLetters) Count() (n uint64) {
	for _, of := range w.by {
		n += of
	}
	return n
}

// Letter is a dead letter that is not what it should be.
type Letter struct {
	Ref
	Partition int32
	Offset    int64
	// What says how it differs.
	What string
	// Consumer is whose letter it is; empty where that is not known.
	Consumer string
}

// watched says whether something shows that the consumer processed an event.
func (r *Reaction) watched() bool { return r.Effect != "" }

// silent says whether the consumer showed nothing at all, though there are
// events of which it should have.
func (r *Reaction) silent() bool {
	if r.Ledger.Counts().Effects > 0 {
		return false
	}
	for range r.Ledger.Select(ledger.Received, ledger.Dead|ledger.IsPoison|ledger.IsDuplicate) {
		return true
	}
	return false
}

// claimable splits events without a dead letter of the consumer's own into
// those that an unclaimed letter may stand for and the rest.
func (r *Reaction) claimable(f *Flow, sequences iter.Seq[uint64]) (refs []Ref, n, claimable uint64) {
	if r.DLQ == nil || r.DLQ.Unclaimed == nil {
		refs, n = refsOf(f, sequences)
		return refs, n, 0
	}
	refs, n = refsOf(f, func(yield func(uint64) bool) {
		for seq := range sequences {
			if r.DLQ.Unclaimed.Flags(seq)&ledger.Dead != 0 {
				claimable++
			} else if !yield(seq) {
				return
			}
		}
	})
	return refs, n, claimable
}

// hasWatched says whether any consumer of the flow shows what it processed.
func hasWatched(f *Flow) bool {
	for _, r := range f.Reactions {
		if r.watched() {
			return true
		}
	}
	return false
}

// shares are what each consumer adds to an outcome, by name in the order of
// their appearance.
type shares []share

type share struct {
	consumer            string
	violations, checked uint64
}

func (s *shares) add(consumer string, violations, checked uint64) {
	for i := range *s {
		if x := &(*s)[i]; x.consumer == consumer {
			x.violations, x.checked = x.violations+violations, x.checked+checked
			return
		}
	}
	*s = append(*s, share{consumer, violations, checked})
}

// String says the shares where there are several: " (a 0 of 2, b 1 of 2)".
func (s shares) String() string {
	if len(s) < 2 {
		return ""
	}
	parts := make([]string, len(s))
	for i, x := range s {
		parts[i] = fmt.Sprintf("%s %s of %s", x.consumer, count(x.violations), count(x.checked))
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
