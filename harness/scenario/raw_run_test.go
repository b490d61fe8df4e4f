package scenario_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing/fstest"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// clusterUp is an embedded cluster that outlives the runs of a spec.
func clusterUp(ctx context.Context) cluster.Cluster {
	GinkgoHelper()
	up, err := embedded.Provider().Start(ctx, cluster.Spec{Kind: cluster.Embedded, Brokers: 1, LogDir: GinkgoT().TempDir()})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func(ctx SpecContext) { Expect(up.Close(ctx)).To(Succeed()) })
	return up
}

// written is a scenario in a directory of its own.
func written(text string, files ...string) *scenario.Scenario {
	GinkgoHelper()
	dir := GinkgoT().TempDir()
	for i := 0; i < len(files); i += 2 {
		Expect(os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o644)).To(Succeed())
	}
	s, findings := scenario.Parse(filepath.ToSlash(filepath.Join(dir, "s.yaml")), []byte("weir: scenario/v1\nname: raw\ncluster: {brokers: 1}\nwarmup: 0s\n"+text))
	Expect(findings).To(BeEmpty())
	return s
}

// ran runs a scenario and expects its verdict.
func ran(ctx context.Context, verdict finding.Verdict, s *scenario.Scenario, more ...scenario.Option) *scenario.Result {
	GinkgoHelper()
	dir := filepath.Join(GinkgoT().TempDir(), "run")
	result, err := scenario.Run(ctx, s, append(started(dir), more...)...)
	Expect(err).NotTo(HaveOccurred())
	Expect(result.Run.Verdict).To(Equal(verdict), "%s", result.Run.Reason)
	return result
}

// kept lets a spec look into topics before the run removes them: the cluster
// has them already, so that they are not the run's.
func kept(ctx context.Context, up cluster.Cluster, partitions int, topics ...string) {
	GinkgoHelper()
	var list []run.Topic
	for _, t := range topics {
		list = append(list, run.Topic{Name: t, Partitions: partitions, Replication: 1})
	}
	Expect(cluster.CreateTopics(ctx, up, list)).To(Succeed())
}

// logOf reads n records of a topic.
func logOf(ctx context.Context, up cluster.Cluster, topic string, n int, opts ...kgo.Opt) []*kgo.Record {
	GinkgoHelper()
	client, err := kgo.NewClient(append(append(up.ClientOptions(), kgo.ConsumeTopics(topic)), opts...)...)
	Expect(err).NotTo(HaveOccurred())
	defer client.Close()
	var records []*kgo.Record
	for len(records) < n {
		fetches := client.PollFetches(ctx)
		Expect(fetches.Err()).NotTo(HaveOccurred())
		records = append(records, fetches.Records()...)
	}
	return records
}

