package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ReaderConfig is all that a reader needs.
type ReaderConfig struct {
	// Client says how to connect: seed brokers, TLS, SASL.
	Client []kgo.Opt
	// From are the partitions to read, and the offset at which to begin in
	// each, by topic. The set is fixed.
	From map[string]map[int32]int64
	// ReadCommitted is Kafka's isolation.level=read_committed: records of
	// open and aborted transactions are not seen. Default read_uncommitted.
	ReadCommitted bool
	// Start is the load's start, from which times count.
	Start time.Time
	// Handler gets the records of one partition, in order of offset and none
	// of them twice, and when they came: the time after the poll that brought
	// them. It is called by one goroutine. Neither the slice nor a record nor
	// its bytes may be kept.
	Handler func(batch []*kgo.Record, at time.Duration)
}

// Reader reads partitions directly, without a group.
//
// What the client reads twice is handed on once. What was truncated from a
// log after it was read, and what was deleted before it was, is counted: see
// Facts. A topic that was deleted and made again was truncated to nothing, and
// is read from its start.
type Reader struct {
	config ReaderConfig
	client *kgo.Client
	watch  *watch

	// Of the goroutine of Run. ids are those of the topics that are read, as far
	// as brokers have some.
	positions map[string]map[int32]*position
	kept      []*kgo.Record
	ids       map[string]kadm.TopicID

	mu    sync.Mutex
	read  map[string]map[int32]int64 // up to where records were handed on
	facts ReadFacts
	moved chan struct{} // closed and replaced with every poll
	// wake ends a poll; asked is closed once the ids of all topics have been
	// looked at, nil where nobody asks for that.
	wake  context.CancelFunc
	asked chan struct{}
}

// ReadFacts is what a reader met besides records.
type ReadFacts struct {
	// Records were handed on; Reread ones were not, since the client had
	// read them before.
	Records, Reread int64
	// Deleted is how many offsets were gone before they were read, by
	// retention or a delete.
	Deleted int64
	// Truncations are the places where a log lost its end.
	Truncations []Truncation
}

// Truncation is the loss of a log's end after it was read.
type Truncation struct {
	Topic     string
	Partition int32
	// From is the first offset that was lost, To the one after the last
	// that had been read.
	From, To int64
	// At is when the reader learnt of it.
	At time.Duration
}

