package docker

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// play runs a scenario on the shared cluster: load of 200 records/s for some
// seconds of a topic of which every broker leads some partitions, a topic beside
// it without any, a group that reads both, and what else is written below.
func play(ctx context.Context, topic string, seconds int, rest string, more ...scenario.Option) *scenario.Result {
	GinkgoHelper()
	src := fmt.Sprintf(`weir: scenario/v1
name: %[1]s
cluster: {kind: docker, disk: 256MiB}
topics: {%[1]s: {partitions: 12, replication: 3}, beside-%[1]s: {partitions: 2, replication: 3}}
load: [{topic: %[1]s, payload: {size: 200}, keys: {cardinality: 100}, profile: [{hold: 200/s, for: %[2]ds}]}]
consumers: [{group: %[1]s-group, topics: [%[1]s, beside-%[1]s]}]
%[3]s`, topic, seconds, rest)
	s, findings := scenario.Parse(topic+".yaml", []byte(src))
	Expect(findings).To(BeEmpty())
	result, err := scenario.Run(ctx, s, append(more, scenario.On(shared), scenario.Containers(Containers()),
		scenario.Dir(filepath.Join(GinkgoT().TempDir(), "run")), scenario.Log(GinkgoWriter))...)
	Expect(err).NotTo(HaveOccurred())
	expectWhole(context.WithoutCancel(ctx), topic+"-after")
	return result
}

// expectWhole waits until every broker is up, and knows of a topic that is new:
// one that was cut off from the controllers hears of it late.
func expectWhole(ctx context.Context, topic string) {
	GinkgoHelper()
	Expect(shared.waitReady(ctx)).To(Succeed())
	newTopic(ctx, topic)
	kafka := newClient()
	req := kmsg.NewPtrMetadataRequest()
	named := kmsg.NewMetadataRequestTopic()
	named.Topic = &topic
	req.Topics = append(req.Topics, named)
	for _, node := range shared.Nodes() {
		Eventually(func() error {
			answer, err := req.RequestWith(ctx, kafka.Broker(int(node)))
			if err != nil {
				return err
			}
			return kerr.ErrorForCode(answer.Topics[0].ErrorCode)
		}).WithTimeout(patience).WithPolling(200 * time.Millisecond).Should(Succeed())
	}
}

// told is what a fault was, and its evidence, each on a line of its own.
func told(f run.Fault) string {
	return strings.Join(append([]string{f.What, f.Error}, f.Evidence...), "\n")
}

