package observe_test

import (
	"context"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v4/process"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/harness/observe"
	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/schedule"
	"github.com/flowweir/weir/loadgen/series"
	"github.com/flowweir/weir/reports/run"
)

// keyed makes records of 100 bytes with one of a thousand keys.
type keyed struct{}

func (keyed) Make(seq uint64, r *kgo.Record) ledger.Class {
	k := seq % 1000
	r.Key = append(r.Key, 'k', byte('0'+k/100), byte('0'+k/10%10), byte('0'+k%10))
	r.Value = append(r.Value, make([]byte, 96)...)
	return ledger.Normal
}

// BenchmarkInvariants sends to the embedded cluster and reads it back, once with
// everything that the invariants need of what was read (ledger, journal,
// end-to-end histogram, order of keys) and once with a count alone. Sending is
// the same in both and has its own bookkeeping. Both take turns in one run;
// "ratio" is the CPU of the whole process for a record, brokers included, with
// over without.
func BenchmarkInvariants(b *testing.B) {
	for name, rate := range map[string]float64{"100k a second": 100_000, "as fast as it goes": 1e7} {
		b.Run(name, func(b *testing.B) { invariants(b, rate) })
	}
}

func invariants(b *testing.B, rate float64) {
	const n = 200_000
	c, err := embedded.Start(b.Context(), cluster.Spec{Brokers: 3})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	topics := []run.Topic{{Name: "with", Partitions: 12, Replication: 1}, {Name: "without", Partitions: 12, Replication: 1}}
	if err := cluster.CreateTopics(b.Context(), c, topics); err != nil {
		b.Fatal(err)
	}
	profile, err := schedule.New(schedule.Hold(rate, time.Duration(n/rate*float64(time.Second))))
	if err != nil {
		b.Fatal(err)
	}
	var with, without cost
	b.ReportAllocs()
	for b.Loop() {
		with.add(b, func() time.Duration { return path(b, c, "with", n, profile, true) })
		without.add(b, func() time.Duration { return path(b, c, "without", n, profile, false) })
	}
	records := float64(b.N) * n
	b.ReportMetric(records/with.took.Seconds(), "with-rec/s")
	b.ReportMetric(records/without.took.Seconds(), "without-rec/s")
	b.ReportMetric(1e9*with.cpu/records, "with-cpu-ns/rec")
	b.ReportMetric(1e9*without.cpu/records, "without-cpu-ns/rec")
	b.ReportMetric(with.cpu/without.cpu, "ratio")
}

// cost is time, and seconds of this process' CPU.
type cost struct {
	took time.Duration
	cpu  float64
}

func (c *cost) add(b *testing.B, work func() time.Duration) {
	runtime.GC() // what came before is not of this turn
	before := cpuSeconds(b)
	c.took += work()
	c.cpu += cpuSeconds(b) - before
}

func cpuSeconds(b *testing.B) float64 {
	p, err := process.NewProcess(int32(os.Getpid()))
	if err != nil {
		b.Fatal(err)
	}
	times, err := p.Times()
	if err != nil {
		b.Fatal(err)
	}
	return times.User + times.System
}

// path sends n records to a topic, reads them back and returns the time that
// this took.
func path(b *testing.B, c cluster.Cluster, topic string, n int, profile *schedule.Schedule, judged bool) time.Duration {
	client, err := kgo.NewClient(c.ClientOptions()...)
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	from, err := kafka.EndOffsets(b.Context(), kadm.NewClient(client), topic)
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	phases := &histogram.Phases{}
	start := time.Now().Add(50 * time.Millisecond)
	meter, err := histogram.New(dir, start, phases)
	if err != nil {
		b.Fatal(err)
	}
	stories, err := journal.Create(dir+"/journal", 0)
	if err != nil {
		b.Fatal(err)
	}
	counters := &series.Counters{}
	sender := ledger.New().Sender("bench", ledger.Expect{Received: judged})
	settings := kafka.DefaultSettings()
	settings.MaxBuffered = 20_000
	producer, err := kafka.NewProducer(kafka.ProducerConfig{
		Client: c.ClientOptions(), Settings: settings, Topic: topic, Schedule: profile, Start: start, Maker: keyed{}, Run: 7,
		Sender: sender, Meter: meter, Journal: stories, Counters: counters, Stalls: &series.Stalls{}, Partitions: &series.Partitions{},
	})
	if err != nil {
		b.Fatal(err)
	}
	var got atomic.Int64
	done := make(chan struct{})
	handle := handler(judged, sender, profile, topic, observe.Config{Run: 7, Journal: stories, Meter: meter, Counters: counters})
	reader, err := kafka.NewReader(kafka.ReaderConfig{Client: c.ClientOptions(), From: from, Start: start, Handler: func(batch []*kgo.Record, at time.Duration) {
		handle(batch, at)
		if got.Add(int64(len(batch))) == int64(n) {
			close(done)
		}
	}})
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = reader.Run(b.Context()) }()
	if err := producer.Run(b.Context()); err != nil {
		b.Fatal(err)
	}
	<-done
	took := time.Since(start)
	if _, err := producer.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	producer.Close()
	reader.Close()
	if _, err := stories.Close(); err != nil {
		b.Fatal(err)
	}
	if err := meter.Close(); err != nil {
		b.Fatal(err)
	}
	if c := sender.Counts(); judged && (c.Received != uint64(n) || c.Lost != 0) {
		b.Fatalf("received %d of %d, lost %d", c.Received, n, c.Lost)
	}
	return took
}

// handler is an observer's, or one that does nothing.
func handler(judged bool, sender *ledger.Sender, profile *schedule.Schedule, topic string, cfg observe.Config) func([]*kgo.Record, time.Duration) {
	if !judged {
		return func([]*kgo.Record, time.Duration) {}
	}
	o := observe.New(cfg)
	key := func(seq uint64) uint64 { return seq % 1000 }
	flow := &invariant.Flow{Sender: sender, Event: "bench", Topic: topic, Traced: true}
	flow.Order = invariant.NewOrder(
		func(_ uint16, seq uint64) uint64 { return key(seq) },
		func(_ uint16, seq uint64) bool { return sender.Flags(seq)&ledger.Received != 0 })
	o.Watch(&observe.Subject{Flow: flow, Due: profile.Due, KeyHash: key, Event: func(seq uint64) uint64 { return seq }})
	return o.Handle
}
