package match_test

import (
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/match"
	"github.com/flowweir/weir/reports/finding"
)

func ExampleBeEvent() {
	inTest(func(t testing.TB, g gomega.Gomega) {
		placed := order(shop(t), "1", 100)
		g.Expect(placed).To(match.BeEvent("shop.Placed", match.Fields{
			"$.total": gomega.BeNumerically(">", 0),
			"$.note":  match.Absent(),
			"key":     "o-1",
		}))
		g.Expect(placed).To(match.BeEvent("shop.Placed", match.Fields{
			"$.total": gomega.BeNumerically(">", 100), "header:tenant": "abc",
		}))
	})
	// Output:
	// Expected
	//     orders/0@0 shop.Placed key o-1
	//       ce_specversion: 1.0
	//       ce_id: e-1
	//       ce_type: shop.Placed
	//       ce_source: /orders
	//       ce_time: 2026-03-14T12:00:00Z
	//       content-type: application/json
	//       weir-id: 1
	//       {"lines":["boots"],"order":"o-1","total":100}
	// to be the event shop.Placed, but
	//     = event: shop.Placed
	//     ≠ $.total: 100, wanted to be > <int>: 100
	//     ≠ header:tenant: nothing there, wanted abc
}

func ExampleObeyContract() {
	inTest(func(t testing.TB, g gomega.Gomega) {
		c := shop(t)
		g.Expect(order(c, "1", 100)).To(match.ObeyContract())
		g.Expect(order(c, "2", 100, harness.Set("key", "boots"))).To(match.ObeyContract())
	})
	// Output:
	// Expected
	//     orders/1@0 shop.Placed key boots
	//       ce_specversion: 1.0
	//       ce_id: e-2
	//       ce_type: shop.Placed
	//       ce_source: /orders
	//       ce_time: 2026-03-14T12:00:00Z
	//       content-type: application/json
	//       weir-id: 1
	//       {"lines":["boots"],"order":"o-2","total":100}
	// to obey its contract, but
	//     testdata/flow/orders.yaml:10:10: error: the key is "boots", and its data says "o-2" [record/key]
	//        10 |     key: $.order
	//           |          ^
	//           = record: orders/1@0, key boots, event e-2
}

func ExampleHaveHeader() {
	inTest(func(t testing.TB, g gomega.Gomega) {
		placed := order(shop(t), "1", 100)
		g.Expect(placed).To(match.HaveHeader("ce_source"))
		g.Expect(placed).To(match.HaveHeader("ce_type", gomega.HavePrefix("shop.")))
		g.Expect(placed).To(match.HaveHeader("tenant", "abc"))
	})
	// Output:
	// Expected
	//     orders/0@0 shop.Placed key o-1
	//       ce_specversion: 1.0
	//       ce_id: e-1
	//       ce_type: shop.Placed
	//       ce_source: /orders
	//       ce_time: 2026-03-14T12:00:00Z
	//       content-type: application/json
	//       weir-id: 1
	//       {"lines":["boots"],"order":"o-1","total":100}
	// to have the header tenant "abc", which it does not have
}

func ExampleHaveKey() {
	inTest(func(t testing.TB, g gomega.Gomega) {
		g.Expect(order(shop(t), "1", 100)).To(match.HaveKey("o-1"))
	})
	// Output:
}

func ExampleBeInPartitionOfKey() {
	inTest(func(t testing.TB, g gomega.Gomega) {
		c := shop(t)
		placed := order(c, "1", 100)
		g.Expect(placed).To(match.BeInPartitionOfKey(2))

		// As a service would send it whose client has another partitioner.
		elsewhere := *placed.Record
		elsewhere.Partition = 1
		g.Expect(c.Flow().Read(&elsewhere)).To(match.BeInPartitionOfKey(2))
	})
	// Output:
	// Expected
	//     orders/1@0 shop.Placed key o-1
	//       ce_specversion: 1.0
	//       ce_id: e-1
	//       ce_type: shop.Placed
	//       ce_source: /orders
	//       ce_time: 2026-03-14T12:00:00Z
	//       content-type: application/json
	//       weir-id: 1
	//       {"lines":["boots"],"order":"o-1","total":100}
	// to be in partition 0 of 2, to which murmur2 of its key leads (Java's client, franz-go, Weir)
	// No hash that is the default of a client leads to 1: it was chosen in another way, such as round robin
}

