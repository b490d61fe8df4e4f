package match_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/match"
)

// flow is a cluster with the contracts of orders and payments and neither
// service: the specs do what these would.
func flow() *harness.Cluster {
	GinkgoHelper()
	return harness.Run(GinkgoTB(), harness.Contracts("testdata/flow/orders.yaml", "testdata/flow/payments.yaml"), harness.Seed(7), harness.Brokers(1))
}

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// placed publishes an order in which nothing is left to chance.
func placed(c *harness.Cluster, id, order string, total int) *harness.Record {
	GinkgoHelper()
	return c.Produce("shop.Placed", fixed(id, harness.Set("$.order", order), harness.Set("$.total", total), harness.Set("$.lines", []string{"boots"}))...)
}

// paid publishes the payment of an order.
func paid(c *harness.Cluster, id string, of *harness.Record) *harness.Record {
	GinkgoHelper()
	return c.Produce("shop.Paid", fixed(id, harness.Set("$.order", string(of.Key)), harness.Set("header:causation_id", of.ID()))...)
}

func fixed(id string, overrides ...harness.Override) []harness.Override {
	return append(overrides, harness.Set("header:ce_id", id), harness.Set("header:ce_time", "2026-03-14T12:00:00Z"), harness.Set("header:weir-id", "1"))
}

// passedOn publishes a record again in another topic, some time after noon.
func passedOn(c *harness.Cluster, of *harness.Record, topic string, after time.Duration, headers ...kgo.RecordHeader) {
	GinkgoHelper()
	c.Send(&harness.Record{Record: &kgo.Record{
		Topic: topic, Key: of.Key, Value: of.Value, Timestamp: noon.Add(after), Headers: append(of.Headers[:len(of.Headers):len(of.Headers)], headers...),
	}})
}

func commit(c *harness.Cluster, of *harness.Record, at int64) {
	GinkgoHelper()
	offsets := kadm.Offsets{}
	offsets.AddOffset(of.Topic, of.Partition, at, -1)
	_, err := kadm.NewClient(c.Client()).CommitOffsets(context.Background(), "payments", offsets)
	Expect(err).NotTo(HaveOccurred())
}

const soon = 100 * time.Millisecond

// mismatch is the message of a matcher that must not match.
func mismatch(m match.Matcher, actual any) string {
	GinkgoHelper()
	ok, err := m.Match(actual)
	Expect(err).NotTo(HaveOccurred())
	Expect(ok).To(BeFalse(), "it matches")
	return m.FailureMessage(actual)
}

// negated is the message of a matcher that matches and should not.
func negated(m match.Matcher, actual any) string {
	GinkgoHelper()
	Expect(actual).To(m)
	return m.NegatedFailureMessage(actual)
}

