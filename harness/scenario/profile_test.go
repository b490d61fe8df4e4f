package scenario_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/loadgen/schedule"
	"github.com/flowweir/weir/reports/run"
)

// loaded runs a scenario with the given load, all of whose invariants hold.
func loaded(ctx SpecContext, load string) *run.Record {
	GinkgoHelper()
	return loadedOf(ctx, "bare.yaml", load)
}

// loadedOf is loaded with another contract of testdata/plan.
func loadedOf(ctx SpecContext, name, load string) *run.Record {
	GinkgoHelper()
	contract, err := filepath.Abs("testdata/plan/" + name)
	Expect(err).NotTo(HaveOccurred())
	file := filepath.Join(GinkgoT().TempDir(), "s.yaml")
	Expect(os.WriteFile(file, fmt.Appendf(nil, `weir: scenario/v1
name: loaded
cluster: {brokers: 3}
contracts: [%q]
load: [%s]
invariants: [no-loss, no-duplicate, per-key-order]
warmup: 0s
`, contract, load), 0o600)).To(Succeed())
	s, findings := scenario.LoadFile(file)
	Expect(findings).To(BeEmpty())
	dir := filepath.Join(GinkgoT().TempDir(), "run")
	result, err := scenario.Run(ctx, s, started(dir)...)
	Expect(err).NotTo(HaveOccurred())
	Expect(result.Run.Reason).To(Equal("every listed invariant and objective held"))
	return open(dir)
}

// counts are what a sender was due to send, sent, and had acked and received.
func counts(r *run.Record) []uint64 {
	s := r.Results.Senders[0]
	return []uint64{s.Due, s.Sent, s.Acked, s.Received}
}

var _ = Describe("a load", func() {
	DescribeTable("sends the exact number of records of its profile",
		func(ctx SpecContext, profile string, records int) {
			r := loaded(ctx, "{event: OrderPlaced, profile: ["+profile+"]}")
			Expect(counts(r)).To(HaveEach(BeEquivalentTo(records)))
		},
		Entry("ramp", "{ramp: 0..400/s, over: 1s}", 200),
		Entry("step", "{step: 100..300/s, by: 100/s, every: 300ms}", 180),
		Entry("spike", "{spike: 100..1000/s, for: 200ms, over: 1s}", 280),
		Entry("sine", "{sine: 300/s, amplitude: 300/s, period: 500ms, for: 1s}", 300),
	)

	It("runs several events at once, their rates being their weights", func(ctx SpecContext) {
		r := loadedOf(ctx, "orders.yaml", "{event: OrderPlaced, profile: [{hold: 300/s, for: 1s}]}, {event: OrderCancelled, profile: [{hold: 100/s, for: 1s}]}")
		Expect(r.Results.Senders).To(HaveLen(2))
		for i, want := range []uint64{300, 100} {
			s := r.Results.Senders[i]
			Expect([]uint64{s.Due, s.Sent, s.Acked, s.Received}).To(HaveEach(want))
		}
	})

	It("replays when the records of a run were due, record by record", func(ctx SpecContext) {
		first := loaded(ctx, "{event: OrderPlaced, profile: [{ramp: 100..300/s, over: 1s}]}")
		again := loaded(ctx, fmt.Sprintf("{event: OrderPlaced, profile: [{replay: %q}]}", first.Root))
		Expect(counts(again)).To(HaveEach(BeEquivalentTo(200)))
		made, err := schedule.New(schedule.Ramp(100, 300, time.Second))
		Expect(err).NotTo(HaveOccurred())
		length := (made.Due(199) + time.Millisecond - 1).Truncate(time.Millisecond)
		Expect(again.Run.Loads[0].Profile).To(Equal(fmt.Sprintf("replay 200 due times over %s", length)))
	})

	It("replays when they were sent where the run does not say when they were due", func(ctx SpecContext) {
		first := loaded(ctx, "{event: OrderPlaced, profile: [{ramp: 100..300/s, over: 1s}]}")
		var last time.Duration
		for e, err := range journal.Read(filepath.Join(first.Root, "journal")) {
			Expect(err).NotTo(HaveOccurred())
			last = max(last, e.Sent)
		}
		Expect(os.Remove(filepath.Join(first.Root, "scenario.json"))).To(Succeed())
		again := loaded(ctx, fmt.Sprintf("{event: OrderPlaced, profile: [{replay: %q}]}", first.Root))
		length := (last + time.Millisecond - 1).Truncate(time.Millisecond)
		Expect(again.Run.Loads[0].Profile).To(Equal(fmt.Sprintf("replay 200 sent times over %s", length)))
		third := loaded(ctx, fmt.Sprintf("{event: OrderPlaced, profile: [{replay: %q}]}", again.Root))
		Expect(third.Run.Loads[0].Profile).To(HavePrefix("replay 200 sent times over "), "a replay's own times are in no scenario")
	})

	It("takes its keys from a file, hot ones more often", func(ctx SpecContext) {
		keys := filepath.Join(GinkgoT().TempDir(), "keys.txt")
		var list []byte
		for i := range 50 {
			list = fmt.Appendf(list, "3b7f0000-0000-4000-8000-%012d\n", i)
		}
		Expect(os.WriteFile(keys, list, 0o600)).To(Succeed())
		r := loaded(ctx, fmt.Sprintf("{event: OrderPlaced, profile: [{hold: 500/s, for: 1s}], keys: {file: %q, hot: {keys: 1, share: 100%%}}}", keys))
		Expect(counts(r)).To(HaveEach(BeEquivalentTo(500)))
		partitions := map[int32]int{}
		for e, err := range journal.Read(filepath.Join(r.Root, "journal")) {
			Expect(err).NotTo(HaveOccurred())
			if e.Kind == journal.Send {
				partitions[e.Partition]++
			}
		}
		Expect(partitions).To(HaveLen(1), "one key is in one partition")
	})
})
