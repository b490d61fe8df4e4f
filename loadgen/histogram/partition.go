package histogram

import (
	"cmp"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/flowweir/weir/reports/run"
)

// Busiest is how many partitions, by acked records, get percentiles of their
// own in results.
const Busiest = 64

type partitionKey struct {
	topic string
	id    int32
}

// traffic is what is counted of one partition. Its histogram is a sparse one
// of 2 digits (a few KB), so every partition can have one and the busiest are
// known exactly at the end.
type traffic struct {
	ackedRecords, received, bytes int64
	publish                       *hdrhistogram.PackedHistogram
}

func newPublish() *hdrhistogram.PackedHistogram {
	return hdrhistogram.NewPacked(int64(lowest), int64(highest), 2)
}

func (t *traffic) acked(publish time.Duration, bytes int64) {
	t.ackedRecords++
	t.bytes += bytes
	if publish < 0 || publish > highest {
		return // counted by kind Publish
	}
	if t.publish == nil {
		t.publish = newPublish()
	}
	// In range, so the histogram cannot refuse it.
	_ = t.publish.RecordValue(int64(publish))
}

func (t *traffic) merge(o *traffic) {
	t.ackedRecords += o.ackedRecords
	t.received += o.received
	t.bytes += o.bytes
	if o.publish == nil {
		return
	}
	if t.publish == nil {
		t.publish = newPublish()
	}
	t.publish.Merge(o.publish)
}

func (t *traffic) quantile(percentile float64) time.Duration {
	if t.publish == nil {
		return 0
	}
	return time.Duration(t.publish.ValueAtPercentile(percentile))
}

// partitions finds the traffic of a partition. Records come in runs of the
// same one, which is remembered.
type partitions struct {
	each    map[partitionKey]*traffic
	last    partitionKey
	traffic *traffic
}

func (p *partitions) of(topic string, id int32) *traffic {
	key := partitionKey{topic, id}
	if p.traffic != nil && key == p.last {
		return p.traffic
	}
	t := p.each[key]
	if t == nil {
		if p.each == nil {
			p.each = make(map[partitionKey]*traffic)
		}
		t = &traffic{}
		p.each[key] = t
	}
	p.last, p.traffic = key, t
	return t
}

// Partitions returns the traffic of each partition without the warm-up, by
// topic and partition. The Busiest have publish percentiles (2 digits); those
// of the others are left zero and pooled, see Pooled. Offsets are the
// caller's to fill in.
func (m *Meter) Partitions() []run.Partition {
	each := m.traffic()
	busy, _ := busiest(each)
	list := make([]run.Partition, 0, len(each))
	for key, t := range each {
		p := run.Partition{
			Topic: key.topic, Partition: key.id,
			Acked: t.ackedRecords, Received: t.received, Bytes: t.bytes,
		}
		if busy[key] {
			p.PublishP50, p.PublishP99 = t.quantile(50), t.quantile(99)
		}
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b run.Partition) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return list
}

// Pooled returns the publish percentiles of all partitions beyond the
// Busiest taken together, and how many these are.
func (m *Meter) Pooled() (p50, p99 time.Duration, partitions int) {
	_, rest := busiest(m.traffic())
	pool := &traffic{}
	for _, t := range rest {
		pool.merge(t)
	}
	return pool.quantile(50), pool.quantile(99), len(rest)
}

// traffic merges the partitions of all recorders.
func (m *Meter) traffic() map[partitionKey]*traffic {
	all := make(map[partitionKey]*traffic)
	for _, r := range m.all() {
		r.mu.Lock()
		for key, t := range r.partitions.each {
			if all[key] == nil {
				all[key] = &traffic{}
			}
			all[key].merge(t)
		}
		r.mu.Unlock()
	}
	return all
}

// busiest splits partitions into those with most acked records and the rest;
// among equals the lower topic and number wins.
func busiest(each map[partitionKey]*traffic) (busy map[partitionKey]bool, rest []*traffic) {
	keys := make([]partitionKey, 0, len(each))
	for key := range each {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b partitionKey) int {
		return cmp.Or(
			cmp.Compare(each[b].ackedRecords, each[a].ackedRecords),
			cmp.Compare(a.topic, b.topic),
			cmp.Compare(a.id, b.id),
		)
	})
	busy = make(map[partitionKey]bool, Busiest)
	for n, key := range keys {
		if n < Busiest {
			busy[key] = true
		} else {
			rest = append(rest, each[key])
		}
	}
	return busy, rest
}
