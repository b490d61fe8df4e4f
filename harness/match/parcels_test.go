package match_test

import (
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/match"
)

// parcels is a cluster with events whose envelope is in the value, and whose
// schemas are closed.
func parcels() *harness.Cluster {
	GinkgoHelper()
	return harness.Run(GinkgoTB(), harness.Contracts("testdata/parcels"), harness.Seed(7), harness.Brokers(1))
}

func dropped(c *harness.Cluster, parcel string, step any, overrides ...harness.Override) *harness.Record {
	GinkgoHelper()
	return c.Produce("parcel.Dropped", append(overrides, harness.Set("$.parcel", parcel), harness.Set("$.step", step))...)
}

func routed(c *harness.Cluster, parcel string, cents any, overrides ...harness.Override) *harness.Record {
	GinkgoHelper()
	return c.Produce("parcel.Routed", append(overrides, harness.Set("$.parcel", parcel), harness.Set("$.cents", cents))...)
}

// emitted publishes a route as a service does, without Weir's own header.
func emitted(c *harness.Cluster, causation string, headers ...kgo.RecordHeader) {
	GinkgoHelper()
	if causation != "" {
		causation = `"causation_id":"` + causation + `",`
	}
	value := `{"id":"r-1","type":"parcel.Routed","source":"/parcels","spec_version":"1.0","time":"2026-03-14T12:00:00Z",` + causation + `"data":{"parcel":"p-1","cents":1}}`
	c.Send(&harness.Record{Record: &kgo.Record{Topic: "routes", Key: []byte("p-1"), Value: []byte(value), Headers: headers}})
}

// either is a matcher and what it is not, of which an error must be both.
func either(m match.Matcher) []match.Matcher { return []match.Matcher{m, Not(m)} }

func stood(r *harness.Record) string { return fmt.Sprintf("%s/%d@%d", r.Topic, r.Partition, r.Offset) }

func indented(text string) string { return strings.ReplaceAll(text, "\n", "\n    ") }

var _ = Describe("poison in place of an envelope", func() {
	DescribeTable("keeps the event's name and id", func(event string) {
		c := parcels()
		p := c.Produce(event, harness.Poison([]byte("{{{")))
		Expect(p.Event).To(Equal(event))
		Expect(p.ID()).To(HaveLen(36))
		Expect(p).NotTo(match.ObeyContract())
		passedOn(c, p, "drops.dlq", 0, kgo.RecordHeader{Key: "reason", Value: []byte("no JSON")})
		Expect(c).To(match.HaveDeadLetter(p, match.Reason("no JSON")))
		Expect(c.AwaitDeadLetter(p)).To(match.HaveHeader("reason"))
		Expect(c.Records("drops.dlq")[0].LeadsBackTo(p)).To(BeTrue())
		other := c.Produce(event, harness.Poison([]byte("{{{")))
		Expect(c).NotTo(match.HaveDeadLetter(other).Within(soon))
	},
		Entry("standard", "parcel.Dropped"),
		Entry("cloudevents-structured", "parcel.Sealed"),
	)

	It("is followed through its retries", func() {
		c := parcels()
		p := c.Produce("parcel.Dropped", harness.Poison([]byte("{{{")))
		passedOn(c, p, "drops.retry", 0)
		passedOn(c, p, "drops.dlq", 100*time.Millisecond)
		Expect(c).To(match.HaveRetries(p))
	})

	It("has an effect that shows its record's identity", func() {
		c := parcels()
		p := c.Produce("parcel.Dropped", harness.Poison([]byte("{{{")))
		mark, _ := p.Header("weir-id")
		emitted(c, "", kgo.RecordHeader{Key: "causation_id", Value: []byte(mark)})
		Expect(c).To(match.HaveEvent("parcel.Routed", match.CausedBy(p), match.LeadsBackTo(p)))
		Expect(c).NotTo(match.HaveNoEvent("parcel.Routed", match.CausedBy(p)).For(soon))
		Expect(c).NotTo(match.HaveNoEvent("parcel.Routed", match.LeadsBackTo(p)).For(soon))
	})

	DescribeTable("may have an effect that nothing tells: that is an error", func(causation string) {
		c := parcels()
		p := c.Produce("parcel.Dropped", harness.Poison([]byte("{{{")), harness.Set("key", "p-1"))
		Expect(c).To(match.HaveNoEvent("parcel.Routed", match.CausedBy(p)).For(soon))
		emitted(c, causation)
		r := c.Records("routes")[0]
		for _, want := range []match.Want{match.CausedBy(p), match.LeadsBackTo(p)} {
			for _, m := range []struct {
				name   string
				m      match.Matcher
				actual any
			}{
				{"HaveNoEvent", match.HaveNoEvent("parcel.Routed", want).For(soon), c},
				{"HaveEvent", match.HaveEvent("parcel.Routed", want).Within(soon), c},
				{"BeEvent", match.BeEvent("parcel.Routed", want), r},
			} {
				for _, m2 := range either(m.m) {
					_, err := m2.Match(m.actual)
					Expect(err).To(MatchError(m.name + " matcher: " + stood(r) + " may follow " + stood(p) + " or not: that was sent without its event's id, " +
						"which its envelope would have, and the record has neither the header weir-id nor the causation id of another event to tell: compare its key or its data"))
				}
			}
		}
		Expect(c).To(match.HaveNoEvent("parcel.Routed", match.CausedBy(p), match.Fields{"key": "p-2"}).For(soon))
	},
		Entry("no causation", ""),
		Entry("a causation that was made up", "unknown"),
	)

	It("has none where what is there follows other events", func() {
		c := parcels()
		p, good := c.Produce("parcel.Dropped", harness.Poison([]byte("{{{"))), dropped(c, "p-1", 1)
		emitted(c, good.ID())
		emitted(c, "r-1")
		Expect(c.Records("routes")).To(HaveLen(2))
		Expect(c).To(match.HaveNoEvent("parcel.Routed", match.CausedBy(p)).For(soon))
		Expect(c).To(match.HaveNoEvent("parcel.Routed", match.LeadsBackTo(p)).For(soon))
	})
})

