package scenario_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/harness/scenario"
)

// enveloped are a load and a consumer of events in an envelope.
var enveloped = map[string]string{
	"placed.json": `{"type": "object", "required": ["order"], "properties": {"order": {"type": "string", "minLength": 4}}}`,
	"shop.yaml": `weir: contract/v1
service: {name: shop}
topics: {order.events: {partitions: 2}}
produces:
  - {event: shop.Placed, topic: order.events, schema: placed.json, envelope: ENVELOPE, key: $.order}
`,
	"payments.yaml": `weir: contract/v1
service: {name: payments}
topics: {payments: {partitions: 2}}
produces:
  - {event: shop.Paid, topic: payments, schema: placed.json, envelope: ENVELOPE, key: $.order}
consumes:
  - {event: shop.Placed, topic: order.events, group: payments, idempotency: {window: 1h}, effect: {event: shop.PaidCORRELATE}}
`,
	"s.yaml": `weir: scenario/v1
name: enveloped
cluster: {brokers: 1}
contracts: [shop.yaml, payments.yaml]
services: [{name: payments, command: [x], ready: {group: payments}}]
load: [{event: shop.Placed, profile: [{hold: 500/s, for: 200ms}], keys: {cardinality: 20}}]
faults: [{always: true, near-identical: {event: shop.Placed, share: 10%}}]
invariants: [no-loss, no-duplicate-effect]
warmup: 0s
`,
}

// payEnveloped is a service that pays orders in an envelope. With a mistake it
// names the order as the process that the payment belongs to, and not as its
// cause.
func payEnveloped(ctx context.Context, effect, group, mistake string, brokers []string) error {
	return consume(ctx, group, []string{"order.events"}, brokers, func(client *kgo.Client, records []*kgo.Record) error {
		var out []*kgo.Record
		for _, r := range records {
			id, data := "", json.RawMessage(r.Value)
			for _, h := range r.Headers {
				if h.Key == "ce_id" {
					id = string(h.Value)
				}
			}
			if id == "" {
				var event struct {
					ID   string
					Data json.RawMessage
				}
				if err := json.Unmarshal(r.Value, &event); err != nil {
					return err
				}
				id, data = event.ID, event.Data
			}
			cause := id
			if mistake != "" {
				cause = uuid.NewString()
			}
			paid := &kgo.Record{Topic: "payments", Key: r.Key}
			switch os.Getenv("ENVELOPE") {
			case "cloudevents-binary":
				paid.Value = data
				for _, h := range [][2]string{
					{"ce_specversion", "1.0"}, {"ce_id", uuid.NewString()}, {"ce_type", effect}, {"ce_source", "/payments"}, {"ce_correlationid", id}, {"ce_causationid", cause},
				} {
					paid.Headers = append(paid.Headers, kgo.RecordHeader{Key: h[0], Value: []byte(h[1])})
				}
			case "cloudevents-structured":
				paid.Value = fmt.Appendf(nil, `{"specversion":"1.0","id":%q,"type":%q,"source":"/payments","correlationid":%q,"causationid":%q,"data":%s}`, uuid.NewString(), effect, id, cause, data)
			default:
				paid.Value = fmt.Appendf(nil, `{"spec_version":"1.0","id":%q,"type":%q,"source":"/payments","correlation_id":%q,"causation_id":%q,"data":%s}`, uuid.NewString(), effect, id, cause, data)
			}
			out = append(out, paid)
		}
		return client.ProduceSync(ctx, out...).FirstErr()
	})
}

var _ = Describe("effects that lead back by an attribute of their envelope", func() {
	run := func(ctx context.Context, kind, correlate, mistake string) *scenario.Result {
		GinkgoHelper()
		dir := GinkgoT().TempDir()
		for file, text := range enveloped {
			text = strings.NewReplacer("ENVELOPE", kind, "CORRELATE", correlate).Replace(text)
			Expect(os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600)).To(Succeed())
		}
		withoutLeaks()
		s, findings := scenario.LoadFile(filepath.Join(dir, "s.yaml"))
		Expect(findings).To(BeEmpty())
		exe, err := os.Executable()
		Expect(err).NotTo(HaveOccurred())
		s.Services[0].Command = []string{exe}
		s.Services[0].Env = map[string]string{"REACT": "shop.Paid", "GROUP": "payments", "ENVELOPE": kind, "MISTAKE": mistake, "BROKERS": "{{.Bootstrap}}"}
		result, err := scenario.Run(ctx, s, started(filepath.Join(dir, "run"))...)
		Expect(err).NotTo(HaveOccurred())
		return result
	}
	const placed = ", correlate: envelope:causation_id"
	pass, lost := []string{"pass"}, []string{"fail", "in the log, but no shop.Paid and no dead letter of payments followed"}

	DescribeTable("are found, whatever its form, and those of a wrong cause are not", func(ctx SpecContext, kind, correlate string) {
		Expect(verdicts(run(ctx, kind, correlate, ""))).To(Equal(map[string][]string{invariant.NoLoss: pass, invariant.NoDuplicateEffect: pass}))
		Expect(verdicts(run(ctx, kind, correlate, "correlates"))).To(Equal(map[string][]string{invariant.NoLoss: lost, invariant.NoDuplicateEffect: {"vacuous"}}))
	},
		Entry("of CloudEvents in headers", "cloudevents-binary", ""),
		Entry("of CloudEvents in the value", "cloudevents-structured", placed),
		Entry("of the standard envelope", "standard", ""),
	)
})
