package docker

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/run"
)

// play runs a scenario on the shared cluster: load of 200 records/s of a topic
// for some seconds, a topic beside it without any, a group that reads both, and
// what else is written below.
func play(ctx context.Context, topic string, seconds int, rest string) *scenario.Result {
	GinkgoHelper()
	src := fmt.Sprintf(`weir: scenario/v1
name: %[1]s
cluster: {kind: docker, disk: 256MiB}
topics: {%[1]s: {partitions: 3, replication: 3}, beside-%[1]s: {partitions: 2, replication: 3}}
load: [{topic: %[1]s, payload: {size: 200}, keys: {cardinality: 100}, profile: [{hold: 200/s, for: %[2]ds}]}]
consumers: [{group: %[1]s-group, topics: [%[1]s, beside-%[1]s]}]
%[3]s`, topic, seconds, rest)
	s, findings := scenario.Parse(topic+".yaml", []byte(src))
	Expect(findings).To(BeEmpty())
	result, err := scenario.Run(ctx, s, scenario.On(shared), scenario.Containers(Containers()),
		scenario.Dir(filepath.Join(GinkgoT().TempDir(), "run")), scenario.Log(GinkgoWriter))
	Expect(err).NotTo(HaveOccurred())
	return result
}

// told is what a fault was, and its evidence, each on a line of its own.
func told(f run.Fault) string {
	return strings.Join(append([]string{f.What, f.Error}, f.Evidence...), "\n")
}

var _ = Describe("A scenario on real brokers", func() {
	It("breaks connections of processes and of containers, and says where nothing was to break", func(ctx context.Context) {
		r := play(ctx, "links", 8, fmt.Sprintf(`
services:
  - {name: reader, image: %q, args: [/opt/kafka/bin/kafka-run-class.sh, org.apache.kafka.tools.consumer.ConsoleConsumer, --bootstrap-server, "{{.Bootstrap}}", --topic, links, --group, reader], ready: {group: reader}}
faults:
  - {at: 500ms, cut: {client: "weir-*"}, heal-after: 600ms}
  - {at: 1500ms, reset: {client: "weir-*"}}
  - {at: 3s, latency: {client: "weir-*", leader-of: links/0, delay: 30ms}, heal-after: 1s}
  - {at: 4500ms, bandwidth: {client: "weir-*", per-second: 20kB}, heal-after: 1s}
  - {at: 1s, latency: {service: reader, delay: 20ms}, heal-after: 2s}
  - {at: 3s, reset: {service: reader, group-coordinator: reader}}
  - {at: 5s, latency: {controller: true, delay: 10ms}, heal-after: 1s}
  - {at: 6s, latency: {rack: a, delay: 10ms}, heal-after: 1s}
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
		Expect(r.Results.Faults[7].What).To(Equal("delay all clients at rack a by 10ms (brokers 0, 2)"))
		Expect(r.Run.Reason).To(Equal("the fault never bit: cut clients nobody off from all brokers"))
	}, NodeTimeout(3*patience))

	It("cuts brokers off from each other and from the controllers, and restarts all in turn", func(ctx context.Context) {
		r := play(ctx, "nodes", 34, `
invariants: [no-loss]
faults:
  - {at: 500ms, isolate: {leader-of: nodes/0}, heal-after: 5s}
  - {at: 7s, rolling-restart: {all: true}}
  - {at: 26s, isolate: {controller: true, network: controller}, heal-after: 4s}
`)
		evidence := []string{
			`in-sync replicas shrank on \d partitions?: `,
			`(?s)broker 0 was stopped at .* and in sync again .*broker 1 was stopped at .* and in sync again .*broker 2 was stopped at .* and in sync again`,
			`the controller moved: broker \d epoch \d+, then broker \d epoch \d+`,
		}
		for i, f := range r.Results.Faults {
			Expect(told(f)).To(MatchRegexp(evidence[i]))
			Expect(f.Bit).To(BeTrue(), told(f))
		}
		Expect(r.Run.Reason).To(Equal("everything that was promised held"))
	}, NodeTimeout(5*patience))

	It("bounds clients, changes topics, deletes one and fills a disk, and undoes all of it", func(ctx context.Context) {
		r := play(ctx, "changes", 13, `
faults:
  - {at: 500ms, quota: {produce: 5kB}, heal-after: 2s}
  - {at: 8s, quota: {client: weir-nobody, produce: 5kB}, heal-after: 1s}
  - {at: 4s, alter-topic: {topic: changes, config: {max.message.bytes: 100}}, heal-after: 1s}
  - {at: 4s, alter-topic: {topic: changes, config: {cleanup.policy: delete}}, heal-after: 1s}
  - {at: 5s, delete-topic: {topic: beside-changes}, heal-after: 500ms}
  - {at: 6s, fill-disk: {group-coordinator: changes-group}, heal-after: 5s}
`)
		bit := []bool{true, false, true, false, true, true}
		evidence := []string{
			`before: producer_byte_rate=none; then: producer_byte_rate=5000\nbrokers held the run's own clients back for [1-9]`,
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