var _ = DescribeTable("a cause without an id is an error", func(want match.Want, message string) {
	c := parcels()
	r := routed(c, "p-1", 1)
	for _, m := range []struct {
		m      match.Matcher
		actual any
	}{
		{match.BeEvent("parcel.Routed", want), r}, {match.HaveNoEvent("parcel.Routed", want).For(soon), c}, {match.HaveEvent("parcel.Routed", want).Within(soon), c},
	} {
		for _, m2 := range either(m.m) {
			_, err := m2.Match(m.actual)
			Expect(err).To(MatchError(HaveSuffix(" matcher: " + message)))
		}
	}
},
	Entry("nil, of CausedBy", match.CausedBy(nil), "CausedBy has no record to ask for: it was given nil"),
	Entry("nil, of LeadsBackTo", match.LeadsBackTo(nil), "LeadsBackTo has no record to ask for: it was given nil"),
	Entry("none, of CausedBy", match.CausedBy(at("k", 1)), "CausedBy: sales/1@0 carries no id of an event, so that nothing can be known to follow it: compare its key or its data"),
	Entry("none, of LeadsBackTo", match.LeadsBackTo(at("k", 1)), "LeadsBackTo: sales/1@0 carries no id of an event, so that nothing can be known to follow it: compare its key or its data"),
	Entry("nil in place of what is wanted", match.Want(nil), "what is wanted is nil: leave it out"),
)

var _ = DescribeTable("nil in place of a record is an error", func(m match.Matcher, message string) {
	for _, m := range either(m) {
		_, err := m.Match(parcels())
		Expect(err).To(MatchError(message))
	}
},
	Entry(nil, match.HaveDeadLetter(nil), "HaveDeadLetter matcher: LeadsBackTo has no record to ask for: it was given nil"),
	Entry(nil, match.HaveRetries(nil), "HaveRetries matcher: there is no record to ask for: it was given nil"),
	Entry(nil, match.HaveCommitted("router", nil), "HaveCommitted matcher: there is no record to ask for: it was given nil"),
)

