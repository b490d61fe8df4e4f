package match_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/match"
)

var _ = Describe("keys that have a schema", func() {
	It("are matched by what they say, and judged", func() {
		c := harness.Run(GinkgoTB(), harness.Contracts("testdata/keyed"), harness.Seed(7), harness.Brokers(1))
		till := map[string]any{"shop": "north", "n": 7}
		opened := c.Produce("tills.Opened", fixed("e-1", harness.Set("$.till", till))...)
		Expect(string(opened.Key)).To(Equal("\x0anorth\x0e"))
		Expect(opened).To(match.HaveKey(till))
		Expect(opened).To(match.HaveKey(HaveKeyWithValue("n", 7)))
		Expect(opened).NotTo(match.HaveKey(map[string]any{"shop": "north", "n": 8}))
		Expect(opened).To(match.BeEvent("tills.Opened", match.Fields{"key": till}))
		Expect(c).To(match.HaveEvent("tills.Opened", match.Fields{"key": till}))
		Expect(opened).To(match.ObeyContract())
		golden("have-key-avro", mismatch(match.HaveKey(HaveKeyWithValue("n", 8)), opened))

		spoiled := *opened.Record
		spoiled.Key, spoiled.Timestamp = []byte("\x0asouth\x0e"), noon
		spoiled.Headers = append([]kgo.RecordHeader(nil), opened.Headers...)
		c.Send(&harness.Record{Record: &spoiled})
		records := c.Records("opened")
		Expect(records).To(HaveLen(2))
		golden("obey-contract-key-avro", mismatch(match.ObeyContract(), records[1]))
	})
})