var _ = Describe("events that arrive", func() {
	It("match by values and by matchers", func() {
		c := flow()
		order := placed(c, "e-1", "o-1", 100)
		Expect(c).To(match.HaveEvent("shop.Placed"))
		Expect(c).To(match.HaveEvent("shop.Placed", match.Fields{
			"$.total": BeNumerically(">", 99), "$.order": HavePrefix("o-"), "$.lines": ContainElement("boots"), "key": "o-1",
			"header:ce_id": HaveLen(3), "$.nothing": match.Absent(), "$": HaveKeyWithValue("total", 100),
		}))
		go func() {
			defer GinkgoRecover()
			paid(c, "p-1", order)
		}()
		Expect(c).To(match.HaveEvent("shop.Paid", match.CausedBy(order), match.LeadsBackTo(order)))
		Expect(c).NotTo(match.HaveEvent("shop.Paid", match.Fields{"$.amount": 1}).Within(soon))
	})

	It("are compared with the nearest where they do not", func() {
		c := flow()
		placed(c, "e-1", "o-1", 100)
		placed(c, "e-2", "o-1", 200)
		order := placed(c, "e-3", "o-2", 300)
		golden("have-event", mismatch(match.HaveEvent("shop.Placed", match.Fields{
			"$.total": BeNumerically(">", 300), "$.order": "o-2", "$.nothing": 1, "header:ce_id": "e-3", "$.lines": match.Absent(),
		}).Within(soon), c))
		golden("have-event-nothing", mismatch(match.HaveEvent("shop.Paid", match.CausedBy(order)).Within(soon), c))
		golden("not-have-event", negated(match.HaveEvent("shop.Placed", match.Fields{"$.total": 300}).Within(soon), c))
	})

	It("are listed within bounds", func() {
		c := flow()
		for range 9 {
			placed(c, "e-1", "o-1", 100)
		}
		golden("have-event-many", mismatch(match.HaveEvent("shop.Placed", match.Fields{"$.total": 1}).Within(soon), c))
	})

	It("match once", func() {
		c := flow()
		order := placed(c, "e-1", "o-1", 100)
		golden("not-have-event-once", negated(match.HaveEventOnce("shop.Placed", match.Fields{"$.total": 100}).Within(time.Minute).For(soon), c))
		c.Send(order)
		golden("have-event-once", mismatch(match.HaveEventOnce("shop.Placed", match.Fields{"$.total": 100}).Within(time.Minute).For(time.Minute), c))
		golden("have-event-once-none", mismatch(match.HaveEventOnce("shop.Paid").Within(soon), c))
	})

	It("match never, after the topic was read to its end", func() {
		c := flow()
		placed(c, "e-1", "o-1", 100)
		golden("not-have-no-event", negated(match.HaveNoEvent("shop.Placed", match.Fields{"$.total": 1}).For(soon), c))
		golden("have-no-event", mismatch(match.HaveNoEvent("shop.Placed", match.Fields{"$.total": 100}).For(time.Minute), c))
		placedLater := make(chan struct{})
		go func() {
			defer GinkgoRecover()
			defer close(placedLater)
			placed(c, "e-2", "o-1", 1)
		}()
		Expect(c).NotTo(match.HaveNoEvent("shop.Placed", match.Fields{"$.total": 1}).For(time.Minute))
		Eventually(placedLater).Should(BeClosed())
	})

	It("match never only where the topic could be read", func() {
		c := flow()
		Expect(c.Brokers().Close(context.Background())).To(Succeed())
		match.SetEndTimeout(DeferCleanup, soon)
		for _, m := range []match.Matcher{
			match.HaveNoEvent("shop.Placed").For(soon), Not(match.HaveEvent("shop.Placed").Within(soon)),
		} {
			_, err := m.Match(c)
			Expect(err).To(MatchError(ContainSubstring("orders was not read to its end within 100ms, so that nothing is known of what is not there: ")))
		}
	})
})

var _ = DescribeTable("methods that mean nothing to a matcher are errors", func(m match.Matcher, want string) {
	for _, either := range []match.Matcher{m, Not(m)} {
		_, err := either.Match(flow())
		Expect(err).To(MatchError(want))
	}
},
	Entry(nil, match.HaveNoEvent("shop.Placed").Within(soon), "HaveNoEvent matcher has no use for Within: it takes For"),
	Entry(nil, match.HaveEvent("shop.Placed").For(soon), "HaveEvent matcher has no use for For: it takes Within"),
	Entry(nil, match.HaveEventOnce("shop.Placed").By("stock"), "HaveEventOnce matcher has no use for By: it takes Within and For"),
	Entry(nil, match.HaveLag("payments", 0).By("stock"), "HaveLag matcher has no use for By: it takes Within"),
)

var _ = Describe("the order within keys", func() {
	It("matches by a place and by causes", func() {
		c := flow()
		first, second := placed(c, "e-1", "o-1", 100), placed(c, "e-2", "o-1", 200)
		Expect(c.Records("orders")).To(match.BeInKeyOrder("$.total"))
		paid(c, "p-1", first)
		paid(c, "p-2", second)
		Expect(c.Records("payments")).To(match.BeInKeyOrderOf(first, second))
		golden("not-be-in-key-order", negated(match.BeInKeyOrder("$.total"), c.Records("orders")))
	})

	It("says where it is broken", func() {
		c := flow()
		second, first := placed(c, "e-2", "o-1", 200), placed(c, "e-1", "o-1", 100)
		golden("be-in-key-order", mismatch(match.BeInKeyOrder("$.total"), c.Records("orders")))
		paid(c, "p-1", second)
		paid(c, "p-2", first)
		golden("be-in-key-order-of", mismatch(match.BeInKeyOrderOf(first, second), c.Records("payments")))
	})

	It("cannot be seen where no key comes twice", func() {
		c := flow()
		placed(c, "e-1", "o-1", 100)
		placed(c, "e-2", "o-2", 100)
		_, err := match.BeInKeyOrder("$.total").Match(c.Records("orders"))
		Expect(err).To(MatchError("BeInKeyOrder matcher: no two of 2 records have the same key and what is compared: they show no order"))
	})
})