var _ = Describe("the order by a place", func() {
	DescribeTable("that no record has is an error", func(place, near string) {
		c := parcels()
		dropped(c, "p-1", 2)
		last := dropped(c, "p-1", 1)
		Expect(c.Records("drops")).NotTo(match.BeInKeyOrder("$.step"))
		for _, m := range either(match.BeInKeyOrder(place)) {
			_, err := m.Match(c.Records("drops"))
			Expect(err).To(MatchError("BeInKeyOrder matcher: nothing stands at " + place + " in 2 records: they show no order by it: " + near +
				"\nThe last is\n    " + indented(last.String())))
		}
	},
		Entry("of the data", "$.stepp", `did you mean "$.step"?`),
		Entry("below a value", "$.step.no", "$.step has no fields"),
		Entry("of the headers", "header:weirid", `did you mean "header:weir-id"?`),
		Entry("of the headers, near none", "header:nosuch", "valid are header:content-type, header:weir-id"),
	)

	It("must be a place, of records", func() {
		_, err := match.BeInKeyOrder("step").Match([]*harness.Record{})
		Expect(err).To(MatchError(HavePrefix(`BeInKeyOrder matcher: place "step", column 1: not a place`)))
		_, err = match.BeInKeyOrder("$.step").Match([]*harness.Record{at("k", 1), nil})
		Expect(err).To(MatchError("BeInKeyOrder matcher: record 2 of 2 is nil"))
		_, err = match.BeInKeyOrderOf(at("k", 1)).Match([]*harness.Record{at("k", 1)})
		Expect(err).To(MatchError(HavePrefix("BeInKeyOrderOf matcher: LeadsBackTo: sales/1@0 carries no id")))
		_, err = match.BeInKeyOrderOf(nil).Match([]*harness.Record{at("k", 1)})
		Expect(err).To(MatchError("BeInKeyOrderOf matcher: LeadsBackTo has no record to ask for: it was given nil"))
	})

	It("passes over records that lack it", func() {
		c := parcels()
		dropped(c, "p-1", 1)
		c.Produce("parcel.Dropped", harness.Poison([]byte("{}")), harness.Set("key", "p-1"))
		dropped(c, "p-1", 2)
		Expect(c.Records("drops")).To(match.BeInKeyOrder("$.step"))
	})
})

var _ = Describe("types", func() {
	It("of the data are compared", func() {
		c := parcels()
		text, number := routed(c, "7", "120"), routed(c, "7", 120)
		Expect(number).To(match.BeEvent("parcel.Routed", match.Fields{"$.cents": 120, "key": 7}))
		Expect(text).To(match.BeEvent("parcel.Routed", match.Fields{"$.cents": "120", "key": "7"}))
		Expect(text).To(match.HaveKey(7))
		for want, r := range map[any]*harness.Record{120: text, "120": number, 120.0: text} {
			Expect(r).NotTo(match.BeEvent("parcel.Routed", match.Fields{"$.cents": want}))
		}
		Expect(match.BeEvent("parcel.Routed", match.Fields{"$.cents": 120}).FailureMessage(text)).To(HaveSuffix("\n    ≠ $.cents: \"120\" (text), wanted 120 (number)"))
		Expect(match.BeEvent("parcel.Routed", match.Fields{"$.cents": "120"}).FailureMessage(number)).To(HaveSuffix("\n    ≠ $.cents: 120 (number), wanted \"120\" (text)"))
		Expect(match.BeEvent("parcel.Routed", match.Fields{"$.cents": ""}).FailureMessage(number)).To(HaveSuffix("\n    ≠ $.cents: 120 (number), wanted \"\" (text)"))
		Expect(harness.Holds(text, harness.Where("$.cents", 120))).To(BeFalse())
		Expect(harness.Holds(text, harness.Where("$.cents", "120"), harness.Where("key", 7))).To(BeTrue())
	})
})

