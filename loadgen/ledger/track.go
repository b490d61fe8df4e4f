package ledger

import "sync/atomic"

// track is a row of pages whose ordinary record has the flags of base. Its
// owner's mutex guards it.
type track struct {
	// begun is the sender's next sequence.
	begun *atomic.Uint64
	base  Flags
	pages []*page
	pool  pool
	// ripe are pages of which almost all is known. The rest mostly comes soon,
	// and is cheaper to note in bits than in a list: they fold when they are
	// complete, or when a page was filled since.
	ripe []*page
}

// grow appends a page, and folds older ones that will not become complete:
// some of their records never will be.
func (t *track) grow() {
	for _, p := range t.ripe {
		if p.open != nil && !p.fold(&t.pool, t.base) {
			p.foldAt = p.marks + pageSize/64
		}
	}
	clear(t.ripe)
	t.ripe = t.ripe[:0]
	p := &page{open: newBitsets()}
	for f := t.base; f != 0; f &= f - 1 {
		p.whole += pageSize
	}
	// Where nothing is expected, what is seen is odd and soon worth a list.
	p.foldAt = max(p.whole-p.whole/64, pageSize/64)
	t.pages = append(t.pages, p)
	for _, age := range [...]int{8, 64} {
		if n := len(t.pages) - 1 - age; n >= 0 && t.pages[n].open != nil && t.pages[n].foldAt != noFold {
			t.pages[n].fold(&t.pool, t.base)
		}
	}
}

// page returns the page of a sequence, made where nothing was seen so far yet.
func (t *track) page(seq uint64) *page {
	for uint64(len(t.pages)) <= seq>>pageBits {
		t.grow()
	}
	return t.pages[seq>>pageBits]
}

// set records a fact.
func (t *track) set(p *page, i uint16, n plane) {
	if p.open == nil {
		p.update(&t.pool, i, n.flag(), 0)
		return
	}
	p.open.set(n, i, &t.pool)
}

// setWord records a first fact of n records of a word of an open page.
func (t *track) setWord(p *page, seq, mask uint64, n int, fact plane) {
	p.open.setWord(fact, wordOf(seq), mask, &t.pool)
	t.mark(p, seq, n)
}

// mark counts n first facts on an open page and folds the page when it is
// time.
func (t *track) mark(p *page, seq uint64, n int) {
	if p.marks += int32(n); p.marks >= p.foldAt {
		t.tryFold(p, seq)
	}
}

// tryFold folds a page if its last sequence was begun and few of its records
// are odd: now if it is complete, else soon.
func (t *track) tryFold(p *page, seq uint64) {
	if p.open == nil || t.begun.Load()>>pageBits == seq>>pageBits {
		return
	}
	if p.marks < p.whole {
		t.ripe = append(t.ripe, p)
		p.foldAt = p.whole
		return
	}
	if !p.fold(&t.pool, t.base) {
		p.foldAt = p.marks + pageSize/64
	}
}
