package series

import (
	"cmp"
	"maps"
	"slices"
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

// PartitionStall is the longest stall of a partition in a span.
type PartitionStall struct {
	Topic         string
	Partition     int32
	Start, Length time.Duration
}

// Stalled are the longest stalls of those partitions that have one which
// overlaps the span from..to, as Stalls.Longest tells them, the longest first.
// all is how many partitions there are: their share is the affected share of
// the arithmetic in the package comment.
func (p *Partitions) Stalled(from, to time.Duration) (stalled []PartitionStall, all int) {
	p.mu.RLock()
	each := maps.Clone(p.each)
	p.mu.RUnlock()
	for at, s := range each {
		if start, length := s.Longest(from, to); length > 0 {
			stalled = append(stalled, PartitionStall{at.topic, at.id, start, length})
		}
	}
	slices.SortFunc(stalled, func(a, b PartitionStall) int {
		return cmp.Or(cmp.Compare(b.Length, a.Length), cmp.Compare(a.Start, b.Start), cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return stalled, len(each)
}
