package kafka_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/journal"
	. "github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/schedule"
	"github.com/flowweir/weir/loadgen/series"
)

func TestKafka(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "loadgen/kafka")
}

const (
	topic      = "order.events"
	partitions = 6
	runID      = 0xabcdef
)

// orders is a maker: sequence i has one of 100 keys and its number as value.
type orders struct{ class func(seq uint64) ledger.Class }

func (o orders) Make(seq uint64, r *kgo.Record) ledger.Class {
	r.Key = append(append(r.Key, "order-"...), orderKey(seq)...)
	r.Value = strconv.AppendUint(r.Value, seq, 10)
	if o.class != nil {
		return o.class(seq)
	}
	return ledger.Normal
}

func orderKey(seq uint64) string { return strconv.FormatUint(seq*seq%100, 10) }

// bench is a cluster with all that a producer reports to.
type bench struct {
	cluster  *kfake.Cluster
	ledger   *ledger.Ledger
	dir      string
	journal  *journal.Writer
	meter    *histogram.Meter
	counters *series.Counters
	stalls   *series.Stalls
	parts    *series.Partitions
	start    time.Time
}

// newBench starts three brokers, and checks at the end that no goroutine was
// left behind.
func newBench(opts ...kfake.Opt) *bench {
	GinkgoHelper()
	leaks := goleak.IgnoreCurrent()
	DeferCleanup(func() { Expect(goleak.Find(leaks)).To(Succeed()) })
	cluster, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(3), kfake.SeedTopics(partitions, topic)}, opts...)...)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(cluster.Close)
	b := &bench{
		cluster: cluster, ledger: ledger.New(), dir: GinkgoT().TempDir(),
		counters: &series.Counters{}, stalls: &series.Stalls{}, parts: &series.Partitions{}, start: time.Now(),
	}
	phases := &histogram.Phases{}
	phases.Set(histogram.Steady, 0)
	b.meter, err = histogram.New(b.dir, b.start, phases)
	Expect(err).NotTo(HaveOccurred())
	b.journal, err = journal.Create(b.dir, 1<<30)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() {
		_, err := b.journal.Close()
		Expect(err).NotTo(HaveOccurred())
		Expect(b.meter.Close()).To(Succeed())
	})
	return b
}

// hold makes the brokers keep requests of these kinds, while when says so
// (nil: always), and go on with them when until is closed, at the latest at
// the end of the spec. kfake leaves goroutines behind if it is closed while
// control functions sleep: none does then.
func (b *bench) hold(until <-chan struct{}, when func() bool, keys ...kmsg.Key) {
	var (
		mu    sync.Mutex
		over  bool
		held  sync.WaitGroup
		ended = make(chan struct{})
	)
	for _, key := range keys {
		b.cluster.ControlKey(int16(key), func(kmsg.Request) (kmsg.Response, error, bool) {
			b.cluster.KeepControl()
			if when != nil && !when() {
				return nil, nil, false
			}
			mu.Lock()
			if over {
				mu.Unlock()
				return nil, nil, false
			}
			held.Add(1)
			mu.Unlock()
			defer held.Done()
			b.cluster.SleepControl(func() {
				select {
				case <-until:
				case <-ended:
				}
			})
			return nil, nil, false
		})
	}
	DeferCleanup(func() {
		mu.Lock()
		over = true
		mu.Unlock()
		close(ended)
		held.Wait()
	})
}

func (b *bench) options() []kgo.Opt { return []kgo.Opt{kgo.SeedBrokers(b.cluster.ListenAddrs()...)} }

// config is a load of n records at 20,000/s.
func (b *bench) config(n int) ProducerConfig {
	GinkgoHelper()
	return b.load(schedule.Hold(20_000, time.Duration(n)*50*time.Microsecond))
}

func (b *bench) load(segments ...schedule.Segment) ProducerConfig {
	GinkgoHelper()
	s, err := schedule.New(segments...)
	Expect(err).NotTo(HaveOccurred())
	settings := DefaultSettings()
	settings.Linger = time.Millisecond
	return ProducerConfig{
		Client: b.options(), Settings: settings, Topic: topic, Schedule: s, Start: b.start, Maker: orders{},
		Run: runID, Sender: b.ledger.Sender("orders", ledger.Expect{Received: true}),
		Journal: b.journal, Meter: b.meter, Counters: b.counters, Stalls: b.stalls, Partitions: b.parts,
	}
}

func (b *bench) producer(c ProducerConfig) *Producer {
	GinkgoHelper()
	p, err := NewProducer(c)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(p.Close)
	return p
}

// sendAll runs a producer to its end and flushes it.
func sendAll(ctx context.Context, p *Producer) {
	GinkgoHelper()
	Expect(p.Run(ctx)).To(Succeed())
	open, err := p.Flush(ctx)
	Expect(err).NotTo(HaveOccurred())
	Expect(open).To(BeZero())
}

func (b *bench) admin() *kadm.Client { return kadm.NewClient(b.client()) }

func (b *bench) client() *kgo.Client {
	GinkgoHelper()
	client, err := kgo.NewClient(b.options()...)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(client.Close)
	return client
}

// read starts a reader that tells the ledger, from the topics' start.
func (b *bench) read(ctx context.Context, committed bool, handler func([]*kgo.Record, time.Duration)) *Reader {
	GinkgoHelper()
	from, err := StartOffsets(ctx, b.admin(), topic)
	Expect(err).NotTo(HaveOccurred())
	r, err := NewReader(ReaderConfig{Client: b.options(), From: from, ReadCommitted: committed, Start: b.start, Handler: handler})
	Expect(err).NotTo(HaveOccurred())
	done := make(chan error, 1)
	go func() { done <- r.Run(context.Background()) }()
	DeferCleanup(func() {
		r.Close()
		Eventually(done, 10*time.Second).Should(Receive(MatchError(kgo.ErrClientClosed)))
	})
	return r
}

// receive marks a batch in the ledger, checks it and returns how late it was.
func (b *bench) receive(batch []*kgo.Record, _ time.Duration) {
	for _, r := range batch {
		id, ok := identityOf(r)
		if !ok {
			panic(fmt.Sprintf("a record without an identity at %s/%d@%d", r.Topic, r.Partition, r.Offset))
		}
		b.ledger.At(id.Sender).Received(id.Sequence)
	}
}

func identityOf(r *kgo.Record) (identity.Record, bool) {
	for _, h := range r.Headers {
		if h.Key == identity.Header {
			return identity.ParseHeader(h.Value)
		}
	}
	return identity.Record{}, false
}