var _ = Describe("consumers", func() {
	reason := kgo.RecordHeader{Key: "dlq-reason", Value: []byte("total is too large")}

	It("match by a dead letter and its reason", func() {
		c := flow()
		order := placed(c, "e-1", "o-1", 100)
		commit(c, order, 1)
		golden("have-dead-letter-none", mismatch(match.HaveDeadLetter(order).Within(soon), c))
		passedOn(c, order, "orders.dlq", 0, reason)
		Expect(c).To(match.HaveDeadLetter(order, match.Reason("total is too large"), match.Fields{"key": "o-1"}))
		golden("have-dead-letter", mismatch(match.HaveDeadLetter(order, match.Reason(ContainSubstring("currency"))).Within(soon), c))
		golden("not-have-dead-letter", negated(match.HaveDeadLetter(order, match.Reason(HavePrefix("total"))).Within(soon), c))
	})

	It("match by retries", func() {
		c := flow()
		order := placed(c, "e-1", "o-1", 100)
		golden("have-retries-none", mismatch(match.HaveRetries(order).Within(soon), c))
		passedOn(c, order, "orders.retry", 0)
		passedOn(c, order, "orders.retry", 20*time.Millisecond)
		passedOn(c, order, "orders.dlq", 120*time.Millisecond)
		golden("have-retries", mismatch(match.HaveRetries(order).Within(time.Minute), c))

		good := placed(c, "e-2", "o-2", 100)
		passedOn(c, good, "orders.retry", 0)
		passedOn(c, good, "orders.retry", 100*time.Millisecond)
		passedOn(c, good, "orders.dlq", 200*time.Millisecond)
		golden("not-have-retries", negated(match.HaveRetries(good).Within(time.Minute), c))
	})

	It("are chosen by their service where there are several", func() {
		c := harness.Run(GinkgoTB(), harness.Contracts("testdata/flow/orders.yaml", "testdata/flow/payments.yaml", "testdata/flow/stock.yaml"), harness.Seed(7), harness.Brokers(1))
		order := placed(c, "e-1", "o-1", 100)
		passedOn(c, order, "stock.dlq", 0)
		for _, matcher := range []match.Matcher{match.HaveDeadLetter(order), Not(match.HaveDeadLetter(order))} {
			_, err := matcher.Match(c)
			Expect(err).To(MatchError("HaveDeadLetter matcher: payments and stock declare a dead-letter topic for shop.Placed: choose one with By"))
		}
		Expect(c).To(match.HaveDeadLetter(order).By("stock"))
		Expect(c).NotTo(match.HaveDeadLetter(order).By("payments").Within(soon))
		_, err := match.HaveRetries(order).By("stock").Match(c)
		Expect(err).To(MatchError("HaveRetries matcher: no contract of stock in this test declares a retry for shop.Placed"))
		_, err = match.HaveDeadLetter(paid(c, "p-1", order)).Match(c)
		Expect(err).To(MatchError("HaveDeadLetter matcher: no contract of this test declares a dead-letter topic for shop.Paid"))
	})

	It("match by what they have committed", func() {
		c := flow()
		order := placed(c, "e-1", "o-1", 100)
		golden("have-committed-nothing", mismatch(match.HaveCommitted("payments", order).Within(soon), c))
		commit(c, order, 0)
		golden("have-committed", mismatch(match.HaveCommitted("payments", order).Within(soon), c))
		commit(c, order, 1)
		golden("not-have-committed", negated(match.HaveCommitted("payments", order).Within(soon), c))
	})

	It("are told by name where the one asked for is not there", func() {
		c := flow()
		order := placed(c, "e-1", "o-1", 100)
		commit(c, order, 1)
		Expect(mismatch(match.HaveCommitted("paymnets", order).Within(soon), c)).To(Equal(`Expected the group paymnets to commit orders/0@0 within 100ms
but it has committed nothing of that partition; no such group is there: did you mean "payments"? groups are payments`))
		Expect(mismatch(match.HaveLag("stock", 0).Within(soon), c)).To(Equal(`Expected the lag of the group stock to be 0 within 100ms
but it is not known: no such group is there: groups are payments`))
	})

	It("match by their lag", func() {
		c := flow()
		order := placed(c, "e-1", "o-1", 100)
		golden("have-lag-nobody", mismatch(match.HaveLag("payments", 0).Within(soon), c))
		commit(c, order, 0)
		golden("have-lag", mismatch(match.HaveLag("payments", 0).Within(soon), c))
		golden("have-lag-matcher", mismatch(match.HaveLag("payments", BeNumerically(">", 1)).Within(soon), c))
		Expect(c).To(match.HaveLag("payments", BeNumerically("<=", 1)).Within(soon))
		commit(c, order, 1)
		golden("not-have-lag", negated(match.HaveLag("payments", 0).Within(soon), c))
	})
})