var _ = DescribeTable("a name that nothing can have is an error", func(event string, want match.Fields, message string) {
	c := parcels()
	r := routed(c, "p-1", 1)
	for _, m := range []struct {
		m      match.Matcher
		actual any
	}{
		{match.BeEvent(event, want), r},
		{match.HaveEvent(event, want).Within(soon), c},
		{match.HaveNoEvent(event, want).For(soon), c},
		{match.HaveEventOnce(event, want).Within(soon).For(soon), c},
	} {
		for _, m2 := range either(m.m) {
			_, err := m2.Match(m.actual)
			Expect(err).To(MatchError(HaveSuffix(" matcher: " + message)))
		}
	}
},
	Entry("an event", "parcel.Routedd", match.Fields{}, `parcel.Routedd: no contract that was given produces parcel.Routedd: pass harness.Contracts("weir.yaml") to Run for that of its producer; did you mean "parcel.Routed"?`),
	Entry("a place", "parcel.Routed", match.Fields{"$.dept": "north"},
		`$.dept: no parcel.Routed that is valid under its schema (testdata/parcels/routed.json:1:1) has anything there: did you mean "$.depot"?`),
	Entry("a place within", "parcel.Routed", match.Fields{"$.depot.nam": "north"},
		`$.depot.nam: no parcel.Routed that is valid under its schema (testdata/parcels/routed.json:9:5) has anything there: did you mean "$.depot.name"?`),
	Entry("a place below a value", "parcel.Routed", match.Fields{"$.note.lang": "en"},
		`$.note.lang: no parcel.Routed that is valid under its schema (testdata/parcels/routed.json:10:5) has anything there: $.note has no fields`),
	Entry("a place where nothing is wanted", "parcel.Routed", match.Fields{"$.notes": match.Absent()},
		`$.notes: no parcel.Routed that is valid under its schema (testdata/parcels/routed.json:1:1) has anything there: did you mean "$.note"?`),
)

var _ = Describe("keys", func() {
	It("that are not there are told from empty ones", func() {
		none, empty := at("", 0), at("", 0)
		none.Key = nil
		Expect(match.HaveKey("p-1").FailureMessage(none)).To(HaveSuffix(`to have the key "p-1", which it does not have`))
		Expect(match.HaveKey("p-1").FailureMessage(empty)).To(HaveSuffix(`to have the key "p-1", which is ""`))
		Expect(match.BeEvent("shop.Sold", match.Fields{"key": "p-1"}).FailureMessage(none)).To(HaveSuffix(`≠ key: nothing there, wanted p-1`))
		Expect(match.BeEvent("shop.Sold", match.Fields{"key": "p-1"}).FailureMessage(empty)).To(HaveSuffix(`≠ key: "", wanted p-1`))
		Expect(empty.String()).To(HavePrefix("sales/0@0 shop.Sold key \"\"\n"))
		Expect(none.String()).To(HavePrefix("sales/0@0 shop.Sold\n"))
	})

	It("that are not there are said to be none, where a contract wants one", func() {
		c := parcels()
		emitted(c, "e-1")
		r := c.Records("routes")[0]
		spoiled := *r.Record
		spoiled.Key = nil
		c.Send(&harness.Record{Record: &spoiled})
		Expect(r.Problems()).To(BeEmpty())
		keyless := c.AwaitIn("routes", harness.That("without a key", func(r *harness.Record) bool { return r.Key == nil }))
		Expect(keyless.Problems()).To(ConsistOf(HaveField("Message", `the record has no key, and its data says "p-1"`)))
	})

	It("lead to a partition among the topic's number of them", func() {
		c := parcels()
		r := routed(c, "p-1", 1)
		Expect(r).To(match.BeInPartitionOfKey(4))
		for _, m := range either(match.BeInPartitionOfKey(5)) {
			_, err := m.Match(r)
			Expect(err).To(MatchError("BeInPartitionOfKey matcher: routes has 4 partitions, not 5: with another number murmur2 leads elsewhere"))
		}
	})
})

var _ = Describe("a dead letter in place of what is awaited", func() {
	It("comes first, with its reason", func() {
		c := flow()
		order := placed(c, "e-1", "o-1", 100)
		passedOn(c, order, "orders.dlq", 0, kgo.RecordHeader{Key: "dlq-reason", Value: []byte("total is too large")})
		paid(c, "p-1", placed(c, "e-2", "o-2", 1))
		golden("have-event-dead-letter", mismatch(match.HaveEvent("shop.Paid", match.CausedBy(order)).Within(soon), c))
	})
})
