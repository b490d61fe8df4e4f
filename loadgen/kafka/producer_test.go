package kafka_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gstruct"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/journal"
	. "github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/schedule"
	"github.com/flowweir/weir/reports/run"
)

// outcome is what a ledger says of sends.
func outcome(acked, failed, unknown uint64) OmegaMatcher {
	return gstruct.MatchFields(gstruct.IgnoreExtras, gstruct.Fields{
		"Sent": Equal(acked + failed + unknown), "Acked": Equal(acked), "Failed": Equal(failed),
		"Unknown": Equal(unknown), "Pending": BeZero(),
	})
}

// detouring are orders of which each third goes elsewhere.
type detouring struct{}

func (detouring) Make(seq uint64, r *kgo.Record) ledger.Class {
	if seq%3 == 1 {
		r.Partition = Elsewhere
	}
	return orders{}.Make(seq, r)
}

// newClients counts clients.
type newClients struct{ n atomic.Int64 }

func (c *newClients) OnNewClient(*kgo.Client) { c.n.Add(1) }

// refuse answers a produce request with an error of each partition.
func refuse(request *kmsg.ProduceRequest, code int16) kmsg.Response {
	response := request.ResponseKind().(*kmsg.ProduceResponse)
	for _, t := range request.Topics {
		topic := kmsg.NewProduceResponseTopic()
		topic.Topic, topic.TopicID = t.Topic, t.TopicID
		for _, p := range t.Partitions {
			partition := kmsg.NewProduceResponseTopicPartition()
			partition.Partition, partition.ErrorCode, partition.BaseOffset = p.Partition, code, -1
			topic.Partitions = append(topic.Partitions, partition)
		}
		response.Topics = append(response.Topics, topic)
	}
	return response
}

func latency(b *bench, kind string) run.Latency {
	GinkgoHelper()
	for _, l := range b.meter.Latencies() {
		if l.Kind == kind && l.Phase == "" {
			return l
		}
	}
	Fail("no latency of kind " + kind)
	return run.Latency{}
}