// NewReader makes a reader with a client of its own, which begins to fetch at
// once; Run hands on what it fetches.
func NewReader(c ReaderConfig) (*Reader, error) {
	if c.Handler == nil || c.Start.IsZero() {
		return nil, errors.New("a reader needs a handler and a start")
	}
	r := &Reader{
		config:    c,
		watch:     newWatch(c.Start),
		positions: make(map[string]map[int32]*position, len(c.From)),
		read:      make(map[string]map[int32]int64, len(c.From)),
		moved:     make(chan struct{}),
	}
	offsets := make(map[string]map[int32]kgo.Offset, len(c.From))
	for topic, partitions := range c.From {
		offsets[topic] = make(map[int32]kgo.Offset, len(partitions))
		r.positions[topic] = make(map[int32]*position, len(partitions))
		r.read[topic] = make(map[int32]int64, len(partitions))
		for id, from := range partitions {
			if from < 0 {
				return nil, fmt.Errorf("read %s/%d: the offset %d is not from 0: list the partition's start or end offset first", topic, id, from)
			}
			offsets[topic][id] = kgo.NewOffset().At(from)
			r.positions[topic][id] = &position{next: from}
			r.read[topic][id] = from
		}
	}
	opts := append(append([]kgo.Opt{}, c.Client...), common("weir-reader", r.watch)...)
	opts = append(opts,
		kgo.ConsumePartitions(offsets),
		// Where a log lost its end and the client can't tell where, reading
		// all of it again misses nothing; positions sort out what was read.
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		// Markers of transactions take offsets, too: without them a partition
		// that ends in one would never be read to its end.
		kgo.KeepControlRecords(),
		kgo.FetchMaxWait(500*time.Millisecond),
		kgo.RequestTimeoutOverhead(readTimeout),
		kgo.WithPools(newPools()),
	)
	if c.ReadCommitted {
		opts = append(opts, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, fmt.Errorf("reader: %w", err)
	}
	r.client = client
	return r, nil
}

// Run hands on records until ctx is done, and returns its error, or until the
// reader is closed.
func (r *Reader) Run(ctx context.Context) error {
	all := slices.Collect(maps.Keys(r.positions))
	r.ids = topicIDs(ctx, r.client, all)
	for {
		fetches := r.poll(ctx)
		if fetches.IsClientClosed() {
			return kgo.ErrClientClosed
		}
		at := time.Since(r.config.Start)
		fetches.EachPartition(func(p kgo.FetchTopicPartition) { r.take(p.Topic, &p.FetchPartition, at) })
		r.renew(ctx, gone(fetches), at)
		if asked := r.takeAsked(); asked != nil {
			r.renew(ctx, all, at)
			close(asked)
		}
		r.announce()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// poll waits for fetches, until somebody asks for something else.
func (r *Reader) poll(ctx context.Context) kgo.Fetches {
	ctx, wake := context.WithCancel(ctx)
	defer wake()
	r.mu.Lock()
	r.wake = wake
	if r.asked != nil {
		wake()
	}
	r.mu.Unlock()
	return r.client.PollFetches(ctx)
}

// take hands on what a poll brought of one partition.
func (r *Reader) take(topic string, p *kgo.FetchPartition, at time.Duration) {
	pos := r.positions[topic][p.Partition]
	if pos == nil {
		// An error of the whole client comes as one of a partition that
		// there is not; the end of the poll's context is none.
		if p.Err != nil && !errors.Is(p.Err, context.Canceled) && !errors.Is(p.Err, context.DeadlineExceeded) {
			r.watch.add(StageFetch, -1, p.Err)
		}
		return
	}
	facts := r.judge(topic, p, pos, at)
	records := r.sift(topic, p, pos, at, &facts)
	if len(records) > 0 {
		r.config.Handler(records, at)
		facts.Records = int64(len(records))
	}
	for _, record := range p.Records {
		record.Recycle()
	}
	// Only now: whoever waits for an offset finds its record handled.
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read[topic][p.Partition] = pos.next
	r.facts.add(facts)
}

// judge takes what a fetch says besides records.
func (r *Reader) judge(topic string, p *kgo.FetchPartition, pos *position, at time.Duration) (facts ReadFacts) {
	if p.Err != nil {
		r.watch.add(StageFetch, -1, p.Err)
		if loss := (*kgo.ErrDataLoss)(nil); errors.As(p.Err, &loss) && loss.ResetTo < pos.next {
			facts.Truncations = append(facts.Truncations, Truncation{topic, p.Partition, loss.ResetTo, pos.next, at})
			pos.rewind(loss.ResetTo)
		}
	}
	if p.LogStartOffset > pos.next {
		facts.Deleted = p.LogStartOffset - pos.next
		pos.next = p.LogStartOffset
	}
	return facts
}

// sift moves the position past the records of a fetch and returns those that
// are for the handler.
func (r *Reader) sift(topic string, p *kgo.FetchPartition, pos *position, at time.Duration, facts *ReadFacts) []*kgo.Record {
	r.kept = r.kept[:0]
	for _, record := range p.Records {
		end := pos.next
		switch pos.see(record) {
		case reread:
			facts.Reread++
			continue
		case rewritten:
			facts.Truncations = append(facts.Truncations, Truncation{topic, p.Partition, record.Offset, end, at})
		}
		if !record.Attrs.IsControl() {
			r.kept = append(r.kept, record)
		}
	}
	return r.kept
}

func (f *ReadFacts) add(g ReadFacts) {
	f.Records += g.Records
	f.Reread += g.Reread
	f.Deleted += g.Deleted
	f.Truncations = append(f.Truncations, g.Truncations...)
}

// announce wakes those who wait for positions.
func (r *Reader) announce() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.moved)
	r.moved = make(chan struct{})
}

// ReadTo waits until every partition was read to its end, the offset after
// its last record, and all of it was handled. Where ctx ends before that it
// returns the partitions that are open, in words and in order; a partition
// that the reader does not read is open at once, and waited for by none.
//
// Ends of a reader of committed records are the last stable offsets.
func (r *Reader) ReadTo(ctx context.Context, ends map[string]map[int32]int64) (open []string) {
	for {
		r.mu.Lock()
		open, wait := r.open(ends)
		moved := r.moved
		r.mu.Unlock()
		if !wait {
			return open
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return open
		}
	}
}

// open names the partitions that were not read to their ends, and says
// whether one of them still can be.
func (r *Reader) open(ends map[string]map[int32]int64) (open []string, wait bool) {
	for _, topic := range slices.Sorted(maps.Keys(ends)) {
		for _, id := range slices.Sorted(maps.Keys(ends[topic])) {
			end := ends[topic][id]
			read, ok := r.read[topic][id]
			switch {
			case !ok:
				open = append(open, fmt.Sprintf("%s/%d: not read by this reader", topic, id))
			case read < end:
				open = append(open, fmt.Sprintf("%s/%d: read to offset %d of %d", topic, id, read, end))
				wait = true
			}
		}
	}
	return open, wait
}

// Positions is the offset after the last record that was handled, by topic
// and partition.
func (r *Reader) Positions() map[string]map[int32]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	read := make(map[string]map[int32]int64, len(r.read))
	for topic, partitions := range r.read {
		read[topic] = maps.Clone(partitions)
	}
	return read
}

// Facts is what the reader met so far.
func (r *Reader) Facts() ReadFacts {
	r.mu.Lock()
	defer r.mu.Unlock()
	facts := r.facts
	facts.Truncations = slices.Clone(facts.Truncations)
	return facts
}

// Errors is what went wrong so far, in order of first occurrence.
func (r *Reader) Errors() []ClientError { return r.watch.all() }

// Close closes the client; Run then returns. It may be called twice.
func (r *Reader) Close() {
	r.watch.close()
	r.client.Close()
}
