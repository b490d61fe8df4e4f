package hop

import "time"

const (
	pageBits = 12
	pageSize = 1 << pageBits

	// maxPages bounds the pages of a consumer: 128 MB.
	maxPages = 4096
	// staleAfter is how many pages later the last few events of a page are
	// moved from it to a map.
	staleAfter = 64
	// fewOf is how few they must be. A map needs about four times the memory of
	// a page for each.
	fewOf = pageSize / 16
)

// page has when each of 4,096 consecutive sequences arrived, see slot.
type page [pageSize]slot

// slot is a time since the load began and whether the event was retried since;
// 0 is none.
type slot uint64

const (
	present slot = 1 << iota
	retried
)

func at(t time.Duration) slot { return slot(t)<<2 | present }

// time is the one that the slot was made with, negative ones too.
func (s slot) time() time.Duration { return time.Duration(int64(s) >> 2) }

// pending are the events of which a consumer has made nothing yet, by sequence.
type pending struct {
	pages []*page
	open  []int // events of each page
	used  int   // pages
	max   int
	spare *page // so that a flow that keeps up makes no garbage
	// rest are those of pages that are nearly empty and will stay so.
	rest map[uint64]slot
}

func newPending() *pending { return &pending{max: maxPages} }

// put adds an event; it is false where there is no room.
func (p *pending) put(seq uint64, s slot) bool {
	n := int(seq >> pageBits)
	for len(p.pages) <= n {
		p.pages, p.open = append(p.pages, nil), append(p.open, 0)
		p.retire(len(p.pages) - 1 - staleAfter)
	}
	if p.pages[n] == nil && !p.make(n) {
		return false
	}
	p.pages[n][seq&(pageSize-1)] = s
	p.open[n]++
	return true
}

func (p *pending) make(n int) bool {
	if p.used+len(p.rest)/(pageSize/4) >= p.max {
		return false
	}
	p.used++
	if p.pages[n], p.spare = p.spare, nil; p.pages[n] == nil {
		p.pages[n] = new(page)
	}
	return true
}

// retire frees an old page of which few events are left, for good: they are not
// expected any more.
func (p *pending) retire(n int) {
	if n < 0 || p.pages[n] == nil || p.open[n] > fewOf {
		return
	}
	for i, s := range p.pages[n] {
		if s != 0 {
			if p.rest == nil {
				p.rest = map[uint64]slot{}
			}
			p.rest[uint64(n)<<pageBits|uint64(i)] = s
			p.pages[n][i] = 0
		}
	}
	p.open[n] = 0
	p.free(n)
}

func (p *pending) free(n int) {
	p.spare, p.pages[n] = p.pages[n], nil
	p.used--
}

// find is where an event is, nil where it is not in a page.
func (p *pending) find(seq uint64) *slot {
	n := seq >> pageBits
	if n >= uint64(len(p.pages)) || p.pages[n] == nil {
		return nil
	}
	if s := &p.pages[n][seq&(pageSize-1)]; *s != 0 {
		return s
	}
	return nil
}

// take removes an event; 0 where there is none.
func (p *pending) take(seq uint64) slot {
	if s := p.find(seq); s != nil {
		was := *s
		*s = 0
		n := int(seq >> pageBits)
		if p.open[n]--; p.open[n] == 0 {
			p.free(n)
		}
		return was
	}
	s := p.rest[seq]
	if s != 0 {
		delete(p.rest, seq)
	}
	return s
}

// mark notes that an event was retried; false where it is not pending.
func (p *pending) mark(seq uint64) bool {
	if s := p.find(seq); s != nil {
		*s |= retried
		return true
	}
	s := p.rest[seq]
	if s == 0 {
		return false
	}
	p.rest[seq] = s | retried
	return true
}

// all yields what is pending.
func (p *pending) all(yield func(seq uint64, s slot)) {
	for n, page := range p.pages {
		if page == nil {
			continue
		}
		for i, s := range page {
			if s != 0 {
				yield(uint64(n)<<pageBits|uint64(i), s)
			}
		}
	}
	for seq, s := range p.rest {
		yield(seq, s)
	}
}
