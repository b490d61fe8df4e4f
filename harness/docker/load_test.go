package docker

import (
	"context"
	"encoding/binary"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/reports/run"
)

// newClient's client is closed when the spec ends.
func newClient(opts ...kgo.Opt) *kgo.Client {
	GinkgoHelper()
	// kadm answers from the client's cache, which by default is up to 5 s old.
	fresh := append(shared.ClientOptions(), kgo.MetadataMinAge(50*time.Millisecond))
	kafka, err := kgo.NewClient(append(fresh, opts...)...)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(kafka.Close)
	return kafka
}

// newTopic creates a topic of one partition on all three nodes.
func newTopic(ctx context.Context, name string) {
	GinkgoHelper()
	topics := []run.Topic{{Name: name, Partitions: 1, Replication: 3}}
	Expect(cluster.CreateTopics(ctx, shared, topics)).To(Succeed())
	Expect(topics[0].Created).To(BeTrue())
	DeferCleanup(func(ctx context.Context) {
		Expect(cluster.DeleteTopics(ctx, shared, name)).To(Succeed())
	})
}

// load sends numbered records one after the other until it is stopped.
type load struct {
	stop context.CancelFunc
	done chan struct{}

	mu    sync.Mutex
	acked map[uint64]bool
	acks  []time.Time
}

func startLoad(topic string) *load {
	GinkgoHelper()
	kafka := newClient(kgo.DefaultProduceTopic(topic), kgo.RequiredAcks(kgo.AllISRAcks()))
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{stop: cancel, done: make(chan struct{}), acked: map[uint64]bool{}}
	go func() {
		defer close(l.done)
		for seq := uint64(0); ctx.Err() == nil; seq++ {
			value := binary.BigEndian.AppendUint64(nil, seq)
			// A send that was begun is seen to its end, whatever it is.
			if err := kafka.ProduceSync(context.Background(), &kgo.Record{Value: value}).FirstErr(); err == nil {
				l.mu.Lock()
				l.acked[seq] = true
				l.acks = append(l.acks, time.Now())
				l.mu.Unlock()
			}
		}
	}()
	DeferCleanup(l.end)
	return l
}

func (l *load) end() {
	l.stop()
	<-l.done
}

func (l *load) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acks)
}

// longestGap is the longest time between two acknowledgements.
func (l *load) longestGap() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	var gap time.Duration
	for i := 1; i < len(l.acks); i++ {
		gap = max(gap, l.acks[i].Sub(l.acks[i-1]))
	}
	return gap
}

// readAll reads a topic to the end that it has now and counts each number.
func readAll(ctx context.Context, topic string) map[uint64]int {
	GinkgoHelper()
	kafka := newClient(kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	ends, err := kadm.NewClient(kafka).ListEndOffsets(ctx, topic)
	Expect(err).NotTo(HaveOccurred())
	end, _ := ends.Lookup(topic, 0)
	seen := map[uint64]int{}
	for next := int64(0); next < end.Offset; {
		fetches := kafka.PollFetches(ctx)
		Expect(fetches.Err0()).NotTo(HaveOccurred())
		fetches.EachRecord(func(r *kgo.Record) {
			seen[binary.BigEndian.Uint64(r.Value)]++
			next = r.Offset + 1
		})
	}
	return seen
}

// expectWhole checks that what was acknowledged is there exactly once.
func (l *load) expectWhole(ctx context.Context, topic string) {
	GinkgoHelper()
	l.end()
	seen := readAll(ctx, topic)
	lost, doubled := 0, 0
	for seq := range l.acked {
		switch seen[seq] {
		case 0:
			lost++
		case 1:
		default:
			doubled++
		}
	}
	Expect(lost).To(BeZero(), "lost of %d acknowledged", len(l.acked))
	Expect(doubled).To(BeZero(), "doubled of %d acknowledged", len(l.acked))
}

// partition is the state of partition 0 as the cluster tells it.
func partition(ctx context.Context, kafka *kgo.Client, topic string) kadm.PartitionDetail {
	details, err := kadm.NewClient(kafka).ListTopics(ctx, topic)
	if err != nil {
		return kadm.PartitionDetail{Leader: -1}
	}
	p, ok := details[topic].Partitions[0]
	if !ok {
		return kadm.PartitionDetail{Leader: -1}
	}
	return p
}

// existing is a topic whose shape is to be found out.
func existing(name string) []run.Topic { return []run.Topic{{Name: name}} }