func ExampleHaveEvent() {
	inTest(func(t testing.TB, g gomega.Gomega) {
		c := shop(t)
		placed := order(c, "1", 100)
		g.Expect(c).To(match.HaveEvent("shop.Paid", match.CausedBy(placed), match.Fields{"$.order": "o-1"}).Within(5 * time.Second))
		g.Expect(c).To(match.HaveEvent("shop.Placed", match.Fields{"$.order": "o-1", "$.total": 200}).Within(50 * time.Millisecond))
	})
	// Output:
	// Expected shop.Placed to arrive in orders within 50ms with
	//     $.order: o-1
	//     $.total: 200
	// but of 1 record in orders since the test began, read to the end (0@1, 1@0), none did
	// The nearest:
	//     orders/0@0 shop.Placed key o-1
	//       ce_specversion: 1.0
	//       ce_id: e-1
	//       ce_type: shop.Placed
	//       ce_source: /orders
	//       ce_time: 2026-03-14T12:00:00Z
	//       content-type: application/json
	//       weir-id: 1
	//       {"lines":["boots"],"order":"o-1","total":100}
	//     = event: shop.Placed
	//     = $.order: o-1
	//     ≠ $.total: 100, wanted 200
}

func ExampleHaveEventOnce() {
	inTest(func(t testing.TB, g gomega.Gomega) {
		c := shop(t)
		placed := order(c, "1", 100)
		g.Expect(c).To(match.HaveEventOnce("shop.Paid", match.CausedBy(placed)).For(100 * time.Millisecond))

		c.Send(placed.Again()) // a duplicate, which payments pays a second time
		g.Expect(c).NotTo(match.HaveEventOnce("shop.Paid", match.CausedBy(placed)).For(5 * time.Second))
	})
	// Output:
}

func ExampleHaveNoEvent() {
	inTest(func(t testing.TB, g gomega.Gomega) {
		c := shop(t)
		failing := order(c, "1", 1001)
		g.Expect(c).To(match.HaveNoEvent("shop.Paid", match.LeadsBackTo(failing)).For(100 * time.Millisecond))
		g.Expect(c).To(match.HaveNoEvent("shop.Placed", match.Fields{"$.total": gomega.BeNumerically(">", 1000)}))
	})
	// Output:
	// Expected no shop.Placed in orders within 1s with
	//     $.total: as its matcher says
	// but there is
	//     orders/0@0 shop.Placed key o-1
	//       ce_specversion: 1.0
	//       ce_id: e-1
	//       ce_type: shop.Placed
	//       ce_source: /orders
	//       ce_time: 2026-03-14T12:00:00Z
	//       content-type: application/json
	//       weir-id: 1
	//       {"lines":["boots"],"order":"o-1","total":1001}
}

func ExampleHaveDeadLetter() {
	inTest(func(t testing.TB, g gomega.Gomega) {
		c := shop(t)
		failing := order(c, "1", 1001)
		g.Expect(c).To(match.HaveDeadLetter(failing, match.Reason(gomega.ContainSubstring("too large")), match.Fields{"key": "o-1"}).By("payments"))
	})
	// Output:
}

