package ledger

import (
	"iter"
	"math/bits"
)

// Reaction is the ledger of what one consumer did with a sender's events:
// which of them had an effect, and which were dead-lettered. It is safe for
// concurrent use and takes its sender's mutex.
//
// The first reaction of a sender that expects effects is kept in the sender's
// own pages: a flow with one consumer pays for no more. Every other has pages
// of its own, which fold in the same way, from the first time that something
// is seen.
type Reaction struct {
	sender *Sender
	track  *track

	effects, effectsTwice, dead, deadTwice uint64
}

// Reactions are exact numbers of the events of one Reaction.
type Reactions struct {
	Effects, EffectsTwice, Dead, DeadTwice uint64
}

// Reaction registers a consumer of the sender's events. effects says that a
// normal record must have an effect; it decides only what it costs to
// remember those that have one, or have none. A reaction that is registered
// after the first Begin panics: pages that are folded know nothing of it.
func (s *Sender) Reaction(effects bool) *Reaction {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next.Load() > 0 {
		panic("ledger: a reaction is registered before its sender's first record")
	}
	switch {
	case !effects:
		return &Reaction{sender: s, track: &track{begun: &s.next}}
	case s.shared:
		return &Reaction{sender: s, track: &track{begun: &s.next, base: Effect}}
	}
	s.shared = true
	s.own.base |= Effect
	return &Reaction{sender: s, track: &s.own}
}

// Effect records that an effect of the event was observed. The sequence is
// that of the event's first send.
func (r *Reaction) Effect(seq uint64) Sight {
	r.sender.mu.Lock()
	defer r.sender.mu.Unlock()
	return r.see(seq, planeEffect, planeEffectTwice, &r.effects, &r.effectsTwice)
}

// Dead records that the event was found in a dead-letter topic. The sequence
// is that of the event's first send.
func (r *Reaction) Dead(seq uint64) Sight {
	r.sender.mu.Lock()
	defer r.sender.mu.Unlock()
	return r.see(seq, planeDead, planeDeadTwice, &r.dead, &r.deadTwice)
}

// see records a sighting.
func (r *Reaction) see(seq uint64, once, twice plane, count, countTwice *uint64) Sight {
	if r.track == &r.sender.own {
		sight, _ := r.sender.see(seq, once, twice, count, countTwice)
		return sight
	}
	return r.seeApart(seq, once, twice, count, countTwice)
}

// seeApart is see in pages that are not the sender's.
func (r *Reaction) seeApart(seq uint64, once, twice plane, count, countTwice *uint64) Sight {
	sent := r.sender.at(seq)
	if sent == nil {
		r.sender.count.ghosts++
		return Ghost
	}
	p, i := r.track.page(seq), uint16(seq)
	if o := p.open; o != nil && !o.has(once, i) {
		o.set(once, i, &r.track.pool)
		r.track.mark(p, seq, 1)
	} else {
		if f := p.flags(i); f&once.flag() != 0 {
			if f&twice.flag() == 0 {
				r.track.set(p, i, twice)
				*countTwice++
			}
			return Again
		}
		r.track.set(p, i, once)
	}
	*count++
	if sent.failed(i) {
		return Risen
	}
	return First
}

// Flags returns the facts about a record, those of its sender included. It is
// 0 for a sequence that was never begun.
func (r *Reaction) Flags(seq uint64) Flags {
	r.sender.mu.Lock()
	defer r.sender.mu.Unlock()
	sent := r.sender.at(seq)
	if sent == nil {
		return 0
	}
	i := uint16(seq)
	return complete(sent.flags(i)&^reacted | r.at(seq>>pageBits).flags(i)&reacted)
}

// Counts returns the reaction's counts; the numbers of one call belong
// together.
func (r *Reaction) Counts() Reactions {
	r.sender.mu.Lock()
	defer r.sender.mu.Unlock()
	return Reactions{r.effects, r.effectsTwice, r.dead, r.deadTwice}
}

// unseen stands for every page of a reaction of which nothing was seen.
// Nothing ever writes to it.
var unseen = page{open: newBitsets()}

func (r *Reaction) at(n uint64) *page {
	if n >= uint64(len(r.track.pages)) {
		return &unseen
	}
	return r.track.pages[n]
}

// Select is as Sender.Select, over the facts of the sender and of this
// reaction: Select(Received, Effect|Dead) are those that nobody processed.
func (r *Reaction) Select(want, without Flags) iter.Seq[uint64] {
	if r.track == &r.sender.own {
		return r.sender.pick(func(n uint64, found []uint16) []uint16 { return r.sender.selectPage(n, want, without, found) })
	}
	return r.sender.pick(func(n uint64, found []uint16) []uint16 { return r.selectPage(n, want, without, found) })
}

// selectPage appends the indices of page n that match in both tracks.
func (r *Reaction) selectPage(n uint64, want, without Flags, found []uint16) []uint16 {
	s := r.sender
	s.mu.Lock()
	defer s.mu.Unlock()
	size := s.size(n)
	if size == 0 {
		return found
	}
	var sent, seen bitset
	s.own.pages[n].match(want&^reacted, without&^reacted, &sent)
	r.at(n).match(want&reacted, without&reacted, &seen)
	for w := 0; w<<6 < size; w++ {
		for v := sent[w] & seen[w] & begun(w, size); v != 0; v &= v - 1 {
			found = append(found, uint16(w<<6+bits.TrailingZeros64(v)))
		}
	}
	return found
}

// match sets the bits of the records of a page that match, whether they were
// begun or not.
func (p *page) match(want, without Flags, match *bitset) {
	if p.open != nil {
		for w := range match {
			match[w] = p.open.match(w, want, without)
		}
		return
	}
	matches := func(f Flags) bool {
		f = complete(f)
		return f&want == want && f&without == 0
	}
	if matches(p.base) {
		for w := range match {
			match[w] = ^uint64(0)
		}
	}
	for _, o := range p.odds {
		bit := uint64(1) << (o.index & 63)
		match[o.index>>6] &^= bit
		if matches(o.flags) {
			match[o.index>>6] |= bit
		}
	}
}
