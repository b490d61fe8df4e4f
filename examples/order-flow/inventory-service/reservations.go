package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// reservations knows which orders of the partitions at hand have one. The log
// of inventory.events is the truth, this its cache.
type reservations struct {
	cfg config

	mu   sync.Mutex
	last map[int32]*recent
}

func newReservations(cfg config) *reservations {
	return &reservations{cfg: cfg, last: map[int32]*recent{}}
}

// first notes the order event of a partition, and says whether it is new. It
// is not told when a transaction aborts: the session that follows loads anew.
func (s *reservations) first(partition int32, id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last[partition].add(id)
}

// load is called with newly assigned partitions, before anything is fetched
// from them, and leaves their offsets as they are.
func (s *reservations) load(ctx context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	loaded := map[int32]*recent{}
	for partition := range offsets[s.cfg.orderTopic] {
		loaded[partition] = newRecent(s.cfg.remembered)
	}
	if err := s.read(ctx, loaded); err != nil {
		return nil, fmt.Errorf("read back %s: %w", s.cfg.inventoryTopic, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for partition, ids := range loaded {
		s.last[partition] = ids
	}
	return offsets, nil
}

// read fills in what the last reservations of the partitions were caused by.
func (s *reservations) read(ctx context.Context, into map[int32]*recent) error {
	topic := s.cfg.inventoryTopic
	client, err := kgo.NewClient(append(s.cfg.client(), kgo.KeepControlRecords())...)
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	starts, err := admin.ListStartOffsets(ctx, topic)
	if err != nil {
		return err
	}
	ends, err := admin.ListCommittedOffsets(ctx, topic)
	if err != nil {
		return err
	}
	from, until := map[int32]kgo.Offset{}, map[int32]int64{}
	for partition := range into {
		start, _ := starts.Lookup(topic, partition)
		end, known := ends.Lookup(topic, partition)
		if err := errors.Join(start.Err, end.Err); err != nil {
			return fmt.Errorf("partition %d: %w", partition, err)
		}
		if !known {
			return fmt.Errorf("it has no partition %d, and must have those of %s", partition, s.cfg.orderTopic)
		}
		if first := max(start.Offset, end.Offset-int64(s.cfg.remembered)); first < end.Offset {
			from[partition], until[partition] = kgo.NewOffset().At(first), end.Offset
		}
	}
	client.AddConsumePartitions(map[string]map[int32]kgo.Offset{topic: from})
	for len(until) > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			end, reading := until[r.Partition]
			if reading && !r.Attrs.IsControl() {
				into[r.Partition].add(header(r, "causation_id"))
			}
			if r.Offset >= end-1 {
				delete(until, r.Partition)
			}
		})
	}
	return nil
}

// recent holds the last ids of a partition.
type recent struct {
	ids  map[string]struct{}
	ring []string // the oldest at next, once it is full
	next int
	size int
}

func newRecent(size int) *recent { return &recent{ids: map[string]struct{}{}, size: size} }

// add says whether the id is new, and notes it.
func (w *recent) add(id string) bool {
	if _, known := w.ids[id]; known {
		return false
	}
	w.ids[id] = struct{}{}
	if len(w.ring) < w.size {
		w.ring = append(w.ring, id)
		return true
	}
	delete(w.ids, w.ring[w.next])
	w.ring[w.next] = id
	w.next = (w.next + 1) % w.size
	return true
}
