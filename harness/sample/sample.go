// Package sample reads a few records of every partition of a live topic, and
// the facts of the topic, for package infer to learn a first contract from.
//
// Guarantees: nothing is changed on the cluster. The consumer is in no group
// and commits nothing, and a topic that does not exist is not created. What
// is read is bounded in records and bytes, and stays in memory. Records of
// transactions that were aborted or are open are not read.
//
// The newest records are taken: older ones may have the shape of a version
// that is written no more. A sample is no proof: what no record of it shows
// may still be on the topic.
package sample

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/infer"
	"github.com/flowweir/weir/harness/cluster"
)

const (
	// maxBytes bounds the keys, values and headers of a sample.
	maxBytes = 64 << 20
	// quiet is how long nothing more may come before a partition counts as
	// read: its last offsets can be without records, after compaction.
	quiet = 3 * time.Second
	// patience bounds each request for facts, and the wait for the first
	// record.
	patience = 20 * time.Second
)

// Sample is what was read of a topic.
type Sample struct {
	// Facts are the topic's own, by its brokers. Retention is 0 where records
	// are kept for ever or by compaction alone; Config has cleanup.policy and
	// min.insync.replicas where they may be read.
	Facts contracts.Topic
	// Records are in the order of partitions and offsets.
	Records []infer.Record
	// Notes say what could not be read.
	Notes []string
}

// UnknownTopicError says that a topic does not exist.
type UnknownTopicError struct {
	Topic string
	// Hint names the nearest topic, or all.
	Hint string
}

// Error names the topic.
func (e *UnknownTopicError) Error() string { return "there is no topic " + e.Topic }

// Read reads at most records records of a topic, spread over its partitions.
// It is an *UnknownTopicError where there is none of that name.
func Read(ctx context.Context, c cluster.Cluster, topic string, records int) (*Sample, error) {
	client, err := kgo.NewClient(c.ClientOptions()...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	adm := kadm.NewClient(client)
	adm.SetTimeoutMillis(int32(patience.Milliseconds()))
	s := &Sample{}
	if err := s.facts(ctx, adm, topic); err != nil {
		return nil, err
	}
	from, ends, err := spans(ctx, adm, topic, records)
	if err != nil {
		return nil, err
	}
	if len(from) == 0 {
		return s, nil
	}
	return s, s.read(ctx, c, topic, from, ends)
}

// facts reads what the brokers say of the topic.
func (s *Sample) facts(ctx context.Context, adm *kadm.Client, topic string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	details, err := adm.ListTopicsWithInternal(ctx, topic)
	if err != nil {
		return fmt.Errorf("ask for the topic %s: %w", topic, err)
	}
	d := details[topic]
	switch {
	case errors.Is(d.Err, kerr.UnknownTopicOrPartition):
		return unknown(ctx, adm, topic)
	case d.Err != nil:
		return fmt.Errorf("ask for the topic %s: %w", topic, d.Err)
	}
	s.Facts = contracts.Topic{
		Partitions:  len(d.Partitions),
		Replication: d.Partitions.NumReplicas(),
		Config:      map[string]string{},
	}
	configs, err := adm.DescribeTopicConfigs(ctx, topic)
	if err == nil {
		var config kadm.ResourceConfig
		if config, err = configs.On(topic, nil); err == nil {
			err = config.Err
		}
		for _, setting := range config.Configs {
			s.setting(setting.Key, setting.MaybeValue())
		}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("ask for the settings of the topic %s: %w", topic, ctx.Err())
	}
	if err != nil {
		s.Notes = append(s.Notes, fmt.Sprintf("the settings of %s cannot be read: %v", topic, err))
	}
	if s.Facts.Config["cleanup.policy"] == "compact" {
		s.Facts.Retention = 0 // time deletes nothing there
	}
	return nil
}

func (s *Sample) setting(name, value string) {
	switch name {
	case "cleanup.policy", "min.insync.replicas":
		s.Facts.Config[name] = value
	case "retention.ms":
		const most = int64(1<<63-1) / int64(time.Millisecond)
		if ms, err := strconv.ParseInt(value, 10, 64); err == nil && ms > 0 && ms <= most {
			s.Facts.Retention = document.Duration(time.Duration(ms) * time.Millisecond)
		}
	}
}

// unknown is the error for a topic that does not exist.
func unknown(ctx context.Context, adm *kadm.Client, topic string) error {
	e := &UnknownTopicError{Topic: topic}
	if all, err := adm.ListTopics(ctx); err == nil {
		e.Hint = document.Suggest(topic, all.Names())
	}
	return e
}

// spans are the offsets to read from and to, by partition, without those that
// are empty.
func spans(ctx context.Context, adm *kadm.Client, topic string, records int) (from, ends map[int32]int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	starts, err := adm.ListStartOffsets(ctx, topic)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("ask where %s begins: %w", topic, err)
	}
	committed, err := adm.ListCommittedOffsets(ctx, topic)
	if err == nil {
		err = committed.Error()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("ask where %s ends: %w", topic, err)
	}
	ends = map[int32]int64{}
	held := map[int32]int64{}
	committed.Each(func(end kadm.ListedOffset) {
		if start, ok := starts.Lookup(topic, end.Partition); ok && end.Offset > start.Offset {
			ends[end.Partition], held[end.Partition] = end.Offset, end.Offset-start.Offset
		}
	})
	from = map[int32]int64{}
	for partition, n := range share(held, int64(records)) {
		from[partition] = ends[partition] - n
	}
	return from, ends, nil
}