func ExampleHaveRetries() {
	inTest(func(t testing.TB, g gomega.Gomega) {
		c := shop(t)
		g.Expect(c).To(match.HaveRetries(order(c, "1", 1001)))
		g.Expect(c).To(match.HaveRetries(order(c, "2", 100)).Within(50 * time.Millisecond))
	})
	// Output:
	// Expected orders/1@0 to be retried by the policy of payments (attempts: 3) within 50ms, but
	//     no dead letter ended them
	//     0 records in retry topics lead back to the event, wanted 2 (attempts: 3, the first included)
	// Nothing of it is in the retry topics nor in the dead-letter topic
}

func ExampleHaveCommitted() {
	inTest(func(t testing.TB, g gomega.Gomega) {
		c := shop(t)
		placed := order(c, "1", 100)
		g.Expect(c).To(match.HaveCommitted("payments", placed))
		g.Expect(c).To(match.HaveCommitted("stock", placed).Within(50 * time.Millisecond))
	})
	// Output:
	// Expected the group stock to commit orders/0@0 within 50ms
	// but it has committed nothing of that partition; no such group is there: groups are payments
}

func ExampleHaveLag() {
	inTest(func(t testing.TB, g gomega.Gomega) {
		c := shop(t)
		order(c, "1", 100)
		g.Expect(c).To(match.HaveLag("payments", 0))
		g.Expect(c).To(match.HaveLag("payments", gomega.BeNumerically("<=", 10)).Within(5 * time.Second))
		g.Expect(c).To(match.HaveLag("payments", 3).Within(50 * time.Millisecond))
	})
	// Output:
	// Expected the lag of the group payments to be 3 within 50ms
	// but it is 0; it is Stable with 1 member
}

func ExampleBeInKeyOrder() {
	inTest(func(t testing.TB, g gomega.Gomega) {
		c := shop(t)
		for _, total := range []int{100, 300, 200} {
			order(c, "1", total)
		}
		g.Expect(c.Records("orders")[:2]).To(match.BeInKeyOrder("$.total"))
		g.Expect(c.Records("orders")).To(match.BeInKeyOrder("$.total"))
	})
	// Output:
	// Expected 3 records to be in the order of $.total within each key, but
	//     key o-1 at orders/0@2: $.total is 200, after 300
}

func ExampleBeInKeyOrderOf() {
	inTest(func(t testing.TB, g gomega.Gomega) {
		c := shop(t)
		first := order(c, "1", 100)
		second := order(c, "2", 200, harness.Set("$.order", "o-1"))
		for _, placed := range []*harness.Record{first, second} {
			g.Expect(c).To(match.HaveEvent("shop.Paid", match.CausedBy(placed)))
		}
		g.Expect(c.Records("payments")).To(match.BeInKeyOrderOf(first, second))
		g.Expect(c.Records("payments")).To(match.BeInKeyOrderOf(second, first))
	})
	// Output:
	// Expected 2 records to be in the order of 2 events within each key, but
	//     key o-1 at payments/0@1: it is of event 1, after event 2
}

func ExamplePass() {
	inTest(func(t testing.TB, g gomega.Gomega) {
		result := harness.Measure(t, harness.LoadScenario(t, "testdata/flow/scenario.yaml"))
		g.Expect(result).To(match.Pass())
	})
	// Output:
}

// The result of a run that lost three events.
func ExampleHaveVerdict() {
	inTest(func(_ testing.TB, g gomega.Gomega) {
		g.Expect(lost()).To(match.HaveVerdict(finding.Fail))
		g.Expect(lost()).NotTo(match.HaveVerdict(finding.Inconclusive))
	})
	// Output:
}

// Messages are patterns, in which {} is anything. With them every finding of
// the invariant must be one of them.
func ExampleHaveOutcome() {
	inTest(func(_ testing.TB, g gomega.Gomega) {
		g.Expect(lost()).To(match.HaveOutcome(invariant.PerKeyOrder, finding.Pass))
		g.Expect(lost()).To(match.HaveOutcome(invariant.NoLoss, finding.Fail,
			"acknowledged, but not in the log", "in the log, but no {} and no dead letter followed"))
	})
	// Output:
}
