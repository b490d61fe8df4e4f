package proxy_test

import (
	"context"
	"net"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/flowweir/weir/chaos/proxy"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
)

func TestProxy(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "chaos/proxy")
}

// proof describes what only make proof runs: elsewhere it is not defined.
func proof(text string, args ...any) bool {
	return os.Getenv("WEIR_PROOF") == "1" && Describe(text, append(args, Offset(1))...)
}

// start starts an embedded cluster with a proxy in front. Both are closed,
// and checked for leaks, at the end of the spec.
func start(ctx context.Context, spec cluster.Spec) (*embedded.Cluster, *proxy.Proxy) {
	GinkgoHelper()
	before := goleak.IgnoreCurrent()
	c, err := embedded.Start(ctx, spec)
	Expect(err).NotTo(HaveOccurred())
	p, err := proxy.New(proxy.Config{Bootstrap: c.Bootstrap(), Seed: 1})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() {
		p.Close()
		Expect(c.Close(context.Background())).To(Succeed())
		Expect(goleak.Find(before)).To(Succeed())
	})
	return c, p
}

func door(p *proxy.Proxy, name string) *proxy.Door {
	GinkgoHelper()
	d, err := p.Door(name)
	Expect(err).NotTo(HaveOccurred())
	return d
}

// client is a client behind a door, with retries that are quick.
func client(d *proxy.Door, id string, opts ...kgo.Opt) *kgo.Client {
	GinkgoHelper()
	cl, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(d.Bootstrap()...), kgo.ClientID(id),
		kgo.MetadataMinAge(20 * time.Millisecond),
		kgo.RetryBackoffFn(func(int) time.Duration { return 20 * time.Millisecond }),
		kgo.RequestRetries(1000),
		kgo.RequestTimeoutOverhead(500 * time.Millisecond),
		kgo.AlwaysRetryEOF(),
	}, opts...)...)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(cl.Close)
	return cl
}

func createTopic(ctx context.Context, cl *kgo.Client, topic string, partitions int32) {
	GinkgoHelper()
	_, err := kadm.NewClient(cl).CreateTopic(ctx, partitions, 3, nil, topic)
	Expect(err).NotTo(HaveOccurred())
}

// produce sends n records, numbered from from on, and waits for all acks.
func produce(ctx context.Context, cl *kgo.Client, topic string, from, n int) {
	GinkgoHelper()
	var records []*kgo.Record
	for i := range n {
		text := strconv.Itoa(from + i)
		records = append(records, &kgo.Record{Topic: topic, Key: []byte(text), Value: []byte(text)})
	}
	Expect(cl.ProduceSync(ctx, records...).FirstErr()).To(Succeed())
}

// consume polls until n records came, and returns their numbers, sorted.
func consume(ctx context.Context, cl *kgo.Client, n int) []int {
	GinkgoHelper()
	var got []int
	for len(got) < n {
		fetches := cl.PollFetches(ctx)
		Expect(ctx.Err()).NotTo(HaveOccurred(), "%d of %d records came", len(got), n)
		fetches.EachRecord(func(r *kgo.Record) {
			i, err := strconv.Atoi(string(r.Value))
			Expect(err).NotTo(HaveOccurred())
			got = append(got, i)
		})
	}
	slices.Sort(got)
	return got
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// behind fails when a client has learned an address that is not the door's.
func behind(ctx context.Context, cl *kgo.Client, c *embedded.Cluster) {
	GinkgoHelper()
	meta, err := kadm.NewClient(cl).Metadata(ctx)
	Expect(err).NotTo(HaveOccurred())
	Expect(meta.Brokers).NotTo(BeEmpty())
	for _, b := range meta.Brokers {
		Expect(c.Bootstrap()).NotTo(ContainElement(net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port)))))
	}
}
