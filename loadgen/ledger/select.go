package ledger

import (
	"iter"
	"math/bits"
)

// Select yields, in ascending order, the sequences of records that have all
// flags of want and none of without: Select(Acked, Received) are the lost.
//
// It is exact for every query, but made for those about incomplete, odd or
// twice-seen records: on a folded page these cost nothing where there are
// none, while a query that the ordinary record answers yields them all. A page
// is examined under the sender's mutex and yielded without it, so the caller
// may use the sender, and records that change meanwhile count as they were
// when their page was examined.
//
// Facts of a reaction are asked of the Reaction; a query for one here panics.
func (s *Sender) Select(want, without Flags) iter.Seq[uint64] {
	if (want|without)&reacted != 0 {
		panic("ledger: effects and dead letters are asked of a Reaction")
	}
	return s.pick(func(n uint64, found []uint16) []uint16 { return s.selectPage(n, want, without, found) })
}

// pick yields the sequences of the indices that page appends, page by page.
func (s *Sender) pick(page func(n uint64, found []uint16) []uint16) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		var found []uint16
		for n := uint64(0); ; n++ {
			found = page(n, found[:0])
			for _, i := range found {
				if !yield(n<<pageBits | uint64(i)) {
					return
				}
			}
			if (n+1)<<pageBits >= s.next.Load() {
				return
			}
		}
	}
}

// size is how many records of page n were begun.
func (s *Sender) size(n uint64) int {
	next := s.next.Load()
	if n<<pageBits >= next {
		return 0
	}
	return int(min(next-n<<pageBits, pageSize))
}

// begun are the bits of word w that stand for the first size records of a
// page.
func begun(w, size int) uint64 {
	if rest := size - w<<6; rest < 64 {
		return 1<<rest - 1
	}
	return ^uint64(0)
}

// selectPage appends the matching indices of page n to found.
func (s *Sender) selectPage(n uint64, want, without Flags, found []uint16) []uint16 {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := s.size(n)
	if size == 0 {
		return found
	}
	p := s.own.pages[n]
	if p.open == nil {
		return p.selectFolded(want, without, found)
	}
	for w := 0; w<<6 < size; w++ {
		for v := p.open.match(w, want, without) & begun(w, size); v != 0; v &= v - 1 {
			found = append(found, uint16(w<<6+bits.TrailingZeros64(v)))
		}
	}
	return found
}

// match returns the bits of the records of word w that match, begun or not.
func (b *bitsets) match(w int, want, without Flags) uint64 {
	match := ^uint64(0)
	for f := want | without; f != 0; f &= f - 1 {
		one := f & -f
		v := b.word(one, w)
		if want&one != 0 {
			match &= v
		}
		if without&one != 0 {
			match &^= v
		}
	}
	return match
}

// word returns 64 bits of a flag, with what complete would add.
func (b *bitsets) word(f Flags, w int) uint64 {
	switch f {
	case Sent:
		return ^uint64(0)
	case Unknown:
		return ^(b[planeAcked][w] | b[planeFailed][w])
	}
	if n := planeOf(f); n < planes {
		return b[n][w]
	}
	return 0
}

func (p *page) selectFolded(want, without Flags, found []uint16) []uint16 {
	matches := func(f Flags) bool {
		f = complete(f)
		return f&want == want && f&without == 0
	}
	if !matches(p.base) {
		for _, o := range p.odds {
			if matches(o.flags) {
				found = append(found, o.index)
			}
		}
		return found
	}
	rest := p.odds
	for i := range pageSize {
		f := p.base
		if len(rest) > 0 && int(rest[0].index) == i {
			f, rest = rest[0].flags, rest[1:]
		}
		if matches(f) {
			found = append(found, uint16(i))
		}
	}
	return found
}
