package kafka_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/journal"
	. "github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/schedule"
	"github.com/flowweir/weir/loadgen/series"
)

// hundred makes records of about 100 bytes with a key.
type hundred struct{ value []byte }

func (h hundred) Make(seq uint64, r *kgo.Record) ledger.Class {
	r.Key = append(append(r.Key, "order-"...), byte('a'+seq%26), byte('a'+seq/26%26))
	r.Value = append(r.Value, h.value...)
	return ledger.Normal
}

var payload = hundred{[]byte(strings.Repeat("v", 92))}

// BenchmarkPath sends and receives records on a fake broker in this process:
// once with a bare client, and once with all of Weir's bookkeeping (pacer,
// identity, ledger, journal, four histograms, counters, stalls). Both halves
// take turns in one run, so that "ratio", bare over Weir in records a second,
// holds on any machine. The figures are of the generator; they say nothing of
// brokers.
func BenchmarkPath(b *testing.B) {
	const n = 200_000
	cluster, err := kfake.NewCluster(kfake.NumBrokers(3), kfake.SeedTopics(12, "bare", "weir"))
	if err != nil {
		b.Fatal(err)
	}
	defer cluster.Close()
	seeds := kgo.SeedBrokers(cluster.ListenAddrs()...)
	var bare, weir cost
	for b.Loop() {
		sendBare(b, seeds, n, &bare)
		sendWeir(b, seeds, n, &weir)
	}
	records := float64(b.N) * n
	b.ReportMetric(records/bare.took.Seconds(), "bare-rec/s")
	b.ReportMetric(records/weir.took.Seconds(), "weir-rec/s")
	b.ReportMetric(weir.took.Seconds()/bare.took.Seconds(), "ratio")
	b.ReportMetric(float64(bare.allocs)/records, "bare-allocs/rec")
	b.ReportMetric(float64(weir.allocs)/records, "weir-allocs/rec")
}

type cost struct {
	took   time.Duration
	allocs uint64
}

// measure adds what fn costs, which is the way from the first record to the
// last: clients are there before, and closed afterwards.
func (c *cost) measure(fn func()) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	fn()
	c.took += time.Since(start)
	runtime.ReadMemStats(&after)
	c.allocs += after.Mallocs - before.Mallocs
}

// ends is where the records of a topic end, so that what earlier rounds left
// is not read.
func ends(b *testing.B, seeds kgo.Opt, topic string) map[string]map[int32]int64 {
	client, err := kgo.NewClient(seeds)
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	offsets, err := EndOffsets(b.Context(), kadm.NewClient(client), topic)
	if err != nil {
		b.Fatal(err)
	}
	return offsets
}

// sendBare is the least that a program needs which sends n records, pooled,
// and receives them.
func sendBare(b *testing.B, seeds kgo.Opt, n int, c *cost) {
	from := map[string]map[int32]kgo.Offset{"bare": {}}
	for id, end := range ends(b, seeds, "bare")["bare"] {
		from["bare"][id] = kgo.NewOffset().At(end)
	}
	client, err := kgo.NewClient(seeds, kgo.DefaultProduceTopic("bare"), kgo.ConsumePartitions(from),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.ProducerLinger(5*time.Millisecond), kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
		kgo.MaxBufferedRecords(10_000), kgo.ProducerBatchMaxBytes(1<<20))
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	c.measure(func() {
		go produceBare(b, client, n, nil)
		for got := 0; got < n; {
			fetches := client.PollFetches(b.Context())
			if err := fetches.Err(); err != nil {
				b.Fatal(err)
			}
			got += fetches.NumRecords()
		}
	})
}

// produceBare sends n records, whose memory is used again, and waits until
// each has its outcome.
func produceBare(b *testing.B, client *kgo.Client, n int, headers []kgo.RecordHeader) {
	var failed atomic.Int64
	free := make(chan *kgo.Record, 20_000)
	promise := func(r *kgo.Record, err error) {
		if err != nil {
			failed.Add(1)
		}
		select {
		case free <- r:
		default:
		}
	}
	for seq := range uint64(n) {
		r := &kgo.Record{}
		select {
		case r = <-free:
		default:
		}
		*r = kgo.Record{Key: r.Key[:0], Value: r.Value[:0], Headers: headers}
		payload.Make(seq, r)
		client.Produce(context.Background(), r, promise)
	}
	if err := client.Flush(context.Background()); err != nil || failed.Load() > 0 {
		b.Error(failed.Load(), "records failed", err)
	}
}

// sendWeir is the same through a Producer and a Reader, as a run uses them.
func sendWeir(b *testing.B, seeds kgo.Opt, n int, c *cost) {
	start := time.Now()
	phases := &histogram.Phases{}
	phases.Set(histogram.Steady, 0)
	dir := b.TempDir()
	meter, err := histogram.New(dir, start, phases)
	if err != nil {
		b.Fatal(err)
	}
	stories, err := journal.Create(dir, 1<<30)
	if err != nil {
		b.Fatal(err)
	}
	// All records are due at once: as fast as it goes.
	s, err := schedule.New(schedule.Hold(1e8, time.Duration(n)*10*time.Nanosecond))
	if err != nil {
		b.Fatal(err)
	}
	counters, books := &series.Counters{}, ledger.New()
	sender := books.Sender("bench", ledger.Expect{Received: true})
	p, err := NewProducer(ProducerConfig{
		Client: []kgo.Opt{seeds}, Settings: DefaultSettings(), Topic: "weir", Schedule: s, Start: start, Maker: payload,
		Run: 1, Sender: sender, Journal: stories, Meter: meter, Counters: counters, Stalls: &series.Stalls{}, Partitions: &series.Partitions{},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	recorder, sightings, topic := meter.Recorder(), stories.Stream(), stories.Topic("weir")
	all := make(chan struct{})
	var seqs []uint64
	got := 0
	r, err := NewReader(ReaderConfig{
		Client: []kgo.Opt{seeds}, From: ends(b, seeds, "weir"), Start: start,
		Handler: func(batch []*kgo.Record, at time.Duration) {
			seqs = seqs[:0]
			for _, r := range batch {
				id, _ := identityOf(r)
				due := id.Due.Sub(start)
				seqs = append(seqs, id.Sequence)
				recorder.Record(histogram.EndToEnd, due, at-due)
				recorder.Received("weir", r.Partition, due)
				sightings.See(journal.Received, id.Sender, id.Sequence, topic, r.Partition, r.Offset, at)
			}
			sender.ReceivedAll(seqs, nil)
			counters.Received.Add(int64(len(batch)))
			if got += len(batch); got == n {
				close(all)
			}
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- r.Run(context.Background()) }()
	c.measure(func() {
		if err := p.Run(b.Context()); err != nil {
			b.Fatal(err)
		}
		<-all
	})
	if _, err := p.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	r.Close()
	if err := <-ended; !errors.Is(err, kgo.ErrClientClosed) {
		b.Fatal(err)
	}
	if counts := sender.Counts(); counts.Acked != uint64(n) || counts.Received != uint64(n) || counts.ReceivedTwice > 0 {
		b.Fatalf("%+v", counts)
	}
	if err := meter.Close(); err != nil {
		b.Fatal(err)
	}
	if _, err := stories.Close(); err != nil {
		b.Fatal(err)
	}
}
