package match_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/match"
)

var _ = Describe("events of Avro and Protobuf", func() {
	coded := func() *harness.Cluster {
		GinkgoHelper()
		return harness.Run(GinkgoTB(), harness.Contracts("testdata/coded"), harness.Seed(7), harness.Brokers(1))
	}

	It("are compared field by field", func() {
		c := coded()
		sale := c.Produce("till.Sold", fixed("e-1", harness.Set("$.sale", "s-1"), harness.Set("$.cents", 995), harness.Set("$.note", "gift"))...)
		refund := c.Produce("till.Refunded", fixed("e-2", harness.Set("$.sale_id", "s-1"), harness.Set("$.cents", 5), harness.Set("$.lines", []any{map[string]any{"item": "boots"}}))...)
		Expect(sale).To(match.BeEvent("till.Sold", match.Fields{"$.cents": BeNumerically(">", 994), "$.note": "gift", "key": "s-1"}))
		Expect(refund).To(match.BeEvent("till.Refunded", match.Fields{"$.lines[0].item": "boots", "$.cents": 5}))
		Expect(c).To(match.HaveEvent("till.Sold", match.Fields{"$.sale": "s-1"}))
		Expect(sale).To(match.ObeyContract())
		Expect(refund).To(match.ObeyContract())
		golden("be-event-avro", mismatch(match.BeEvent("till.Sold", match.Fields{"$.cents": 996, "$.note": match.Absent(), "$.sale": "s-1"}), sale))
		golden("have-event-protobuf", mismatch(match.HaveEvent("till.Refunded", match.Fields{"$.lines[0].item": "shoes", "$.cents": 5}).Within(soon), c))
	})

	It("that break their schema are shown as bytes", func() {
		c := coded()
		sale := c.Produce("till.Sold", fixed("e-1", harness.Set("$.sale", "s-1"), harness.Set("$.cents", 995), harness.Set("$.note", nil))...)
		cut := *sale.Record
		cut.Value, cut.Timestamp = sale.Value[:3], noon
		cut.Headers = append([]kgo.RecordHeader(nil), sale.Headers...)
		c.Send(&harness.Record{Record: &cut})
		var broken *harness.Record
		for _, r := range c.Records("sales") {
			if len(r.Value) == 3 {
				broken = r
			}
		}
		golden("obey-contract-avro", mismatch(match.ObeyContract(), broken))
	})
})
