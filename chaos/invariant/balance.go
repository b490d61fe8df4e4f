package invariant

import (
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/run"
)

// Balance accounts for the events of a flow in the log; nil where nothing shows
// what the consumer processed, or records have no identity. It looks at odd
// records alone: that an event has an effect and no dead letter is what
// remains.
func (r *Reaction) Balance(f *Flow) *run.Balance {
	if !r.watched() || !f.Traced || !f.Sender.Expect().Received {
		return nil
	}
	n := func(want, without ledger.Flags) (n uint64) {
		for range r.Ledger.Select(want, without|ledger.IsDuplicate) {
			n++
		}
		return n
	}
	b := &run.Balance{
		In:           f.Sender.Counts().Received,
		DeadLettered: n(ledger.Received|ledger.Dead, ledger.Effect),
		Both:         n(ledger.Received|ledger.Dead|ledger.Effect, 0),
		Open:         n(ledger.Received, ledger.Dead|ledger.Effect),
		Strays:       n(ledger.Effect, ledger.Received) + n(ledger.Dead, ledger.Received|ledger.Effect),
	}
	// A duplicate is a record of its own, of an event that is in already, or
	// is not: then the duplicate brings it in.
	in := map[uint64]bool{}
	for seq := range f.Sender.Select(ledger.Received|ledger.IsDuplicate, 0) {
		b.In--
		if event := f.origin(seq); r.Ledger.Flags(event)&ledger.Received == 0 && !in[event] {
			in[event] = true
			bring(b, r.Ledger.Flags(event))
		}
	}
	b.Applied = b.In - b.DeadLettered - b.Both - b.Open
	return b
}

// bring counts an event in that was not, by what its consumer did with it.
func bring(b *run.Balance, did ledger.Flags) {
	b.In++
	switch did & (ledger.Effect | ledger.Dead) {
	case 0:
		b.Open++
		return
	case ledger.Dead:
		b.DeadLettered++
	case ledger.Effect | ledger.Dead:
		b.Both++
	}
	b.Strays--
}

// origin is the sequence of the first send of a record's event.
func (f *Flow) origin(seq uint64) uint64 {
	if f.Origin == nil {
		return seq
	}
	return f.Origin(seq)
}
