package match_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/match"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

var update = flag.Bool("update", false, "write the messages to testdata")

func TestMatch(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "match")
}

// golden compares a message with the file of that name.
func golden(name, message string) {
	GinkgoHelper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		Expect(os.WriteFile(file, []byte(message+"\n"), 0o644)).To(Succeed())
	}
	want, err := os.ReadFile(file)
	Expect(err).NotTo(HaveOccurred())
	Expect(message + "\n").To(Equal(string(want)))
}

// lost is the result of a run that lost three events.
func lost() *scenario.Result {
	const message = "in the log, but no com.acme.payment.PaymentReceived and no dead letter followed"
	story := finding.Finding{
		ID: invariant.NoLoss, Severity: finding.Error, Message: message,
		Record: &finding.Record{Topic: "order.events", Partition: 3, Offset: 17, Key: "order-9", Sender: "order-service-0", Sequence: 41, EventID: "e-41", Story: []finding.Step{
			{At: 410 * time.Millisecond, What: "due"},
			{At: 411 * time.Millisecond, What: "sent"},
			{At: 415 * time.Millisecond, What: "acked at order.events/3@17"},
			{At: 600 * time.Millisecond, What: "fault: crash payment-service"},
		}},
	}
	other := story
	other.Message = "acknowledged, but not in the log"
	return &scenario.Result{
		Dir: "runs/lost",
		Run: run.Run{
			Name: "orders", Status: run.Complete, Seed: 7, Verdict: finding.Fail,
			Reason:  "no-loss: 3 events lost of 1,500 acknowledged records",
			Cluster: run.Cluster{Kind: "embedded", Brokers: 3},
		},
		Results: run.Results{
			Senders: []run.Sender{{Sent: 1500, Acked: 1500, Received: 1500, Effects: 1497}},
			Invariants: []run.Outcome{
				{Invariant: invariant.NoLoss, Verdict: finding.Fail, Sentence: "3 events lost of 1,500 acknowledged records", Checked: 1500, Violations: 3, Findings: []finding.Finding{story, story, other}},
				{Invariant: invariant.PerKeyOrder, Verdict: finding.Pass, Sentence: "every key in order", Checked: 1500},
			},
			Drain: run.Drain{Complete: true},
		},
	}
}

var _ = Describe("results", func() {
	It("match by verdict", func() {
		Expect(lost()).To(match.HaveVerdict(finding.Fail))
		Expect(lost()).NotTo(match.Pass())
	})

	It("match by an invariant's verdict and its findings", func() {
		Expect(lost()).To(match.HaveOutcome(invariant.PerKeyOrder, finding.Pass))
		Expect(lost()).To(match.HaveOutcome(invariant.NoLoss, finding.Fail))
		Expect(lost()).To(match.HaveOutcome(invariant.NoLoss, finding.Fail, "acknowledged, but not in the log", "in the log, but no {} and no {} followed"))
		Expect(lost()).NotTo(match.HaveOutcome(invariant.NoLoss, finding.Pass))
		Expect(lost()).NotTo(match.HaveOutcome(invariant.NoLoss, finding.Fail, "acknowledged, but not in the log"))
		Expect(lost()).NotTo(match.HaveOutcome(invariant.NoLoss, finding.Fail, "{}", "was eaten"))
	})

	DescribeTable("tell why they do not match", func(name string, m match.Matcher) {
		golden(name, m.FailureMessage(lost()))
	},
		Entry("verdict", "have-verdict", match.Pass()),
		Entry("outcome", "have-outcome", match.HaveOutcome(invariant.NoLoss, finding.Pass)),
		Entry("findings", "have-outcome-findings", match.HaveOutcome(invariant.NoLoss, finding.Fail, "acknowledged, but not in the log", "was eaten")),
	)

	DescribeTable("tell why they should not match", func(name string, m match.Matcher) {
		golden(name, m.NegatedFailureMessage(lost()))
	},
		Entry("verdict", "not-have-verdict", match.HaveVerdict(finding.Fail)),
		Entry("outcome", "not-have-outcome", match.HaveOutcome(invariant.NoLoss, finding.Fail)),
	)

	It("do not match an invariant that was not judged", func() {
		_, err := match.HaveOutcome(invariant.Recovery, finding.Pass).Match(lost())
		Expect(err).To(MatchError("HaveOutcome matcher: the scenario orders does not judge recovery"))
	})
})

// sold is an event that was produced from a contract.
func sold(overrides ...harness.Override) *harness.Record {
	GinkgoHelper()
	c := harness.Run(GinkgoTB(), harness.Contracts("../testdata/shop/weir.yaml"), harness.Seed(7))
	return c.Produce("shop.Sold", append([]harness.Override{
		harness.Set("$.sale", "0e8b2d1c-6f0a-4a57-9d0e-5b1f5d0c7a11"), harness.Set("$.amount", 3), harness.Set("$.customer", map[string]any{"name": "Ada"}),
		harness.Set("header:tenant", "abc"),
		harness.Set("header:ce_id", "s-1"), harness.Set("header:ce_time", "2026-03-14T09:26:53Z"), harness.Set("header:weir-id", "1"),
	}, overrides...)...)
}

