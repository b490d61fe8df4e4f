package invariant

import (
	"cmp"
	"slices"
	"time"

	"github.com/flowweir/weir/chaos/fault"
)

// settleFor is for how long after a fault was healed a flow that was not seen
// to recover may still be disturbed by it.
const settleFor = 30 * time.Second

// disturbed are the spans in which faults excuse that a flow stands still: each
// from its fault until the flow had recovered, or for a while after the fault
// was healed, if it bit. They are in order and apart from each other.
func (e *Evidence) disturbed() []Span {
	var spans []Span
	for _, f := range e.Faults {
		if fault.Kind(f.Kind).InLoad() {
			continue
		}
		s := Span{From: f.Start}
		switch {
		case f.Recovered:
			s.To = max(f.Start+f.Recovery+recoveredFor, f.Healed)
		case f.Healed > 0 && !f.Bit:
			s.To = f.Healed
		case f.Healed > 0:
			s.To = max(f.Healed, f.StoodUntil) + settleFor
		default:
			s.To = 1<<63 - 1
		}
		spans = append(spans, s)
	}
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	apart := spans[:0]
	for _, s := range spans {
		if n := len(apart) - 1; n >= 0 && s.From <= apart[n].To {
			apart[n].To = max(apart[n].To, s.To)
		} else {
			apart = append(apart, s)
		}
	}
	return apart
}

// calm is the longest part of a span outside of those that are disturbed.
func calm(s Span, disturbed []Span) (longest Span) {
	take := func(from, to time.Duration) {
		if to-from > longest.To-longest.From {
			longest = Span{from, to}
		}
	}
	for _, d := range disturbed {
		if d.To <= s.From || d.From >= s.To {
			continue
		}
		take(s.From, d.From)
		s.From = min(d.To, s.To)
	}
	take(s.From, s.To)
	return longest
}
