package ledger

import "math/bits"

// The records of a batch lie close together, and the same is to be said of
// nearly all of them. What a batch says of records in one word of a page is
// therefore noted at once, for all of them, where they are ordinary; where
// one is not (it was seen before, its send failed, its page is folded) they
// are taken one by one.

// together is how many sequences at the beginning of a batch lie in one word
// of a page, each once, and their bits in it.
func together(seqs []uint64) (n int, mask uint64) {
	word := seqs[0] >> 6
	for _, seq := range seqs {
		bit := uint64(1) << (seq & 63)
		if seq>>6 != word || mask&bit != 0 {
			break
		}
		mask |= bit
		n++
	}
	return n, mask
}

// last is the highest sequence of a mask in the word of seq.
func last(seq, mask uint64) uint64 { return seq&^63 | uint64(bits.Len64(mask)-1) }

// wordOf is the number of a sequence's word in its page.
func wordOf(seq uint64) int { return int(uint16(seq) >> 6) }

// AckedAll is Acked for a batch.
func (s *Sender) AckedAll(seqs []uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(seqs) > 0 {
		n, mask := together(seqs)
		if !s.ackWord(seqs[0], mask, n) {
			for _, seq := range seqs[:n] {
				s.outcome(seq, planeAcked)
			}
		}
		seqs = seqs[n:]
	}
}

// ackWord notes that n records of a word were acknowledged, if none of them
// has an outcome yet.
func (s *Sender) ackWord(seq, mask uint64, n int) bool {
	p, w := s.at(last(seq, mask)), wordOf(seq)
	if p == nil || p.open == nil || (p.open[planeAcked][w]|p.open[planeFailed][w]|p.open[planeUnknown][w])&mask != 0 {
		return false
	}
	s.count.acked += uint64(n)
	s.count.ackedSeen += uint64(bits.OnesCount64(p.open[planeReceived][w] & mask))
	s.own.setWord(p, seq, mask, n, planeAcked)
	return true
}

// ReceivedAll is Received for a batch. Where sights is not nil it must be as
// long as seqs and gets each record's sight.
func (s *Sender) ReceivedAll(seqs []uint64, sights []Sight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(seqs) > 0 {
		n, mask := together(seqs)
		if acked, ok := s.see64(&s.own, seqs[0], mask, n, planeReceived); ok {
			s.count.received += uint64(n)
			s.count.ackedSeen += acked
			sights = first(sights, n)
		} else {
			sights = each(seqs[:n], sights, s.received)
		}
		seqs = seqs[n:]
	}
}

// EffectAll is Effect for a batch; sights as in ReceivedAll.
func (r *Reaction) EffectAll(seqs []uint64, sights []Sight) {
	r.sender.mu.Lock()
	defer r.sender.mu.Unlock()
	for len(seqs) > 0 {
		n, mask := together(seqs)
		if _, ok := r.sender.see64(r.track, seqs[0], mask, n, planeEffect); ok {
			r.effects += uint64(n)
			sights = first(sights, n)
		} else {
			sights = each(seqs[:n], sights, func(seq uint64) Sight {
				return r.see(seq, planeEffect, planeEffectTwice, &r.effects, &r.effectsTwice)
			})
		}
		seqs = seqs[n:]
	}
}

// see64 notes the first sight of n records of a word in a track of the
// sender, if it is the first of each and none of their sends failed; acked is
// how many were acknowledged, in the sender's own track.
func (s *Sender) see64(t *track, seq, mask uint64, n int, once plane) (acked uint64, ok bool) {
	sent, w := s.at(last(seq, mask)), wordOf(seq)
	if sent == nil || sent.failedIn(w, mask) {
		return 0, false
	}
	p := sent
	if t != &s.own {
		p = t.page(seq)
	}
	if p.open == nil || p.open[once][w]&mask != 0 {
		return 0, false
	}
	if p == sent {
		acked = uint64(bits.OnesCount64(p.open[planeAcked][w] & mask))
	}
	t.setWord(p, seq, mask, n, once)
	return acked, true
}

// first gives n records their first sight and returns the places of the
// others.
func first(sights []Sight, n int) []Sight {
	if sights == nil {
		return nil
	}
	clear(sights[:n])
	return sights[n:]
}

// each sees records one by one, and returns the places of the others.
func each(seqs []uint64, sights []Sight, see func(uint64) Sight) []Sight {
	for n, seq := range seqs {
		sight := see(seq)
		if sights != nil {
			sights[n] = sight
		}
	}
	if sights == nil {
		return nil
	}
	return sights[len(seqs):]
}