var _ = Describe("records", func() {
	It("match", func() {
		r := sold()
		Expect(r).To(And(
			match.BeEvent("shop.Sold"),
			match.BeEvent("shop.Sold", match.Fields{"$.amount": 3, "$.customer.name": "Ada", "header:tenant": "abc", "$.customer": map[string]any{"name": "Ada"}}),
			match.ObeyContract(),
			match.HaveHeader("tenant"), match.HaveHeader("tenant", "abc"),
			match.HaveKey("0e8b2d1c-6f0a-4a57-9d0e-5b1f5d0c7a11"),
		))
		Expect(r).NotTo(Or(
			match.BeEvent("shop.Refunded"), match.BeEvent("shop.Sold", match.Fields{"$.amount": "4"}), match.BeEvent("shop.Sold", match.Fields{"$.nothing": 3}),
			match.HaveHeader("note"), match.HaveHeader("tenant", "xyz"), match.HaveKey("k"),
		))
		Expect(sold(harness.Set("key", "k"))).NotTo(match.ObeyContract())
	})

	DescribeTable("tell why they do not match", func(name string, m match.Matcher) {
		golden(name, m.FailureMessage(sold(harness.Set("key", "k"))))
	},
		Entry("event", "be-event", match.BeEvent("shop.Refunded", match.Fields{"$.amount": 4, "$.nothing": 1, "header:tenant": "abc"})),
		Entry("contract", "obey-contract", match.ObeyContract()),
		Entry("header", "have-header", match.HaveHeader("note")),
		Entry("header's value", "have-header-value", match.HaveHeader("tenant", "xyz")),
		Entry("key", "have-key", match.HaveKey("4711")),
	)

	DescribeTable("tell why they should not match", func(name string, m match.Matcher) {
		golden(name, m.NegatedFailureMessage(sold()))
	},
		Entry("event", "not-be-event", match.BeEvent("shop.Sold", match.Fields{"$.amount": 3})),
		Entry("contract", "not-obey-contract", match.ObeyContract()),
		Entry("header", "not-have-header", match.HaveHeader("tenant")),
		Entry("key", "not-have-key", match.HaveKey("k")),
	)
})

// at is a record with a key in a partition. Of 6, murmur2 leads o-7 to 2, CRC32
// to 1 and FNV-1a to 0; both of the latter lead o-6 to 1.
func at(key string, partition int32) *harness.Record {
	return &harness.Record{Event: "shop.Sold", Record: &kgo.Record{Topic: "sales", Partition: partition, Key: []byte(key), Value: []byte("{}")}}
}

var _ = Describe("partitions", func() {
	It("match where Kafka's own partitioner leads", func() {
		Expect(at("o-7", 2)).To(match.BeInPartitionOfKey(6))
		Expect(at("o-7", 1)).NotTo(match.BeInPartitionOfKey(6))
		c := flow()
		Expect(placed(c, "e-1", "o-1", 100)).To(match.BeInPartitionOfKey(2))
	})

	DescribeTable("tell which hash leads elsewhere", func(name, key string, partition int32) {
		golden(name, mismatch(match.BeInPartitionOfKey(6), at(key, partition)))
	},
		Entry("librdkafka's", "be-in-partition-of-key-crc32", "o-7", int32(1)),
		Entry("sarama's", "be-in-partition-of-key-fnv", "o-7", int32(0)),
		Entry("either", "be-in-partition-of-key-either", "o-6", int32(1)),
		Entry("none", "be-in-partition-of-key-none", "o-7", int32(3)),
	)

	It("tell why they should not match", func() {
		golden("not-be-in-partition-of-key", negated(match.BeInPartitionOfKey(6), at("o-7", 2)))
	})
})

var _ = Describe("mistakes in a test", func() {
	DescribeTable("are errors, negated or not", func(m types.GomegaMatcher, actual any, want string) {
		_, err := m.Match(actual)
		Expect(err).To(MatchError(want))
	},
		Entry("no result", match.Pass(), 1, "HaveVerdict matcher expects a *scenario.Result, got int"),
		Entry("no result at all", match.HaveOutcome("no-loss", finding.Pass), nil, "HaveOutcome matcher expects a *scenario.Result, got <nil>"),
		Entry("a nil record", match.ObeyContract(), (*harness.Record)(nil), "ObeyContract matcher expects a *harness.Record, got a nil one"),
		Entry("no record", match.BeEvent("x"), "x", "BeEvent matcher expects a *harness.Record, got string"),
		Entry("two values", match.HaveHeader("a", "b", "c"), &harness.Record{}, `HaveHeader matcher takes one value, got ["b" "c"]`),
		Entry("no cluster", match.HaveEvent("x"), 1, "HaveEvent matcher expects a *harness.Cluster, got int"),
		Entry("no records", match.BeInKeyOrder("key"), 1, "BeInKeyOrder matcher expects a []*harness.Record, got int"),
		Entry("a record without a key", match.BeInPartitionOfKey(6), &harness.Record{Record: &kgo.Record{Topic: "sales"}}, "BeInPartitionOfKey matcher: sales/0@0 has no key, and clients put it where they like"),
		Entry("a record with an empty key", match.BeInPartitionOfKey(6), at("", 0), "BeInPartitionOfKey matcher: sales/0@0 has an empty key, which some clients take for none, and put it where they like"),
		Entry("too few partitions", match.BeInPartitionOfKey(1), at("o-1", 1), "BeInPartitionOfKey matcher: a topic with 1 partition has no sales/1: give the topic's number of partitions"),
		Entry("a place that is none", match.BeEvent("x", match.Fields{"amount": 1}), &harness.Record{}, `BeEvent matcher: place "amount", column 1: not a place; write $.field for the event's data, header:name for a record header, key, or envelope:id for an attribute of the envelope`),
	)
})
