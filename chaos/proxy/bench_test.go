package proxy_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/proxy"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
)

// BenchmarkThroughput sends and reads records of 1 KiB directly and through a
// proxy in turns, and reports both rates and their ratio: of the median turns,
// so that what else the machine does falls on both alike.
func BenchmarkThroughput(b *testing.B) {
	ctx := context.Background()
	c, err := embedded.Start(ctx, cluster.Spec{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	p, err := proxy.New(proxy.Config{Bootstrap: c.Bootstrap()})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	d, err := p.Door("")
	if err != nil {
		b.Fatal(err)
	}
	ways := []way{{seeds: c.Bootstrap()}, {seeds: d.Bootstrap()}}
	for b.Loop() {
		for i := range ways {
			ways[i].turn(ctx, b)
		}
	}
	direct, through := ways[0].rate(), ways[1].rate()
	b.ReportMetric(direct, "direct_records/s")
	b.ReportMetric(through, "proxied_records/s")
	b.ReportMetric(through/direct, "ratio")
}

// way is one of the ways to the brokers.
type way struct {
	seeds   []string
	records int
	took    time.Duration
}

func (w *way) rate() float64 { return float64(w.records) / w.took.Seconds() }

// turn sends records and reads them back at the same time.
func (w *way) turn(ctx context.Context, b *testing.B) {
	const records, topic = 100_000, "t"
	cl, err := kgo.NewClient(kgo.SeedBrokers(w.seeds...), kgo.ConsumeTopics(topic), kgo.MaxBufferedRecords(20_000),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.ProducerLinger(5*time.Millisecond), kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err != nil {
		b.Fatal(err)
	}
	defer cl.Close()
	admin := kadm.NewClient(cl)
	if _, err := admin.CreateTopic(ctx, 6, 3, nil, topic); err != nil {
		b.Fatal(err)
	}
	defer func() { _, _ = admin.DeleteTopic(ctx, topic) }()
	value := make([]byte, 1024)
	var failed atomic.Int64
	begin := time.Now()
	go func() {
		for range records {
			cl.Produce(ctx, &kgo.Record{Topic: topic, Value: value}, func(_ *kgo.Record, err error) {
				if err != nil {
					failed.Add(1)
				}
			})
		}
	}()
	for read := 0; read < records; {
		read += cl.PollFetches(ctx).NumRecords()
	}
	w.took += time.Since(begin)
	w.records += records
	if failed.Load() > 0 {
		b.Fatalf("%d records failed", failed.Load())
	}
}
