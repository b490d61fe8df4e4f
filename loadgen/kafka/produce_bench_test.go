package kafka_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v4/process"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/journal"
	. "github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/loadgen/kafka/discard"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/schedule"
	"github.com/flowweir/weir/loadgen/series"
)

// BenchmarkProduce sends keyed records of 100 bytes to twelve partitions of a
// broker in this process that discards them: once with a bare client, and once
// with all that Weir does about sending (pacer, header, ledger, journal, four
// histograms, counters, stalls). "ratio" is the CPU of the whole process for a
// record, broker included, of Weir over bare; "ratio-of-same" is over a bare
// client whose records have a header of the same size, so that the same bytes
// are sent.
func BenchmarkProduce(b *testing.B) {
	const n = 1_000_000
	broker, err := discard.Start(b.Context(), 12, "bare", "weir")
	if err != nil {
		b.Fatal(err)
	}
	defer broker.Close()
	seeds := kgo.SeedBrokers(broker.Addr())
	var bare, same, weir processCost
	header := []kgo.RecordHeader{{Key: identity.Header, Value: make([]byte, identity.Size)}}
	for b.Loop() {
		discardBare(b, seeds, n, nil, &bare)
		discardBare(b, seeds, n, header, &same)
		discardWeir(b, seeds, n, &weir)
	}
	if got, want := broker.Records(), uint64(3*n*b.N); got != want {
		b.Fatalf("%d of %d records came", got, want)
	}
	records := float64(b.N) * n
	b.ReportMetric(records/bare.took.Seconds(), "bare-rec/s")
	b.ReportMetric(records/weir.took.Seconds(), "weir-rec/s")
	b.ReportMetric(1e9*bare.cpu/records, "bare-cpu-ns/rec")
	b.ReportMetric(1e9*weir.cpu/records, "weir-cpu-ns/rec")
	b.ReportMetric(weir.cpu/bare.cpu, "ratio")
	b.ReportMetric(weir.cpu/same.cpu, "ratio-of-same")
	b.ReportMetric(float64(bare.allocs)/records, "bare-allocs/rec")
	b.ReportMetric(float64(weir.allocs)/records, "weir-allocs/rec")
}

// processCost is a cost with the CPU of this process, in seconds.
type processCost struct {
	cost
	cpu float64
}

func (c *processCost) measure(b *testing.B, fn func()) {
	b.Helper()
	c.cost.measure(func() {
		before := cpuSeconds(b)
		fn()
		c.cpu += cpuSeconds(b) - before
	})
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

// discardBare is the least that a program needs which sends n pooled records.
func discardBare(b *testing.B, seeds kgo.Opt, n int, headers []kgo.RecordHeader, c *processCost) {
	client, err := kgo.NewClient(seeds, kgo.DefaultProduceTopic("bare"), kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.ProducerLinger(5*time.Millisecond), kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
		kgo.MaxBufferedRecords(10_000), kgo.ProducerBatchMaxBytes(1<<20))
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	c.measure(b, func() { produceBare(b, client, n, headers) })
}

// discardWeir is the same through a Producer, as a run uses it.
func discardWeir(b *testing.B, seeds kgo.Opt, n int, c *processCost) {
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
	s, err := schedule.New(schedule.Hold(1e8, time.Duration(n)*10*time.Nanosecond))
	if err != nil {
		b.Fatal(err)
	}
	sender := ledger.New().Sender("bench", ledger.Expect{})
	p, err := NewProducer(ProducerConfig{
		Client: []kgo.Opt{seeds}, Settings: DefaultSettings(), Topic: "weir", Schedule: s, Start: start, Maker: payload,
		Run: 1, Sender: sender, Journal: stories, Meter: meter, Counters: &series.Counters{}, Stalls: &series.Stalls{}, Partitions: &series.Partitions{},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	c.measure(b, func() {
		if err := p.Run(b.Context()); err != nil {
			b.Fatal(err)
		}
		if _, err := p.Flush(context.Background()); err != nil {
			b.Fatal(err)
		}
	})
	if counts := sender.Counts(); counts.Acked != uint64(n) {
		b.Fatalf("%+v", counts)
	}
	if err := meter.Close(); err != nil {
		b.Fatal(err)
	}
	if _, err := stories.Close(); err != nil {
		b.Fatal(err)
	}
}