var _ = Describe("A scenario on real brokers", func() {
	It("breaks connections of processes and of containers, and says where nothing was to break", func(ctx context.Context) {
		r := play(ctx, "links", 10, fmt.Sprintf(`
services:
  - {name: reader, image: %q, args: [/opt/kafka/bin/kafka-run-class.sh, org.apache.kafka.tools.consumer.ConsoleConsumer, --bootstrap-server, "{{.Bootstrap}}", --topic, links, --group, reader], ready: {group: reader}}
faults:
  - {at: 500ms, cut: {client: "weir-*"}, heal-after: 600ms}
  - {at: 1500ms, reset: {client: "weir-*"}}
  - {at: 3s, latency: {client: "weir-*", leader-of: links/0, delay: 30ms}, heal-after: 1s}
  - {at: 4500ms, bandwidth: {client: "weir-*", per-second: 20kB}, heal-after: 1s}
  - {at: 1s, latency: {service: reader, delay: 20ms}, heal-after: 2s}
  - {at: 3s, reset: {service: reader, group-coordinator: reader}}
  - {at: 6500ms, latency: {controller: true, delay: 10ms}, heal-after: 1500ms}
  - {at: 8500ms, latency: {rack: a, delay: 10ms}, heal-after: 1s}
  - {at: 5s, cut: {client: nobody}, heal-after: 500ms}
`, shared.image))
		bit := []bool{true, true, true, true, true, true, true, true, false}
		evidence := []string{
			"streams of requests or replies were held, the longest for ", "connections were reset", "requests and replies were late, by ",
			"requests and replies passed, of which the slowest took ", "requests and replies were late, by ", "connections were reset",
			"requests and replies were late, by ", "requests and replies were late, by ", "0 streams of requests or replies were held",
		}
		for i, f := range r.Results.Faults {
			Expect(f.Bit).To(Equal(bit[i]), told(f))
			Expect(told(f)).To(ContainSubstring(evidence[i]))
		}
		Expect(r.Results.Faults[5].What).To(MatchRegexp(`^reset connections of reader to coordinator of group reader \(broker \d\)$`))
		Expect(r.Results.Faults[6].What).To(MatchRegexp(`^delay all clients at the controller by 10ms \(broker \d\)$`))
		Expect(r.Results.Faults[7].What).To(Equal("delay all clients at rack a by 10ms (broker 0)"))
		Expect(r.Run.Reason).To(Equal("the fault never bit: cut clients nobody off from all brokers"))
	}, NodeTimeout(3*patience))

	It("cuts brokers off from each other and from the controllers", func(ctx context.Context) {
		r := play(ctx, "nodes", 18, `
invariants: [no-loss]
faults:
  - {at: 500ms, isolate: {leader-of: nodes/0}, heal-after: 5s}
  - {at: 8s, isolate: {controller: true, network: controller}, heal-after: 4s}
`)
		evidence := []string{
			`in-sync replicas shrank on \d+ partitions?: `,
			`the controller moved: node \d epoch \d+, then node \d epoch \d+`,
		}
		for i, f := range r.Results.Faults {
			Expect(told(f)).To(MatchRegexp(evidence[i]))
			Expect(f.Bit).To(BeTrue(), told(f))
		}
		Expect(r.Run.Reason).To(Equal("every listed invariant and objective held"))
	}, NodeTimeout(5*patience))

	It("restarts all brokers in turn, each when the one before is in sync", func(ctx context.Context) {
		loading, end := context.WithCancel(ctx)
		defer end()
		opened := false
		r := play(loading, "rolled", 180, `
invariants: [no-loss]
faults: [{at: 500ms, rolling-restart: {all: true}}]
`, scenario.OnProgress(func(p scenario.Progress) {
			if opened && len(p.Open) == 0 {
				end() // however long it took
			}
			opened = opened || len(p.Open) > 0
		}))
		f := r.Results.Faults[0]
		Expect(f.Evidence[:3]).To(HaveExactElements(
			MatchRegexp(`^broker 0 was stopped at \S+ and in sync again at \S+$`),
			MatchRegexp(`^broker 1 was stopped at \S+ and in sync again at \S+$`),
			MatchRegexp(`^broker 2 was stopped at \S+ and in sync again at \S+$`)), told(f))
		Expect(f.Bit).To(BeTrue(), told(f))
		Expect(r.Results.Invariants[0].Verdict).To(Equal(finding.Pass), r.Results.Invariants[0].Sentence)
	}, NodeTimeout(5*patience))

	It("says when no majority of the controllers is left, before the run and after", func(ctx context.Context) {
		r := play(ctx, "outvoted", 6, `
faults:
  - {at: 500ms, pause: {broker: 2}, heal-after: 3s}
  - {at: 1500ms, pause: {broker: 1}, heal-after: 1s}
`)
		Expect(r.Run.Warnings).To(HaveExactElements("from 1.5s on, with pause broker 1, up to 2 of 3 nodes are away at once, and each is a controller too: without a majority of them nothing is elected and nobody fenced until enough are back"))
		Expect(told(r.Results.Faults[0])).NotTo(ContainSubstring("majority"))
		Expect(told(r.Results.Faults[1])).To(ContainSubstring("\n2 of 3 nodes, which are controllers too, were away at once: without a majority of them nothing was elected and nobody fenced\n"))
	}, NodeTimeout(3*patience))

	It("bounds clients, changes topics, deletes one and fills a disk, and undoes all of it", func(ctx context.Context) {
		r := play(ctx, "changes", 20, `
faults:
  - {at: 14s, quota: {produce: 2kB}, heal-after: 5s} # Kafka averages over ten seconds
  - {at: 8s, quota: {client: weir-nobody, produce: 5kB}, heal-after: 1s}
  - {at: 4s, alter-topic: {topic: changes, config: {max.message.bytes: 100}}, heal-after: 1s}
  - {at: 4s, alter-topic: {topic: changes, config: {cleanup.policy: delete}}, heal-after: 1s}
  - {at: 5s, delete-topic: {topic: beside-changes}, heal-after: 500ms}
  - {at: 6s, fill-disk: {group-coordinator: changes-group}, heal-after: 5s}
`)
		bit := []bool{true, false, true, false, true, true}
		evidence := []string{
			`before: producer_byte_rate=none; then: producer_byte_rate=2000\nbrokers held the run's own clients back for [1-9]`,
			`brokers held the run's own clients back for 0s in all`,
			`before: max.message.bytes=1048588; then: max.message.bytes=100\n[1-9]\d* client errors`,
			`before: cleanup.policy=delete; then: cleanup.policy=delete\n`,
			`before: topic beside-changes with 2 partitions; then: no topic beside-changes\ndeleted on 2 partitions: beside-changes/0; beside-changes/1`,
			`^fill the disk of coordinator of group changes-group \(broker \d\)`,
		}
		for i, f := range r.Results.Faults {
			Expect(told(f)).To(MatchRegexp(evidence[i]))
			Expect(f.Error).To(BeEmpty())
			Expect(f.Bit).To(Equal(bit[i]), told(f))
		}
		full := r.Results.Faults[5].What
		text, err := os.ReadFile(shared.LogFile(int32(full[len(full)-2] - '0')))
		Expect(err).NotTo(HaveOccurred())
		Expect(string(text)).To(ContainSubstring("No space left on device"))
	}, NodeTimeout(3*patience))
})
