package scenario_test

import (
	"context"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/loadgen/kafka"
)

// reading is a cluster with topics of one partition that are read as in a run.
type reading struct {
	scenario.Drainer
	client *kgo.Client
	up     *embedded.Cluster
}

func read(ctx context.Context, topics ...string) *reading {
	GinkgoHelper()
	before := goleak.IgnoreCurrent()
	up, err := embedded.Start(ctx, cluster.Spec{Brokers: 1})
	Expect(err).NotTo(HaveOccurred())
	client, err := kgo.NewClient(up.ClientOptions()...)
	Expect(err).NotTo(HaveOccurred())
	admin := kadm.NewClient(client)
	created, err := admin.CreateTopics(ctx, 1, 1, nil, topics...)
	Expect(err).NotTo(HaveOccurred())
	Expect(created.Error()).NotTo(HaveOccurred())

	from := map[string]map[int32]int64{}
	for _, t := range topics {
		from[t] = map[int32]int64{0: 0}
	}
	var mu sync.Mutex
	last := map[string]int64{}
	reader, err := kafka.NewReader(kafka.ReaderConfig{
		Client: up.ClientOptions(), From: from, ReadCommitted: true, Start: time.Now(),
		Handler: func(batch []*kgo.Record, _ time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range batch {
				last[r.Topic] = r.Offset
			}
		},
	})
	Expect(err).NotTo(HaveOccurred())
	running, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = reader.Run(running) }()
	DeferCleanup(func() {
		stop()
		<-done
		reader.Close()
		client.Close()
		Expect(up.Close(context.Background())).To(Succeed())
		Expect(goleak.Find(before)).To(Succeed())
	})
	return &reading{up: up, client: client, Drainer: scenario.Drainer{
		Admin: admin, ReadTo: reader.ReadTo,
		Last: func(topic string, _ int32) (int64, bool) {
			mu.Lock()
			defer mu.Unlock()
			offset, ok := last[topic]
			return offset, ok
		},
	}}
}

func (r *reading) produce(ctx context.Context, topic string, n int) {
	GinkgoHelper()
	for range n {
		Expect(r.client.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte("v")}).FirstErr()).To(Succeed())
	}
}

// commit says that a group has read a topic up to an offset.
func (r *reading) commit(ctx context.Context, group, topic string, offset int64) {
	GinkgoHelper()
	offsets := kadm.Offsets{}
	offsets.AddOffset(topic, 0, offset, -1)
	Expect(r.Admin.CommitAllOffsets(ctx, group, offsets)).To(Succeed())
}

// short is a drain that is over before anything else happens, long one that
// lasts as long as it must.
const (
	short = 1500 * time.Millisecond
	long  = time.Minute
)

