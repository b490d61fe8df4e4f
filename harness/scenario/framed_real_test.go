package scenario_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/source/registry/registrytest"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/harness/live"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// TestFramedByARealRegistry: loads carry the ids that a registry gives which is
// not ours: of a file's schema that of the older version which it is, of a
// subject that of its latest.
func TestFramedByARealRegistry(t *testing.T) {
	url, found := registrytest.Start(t)
	if !found {
		return
	}
	// A machine that is busy must not end a registration half way.
	const patience = 2 * time.Minute
	writer, err := sr.NewClient(sr.URLs(url), sr.HTTPClient(&http.Client{Timeout: patience}))
	must(t, err)
	known, err := registry.New(registry.Config{URL: url, Timeout: patience})
	must(t, err)
	t.Cleanup(known.Close)
	const (
		order = `{"type": "record", "name": "Order", "fields": [{"name": "order_id", "type": "string"}, {"name": "cents", "type": "int"}]}`
		noted = `{"type": "record", "name": "Order", "fields": [{"name": "note", "type": "string", "default": ""}, {"name": "order_id", "type": "string"}, {"name": "cents", "type": "int"}]}`
		count = `{"type": "object", "required": ["order_id"], "properties": {"order_id": {"type": "string", "minLength": 4}}}`
		rated = "syntax = \"proto3\";\npackage shop;\nmessage Unrated {}\nmessage OrderRated { string order_id = 1; int32 stars = 2; }\n"
	)
	for _, s := range []struct {
		subject, text string
		kind          sr.SchemaType
	}{{"orders-value", order, sr.TypeAvro}, {"orders-value", noted, sr.TypeAvro}, {"counts-value", count, sr.TypeJSON}, {"ratings-value", rated, sr.TypeProtobuf}} {
		_, err := writer.RegisterSchema(t.Context(), s.subject, sr.Schema{Schema: s.text, Type: s.kind}, -1, -1)
		must(t, err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"order.avsc": order, "rating.proto": rated,
		"shop.yaml": `weir: contract/v1
service: {name: shop}
produces:
  - {event: OrderPlaced, topic: orders, schema: {file: order.avsc, wire: confluent}, envelope: cloudevents-binary, key: $.order_id}
  - {event: OrderCounted, topic: counts, schema: {registry: {subject: counts-value}, wire: confluent-header}, envelope: cloudevents-binary, key: $.order_id}
  - {event: shop.OrderRated, topic: ratings, schema: {file: rating.proto, wire: confluent}, match: {name: shop.OrderRated}, envelope: cloudevents-binary, key: $.order_id}
`,
		"scenario.yaml": `weir: scenario/v1
name: real
cluster: {brokers: 1}
contracts: [shop.yaml]
load:
  - {event: OrderPlaced, profile: [{hold: 100/s, for: 500ms}]}
  - {event: OrderCounted, profile: [{hold: 100/s, for: 500ms}]}
  - {event: shop.OrderRated, profile: [{hold: 100/s, for: 500ms}]}
consumers: [{group: probe, topics: [orders, counts, ratings]}]
invariants: [no-loss]
warmup: 0s
`,
	} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	s, findings := scenario.LoadFile(filepath.Join(dir, "scenario.yaml"))
	plan, more := scenario.Resolve(s)
	if len(findings)+len(more) > 0 {
		t.Fatal(findings, more)
	}
	up, err := embedded.Start(t.Context(), cluster.Spec{Brokers: 1})
	must(t, err)
	t.Cleanup(func() { _ = up.Close(context.Background()) })
	// What a run has not created it leaves behind.
	must(t, cluster.CreateTopics(t.Context(), up, plan.Topics))
	result, err := scenario.Run(t.Context(), s, scenario.On(up), scenario.Registry(known), scenario.Dir(filepath.Join(dir, "run")), scenario.Seed(7), scenario.WithoutObjectives())
	must(t, err)
	if result.Run.Verdict != finding.Pass {
		t.Fatalf("%s: %s", result.Run.Verdict, result.Run.Reason)
	}

	flow, err := live.Open(t.Context(), live.Config{Cluster: up, Contracts: plan.Contracts, Files: plan.Files, Registry: known})
	must(t, err)
	defer flow.Close()
	var watched []run.Topic
	for _, topic := range plan.Topics {
		watched = append(watched, run.Topic{Name: topic.Name, Partitions: topic.Partitions, Created: true})
	}
	must(t, flow.Watch(t.Context(), watched))
	for _, name := range []string{"orders", "counts", "ratings"} {
		topic, err := flow.Topic(name)
		must(t, err)
		_, err = topic.ReadToEnd(t.Context())
		must(t, err)
		if n := len(topic.Records()); n != 50 {
			t.Errorf("%s has %d records, want 50", name, n)
		}
		for _, r := range topic.Records() {
			said, err := r.Registration(registry.Value)
			if err != nil || said.Version != 1 || len(said.Findings) > 0 {
				t.Fatalf("%s: version %d, %v, %v", name, said.Version, said.Findings, err)
			}
			if problems := r.Problems(); len(problems) > 0 {
				t.Fatalf("%s: %v", name, problems)
			}
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
