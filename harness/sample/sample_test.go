package sample_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/infer"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/harness/external"
	"github.com/flowweir/weir/harness/sample"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

func TestSample(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "harness/sample")
}

const topic = "order.events"

// start starts a cluster with the topic that is closed, and checked for
// leaks, at the end of the spec.
func start(ctx context.Context, partitions int) (*embedded.Cluster, *kgo.Client) {
	GinkgoHelper()
	before := goleak.IgnoreCurrent()
	c, err := embedded.Start(ctx, cluster.Spec{})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() {
		Expect(c.Close(context.Background())).To(Succeed())
		Expect(goleak.Find(before)).To(Succeed())
	})
	Expect(cluster.CreateTopics(ctx, c, []run.Topic{{
		Name: topic, Partitions: partitions, Replication: 3,
		Config: map[string]string{"retention.ms": "604800000", "cleanup.policy": "delete", "min.insync.replicas": "2"},
	}})).To(Succeed())
	client, err := kgo.NewClient(append(c.ClientOptions(), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(client.Close)
	return c, client
}

// placed is the i-th record, with texts that no contract must show.
func placed(partition int32, i int) *kgo.Record {
	key := fmt.Sprintf("secret-order-%d", i)
	return &kgo.Record{
		Topic: topic, Partition: partition, Key: []byte(key),
		Value: fmt.Appendf(nil, `{"order_id": %q, "total": %d.5, "customer": {"name": "secret-name"}}`, key, i),
		Headers: []kgo.RecordHeader{
			{Key: "ce_specversion", Value: []byte("1.0")}, {Key: "ce_id", Value: fmt.Appendf(nil, "secret-id-%d", i)},
			{Key: "ce_source", Value: []byte("/secret-source")}, {Key: "ce_type", Value: []byte("com.acme.order.OrderPlaced")},
			{Key: "traceparent", Value: []byte("secret-trace")},
		},
	}
}

var _ = Describe("reading a sample", func() {
	It("learns a contract from the newest records of each partition, and leaves nothing behind", func(ctx SpecContext) {
		c, client := start(ctx, 3)
		for i := range 30 {
			Expect(client.ProduceSync(ctx, placed(int32(i%2), i)).FirstErr()).To(Succeed())
		}
		adm := kadm.NewClient(client)
		before := described(ctx, adm)

		s, err := sample.Read(ctx, c, topic, 10)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Notes).To(BeEmpty())
		Expect(s.Facts).To(Equal(contracts.Topic{
			Partitions: 3, Replication: 3, Retention: document.Duration(7 * 24 * time.Hour),
			Config: map[string]string{"cleanup.policy": "delete", "min.insync.replicas": "2"},
		}))
		var keys []string
		for _, r := range s.Records {
			keys = append(keys, strings.TrimPrefix(string(r.Key), "secret-order-"))
		}
		Expect(keys).To(Equal([]string{"20", "22", "24", "26", "28", "21", "23", "25", "27", "29"}))

		Expect(described(ctx, adm)).To(Equal(before), "groups and ends of the topic")

		draft, err := infer.FromRecords(ctx, infer.Request{Service: "order-service", Topic: topic, Facts: &s.Facts, Records: s.Records, Seed: 1})
		Expect(err).NotTo(HaveOccurred())
		fsys := fstest.MapFS{}
		for _, f := range draft.Files() {
			fsys[f.Name] = &fstest.MapFile{Data: f.Content}
			Expect(string(f.Content)).NotTo(ContainSubstring("secret"))
		}
		contract, findings := contracts.Load(fsys, infer.ContractFile)
		Expect(findings).To(BeEmpty())
		Expect(finding.Errors(rules.Check([]*contracts.Contract{contract}, fsys, time.Time{}))).To(BeZero())
		Expect(contract.Topics[topic]).To(Equal(s.Facts))
		Expect(contract.Produces).To(HaveLen(1))
		p := contract.Produces[0]
		Expect(p.Event).To(Equal("com.acme.order.OrderPlaced"))
		Expect(p.Envelope).To(Equal(contracts.EnvelopeCloudEventsBinary))
		Expect(p.Key.Place).To(Equal("$.order_id"))
		Expect(p.Headers).To(Equal(map[string]contracts.Header{"traceparent": {Required: true}}))
	})

	It("takes more of one partition where others hold little", func(ctx SpecContext) {
		c, client := start(ctx, 3)
		for i := range 12 {
			Expect(client.ProduceSync(ctx, placed(map[bool]int32{true: 1, false: 2}[i == 0], i)).FirstErr()).To(Succeed())
		}
		s, err := sample.Read(ctx, c, topic, 10)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Records).To(HaveLen(10))
		Expect(string(s.Records[0].Key)).To(Equal("secret-order-0"))
		Expect(string(s.Records[9].Key)).To(Equal("secret-order-11"))
	})

	It("reads neither open nor aborted transactions, and ends at their markers", func(ctx SpecContext) {
		c, client := start(ctx, 1)
		Expect(client.ProduceSync(ctx, placed(0, 1)).FirstErr()).To(Succeed())
		transactional, err := kgo.NewClient(append(c.ClientOptions(), kgo.TransactionalID("t"), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(transactional.Close)
		Expect(transactional.BeginTransaction()).To(Succeed())
		Expect(transactional.ProduceSync(ctx, placed(0, 2)).FirstErr()).To(Succeed())
		Expect(transactional.EndTransaction(ctx, kgo.TryAbort)).To(Succeed())
		Expect(transactional.BeginTransaction()).To(Succeed())
		Expect(transactional.ProduceSync(ctx, placed(0, 3)).FirstErr()).To(Succeed())
		s, err := sample.Read(ctx, c, topic, 100)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Records).To(HaveLen(1))
		Expect(string(s.Records[0].Key)).To(Equal("secret-order-1"))
		Expect(transactional.EndTransaction(ctx, kgo.TryAbort)).To(Succeed())
	})

	It("answers an empty topic with its facts alone", func(ctx SpecContext) {
		c, _ := start(ctx, 2)
		s, err := sample.Read(ctx, c, topic, 10)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Records).To(BeEmpty())
		Expect(s.Facts.Partitions).To(Equal(2))
	})

	It("creates no topic, and names the nearest", func(ctx SpecContext) {
		c, client := start(ctx, 1)
		_, err := sample.Read(ctx, c, "order.event", 10)
		Expect(err).To(Equal(&sample.UnknownTopicError{Topic: "order.event", Hint: `did you mean "order.events"?`}))
		topics, err := kadm.NewClient(client).ListTopics(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(topics.Names()).To(Equal([]string{topic}))
	})
})

