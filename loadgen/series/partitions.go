package series

import (
	"maps"
	"sync"
	"time"
)

// Partitions keeps the stalls of each partition, for faults that stop only
// some of them. The zero value is ready for use, and safe for concurrent use.
type Partitions struct {
	mu   sync.RWMutex
	each map[partition]*Stalls
}

// Of returns the stalls of a partition. It stays the same for the whole run:
// callers on a hot path keep it.
func (p *Partitions) Of(topic string, id int32) *Stalls {
	key := partition{topic, id}
	p.mu.RLock()
	s := p.each[key]
	p.mu.RUnlock()
	if s != nil {
		return s
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s = p.each[key]; s == nil {
		s = &Stalls{}
		if p.each == nil {
			p.each = make(map[partition]*Stalls)
		}
		p.each[key] = s
	}
	return s
}

// Longest returns the longest stall of any partition that overlaps the span
// from..to, as Stalls.Longest does, and how many of the partitions stalled in
// it: the affected share of the arithmetic in the package comment.
func (p *Partitions) Longest(from, to time.Duration) (start, length time.Duration, stalled, all int) {
	p.mu.RLock()
	each := maps.Clone(p.each)
	p.mu.RUnlock()
	for _, s := range each {
		at, l := s.Longest(from, to)
		if l > 0 {
			stalled++
		}
		if l > length || l == length && l > 0 && at < start {
			start, length = at, l
		}
	}
	return start, length, stalled, len(each)
}