var _ = Describe("the drain", func() {
	It("is complete once everything was read and committed", func(ctx SpecContext) {
		r := read(ctx, "in", "out")
		r.Inputs, r.Outputs, r.Groups = []string{"in"}, []string{"out"}, map[string][]string{"g": {"in"}}
		r.produce(ctx, "in", 3)
		r.produce(ctx, "out", 2)
		r.commit(ctx, "g", "in", 3)
		d := r.Drain(ctx, long)
		Expect(d.Open).To(BeEmpty())
		Expect(d.Complete).To(BeTrue())
	})

	It("names the partitions where a group is behind", func(ctx SpecContext) {
		r := read(ctx, "in")
		r.Inputs, r.Groups = []string{"in"}, map[string][]string{"g": {"in"}, "never": {"in"}}
		r.produce(ctx, "in", 3)
		r.commit(ctx, "g", "in", 1)
		d := r.Drain(ctx, short)
		Expect(d.Complete).To(BeFalse())
		Expect(d.Open).To(Equal([]string{
			"group g has committed in/0 to 1 of 3", "group never has committed in/0 to 0 of 3",
		}))
	})

	It("waits for a group that catches up", func(ctx SpecContext) {
		r := read(ctx, "in")
		r.Inputs, r.Groups = []string{"in"}, map[string][]string{"g": {"in"}}
		r.produce(ctx, "in", 3)
		r.commit(ctx, "g", "in", 1)
		asked := 0
		last := r.Last
		r.Last = func(topic string, partition int32) (int64, bool) {
			if asked++; asked == 2 {
				r.commit(ctx, "g", "in", 3)
			}
			return last(topic, partition)
		}
		Expect(r.Drain(ctx, long).Open).To(BeEmpty())
	})

	DescribeTable("asks a group for no more than what was there when the end was recorded",
		func(ctx SpecContext, begin func(*reading)) {
			r := read(ctx, "a")
			begin(r)
			r.Groups = map[string][]string{"g": {"a"}}
			r.produce(ctx, "a", 3)
			r.commit(ctx, "g", "a", 3)
			r.Last = func(string, int32) (int64, bool) { return 10, true } // others write on
			Expect(r.Drain(ctx, long).Open).To(BeEmpty())
			r.commit(ctx, "g", "a", 2)
			Expect(r.Drain(ctx, short).Open).To(Equal([]string{"group g has committed a/0 to 2 of 3"}))
		},
		Entry("of an input", func(r *reading) { r.Inputs = []string{"a"} }),
		Entry("of an output", func(r *reading) { r.Outputs = []string{"a"} }),
	)

	It("asks no group for what nobody wrote", func(ctx SpecContext) {
		r := read(ctx, "in")
		r.Inputs, r.Groups = []string{"in"}, map[string][]string{"g": {"in"}}
		Expect(r.Drain(ctx, long).Complete).To(BeTrue())
	})

	DescribeTable("asks a group for no record of a log that was emptied",
		func(ctx SpecContext, begin func(*reading)) {
			r := read(ctx, "a")
			begin(r)
			r.Groups = map[string][]string{"g": {"a"}}
			r.Last = func(string, int32) (int64, bool) { return 10, true } // before its topic was deleted
			Expect(r.Drain(ctx, short).Open).To(BeEmpty())
			r.produce(ctx, "a", 2)
			Expect(r.Drain(ctx, short).Open).To(ContainElement("group g has committed a/0 to 0 of 2"))
			r.commit(ctx, "g", "a", 2)
			Expect(r.Drain(ctx, long).Open).To(BeEmpty())
		},
		Entry("an input", func(r *reading) { r.Inputs = []string{"a"} }),
		Entry("an output", func(r *reading) { r.Outputs = []string{"a"} }),
		Entry("of retries, which grows meanwhile", func(r *reading) { r.Retries = []string{"a"} }),
	)

	It("takes a transaction's marker at the end of a log for no record", func(ctx SpecContext) {
		r := read(ctx, "in")
		r.Inputs, r.Groups = []string{"in"}, map[string][]string{"g": {"in"}}
		producer, err := kgo.NewClient(append(r.up.ClientOptions(), kgo.TransactionalID("t"))...)
		Expect(err).NotTo(HaveOccurred())
		defer producer.Close()
		Expect(producer.BeginTransaction()).To(Succeed())
		Expect(producer.ProduceSync(ctx, &kgo.Record{Topic: "in"}, &kgo.Record{Topic: "in"}).FirstErr()).To(Succeed())
		Expect(producer.EndTransaction(ctx, kgo.TryCommit)).To(Succeed())
		ends, err := kafka.EndOffsets(ctx, r.Admin, "in")
		Expect(err).NotTo(HaveOccurred())
		Expect(ends["in"][0]).To(BeEquivalentTo(3))
		r.commit(ctx, "g", "in", 2)
		Expect(r.Drain(ctx, long).Open).To(BeEmpty())
	})

	It("waits for retry topics too", func(ctx SpecContext) {
		r := read(ctx, "in", "retry")
		r.Inputs, r.Retries, r.Groups = []string{"in"}, []string{"retry"}, map[string][]string{"g": {"in", "retry"}}
		r.produce(ctx, "in", 2)
		r.produce(ctx, "retry", 1)
		r.commit(ctx, "g", "in", 2)
		d := r.Drain(ctx, short)
		Expect(d.Open).To(Equal([]string{"group g has committed retry/0 to 0 of 1", "retry was not read to its end"}))
		r.commit(ctx, "g", "retry", 1)
		Expect(r.Drain(ctx, long).Open).To(BeEmpty())
	})

	It("names what was not read", func(ctx SpecContext) {
		r := read(ctx, "in")
		r.Inputs = []string{"in"}
		r.produce(ctx, "in", 1)
		r.ReadTo = func(ctx context.Context, ends map[string]map[int32]int64) []string {
			Expect(ends).To(Equal(map[string]map[int32]int64{"in": {0: 1}}))
			return []string{"in/0"}
		}
		Expect(r.Drain(ctx, long).Open).To(Equal([]string{"in/0 was not read to its end"}))
	})

	It("names topics whose end no broker tells, and those for which no time was left", func(ctx SpecContext) {
		r := read(ctx, "in", "out")
		r.Inputs, r.Outputs = []string{"in"}, []string{"out"}
		Expect(r.up.Pause(ctx, r.up.Nodes()[0])).To(Succeed())
		d := r.Drain(ctx, short)
		Expect(r.up.Unpause(ctx, r.up.Nodes()[0])).To(Succeed())
		Expect(d.Complete).To(BeFalse())
		Expect(d.Open).To(HaveLen(2))
		Expect(d.Open[0]).To(Equal("out was not read to its end"))
		Expect(d.Open[1]).To(Equal("the end of in is not known: no broker answered in time"))
	})
})