var _ = Describe("brokers that tell less", func() {
	// fake is a broker whose answers to one kind of request are the spec's.
	fake := func(ctx context.Context, key int16, answer func(kmsg.Request) kmsg.Response) cluster.Cluster {
		GinkgoHelper()
		before := goleak.IgnoreCurrent()
		brokers, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() {
			brokers.Close()
			Expect(goleak.Find(before)).To(Succeed())
		})
		c, err := external.Provider().Start(ctx, cluster.Spec{Bootstrap: brokers.ListenAddrs()})
		Expect(err).NotTo(HaveOccurred())
		client, err := kgo.NewClient(c.ClientOptions()...)
		Expect(err).NotTo(HaveOccurred())
		defer client.Close()
		for i := range 2 {
			Expect(client.ProduceSync(ctx, placed(0, i)).FirstErr()).To(Succeed())
		}
		brokers.ControlKey(key, func(r kmsg.Request) (kmsg.Response, error, bool) {
			brokers.KeepControl()
			return answer(r), nil, true
		})
		return c
	}

	It("says that it may not read the settings", func(ctx SpecContext) {
		c := fake(ctx, int16(kmsg.DescribeConfigs), func(r kmsg.Request) kmsg.Response {
			request := r.(*kmsg.DescribeConfigsRequest)
			response := request.ResponseKind().(*kmsg.DescribeConfigsResponse)
			for _, resource := range request.Resources {
				denied := kmsg.NewDescribeConfigsResponseResource()
				denied.ResourceType, denied.ResourceName = resource.ResourceType, resource.ResourceName
				denied.ErrorCode = kerr.TopicAuthorizationFailed.Code
				response.Resources = append(response.Resources, denied)
			}
			return response
		})
		s, err := sample.Read(ctx, c, topic, 10)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Records).To(HaveLen(2))
		Expect(s.Facts).To(Equal(contracts.Topic{Partitions: 1, Replication: 1, Config: map[string]string{}}))
		Expect(s.Notes).To(HaveLen(1))
		Expect(s.Notes[0]).To(HavePrefix("the settings of order.events cannot be read: TOPIC_AUTHORIZATION_FAILED"))
	})

	It("takes what comes where the last offsets have no record", func(ctx SpecContext) {
		c := fake(ctx, int16(kmsg.ListOffsets), func(r kmsg.Request) kmsg.Response {
			request := r.(*kmsg.ListOffsetsRequest)
			response := request.ResponseKind().(*kmsg.ListOffsetsResponse)
			for _, t := range request.Topics {
				listed := kmsg.NewListOffsetsResponseTopic()
				listed.Topic = t.Topic
				for _, p := range t.Partitions {
					offset := kmsg.NewListOffsetsResponseTopicPartition()
					offset.Partition, offset.Offset = p.Partition, map[int64]int64{-2: 0, -1: 4}[p.Timestamp]
					listed.Partitions = append(listed.Partitions, offset)
				}
				response.Topics = append(response.Topics, listed)
			}
			return response
		})
		s, err := sample.Read(ctx, c, topic, 10)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Records).To(HaveLen(2))
	})
})

// described are the groups of the cluster and the ends of the topic.
func described(ctx context.Context, adm *kadm.Client) []string {
	GinkgoHelper()
	groups, err := adm.ListGroups(ctx)
	Expect(err).NotTo(HaveOccurred())
	ends, err := adm.ListEndOffsets(ctx, topic)
	Expect(err).NotTo(HaveOccurred())
	all := groups.Groups()
	for partition := range int32(3) {
		end, _ := ends.Lookup(topic, partition)
		all = append(all, fmt.Sprint(partition, " ends at ", end.Offset))
	}
	return all
}
