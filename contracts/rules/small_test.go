package rules_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/internal/fixture"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

// TestSixLines: the smallest contract, as the README shows it, with the
// producer that it needs, has no error and one warning, the one that costs
// money: it does not say how it knows an event again.
func TestSixLines(t *testing.T) {
	const schema = `{"type": "object", "required": ["order_id", "amount"],
  "properties": {"order_id": {"type": "string"}, "amount": {"type": "number"}}}`
	set, fsys := load(t, map[string]string{
		"orders/weir.yaml":                 readme(t),
		"orders/schemas/order-placed.json": schema,
		"payments/weir.yaml": `weir: contract/v1
service: {name: payment-service}
produces:
  - {event: com.acme.payment.PaymentReceived, topic: payment.events, schema: schemas/payment-received.json, key: $.order_id}
`,
		"payments/schemas/payment-received.json": schema,
	})
	want := []string{
		"orders/weir.yaml:2:10: info: check/owner-missing",
		"orders/weir.yaml:4:13: info: check/examples-missing",
		"orders/weir.yaml:4:13: info: check/traceparent-missing",
		"orders/weir.yaml:6:13: info: check/effect-missing",
		"orders/weir.yaml:6:13: warning: check/idempotency-missing",
		"payments/weir.yaml:2:10: info: check/owner-missing",
		"payments/weir.yaml:4:13: info: check/examples-missing",
		"payments/weir.yaml:4:13: info: check/traceparent-missing",
	}
	if diff := cmp.Diff(want, short(rules.Check(set, fsys, now))); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	// In a repository of its own it is as green: that the producer is not
	// there shows nothing.
	alone := append(slices.Clone(want[:4]), "orders/weir.yaml:6:13: warning: check/event-unproduced", want[4])
	if diff := cmp.Diff(alone, short(rules.Check(set[:1], fsys, now))); diff != "" {
		t.Errorf("findings of the one contract (-want +got):\n%s", diff)
	}
}

// readme is the contract that README.md shows.
func readme(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "```yaml\n")
	contract, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("the README shows no contract")
	}
	return contract
}

func short(findings []finding.Finding) []string {
	var all []string
	for _, f := range findings {
		all = append(all, fmt.Sprintf("%s: %s: %s", f.Position, f.Severity, f.ID))
	}
	return all
}

func load(t testing.TB, files map[string]string) ([]*contracts.Contract, fstest.MapFS) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, content := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	set, problems := contracts.LoadDir(fsys, ".")
	if finding.Errors(problems) > 0 {
		t.Fatalf("the contracts do not load:\n%s", fixture.Lines(problems...))
	}
	return set, fsys
}

// TestPartitionDependence: what breaks when a topic grows is the order of a
// key, and compaction; not what has no key.
func TestPartitionDependence(t *testing.T) {
	set, _ := load(t, map[string]string{"weir.yaml": `weir: contract/v1
service: {name: orders}
topics: {state: {config: {cleanup.policy: compact}}}
produces:
  - {event: a.b.Placed, topic: events, key: $.id, ordering: per-key}
  - {event: a.b.Paid, topic: events, key: $.id}
  - {event: a.b.Sent, topic: events, ordering: per-key}
  - {event: a.b.Stock, topic: state, key: $.id}
  - {event: a.b.Lost, redis: {stream: s}, key: $.id, ordering: per-key}
`})
	want := []rules.Dependence{
		{Topic: "events", Contract: set[0], Produces: 0, Reason: "orders promises the order of a key's a.b.Placed"},
		{Topic: "state", Contract: set[0], Produces: 3, Reason: "compaction keeps the last a.b.Stock of a key in each partition"},
	}
	got := rules.PartitionDependence(set)
	if len(got) != len(want) {
		t.Fatalf("got %d, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
}

// TestOthers: what other packages find stands among the rest, and waivers of
// its owner apply to it.
func TestOthers(t *testing.T) {
	set, fsys := load(t, map[string]string{"weir.yaml": `weir: contract/v1
service: {name: orders, owner: team-orders}
consumes:
  - {event: a.b.Placed, topic: t, group: g, schema: s.json, idempotency: {key: $.id}, effect: {http: 'GET /x/{id}'}}
produces:
  - {event: a.b.Placed, topic: t, schema: s.json, headers: {traceparent: required}, examples: [e.json]}
waive:
  - {rule: other/found, reason: agreed, until: 2026-12-31}
  - {rule: other/quiet, reason: agreed, until: 2026-12-31}
  - {rule: elsewhere, reason: agreed, until: 2026-12-31}
`, "s.json": `{"type": "object", "required": ["id"]}`, "e.json": `{"id": 1}`})
	others := rules.Others{
		Rules:           []rules.Rule{{Rule: finding.Rule{ID: "other/found"}}, {Rule: finding.Rule{ID: "other/quiet"}}},
		Found:           []rules.Found{{Owner: set[0], Finding: finding.Finding{ID: "other/found", Severity: finding.Error, Message: "broken", Position: set[0].Doc.Position("consumes", 0)}}},
		ReadersCompared: true,
	}
	want := `weir.yaml:4:5: info: other/found: broken (waived until 2026-12-31: agreed)
weir.yaml:9:5: warning: check/waiver-unused: nothing in this contract is found by other/quiet
	hint: remove it
`
	if diff := cmp.Diff(want, fixture.Lines(rules.CheckWith(set, fsys, now, others)...)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	alone := `weir.yaml:4:53: info: check/need-unchecked: the reader's schema of a.b.Placed is not compared with that of orders
	hint: list the fields that are read under needs to have them checked
`
	if diff := cmp.Diff(alone, fixture.Lines(rules.Check(set, fsys, now)...)); diff != "" {
		t.Errorf("findings without others (-want +got):\n%s", diff)
	}
}

// TestUnreadWithoutWorkspace: where services may be without a contract, nothing
// says that an event has no reader, nor that a waiver of it is in vain.
func TestUnreadWithoutWorkspace(t *testing.T) {
	set, fsys := load(t, map[string]string{"weir.yaml": `weir: contract/v1
service: {name: orders, owner: team-orders}
produces:
  - {event: a.b.Placed, topic: t, schema: s.json, headers: {traceparent: required}, examples: [e.json]}
waive:
  - {rule: check/event-unread, reason: agreed, until: 2026-12-31}
`, "s.json": `{"type": "object"}`, "e.json": `{}`})
	if diff := cmp.Diff("", fixture.Lines(rules.Check(set, fsys, now)...)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	want := []string{"weir.yaml:4:13: info: check/event-unread"}
	if diff := cmp.Diff(want, short(rules.CheckOnly(set, fsys, now, rules.Others{AllContracted: true}, []string{"orders"}))); diff != "" {
		t.Errorf("findings where all have a contract (-want +got):\n%s", diff)
	}
}
