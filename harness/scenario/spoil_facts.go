package scenario

import (
	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/payload"
	"github.com/flowweir/weir/loadgen/ledger"
)

// loadFacts counts the records that a fault in the load made.
func (x *execution) loadFacts(f fault.Fault) fault.LoadFacts {
	forms := map[string]uint64{}
	facts := fault.LoadFacts{Forms: forms}
	for _, live := range x.flows {
		m, ok := live.maker.(*payload.Maker)
		if !ok || live.plan.Load.Event != f.Target.Event {
			continue
		}
		want, without := classes(f.Kind)
		index := x.plan.spoiltIndex(f)
		sent := live.sender.Counts().Sent
		facts.Of += sent
		var found []uint64 // the first of them
		for seq := range live.sender.Select(want, without) {
			if m.FaultOf(seq) != index {
				continue
			}
			facts.Sent++
			if form := m.Wrong(seq); form != "" {
				forms[form]++
			}
			if live.sender.Flags(seq)&ledger.Received == 0 {
				continue
			}
			facts.Found++
			if len(found) < lookedUp {
				found = append(found, seq)
			}
		}
		if facts.Sent == 0 {
			facts.Drawn += drawn(m, sent, index)
		}
		made := x.plan.spoilt(live.plan)[index]
		facts.Size, facts.Largest = made.Size, max(facts.Largest, live.subject.Largest)
		if made.Elsewhere {
			facts.Elsewhere = x.elsewhere(live, found)
		}
	}
	return facts
}

// drawn counts the first records of a load on which the share of a fault fell.
func drawn(m *payload.Maker, records uint64, index int) (n uint64) {
	for seq := range records {
		if m.Drawn(seq) == index {
			n++
		}
	}
	return n
}

// misses notes the faults in the load that make none of its records with a
// seed, which is known beforehand.
func (p *Plan) misses(seed uint64) {
	for _, f := range p.Schedule() {
		if !f.Kind.InLoad() {
			continue
		}
		hit, total := false, uint64(0)
		for i, flow := range p.Flows {
			if flow.Load.Event == f.Target.Event { // its sender is the flow's number, as in the run's ledger
				hits := payload.Hits(payload.Config{Seed: seed, Sender: uint16(i), Schedule: flow.Schedule, Faults: p.spoilt(flow)})
				hit, total = hit || hits[p.spoiltIndex(f)], total+flow.Schedule.Total()
			}
		}
		if !hit {
			p.note("%s makes none of the %s records with seed %d, and the run will be vacuous: raise the share, or make the load longer", f, document.Count(total), seed)
		}
	}
}

// classes are those of the records that a kind of fault makes: what they are,
// and what they are not.
func classes(kind fault.Kind) (want, without ledger.Flags) {
	switch kind {
	case fault.Poison:
		return ledger.IsPoison, 0
	case fault.Duplicate:
		return ledger.IsDuplicate, 0
	}
	return 0, ledger.IsPoison | ledger.IsDuplicate
}

// lookedUp is of how many records of a fault it is looked up where they stand.
const lookedUp = 500

// elsewhere counts the duplicates that do not stand where the first does.
func (x *execution) elsewhere(live *liveFlow, duplicates []uint64) *fault.Elsewhere {
	ref := func(seq uint64) invariant.Ref { return invariant.Ref{Sender: live.sender.ID(), Sequence: seq} }
	var refs []invariant.Ref
	for _, seq := range duplicates {
		refs = append(refs, ref(seq), ref(live.maker.Event(seq)))
	}
	e, partitions := &fault.Elsewhere{}, x.teller().partitionsOf(refs)
	for _, seq := range duplicates {
		second, known := partitions[ref(seq)]
		first, both := partitions[ref(live.maker.Event(seq))]
		if known && both {
			e.Known++
			if first != second {
				e.Apart++
			}
		}
	}
	return e
}

// spoiltIndex is which of the faults in its flow's load one of the schedule is.
func (p *Plan) spoiltIndex(f fault.Fault) (n int) {
	for _, before := range p.Schedule()[:f.Index] {
		if before.Kind.InLoad() && before.Target.Event == f.Target.Event {
			n++
		}
	}
	return n
}
