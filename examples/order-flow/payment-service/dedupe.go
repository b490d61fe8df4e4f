package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// dedupe knows the event ids that stand earlier in the partitions at hand. The
// log is the truth and this is its cache: what a partition's window holds
// follows from the log and the committed offset alone, so that it is the same
// after every crash.
type dedupe struct {
	records int

	mu      sync.Mutex
	windows map[int32]*window
}

func newDedupe(records int) *dedupe {
	return &dedupe{records: records, windows: map[int32]*window{}}
}

// first notes the id and says whether it is new to the partition's window. It
// is not told when a transaction aborts: the session that follows an abort
// loads every window again.
func (d *dedupe) first(partition int32, id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.windows[partition].add(id)
}

// load returns the function that the group calls with newly assigned
// partitions and their committed offsets, before it fetches from them. It
// reads the ids of the records before those offsets and leaves the offsets as
// they are.
func (d *dedupe) load(cfg config) adjustOffsets {
	return func(ctx context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
		windows := map[int32]*window{}
		committed := map[int32]int64{}
		for partition, offset := range offsets[cfg.orderTopic] {
			windows[partition] = newWindow(d.records)
			committed[partition] = offset.EpochOffset().Offset
		}
		if err := readIDs(ctx, cfg, committed, windows); err != nil {
			return nil, fmt.Errorf("read the ids before the committed offsets of %s: %w", cfg.orderTopic, err)
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		for partition, w := range windows {
			d.windows[partition] = w
		}
		return offsets, nil
	}
}

// readIDs fills the windows with the ids of the records that stand before the
// committed offsets (below 0 where nothing was committed).
func readIDs(ctx context.Context, cfg config, committed map[int32]int64, windows map[int32]*window) error {
	client, err := kgo.NewClient(append(cfg.client(), kgo.KeepControlRecords())...)
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	starts, err := admin.ListStartOffsets(ctx, cfg.orderTopic)
	if err != nil {
		return err
	}
	ends, err := admin.ListEndOffsets(ctx, cfg.orderTopic)
	if err != nil {
		return err
	}

	from, until := map[int32]kgo.Offset{}, map[int32]int64{}
	for partition, offset := range committed {
		start, _ := starts.Lookup(cfg.orderTopic, partition)
		end, _ := ends.Lookup(cfg.orderTopic, partition)
		if err := errors.Join(start.Err, end.Err); err != nil {
			return fmt.Errorf("partition %d: %w", partition, err)
		}
		first, last := max(start.Offset, offset-int64(cfg.dedupeRecords)), min(end.Offset, offset)
		if first < last {
			from[partition], until[partition] = kgo.NewOffset().At(first), last
		}
	}
	client.AddConsumePartitions(map[string]map[int32]kgo.Offset{cfg.orderTopic: from})

	for len(until) > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			last, reading := until[r.Partition]
			if reading && r.Offset < last && !r.Attrs.IsControl() {
				windows[r.Partition].add(header(r, "ce_id"))
			}
			if reading && r.Offset >= last-1 {
				delete(until, r.Partition)
				client.RemoveConsumePartitions(map[string][]int32{cfg.orderTopic: {r.Partition}})
			}
		})
	}
	return nil
}

// window holds the last ids of a partition.
type window struct {
	ids  map[eventID]struct{}
	ring []eventID // in the order of the log, the oldest at next once it is full
	next int
	size int
}

// eventID is a hash, so that an id of any length takes 16 bytes. At 128 bits
// no two ids will ever meet.
type eventID [16]byte

func newWindow(size int) *window {
	return &window{ids: map[eventID]struct{}{}, size: size}
}

// add says whether the id is new, and notes it. A record without an id is
// always new.
func (w *window) add(id string) bool {
	if id == "" {
		return true
	}
	sum := sha256.Sum256([]byte(id))
	key := eventID(sum[:16])
	if _, known := w.ids[key]; known {
		return false
	}
	w.ids[key] = struct{}{}
	if len(w.ring) < w.size {
		w.ring = append(w.ring, key)
		return true
	}
	delete(w.ids, w.ring[w.next])
	w.ring[w.next] = key
	w.next = (w.next + 1) % w.size
	return true
}