var _ = Describe("load without a contract", func() {
	It("sends values of a size with keys, headers and tombstones, and reads them back", func(ctx SpecContext) {
		withoutLeaks()
		up := clusterUp(ctx)
		kept(ctx, up, 3, "bench")
		result := ran(ctx, finding.Pass, written(`
load:
  - topic: bench
    payload: {size: 100, random: 50%}
    keys: {cardinality: 10}
    tombstones: 10%
    headers: {n: "{{seq}}/{{key}}", plain: x}
    profile: [{hold: 400/s, for: 1s}]
invariants: [no-loss, no-duplicate, per-key-order]
`), scenario.On(up))
		load := result.Run.Loads[0]
		Expect([]string{load.Event, load.Topic, load.Values, load.Keys, load.Sender}).To(Equal([]string{
			"", "bench", "100 bytes, 50% random, 10% tombstones", "uniform over 10 keys", "bench-0"}))
		Expect(result.Run.Topics).To(HaveLen(1))
		Expect(result.Run.Topics[0].Created).To(BeFalse())
		Expect(result.Run.Topics[0].Partitions).To(Equal(3))
		s := result.Results.Senders[0]
		Expect([]uint64{s.Due, s.Acked, s.Received}).To(HaveEach(BeEquivalentTo(400)))

		dead := 0
		for _, r := range logOf(ctx, up, "bench", 400) {
			if r.Value == nil {
				dead++
			} else {
				Expect(r.Value).To(HaveLen(100))
			}
			Expect(r.Key).To(HavePrefix("key-00000"))
			Expect(r.Headers).To(HaveLen(3))
			Expect(string(r.Headers[0].Value)).To(HaveSuffix("/" + string(r.Key)))
			Expect(string(r.Headers[1].Value)).To(Equal("x"))
		}
		Expect(dead).To(And(BeNumerically(">", 20), BeNumerically("<", 60)))
	})

	It("takes values from a corpus, a list of sizes and a template, in one run", func(ctx SpecContext) {
		withoutLeaks()
		up := clusterUp(ctx)
		kept(ctx, up, 1, "corpus", "sizes", "template", "lognormal")
		profile := "profile: [{hold: 100/s, for: 1s}]"
		result := ran(ctx, finding.Pass, written(fmt.Sprintf(`
load:
  - {topic: corpus, payload: {corpus: c.ndjson}, %[1]s}
  - {topic: sizes, payload: {size: {file: sizes.txt}}, %[1]s}
  - {topic: template, payload: {template: '{"n": {{seq}}}'}, %[1]s}
  - {topic: lognormal, payload: {size: {median: 1KiB, p99: 4KiB, max: 5KiB}}, %[1]s}
invariants: [no-loss]
`, profile), "c.ndjson", "{\"a\":1}\n{\"b\":2}\n", "sizes.txt", "3\n50\n"), scenario.On(up))
		Expect(result.Results.Senders).To(HaveLen(4))

		lengths := map[int]bool{}
		for _, r := range logOf(ctx, up, "sizes", 100) {
			Expect(r.Key).To(BeNil())
			lengths[len(r.Value)] = true
		}
		Expect(lengths).To(Equal(map[int]bool{3: true, 50: true}))
		texts := map[string]int{}
		for _, r := range logOf(ctx, up, "corpus", 100) {
			texts[string(r.Value)]++
		}
		Expect(texts).To(And(HaveLen(2), HaveKey(`{"a":1}`), HaveKey(`{"b":2}`)))
		records := logOf(ctx, up, "template", 100)
		Expect(string(records[0].Value)).To(Equal(`{"n": 0}`))
		Expect(string(records[99].Value)).To(Equal(`{"n": 99}`))
		sizes := map[int]bool{}
		for _, r := range logOf(ctx, up, "lognormal", 100) {
			Expect(len(r.Value)).To(BeNumerically("<=", 5<<10))
			sizes[len(r.Value)] = true
		}
		Expect(len(sizes)).To(BeNumerically(">", 50))
	})

	It("shares the load among clients, beside partitions without records", func(ctx SpecContext) {
		withoutLeaks()
		result := ran(ctx, finding.Pass, written(`
load: [{topic: bench, payload: {size: 10}, keys: {}, producer: {clients: 3}, profile: [{hold: 300/s, for: 1s}]}]
background: {topics: 2, partitions: 50}
invariants: [no-loss, no-duplicate, per-key-order]
`))
		Expect(result.Run.Loads[0].Producer).To(HaveKeyWithValue("weir.clients", "3"))
		Expect(result.Run.Topics).To(HaveLen(3))
		for i, t := range result.Run.Topics[1:] {
			Expect(t).To(Equal(run.Topic{Name: fmt.Sprintf("weir-background-%s-%d", result.Run.Identity, i), Role: "background", Partitions: 50, Replication: 1, Created: true}))
		}
	})

	It("sends in transactions, and loses nothing that was aborted on purpose", func(ctx SpecContext) {
		withoutLeaks()
		up := clusterUp(ctx)
		kept(ctx, up, 2, "bench")
		result := ran(ctx, finding.Pass, written(`
load: [{topic: bench, payload: {size: 10}, keys: {}, transactions: {records: 10, abort: 30%}, profile: [{hold: 500/s, for: 2s}]}]
consumers: [{group: g, topics: [bench], isolation: read-committed}]
invariants: [no-loss, no-duplicate, per-key-order]
objectives: {steady: {errors: 0%}}
`), scenario.On(up), scenario.WithObjectives())
		Expect(result.Run.Loads[0].Producer).To(And(HaveKeyWithValue("weir.transactions", "10 records each, 30% aborted on purpose"),
			HaveKeyWithValue("transactional.id", "weir-"+result.Run.Identity+"-0")))
		s := result.Results.Senders[0]
		Expect(s.Aborted).To(And(BeNumerically(">", 150), BeNumerically("<", 450)))
		Expect(s.Aborted % 10).To(BeZero())
		Expect([]uint64{s.Sent, s.Failed, s.Unknown, s.Lost}).To(Equal([]uint64{1000, 0, 0, 0}))
		Expect([]uint64{s.Acked, s.Received}).To(HaveEach(1000 - s.Aborted))
		Expect(result.Results.Groups[0].Consumed).To(BeEquivalentTo(s.Acked))
		Expect(result.Results.Groups[0].EndLag).To(BeZero())
		var total run.Interval
		for _, in := range open(result.Dir).Intervals {
			total.Acked, total.Aborted, total.Failed = total.Acked+in.Acked, total.Aborted+in.Aborted, total.Failed+in.Failed
		}
		Expect([]int64{total.Acked, total.Aborted, total.Failed}).To(Equal([]int64{int64(s.Acked), int64(s.Aborted), 0}))
	})

	It("only produces where nothing is to be observed", func(ctx SpecContext) {
		withoutLeaks()
		up := clusterUp(ctx)
		s := written(`
load: [{topic: bench, payload: {size: 10}, observe: false, profile: [{hold: 200/s, for: 1s}]}]
objectives: {steady: {errors: 0%}}
`)
		result := ran(ctx, finding.Pass, s, scenario.On(up), scenario.WithObjectives())
		sender := result.Results.Senders[0]
		Expect([]uint64{sender.Acked, sender.Received, sender.Lost}).To(Equal([]uint64{200, 0, 0}))
		Expect(slices.ContainsFunc(result.Results.Latencies, func(l run.Latency) bool { return l.Kind == run.EndToEnd && l.Count > 0 })).To(BeFalse())
		// What is not measured is no pass.
		s.Objectives.Steady.EndToEnd = s.Objectives.Steady.Publish
		result = ran(ctx, finding.Inconclusive, written(`
load: [{topic: bench, payload: {size: 10}, observe: false, profile: [{hold: 200/s, for: 1s}]}]
objectives: {steady: {end-to-end: {p50: 10s}}}
`), scenario.On(up), scenario.WithObjectives())
		Expect(result.Run.Reason).To(Equal("end-to-end.p50 —, wanted ≤ 10s not judged (n = 0)"))
	})

	It("only consumes where there is no load", func(ctx SpecContext) {
		withoutLeaks()
		up := clusterUp(ctx)
		kept(ctx, up, 2, "there")
		result := ran(ctx, finding.Pass, written(`
for: 1s
consumers: [{group: g, topics: [there]}]
objectives: {steady: {lag: {records: 10}}}
`), scenario.On(up), scenario.WithObjectives())
		Expect(result.Results.Senders).To(BeEmpty())
		Expect(result.Results.Groups).To(HaveLen(1))

		_, err := scenario.Run(ctx, written("for: 1s\nconsumers: [{group: g, topics: [nowhere]}]\n"), append(started(filepath.Join(GinkgoT().TempDir(), "run")), scenario.On(up))...)
		Expect(err).To(MatchError("the cluster has no topic nowhere, and the scenario says nothing of it but that g reads it"))
	})

	It("calls nothing lost of a topic into which somebody else goes on writing", func(ctx SpecContext) {
		withoutLeaks()
		up := clusterUp(ctx)
		kept(ctx, up, 1, "shared")
		writing, stop := context.WithCancel(ctx)
		var others sync.WaitGroup
		defer others.Wait()
		defer stop()
		client, err := kgo.NewClient(kgo.SeedBrokers(up.Bootstrap()...), kgo.DefaultProduceTopic("shared"))
		Expect(err).NotTo(HaveOccurred())
		defer client.Close()
		others.Go(func() {
			for writing.Err() == nil {
				client.ProduceSync(writing, kgo.StringRecord("of others"))
			}
		})
		result := ran(ctx, finding.Pass, written(`
load: [{topic: shared, payload: {size: 10}, profile: [{hold: 100/s, for: 1s}]}]
consumers: [{group: probe, topics: [shared]}]
invariants: [no-loss]
`), scenario.On(up))
		Expect(result.Results.Invariants[0].Sentence).NotTo(ContainSubstring("lost its end"))
	})

	It("consumes in groups as it is told, and waits for what was there before", func(ctx SpecContext) {
		withoutLeaks()
		up := clusterUp(ctx)
		kept(ctx, up, 2, "there")
		ran(ctx, finding.Pass, written(`
load: [{topic: there, payload: {size: 10}, profile: [{hold: 300/s, for: 1s}]}]
invariants: [no-loss]
`), scenario.On(up))
		result := ran(ctx, finding.Pass, written(`
for: 1s
consumers:
  - {group: classic, topics: [there], members: 2, from: earliest, static: true, process: 2ms, max-poll-records: 10}
  - {group: modern, topics: [there], from: earliest, protocol: consumer, isolation: read-committed, process: {median: 100us, p99: 1ms}}
  - {group: late, topics: [there]}
objectives: {steady: {lag: {records: 1000}}}
`), scenario.On(up), scenario.WithObjectives())
		groups := map[string]run.Group{}
		for _, g := range result.Results.Groups {
			groups[g.Name] = g
		}
		for name, want := range map[string]struct {
			members  int
			consumed int64
			protocol string
			process  string
		}{
			"classic": {2, 300, "classic", "2ms"},
			"modern":  {1, 300, "consumer", "lognormal, median 100µs, p99 1ms, at most 10ms"},
			"late":    {1, 0, "classic", ""},
		} {
			g := groups[name]
			Expect(g.Members).To(Equal(want.members), name)
			Expect(g.Consumed).To(Equal(want.consumed), name)
			Expect(g.EndLag).To(BeZero(), name)
			Expect(g.Rebalances).To(BeNumerically(">=", 1), name)
			Expect([]string{g.Settings["group.protocol"], g.Settings["weir.process"]}).To(Equal([]string{want.protocol, want.process}))
		}
	})

	It("makes events from a corpus or a template, valid under their schema", func(ctx SpecContext) {
		withoutLeaks()
		const (
			contract = "weir: contract/v1\nservice: {name: order-service}\nschemas: {OrderPlaced: {file: order.json}}\n" +
				"produces: [{event: OrderPlaced, topic: order.events, schema: OrderPlaced, key: $.order_id}]\n"
			schema = `{"type": "object", "required": ["order_id", "note"], "properties": {"order_id": {"type": "string"}, "note": {"type": "string"}}}`
		)
		load := func(payload, corpus string) *scenario.Scenario {
			return written("contracts: [weir.yaml]\nload: [{event: OrderPlaced, payload: "+payload+", profile: [{hold: 100/s, for: 1s}]}]\ninvariants: [no-loss, per-key-order]\n",
				"c.ndjson", corpus, "weir.yaml", contract, "order.json", schema)
		}
		for payload, want := range map[string]string{
			"{corpus: c.ndjson}":           `value 1 of c.ndjson: the document lacks the required property "note"`,
			`{template: '{"n": {{seq}}}'}`: `the template makes {"n": `,
			`{template: '{{sq}}'}`:         `the template: a template has no {{sq}}`,
		} {
			_, err := scenario.Run(ctx, load(payload, "{\"order_id\":\"x\"}\n"), started(filepath.Join(GinkgoT().TempDir(), "run"))...)
			Expect(err).To(MatchError(HavePrefix(want)))
		}
		for _, payload := range []string{"{corpus: c.ndjson}", `{template: '{"order_id": "o", "note": "{{text 3}}"}'}`} {
			up := clusterUp(ctx)
			kept(ctx, up, 1, "order.events")
			ran(ctx, finding.Pass, load(payload, "{\"order_id\":\"x\",\"note\":\"abc\"}\n"), scenario.On(up))
			for _, r := range logOf(ctx, up, "order.events", 100) {
				Expect(string(r.Value)).To(MatchRegexp(`^\{"note":"[a-z]{3}","order_id":"key-\d{6}"\}$`))
			}
		}
	})

	DescribeTable("makes events in a binary form, with keys in their place",
		func(ctx SpecContext, format, file, text, match string) {
			withoutLeaks()
			contract := "weir: contract/v1\nservice: {name: order-service}\nschemas: {OrderPlaced: {file: " + file + "}}\n" +
				"produces: [{event: OrderPlaced, topic: order.events, schema: OrderPlaced, key: $.customer.id, match: " + match + "}]\n"
			up := clusterUp(ctx)
			kept(ctx, up, 1, "order.events")
			ran(ctx, finding.Pass, written("contracts: [weir.yaml]\nload: [{event: OrderPlaced, profile: [{hold: 100/s, for: 1s}]}]\ninvariants: [no-loss, per-key-order]\n",
				"weir.yaml", contract, file, text), scenario.On(up))
			s, err := schema.Load(fstest.MapFS{file: {Data: []byte(text)}}, file, format, schema.Options{Message: "Order"})
			Expect(err).NotTo(HaveOccurred())
			for _, r := range logOf(ctx, up, "order.events", 100) {
				event, err := s.Decode(r.Value)
				Expect(err).NotTo(HaveOccurred())
				key, _ := place.MustParse("$.customer.id").In(event)
				Expect(key).To(Equal(string(r.Key)))
			}
		},
		Entry("of Avro", contracts.FormatAvro, "order.avsc", `{"type": "record", "name": "Order", "fields": [{"name": "note", "type": "string"},
			{"name": "customer", "type": {"type": "record", "name": "Customer", "fields": [{"name": "id", "type": "string"}]}}]}`, "{header: ce_type}"),
		Entry("of Protobuf", contracts.FormatProtobuf, "order.proto", `syntax = "proto3"; message Customer { string id = 1; } message Order { string note = 1; Customer customer = 2; }`, "{name: Order}"),
	)
})