// share spreads a number of records over partitions: as evenly as what they
// hold allows. Partitions that get none are not in it.
func share(held map[int32]int64, records int64) map[int32]int64 {
	partitions := slices.SortedFunc(maps.Keys(held), func(a, b int32) int {
		return cmp.Or(cmp.Compare(held[a], held[b]), cmp.Compare(a, b))
	})
	shares := map[int32]int64{}
	for i, partition := range partitions {
		rest := int64(len(partitions) - i)
		n := min(held[partition], (records+rest-1)/rest)
		if n > 0 {
			shares[partition] = n
		}
		records -= n
	}
	return shares
}

// read reads the spans.
func (s *Sample) read(ctx context.Context, c cluster.Cluster, topic string, from, ends map[int32]int64) error {
	at := map[int32]kgo.Offset{}
	for partition, offset := range from {
		at[partition] = kgo.NewOffset().At(offset)
	}
	client, err := kgo.NewClient(append(c.ClientOptions(),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: at}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), // a partition can end in one
		kgo.FetchMaxWait(500*time.Millisecond),
	)...)
	if err != nil {
		return err
	}
	defer client.Close()
	p := &progress{topic: topic, ends: ends, open: from, records: map[int32][]infer.Record{}}
	for wait := patience; len(p.open) > 0 && p.bytes <= maxBytes; wait = quiet {
		polling, cancel := context.WithTimeout(ctx, wait)
		fetches := client.PollFetches(polling)
		idle := polling.Err() != nil
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := p.take(fetches); err != nil {
			return err
		}
		if idle && len(p.records) == 0 {
			return fmt.Errorf("read %s: no record came within %s", topic, wait)
		}
		if idle {
			break
		}
	}
	if p.bytes > maxBytes {
		s.Notes = append(s.Notes, fmt.Sprintf("the sample ends after %d MiB", maxBytes>>20))
	}
	for _, partition := range slices.Sorted(maps.Keys(p.records)) {
		s.Records = append(s.Records, p.records[partition]...)
	}
	return nil
}

// progress is what was read so far.
type progress struct {
	topic   string
	ends    map[int32]int64
	open    map[int32]int64 // partitions that are not read to the end
	records map[int32][]infer.Record
	bytes   int
}

func (p *progress) take(fetches kgo.Fetches) error {
	var failed error
	fetches.EachError(func(_ string, partition int32, err error) {
		if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) && failed == nil {
			failed = fmt.Errorf("read %s/%d: %w", p.topic, partition, err)
		}
	})
	fetches.EachRecord(func(r *kgo.Record) {
		if _, open := p.open[r.Partition]; !open {
			return
		}
		if r.Offset < p.ends[r.Partition] && !r.Attrs.IsControl() {
			record := infer.Record{Key: r.Key, Value: r.Value}
			p.bytes += len(r.Key) + len(r.Value)
			for _, h := range r.Headers {
				record.Headers = append(record.Headers, envelope.Header{Key: h.Key, Value: h.Value})
				p.bytes += len(h.Key) + len(h.Value)
			}
			p.records[r.Partition] = append(p.records[r.Partition], record)
		}
		if r.Offset >= p.ends[r.Partition]-1 {
			delete(p.open, r.Partition)
		}
	})
	return failed
}