var _ = Describe("Producer", func() {
	It("sends records that ask for it to another partition, each time the same", func(ctx context.Context) {
		const n = 2001
		b := newBench()
		c := b.config(n)
		c.Maker, c.Detours = detouring{}, true
		c.Settings.Clients = 2
		var wrong, detours atomic.Int64
		reader := b.read(ctx, false, func(batch []*kgo.Record, _ time.Duration) {
			for _, r := range batch {
				id, _ := identityOf(r)
				want := Partition(r.Key, partitions)
				if id.Sequence%3 == 1 {
					want = (want + 1) % partitions
					detours.Add(1)
				}
				if r.Partition != want {
					wrong.Add(1)
				}
			}
		})
		sendAll(ctx, b.producer(c))
		ends, err := EndOffsets(ctx, b.admin(), topic)
		Expect(err).NotTo(HaveOccurred())
		Expect(reader.ReadTo(ctx, ends)).To(BeEmpty())
		Expect(reader.Facts()).To(Equal(ReadFacts{Records: n}))
		Expect(detours.Load()).To(BeEquivalentTo(n / 3))
		Expect(wrong.Load()).To(BeZero(), "records on a partition that is not theirs")
	})

	It("sends every record once, under its identity, to its key's partition", func(ctx context.Context) {
		const n = 20_000
		b := newBench()
		c := b.config(n)
		c.Maker = orders{class: func(seq uint64) ledger.Class {
			if seq%100 == 7 {
				return ledger.Poison
			}
			return ledger.Normal
		}}
		var first, second atomic.Int64
		reader := b.read(ctx, false, func(batch []*kgo.Record, at time.Duration) {
			b.receive(batch, at)
			for _, r := range batch {
				id, _ := identityOf(r)
				want := &kgo.Record{}
				orders{}.Make(id.Sequence, want)
				if id.Run != runID || id.Due.Sub(b.start).Round(0) != c.Schedule.Due(id.Sequence) {
					first.Add(1)
				}
				if string(r.Key) != string(want.Key) || string(r.Value) != string(want.Value) || r.Partition != Partition(want.Key, partitions) {
					second.Add(1)
				}
			}
		})
		p := b.producer(c)
		sendAll(ctx, p)
		ends, err := EndOffsets(ctx, b.admin(), topic)
		Expect(err).NotTo(HaveOccurred())
		Expect(reader.ReadTo(ctx, ends)).To(BeEmpty())
		Expect(reader.Facts()).To(Equal(ReadFacts{Records: n}))
		Expect(first.Load()).To(BeZero(), "records with a foreign run or due time")
		Expect(second.Load()).To(BeZero(), "records with a foreign key, value or partition")

		counts := c.Sender.Counts()
		Expect(counts).To(outcome(n, 0, 0))
		Expect(counts.Received).To(BeEquivalentTo(n))
		Expect(counts.Poison).To(BeEquivalentTo(n / 100))
		Expect(counts.ReceivedTwice + counts.Ghosts + counts.Lost).To(BeZero())
		Expect(p.Errors()).To(BeEmpty())
		Expect(p.Throttled()).To(BeZero())
	})

	It("shares the records among clients, those of a key through one", func(ctx context.Context) {
		const n = 10_000
		b := newBench()
		c := b.config(n)
		var clients newClients
		c.Settings.Clients = 4
		c.Client = append(c.Client, kgo.WithHooks(&clients))
		last, disorder := map[string]uint64{}, 0
		reader := b.read(ctx, false, func(batch []*kgo.Record, at time.Duration) {
			b.receive(batch, at)
			for _, r := range batch {
				id, _ := identityOf(r)
				if before, ok := last[string(r.Key)]; ok && id.Sequence <= before {
					disorder++
				}
				last[string(r.Key)] = id.Sequence
			}
		})
		p := b.producer(c)
		sendAll(ctx, p)
		ends, err := EndOffsets(ctx, b.admin(), topic)
		Expect(err).NotTo(HaveOccurred())
		Expect(reader.ReadTo(ctx, ends)).To(BeEmpty())
		Expect(clients.n.Load()).To(BeEquivalentTo(4))
		Expect(disorder).To(BeZero())
		Expect(c.Sender.Counts()).To(outcome(n, 0, 0))
		Expect(c.Sender.Counts().Received).To(BeEquivalentTo(n))
		b.meter.Rotate(time.Since(b.start))
		Expect(latency(b, "publish").Count).To(BeEquivalentTo(n))
	})

	It("sends in transactions, of which those aborted on purpose are not lost", func(ctx context.Context) {
		const n, each = 1_050, 100 // the last has 50
		b := newBench()
		c := b.config(n)
		c.Transactions = &Transactions{ID: "weir-t", Records: each, Abort: func(number uint64) bool { return number%3 == 1 }}
		aborted := func(seq uint64) bool { return seq/each%3 == 1 }
		seen, wrong := 0, 0
		reader := b.read(ctx, true, func(batch []*kgo.Record, at time.Duration) {
			b.receive(batch, at)
			for _, r := range batch {
				seen++
				if id, _ := identityOf(r); aborted(id.Sequence) {
					wrong++
				}
			}
		})
		p := b.producer(c)
		sendAll(ctx, p)
		ends, err := EndOffsets(ctx, b.admin(), topic)
		Expect(err).NotTo(HaveOccurred())
		Expect(reader.ReadTo(ctx, ends)).To(BeEmpty(), "transactions are over, and their markers read")
		// 11 transactions: 1, 4, 7 and 10 are aborted.
		counts := c.Sender.Counts()
		Expect(counts).To(outcome(n-350, 350, 0))
		Expect([]uint64{counts.Aborted, counts.Received, counts.Lost, counts.FailedSeen}).To(Equal([]uint64{350, n - 350, 0, 0}))
		Expect([]int{seen, wrong}).To(Equal([]int{n - 350, 0}))
		for seq := range c.Sender.Select(ledger.Failed, 0) {
			Expect(aborted(seq)).To(BeTrue())
		}
		b.meter.Rotate(time.Since(b.start))
		l := latency(b, "publish")
		Expect([]int64{l.Count, l.Failed, l.Unfinished}).To(Equal([]int64{n - 350, 0, 0}))
		total := b.counters.Totals(time.Second)
		Expect([]int64{total.Sent, total.Acked, total.Failed, total.Aborted}).To(Equal([]int64{n, n - 350, 0, 350}))
		_, err = b.journal.Close()
		Expect(err).NotTo(HaveOccurred())
		abortions := 0
		for e, err := range journal.Read(b.dir) {
			Expect(err).NotTo(HaveOccurred())
			if e.Kind == journal.Send && e.Outcome == journal.Failed {
				abortions++
				Expect(e.Reason).To(Equal("the transaction was aborted on purpose"))
			}
		}
		Expect(abortions).To(Equal(350))

		// One who reads all sees them.
		var all atomic.Int64
		second := b.read(ctx, false, func(batch []*kgo.Record, _ time.Duration) { all.Add(int64(len(batch))) })
		Expect(second.ReadTo(ctx, ends)).To(BeEmpty())
		Expect(all.Load()).To(BeEquivalentTo(n))
	})

	It("calls records of a transaction whose commit got lost unknown", func(ctx context.Context) {
		const n, each = 300, 100
		b := newBench()
		c := b.config(n)
		c.Transactions = &Transactions{ID: "weir-t", Records: each}
		ends := 0
		b.cluster.ControlKey(int16(kmsg.EndTxn), func(request kmsg.Request) (kmsg.Response, error, bool) {
			b.cluster.KeepControl()
			if ends++; ends != 2 {
				return nil, nil, false
			}
			response := request.ResponseKind().(*kmsg.EndTxnResponse)
			response.ErrorCode = kerr.UnknownServerError.Code
			return response, nil, true
		})
		sendAll(ctx, b.producer(c))
		Expect(c.Sender.Counts()).To(outcome(200, 0, 100))
	})

	It("calls records of a transaction that could not be sent failed", func(ctx context.Context) {
		const n, each = 300, 100
		b := newBench()
		c := b.config(n)
		c.Transactions = &Transactions{ID: "weir-t", Records: each}
		refused := 0
		b.cluster.ControlKey(int16(kmsg.Produce), func(request kmsg.Request) (kmsg.Response, error, bool) {
			b.cluster.KeepControl()
			if refused++; refused != 1 {
				return nil, nil, false
			}
			return refuse(request.(*kmsg.ProduceRequest), kerr.InvalidRecord.Code), nil, true
		})
		sendAll(ctx, b.producer(c))
		counts := c.Sender.Counts()
		Expect(counts).To(outcome(200, 100, 0))
		Expect(counts.Aborted).To(BeZero())
	})

	It("says which transactions cannot be", func() {
		b := newBench()
		for want, change := range map[string]func(*ProducerConfig){
			"transactions need an id": func(c *ProducerConfig) { c.Transactions.ID = "" },
			"transactions of 10001 records are not from 1 to max-buffered, 10000": func(c *ProducerConfig) { c.Transactions.Records = 10_001 },
			"transactions need an idempotent producer, and with it acks all":      func(c *ProducerConfig) { c.Settings.Idempotent = false },
			"transactions of several clients are not built: set clients to 1":     func(c *ProducerConfig) { c.Settings.Clients = 2 },
		} {
			c := b.config(1)
			c.Transactions = &Transactions{ID: "weir-t", Records: 10}
			c.Settings.MaxBuffered = 10_000
			change(&c)
			_, err := NewProducer(c)
			Expect(err).To(MatchError(ContainSubstring(want)))
		}
	})

	It("reports the same to the meter, the counters and the journal", func(ctx context.Context) {
		const n = 5_000
		b := newBench()
		c := b.config(n)
		sendAll(ctx, b.producer(c))
		b.meter.Rotate(time.Since(b.start))
		for _, kind := range []string{"schedule-delay", "wake", "blocked", "send", "publish"} {
			l := latency(b, kind)
			Expect(l.Count).To(BeEquivalentTo(n), kind)
			Expect(l.Negative+l.OutOfRange+l.Failed+l.Unfinished).To(BeZero(), kind)
		}
		total := b.counters.Totals(time.Second)
		Expect([]int64{total.Due, total.Sent, total.Acked, total.Failed}).To(Equal([]int64{n, n, n, 0}))
		byPartition, bytes := int64(0), int64(0)
		for _, p := range b.meter.Partitions() {
			Expect(total.Partitions).To(HaveKeyWithValue(fmt.Sprintf("%s/%d", topic, p.Partition), p.Acked))
			byPartition += p.Acked
			bytes += p.Bytes
		}
		Expect(byPartition).To(BeEquivalentTo(n))
		Expect(bytes).To(Equal(total.Bytes))

		_, err := b.journal.Close()
		Expect(err).NotTo(HaveOccurred())
		seen := make(map[uint64]bool)
		for e, err := range journal.Read(b.dir) {
			Expect(err).NotTo(HaveOccurred())
			Expect(e.Outcome.Base()).To(Equal(journal.Acked))
			Expect(e.Topic).To(Equal(topic))
			Expect(e.Partition).To(Equal(Partition([]byte("order-"+orderKey(e.Sequence)), partitions)))
			Expect(e.Offset).To(BeNumerically(">=", 0))
			Expect(e.Sent).To(BeNumerically(">=", c.Schedule.Due(e.Sequence).Truncate(time.Microsecond)))
			seen[e.Sequence] = true
		}
		Expect(seen).To(HaveLen(n))
	})

	It("leaves what the client has when it is stopped, and Flush saves it", func(ctx context.Context) {
		b := newBench()
		c := b.load(schedule.Hold(10_000, time.Hour))
		c.Settings.Linger = 100 * time.Millisecond
		p := b.producer(c)
		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- p.Run(running) }()
		Eventually(func() uint64 { return c.Sender.Counts().Sent }).Should(BeNumerically(">", 500))
		stop()
		Eventually(ended).Should(Receive(MatchError(context.Canceled)))
		open, err := p.Flush(ctx)
		Expect(open, err).To(BeZero())
		counts := c.Sender.Counts()
		Expect(counts).To(outcome(counts.Sent, 0, 0))
	})

	DescribeTable("takes acks=leader and no idempotence", func(ctx context.Context, acks Acks, want OmegaMatcher, reasons map[string]int64) {
		b := newBench()
		c := b.config(1000)
		c.Settings.Acks, c.Settings.Idempotent = acks, false
		p := b.producer(c)
		sendAll(ctx, p)
		Expect(c.Sender.Counts()).To(want)
		Expect(p.Reasons()).To(Equal(reasons))
		ends, err := EndOffsets(ctx, b.admin(), topic)
		Expect(err).NotTo(HaveOccurred())
		reader := b.read(ctx, false, b.receive)
		Expect(reader.ReadTo(ctx, ends)).To(BeEmpty())
		if acks == AcksNone {
			// Without an answer the records may still be on their way.
			Eventually(func() uint64 { return c.Sender.Counts().UnknownSeen }).WithTimeout(10 * time.Second).Should(BeEquivalentTo(1000))
		}
	},
		Entry("leader", AcksLeader, outcome(1000, 0, 0), map[string]int64{}),
		Entry("none is never acked", AcksNone, outcome(0, 0, 1000), map[string]int64{"acks=0: the broker answers nothing": 1000}),
	)

	fault := func(b *bench, err *kerr.Error, count int) {
		b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: err, Count: count})
	}
	brief := func(c ProducerConfig) ProducerConfig {
		c.Settings.RequestTimeout, c.Settings.DeliveryTimeout = 500*time.Millisecond, time.Second
		return c
	}

	DescribeTable("tells failed from unknown", func(ctx context.Context, idempotent bool, prepare func(*bench, *ProducerConfig), want OmegaMatcher, stage, text string) {
		b := newBench()
		c := brief(b.config(200))
		c.Settings.Idempotent = idempotent
		prepare(b, &c)
		p := b.producer(c)
		sendAll(ctx, p)
		Expect(c.Sender.Counts()).To(want)
		Expect(p.Errors()).To(ContainElement(gstruct.MatchFields(gstruct.IgnoreExtras, gstruct.Fields{
			"Stage": Equal(stage), "Error": Equal(text),
		})))
		counts, reasons := c.Sender.Counts(), p.Reasons()
		if stage == StageRecord {
			Expect(reasons).To(Equal(map[string]int64{text: int64(counts.Failed + counts.Unknown)}))
		}
		b.meter.Rotate(time.Since(b.start))
		publish := latency(b, "publish")
		Expect([]int64{publish.Count, publish.Failed, publish.Unfinished}).To(Equal(
			[]int64{int64(counts.Acked), int64(counts.Failed), int64(counts.Unknown)}))
		Expect(b.counters.Failed.Load()).To(BeEquivalentTo(counts.Failed))
	},
		Entry("a record that no batch may hold", false, func(_ *bench, c *ProducerConfig) {
			c.Settings.BatchBytes, c.Maker = 1<<10, huge{}
		}, outcome(0, 200, 0), StageRecord, "MESSAGE_TOO_LARGE"),
		Entry("a refused batch", true, func(b *bench, _ *ProducerConfig) { fault(b, kerr.MessageTooLarge, -1) },
			outcome(0, 200, 0), StageRecord, "MESSAGE_TOO_LARGE"),
		Entry("a refused batch without idempotence: the next may be in flight", false, func(b *bench, _ *ProducerConfig) { fault(b, kerr.MessageTooLarge, -1) },
			outcome(0, 0, 200), StageRecord, "MESSAGE_TOO_LARGE"),
		Entry("rights that were never there", true, func(b *bench, _ *ProducerConfig) { fault(b, kerr.TopicAuthorizationFailed, -1) },
			outcome(0, 200, 0), StageRecord, "TOPIC_AUTHORIZATION_FAILED"),
		Entry("a topic that is not there", true, func(_ *bench, c *ProducerConfig) { c.Topic = "no.such.topic" },
			outcome(0, 200, 0), StageRecord, "UNKNOWN_TOPIC_OR_PARTITION"),
		Entry("a leader without its followers", true, func(b *bench, _ *ProducerConfig) { fault(b, kerr.NotEnoughReplicas, -1) },
			outcome(0, 0, 200), StageRecord, "delivery timeout"),
		Entry("a broker that does not answer", true, func(b *bench, _ *ProducerConfig) { b.hold(nil, nil, kmsg.Produce) },
			outcome(0, 0, 200), StageRequest, "timeout"),
		Entry("an append that timed out", true, func(b *bench, _ *ProducerConfig) { fault(b, kerr.RequestTimedOut, -1) },
			outcome(0, 0, 200), StageRecord, "delivery timeout"),
	)

	It("does not take rights that were taken away for a proof", func(ctx context.Context) {
		b := newBench()
		c := brief(b.load(schedule.Hold(2000, time.Hour)))
		p := b.producer(c)
		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- p.Run(running) }()
		Eventually(func() uint64 { return c.Sender.Counts().Acked }).Should(BeNumerically(">", 100))
		fault(b, kerr.TopicAuthorizationFailed, -1)
		Eventually(func() []ClientError { return p.Errors() }).WithTimeout(10 * time.Second).ShouldNot(BeEmpty())
		stop()
		Eventually(ended).Should(Receive(MatchError(context.Canceled)))
		_, err := p.Flush(ctx)
		Expect(err).NotTo(HaveOccurred())
		counts := c.Sender.Counts()
		Expect(counts.Failed).To(BeZero())
		Expect(counts.Unknown).NotTo(BeZero())
	})

	DescribeTable("takes up a topic that was deleted and made again", func(ctx context.Context, adjust func(*ProducerConfig)) {
		b := newBench()
		c := brief(b.load(schedule.Hold(2000, time.Hour)))
		adjust(&c)
		p := b.producer(c)
		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- p.Run(running) }()
		acked := func() uint64 { return c.Sender.Counts().Acked }
		reader := b.read(ctx, true, func([]*kgo.Record, time.Duration) {})
		group, err := StartGroup(GroupConfig{Client: b.options(), Group: "g", Topics: []string{topic}, Start: b.start, Settings: DefaultGroupSettings()})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(group.Close)
		Eventually(acked).WithTimeout(10 * time.Second).Should(BeNumerically(">", 100))
		Eventually(func() int64 { return reader.Facts().Records }).WithTimeout(10 * time.Second).Should(BeNumerically(">", 0))
		admin := b.admin()
		_, err = admin.DeleteTopics(ctx, topic)
		Expect(err).NotTo(HaveOccurred())
		Eventually(func() []ClientError { return p.Errors() }).WithTimeout(10 * time.Second).ShouldNot(BeEmpty())
		_, err = admin.CreateTopics(ctx, partitions, 1, nil, topic)
		Expect(err).NotTo(HaveOccurred())
		before := acked()
		Eventually(acked).WithTimeout(time.Minute).Should(BeNumerically(">", before+1000))
		stop()
		Eventually(ended).WithTimeout(10 * time.Second).Should(Receive(MatchError(context.Canceled)))
		_, err = p.Flush(ctx)
		Expect(err).NotTo(HaveOccurred())

		counts := c.Sender.Counts()
		Expect(counts).To(outcome(counts.Acked, counts.Failed, counts.Unknown))
		var missed int64
		for _, n := range p.Reasons() {
			missed += n
		}
		Expect(missed).To(BeEquivalentTo(counts.Failed + counts.Unknown))
		// The new log has records, each once. How many were acknowledged since is
		// not known: acks of the old one may come late.
		var mu sync.Mutex
		there, twice := map[uint64]bool{}, 0
		b.read(ctx, true, func(batch []*kgo.Record, _ time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range batch {
				id, _ := identityOf(r)
				if there[id.Sequence] {
					twice++
				}
				there[id.Sequence] = true
			}
		})
		read := func() []int {
			mu.Lock()
			defer mu.Unlock()
			return []int{len(there), twice}
		}
		Eventually(read).WithTimeout(10 * time.Second).Should(HaveExactElements(BeNumerically(">", 0), BeZero()))
		// Who read it before begins anew.
		ends, err := EndOffsets(ctx, admin, topic)
		Expect(err).NotTo(HaveOccurred())
		within, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		reader.Recheck(within)
		Expect(reader.ReadTo(within, ends)).To(BeEmpty())
		Expect(reader.Facts().Truncations).NotTo(BeEmpty())
		Eventually(func() (int64, error) {
			_ = group.Commit(ctx) // again, where it came between two generations
			state, err := ReadGroup(ctx, admin, "g")
			return state.Lag(), err
		}).WithTimeout(20 * time.Second).Should(BeZero())
	},
		Entry("with idempotence", func(*ProducerConfig) {}),
		Entry("without", func(c *ProducerConfig) { c.Settings.Idempotent = false }),
		Entry("by several clients", func(c *ProducerConfig) { c.Settings.Clients = 3 }),
		Entry("in transactions", func(c *ProducerConfig) {
			c.Transactions, c.Settings.MaxBuffered = &Transactions{ID: "t", Records: 10}, 1000
		}),
	)

	It("makes what was with brokers that vanish unknown", func(ctx context.Context) {
		b := newBench()
		c := b.load(schedule.Hold(5000, time.Hour))
		p := b.producer(c)
		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- p.Run(running) }()
		Eventually(func() uint64 { return c.Sender.Counts().Acked }).Should(BeNumerically(">", 500))
		b.cluster.Close()
		vanished := c.Sender.Counts().Sent
		Eventually(func() uint64 { return c.Sender.Counts().Sent }).Should(BeNumerically(">", vanished+500))
		stop()
		Eventually(ended).Should(Receive(MatchError(context.Canceled)))
		over, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		defer cancel()
		open, err := p.Flush(over)
		Expect(err).To(MatchError(ContainSubstring("records without an outcome")))
		counts := c.Sender.Counts()
		Expect(open).To(BeNumerically(">=", 500))
		Expect(counts.Unknown).To(BeEquivalentTo(open))
		Expect(counts).To(outcome(counts.Acked, 0, counts.Unknown))
		stages := make(map[string]int64)
		for _, e := range p.Errors() {
			stages[e.Stage] += e.Count
			Expect(e.First).To(BeNumerically("<=", e.Last))
		}
		Expect(stages).To(HaveKey(StageDisconnect))
		Expect(stages).To(HaveKeyWithValue(StageRecord, int64(counts.Unknown)))
	})

	It("shows a stall in publish, not in send", func(ctx context.Context) {
		b := newBench()
		c := b.load(schedule.Hold(5000, 2*time.Second))
		c.Settings.MaxBuffered = 100 // 20 ms of load
		// The brokers stand still for half a second from the first request
		// that comes after half a second, whenever that is.
		answer := make(chan struct{})
		var stalled sync.Once
		b.hold(answer, func() bool {
			if time.Since(b.start) < 500*time.Millisecond {
				return false
			}
			stalled.Do(func() { time.AfterFunc(500*time.Millisecond, func() { close(answer) }) })
			return true
		}, kmsg.Produce)
		p := b.producer(c)
		sendAll(ctx, p)
		Expect(c.Sender.Counts()).To(outcome(10_000, 0, 0))
		b.meter.Rotate(time.Since(b.start))

		_, stall := b.stalls.Longest(0, time.Minute)
		Expect(stall).To(BeNumerically(">", 400*time.Millisecond))
		// S − (1−q)·T, all partitions being affected.
		want := (stall - 100*time.Millisecond).Seconds()
		publish, _ := b.meter.Quantile(histogram.Publish, 0.95)
		send, _ := b.meter.Quantile(histogram.Send, 0.95)
		held, _ := b.meter.Quantile(histogram.Blocked, 0.95)
		// A busy machine takes longer to catch up, never less.
		Expect(publish.Seconds()/want).To(And(BeNumerically(">", 0.9), BeNumerically("<", 1.5)), "publish p95 %s, stall %s", publish, stall)
		Expect(held.Seconds()/want).To(And(BeNumerically(">", 0.75), BeNumerically("<", 1.5)), "blocked p95 %s, stall %s", held, stall)
		Expect(send).To(BeNumerically("<", publish/3))
		total := b.counters.Totals(time.Second)
		Expect([]int64{total.Due, total.Sent}).To(Equal([]int64{10_000, 10_000}))
	})

	It("refuses what can't work", func() {
		_, err := NewProducer(ProducerConfig{Topic: "a", Settings: Settings{Acks: "most", Idempotent: true}})
		for _, part := range []string{
			`producer for topic "a"`, "needs a schedule", "needs a start", "needs a maker", "needs a sender", "needs a meter",
			"needs counters", "needs stalls", "the stalls of partitions", `acks "most"`, "idempotent producer needs acks all",
			`compression ""`, "a batch of 0 bytes", "request timeout of 0s", "delivery timeout of 0s", "max-buffered 0", "max-in-flight 0",
		} {
			Expect(err).To(MatchError(ContainSubstring(part)))
		}
		b := newBench()
		c := b.config(1)
		c.Sender.Begin(ledger.Normal)
		_, err = NewProducer(c)
		Expect(err).To(MatchError(ContainSubstring("has begun records already")))
	})
})

// huge makes records of 2 KiB.
type huge struct{}

func (huge) Make(_ uint64, r *kgo.Record) ledger.Class {
	r.Value = append(r.Value, strings.Repeat("x", 2048)...)
	return ledger.Normal
}
