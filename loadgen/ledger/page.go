package ledger

import (
	"math/bits"
	"slices"
)

const (
	pageBits  = 16
	pageSize  = 1 << pageBits
	pageWords = pageSize / 64

	// maxOdd bounds the list of a folded page: 8,192 entries of 4 bytes are
	// as large as the four bitsets of an open page with effects.
	maxOdd = pageSize / 8
	// noFold is a foldAt that is never reached.
	noFold = 1 << 30
)

// bitset has a bit for each record of a page.
type bitset [pageWords]uint64

// plane numbers the bitsets of a page: that of flag 1<<n is plane n.
type plane uint8

const (
	planeAcked plane = iota + 1
	planeFailed
	planeUnknown
	planeReceived
	planeReceivedTwice
	planeEffect
	planeEffectTwice
	planeDead
	planeDeadTwice
	planePoison
	planeDuplicate
	planes
)

func planeOf(f Flags) plane { return plane(bits.TrailingZeros16(uint16(f))) }

func (n plane) flag() Flags { return 1 << n }

// none stands for every bitset without a bit, so that reading needs no test
// for one that was not made. Nothing ever writes to it.
var none bitset

// odd is a record of a folded page whose flags differ from the page's base.
type odd struct {
	index uint16
	flags Flags
}

// page holds the facts about 65,536 consecutive sequences: as bits while it
// is open, else as base plus the records that differ from it.
type page struct {
	// open is nil once the page is folded.
	open *bitsets
	// base are the flags of every record of a folded page that is not odd.
	base Flags
	// odds are in order of their index. Entries that have come to equal base
	// stay until enough of them are worth a compaction: settled of them.
	odds    []odd
	settled int

	// marks counts facts that were set for the first time; at foldAt of them
	// it is worth counting how many records would be odd, and at whole of them
	// the page may be complete.
	marks, foldAt, whole int32
}

// bitsets has one bitset per plane, made when its first bit is set.
type bitsets [planes]*bitset

func newBitsets() *bitsets {
	b := &bitsets{}
	for n := range b {
		b[n] = &none
	}
	return b
}

func (b *bitsets) has(n plane, i uint16) bool { return b[n][i>>6]&(1<<(i&63)) != 0 }

func (b *bitsets) set(n plane, i uint16, pool *pool) {
	b.setWord(n, int(i>>6), 1<<(i&63), pool)
}

// setWord sets the bits of mask in a word.
func (b *bitsets) setWord(n plane, word int, mask uint64, pool *pool) {
	if b[n] == &none {
		b[n] = pool.get()
	}
	b[n][word] |= mask
}

// flags gathers all facts about a record; Sent and an unreported outcome are
// the sender's to add.
func (p *page) flags(i uint16) Flags {
	if p.open == nil {
		return p.folded(i)
	}
	var f Flags
	for n := planeAcked; n < planes; n++ {
		if p.open.has(n, i) {
			f |= n.flag()
		}
	}
	return f
}

// folded is flags for a folded page.
func (p *page) folded(i uint16) Flags {
	if n, ok := p.find(i); ok {
		return p.odds[n].flags
	}
	return p.base
}

// failed says whether a record definitely failed.
func (p *page) failed(i uint16) bool {
	if o := p.open; o != nil {
		return o.has(planeFailed, i)
	}
	return p.folded(i)&Failed != 0
}

// failedIn says whether any record of a mask in a word definitely failed.
func (p *page) failedIn(word int, mask uint64) bool {
	if o := p.open; o != nil {
		return o[planeFailed][word]&mask != 0
	}
	n, _ := p.find(uint16(word << 6))
	for ; n < len(p.odds) && int(p.odds[n].index>>6) == word; n++ {
		if p.odds[n].flags&Failed != 0 && mask&(1<<(p.odds[n].index&63)) != 0 {
			return true
		}
	}
	return false
}

func (p *page) find(i uint16) (int, bool) {
	return slices.BinarySearchFunc(p.odds, i, func(o odd, i uint16) int { return int(o.index) - int(i) })
}

// update sets and clears flags of a record of a folded page, and opens the
// page again where too many records have become odd.
func (p *page) update(pool *pool, i uint16, set, unset Flags) {
	n, ok := p.find(i)
	if !ok {
		f := p.base&^unset | set
		if f == p.base {
			return
		}
		p.odds = slices.Insert(p.odds, n, odd{i, f})
		if len(p.odds)-p.settled > maxOdd {
			p.unfold(pool)
		}
		return
	}
	o := &p.odds[n]
	was := o.flags == p.base
	o.flags = o.flags&^unset | set
	switch is := o.flags == p.base; {
	case is && !was:
		p.settled++
	case was && !is:
		p.settled--
	}
	if p.settled >= 64 && p.settled*2 >= len(p.odds) {
		p.compact()
	}
}

// compact drops the entries that equal base.
func (p *page) compact() {
	rest := make([]odd, 0, len(p.odds)-p.settled)
	for _, o := range p.odds {
		if o.flags != p.base {
			rest = append(rest, o)
		}
	}
	if len(rest) == 0 {
		rest = nil
	}
	p.odds, p.settled = rest, 0
}

// oddWord returns the bits of the records of word w that differ from base.
func (b *bitsets) oddWord(w int, base Flags) uint64 {
	var odd uint64
	for n := planeAcked; n < planes; n++ {
		v := b[n][w]
		if base&n.flag() != 0 {
			v = ^v
		}
		odd |= v
	}
	return odd
}

// fold replaces the bits of a page that was begun to its end by the list of
// odd records, if that list is short enough.
func (p *page) fold(pool *pool, base Flags) bool {
	count := 0
	for w := range pageWords {
		count += bits.OnesCount64(p.open.oddWord(w, base))
		if count > maxOdd {
			return false
		}
	}
	var odds []odd
	if count > 0 {
		odds = make([]odd, 0, count)
	}
	for w := range pageWords {
		for v := p.open.oddWord(w, base); v != 0; v &= v - 1 {
			i := uint16(w<<6 + bits.TrailingZeros64(v))
			odds = append(odds, odd{i, p.flags(i)})
		}
	}
	pool.put(p.open)
	p.open, p.base, p.odds, p.settled = nil, base, odds, 0
	return true
}

// unfold turns the list back into bits. The page then stays open: traffic
// that made so many records odd is not what is expected.
func (p *page) unfold(pool *pool) {
	open := newBitsets()
	for n := planeAcked; n < planes; n++ {
		if p.base&n.flag() == 0 {
			continue
		}
		open[n] = pool.get()
		for w := range open[n] {
			open[n][w] = ^uint64(0)
		}
	}
	for _, o := range p.odds {
		for diff := o.flags ^ p.base; diff != 0; diff &= diff - 1 {
			n := planeOf(diff)
			if open[n] == &none {
				open[n] = pool.get()
			}
			open[n][o.index>>6] ^= 1 << (o.index & 63)
		}
	}
	p.open, p.odds, p.settled, p.foldAt = open, nil, 0, noFold
}

// pool keeps a few emptied bitsets, so that pages which open and fold at a
// steady pace make no garbage.
type pool struct{ free []*bitset }

func (p *pool) get() *bitset {
	if n := len(p.free); n > 0 {
		b := p.free[n-1]
		p.free = p.free[:n-1]
		return b
	}
	return new(bitset)
}

func (p *pool) put(sets *bitsets) {
	for _, b := range sets {
		if b != &none && len(p.free) < 16 {
			clear(b[:])
			p.free = append(p.free, b)
		}
	}
}
