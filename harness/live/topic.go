package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/loadgen/kafka"
)

// Topic reads a topic and keeps what it has read. Only committed records are
// seen (isolation.level=read_committed).
type Topic struct {
	name   string
	flow   *Flow
	client *kgo.Client

	polling sync.Mutex

	mu      sync.Mutex
	records []*Record
	next    map[int32]int64 // by partition: the offset after the last read
	err     error
}

// Topic is the reader of a topic that a contract names or CreateTopics made.
func (f *Flow) Topic(name string) (*Topic, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if t := f.topics[name]; t != nil {
		return t, nil
	}
	from, known := f.from[name]
	if !known {
		return nil, fmt.Errorf("no contract of this test names the topic %s and the test did not create it: %s", name, document.Suggest(name, sortedKeys(f.from)))
	}
	at := map[int32]kgo.Offset{}
	next := map[int32]int64{}
	for partition, offset := range from {
		at[partition], next[partition] = kgo.NewOffset().At(offset), offset
	}
	client, err := kgo.NewClient(append(slices.Clone(f.cfg.Cluster.ClientOptions()),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{f.OnCluster(name): at}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), // they move the position, too
		kgo.FetchMaxWait(100*time.Millisecond),
		kgo.ClientID("weir-test"),
	)...)
	if err != nil {
		return nil, fmt.Errorf("a client of the cluster: %w", err)
	}
	t := &Topic{name: name, flow: f, client: client, next: next}
	f.topics[name] = t
	return t, nil
}

// Name is the topic's name in contracts.
func (t *Topic) Name() string { return t.name }

// Records are those that were read so far.
func (t *Topic) Records() []*Record { return t.since(0) }

func (t *Topic) since(n int) []*Record {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.records[n:len(t.records):len(t.records)]
}

// Err is the last error of reading the topic; nil for none.
func (t *Topic) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// pollFor is how long one poll may wait, so that the death of a service is
// noticed meanwhile.
const pollFor = 200 * time.Millisecond

// poll reads what there is, or waits a moment for it.
func (t *Topic) poll(ctx context.Context) {
	t.polling.Lock()
	defer t.polling.Unlock()
	ctx, cancel := context.WithTimeout(ctx, pollFor)
	defer cancel()
	fetches := t.client.PollFetches(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	fetches.EachError(func(_ string, _ int32, err error) {
		if ctx.Err() == nil {
			t.err = err
		}
	})
	fetches.EachRecord(func(r *kgo.Record) {
		t.next[r.Partition] = r.Offset + 1
		if !r.Attrs.IsControl() {
			r.Topic = t.name
			t.records = append(t.records, t.flow.Read(r))
		}
	})
}

// Await returns the first record, of those read before and of what comes, for
// which ok holds. A wait that ends in vain, because ctx did or a service died,
// is an error.
func (t *Topic) Await(ctx context.Context, ok func(*Record) bool) (*Record, error) {
	next := 0
	for {
		records := t.since(next)
		next += len(records)
		if i := slices.IndexFunc(records, ok); i >= 0 {
			return records[i], nil
		}
		if err := t.flow.Alive(); err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, stopped(ctx, t.Err())
		}
		t.poll(ctx)
	}
}

// Ends are the offsets at which the partitions of a topic end for a reader of
// committed records.
type Ends map[int32]int64

func (e Ends) String() string {
	text := ""
	for i, p := range sortedPartitions(e) {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%d@%d", p, e[p])
	}
	return text
}

func sortedPartitions(e Ends) []int32 {
	out := make([]int32, 0, len(e))
	for p := range e {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// ReadToEnd reads to where the topic ends now, and says where that is.
func (t *Topic) ReadToEnd(ctx context.Context) (Ends, error) {
	name := t.flow.OnCluster(t.name)
	// A broker that does not know a new topic yet, or lost its leader, is
	// asked again.
	ends, err := kafka.StableOffsets(ctx, t.flow.admin, name)
	for ; err != nil; ends, err = kafka.StableOffsets(ctx, t.flow.admin, name) {
		t.poll(ctx)
		if ctx.Err() != nil {
			return nil, stopped(ctx, err)
		}
	}
	for !t.reached(ends[name]) {
		if ctx.Err() != nil {
			return nil, errors.Join(stopped(ctx, t.Err()), fmt.Errorf("the topic ends at %s", Ends(ends[name])))
		}
		t.poll(ctx)
	}
	return ends[name], nil
}

func (t *Topic) reached(ends Ends) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for partition, end := range ends {
		if t.next[partition] < end {
			return false
		}
	}
	return true
}
