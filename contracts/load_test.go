package contracts

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

func load(t *testing.T, file string) *Contract {
	t.Helper()
	c, findings := Load(os.DirFS("testdata/valid"), file)
	var text strings.Builder
	if err := finding.Text(&text, findings); err != nil {
		t.Fatal(err)
	}
	if len(findings) > 0 {
		t.Fatalf("findings:\n%s", text.String())
	}
	return c
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Contract{}, "Doc")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSixLinesAreAContract(t *testing.T) {
	equal(t, load(t, "six-lines.yaml"), &Contract{
		Weir:    Version,
		Service: Service{Name: "order-service"},
		Produces: []Produces{{
			Event: "com.acme.order.OrderPlaced", Topic: "order.events",
			Address: Address{Kafka: &KafkaAddress{Topic: "order.events"}},
			Schema:  SchemaRef{Ref: "schemas/order-placed.json"},
			Key:     &Key{Place: "$.order_id"},
		}},
		Consumes: []Consumes{{
			Event: "com.acme.payment.PaymentReceived", Topic: "payment.events",
			Address: Address{Kafka: &KafkaAddress{Topic: "payment.events"}},
			Group:   "order-service",
			Needs:   Needs{{Place: "$.order_id"}, {Place: "$.amount"}},
		}},
	})
}

func TestEveryField(t *testing.T) {
	const day = document.Duration(24 * time.Hour)
	yes := true
	equal(t, load(t, "everything.yaml"), &Contract{
		Weir:     Version,
		Service:  Service{Name: "order-service", Owner: "team-orders"},
		AsyncAPI: "asyncapi.yaml",
		Topics: map[string]Topic{
			"order.events": {Partitions: 12, Replication: 3, Retention: 7 * day, Config: map[string]string{"min.insync.replicas": "2"}},
		},
		Schemas: map[string]Schema{
			"OrderPlaced":     {File: "schemas/order-placed.json", History: "schemas/history/order-placed/"},
			"PaymentReceived": {Registry: &Registry{Subject: "payment.events-value", Version: "latest"}, Wire: "confluent"},
		},
		Produces: []Produces{{
			Event: "com.acme.order.OrderPlaced", Kind: "integration", Topic: "order.events",
			Address:  Address{Kafka: &KafkaAddress{Topic: "order.events"}},
			Match:    &Match{Header: "ce_type"},
			Schema:   SchemaRef{Ref: "OrderPlaced"},
			Envelope: "cloudevents-binary", Key: &Key{Place: "$.order_id"}, Ordering: "per-key",
			Delivery:      Delivery{Acks: "all", Idempotent: &yes},
			Compatibility: "backward",
			Headers:       map[string]Header{"traceparent": {Required: true}, "tenant": {Required: true, Pattern: "^[a-z]{3}$"}},
			Trigger: &Trigger{
				Given:  []Step{{HTTP: "POST /carts", Body: "examples/cart.json", Expect: 201, Save: map[string]string{"cart": "$.id"}}},
				HTTP:   "POST /carts/{{.cart}}/order",
				Expect: 202,
			},
			Examples: []string{"examples/order-placed.json"},
		}},
		Consumes: []Consumes{{
			Event: "com.acme.payment.PaymentReceived", Topic: "payment.events", Group: "order-service",
			Address:     Address{Kafka: &KafkaAddress{Topic: "payment.events"}},
			Needs:       Needs{{"$.payment_id", "string"}, {"$.order_id", "string"}, {"$.amount", "number"}},
			Idempotency: &Idempotency{Key: "header:ce_id", Window: day},
			Retry: &Retry{
				Attempts: 3,
				Backoff:  Backoff{Kind: "exponential", Initial: document.Duration(200 * time.Millisecond), Max: document.Duration(5 * time.Second)},
				Topics:   []string{"payment.events.retry"},
			},
			DLQ:       &DLQ{Topic: "payment.events.dlq", Preserve: []string{"key", "value", "headers"}, Delivery: "at-least-once"},
			Isolation: "read-committed", Ordering: "none",
			Members: 6, MaxPollInterval: document.Duration(5 * time.Minute), SessionTimeout: document.Duration(20 * time.Second),
			Effect: &Effect{Event: "com.acme.order.OrderPaid", Correlate: "header:causation_id"},
		}},
		Objectives: &Objectives{
			EndToEnd: map[string]document.Duration{"p99": document.Duration(250 * time.Millisecond)},
			Lag:      &LagObjective{Records: 10000},
			Recovery: document.Duration(30 * time.Second),
		},
	})
}

func TestOtherTransportsLoad(t *testing.T) {
	c := load(t, "other-transports.yaml")
	var transports, topics, modes, acks []string
	for _, p := range c.Produces {
		transports = append(transports, p.Transport())
		topics = append(topics, p.TopicName())
		modes = append(modes, p.CompatibilityMode())
		acks = append(acks, p.Delivery.RequiredAcks())
	}
	equal(t, transports, []string{"kafka", "rabbitmq", "redis", "eventbridge"})
	equal(t, topics, []string{"{env}.billing.events", "", "", ""})
	equal(t, modes, []string{"full-transitive", "backward", "backward", "backward"})
	equal(t, acks, []string{"all", "all", "all", "leader"})
	equal(t, c.Produces[0].Topic, "{env}.billing.events")
	equal(t, c.Produces[2].Delivery.Transactional, false)
	equal(t, c.Produces[1].Delivery.Transactional, true)
	equal(t, c.Consumes[1].Schema, &SchemaRef{Ref: "schemas/order-cancelled.reader.json"})
	equal(t, c.Consumes[1].DLQ.Preserves("key"), false)
	equal(t, c.Doc.Position("produces", 3, "eventbridge", "bus").String(), "other-transports.yaml:30:24")
}

func TestLoadDirPassesOverWhatIsNotTheTeams(t *testing.T) {
	src, err := os.ReadFile("testdata/valid/six-lines.yaml")
	if err != nil {
		t.Fatal(err)
	}
	good, bad := &fstest.MapFile{Data: src}, &fstest.MapFile{Data: []byte("weir: contract/v1\n")}
	fsys := fstest.MapFS{
		"b/weir.yaml":               good,
		"a/orders.weir.yaml":        good,
		"a/other.yaml":              bad,
		"a/myweir.yaml":             bad,
		"weir.yaml":                 good,
		".git/weir.yaml":            bad,
		"node_modules/x/weir.yaml":  bad,
		"vendor/weir.yaml":          bad,
		"b/testdata/weir.yaml":      bad,
		"b/testdata/deep/weir.yaml": good,
	}
	files := func(dir string) []string {
		loaded, findings := LoadDir(fsys, dir)
		if len(findings) > 0 {
			t.Errorf("%s: %+v", dir, findings)
		}
		var names []string
		for _, c := range loaded {
			names = append(names, c.Doc.File())
		}
		return names
	}
	equal(t, files("."), []string{"a/orders.weir.yaml", "b/weir.yaml", "weir.yaml"})
	equal(t, files("b"), []string{"b/weir.yaml"})
	equal(t, files("b/testdata/deep"), []string{"b/testdata/deep/weir.yaml"})

	loaded, findings := LoadDir(fsys, "vendor")
	equal(t, len(loaded), 1)
	equal(t, ids(findings), []string{"file/required", "file/required"})
}

func ids(findings []finding.Finding) []string {
	var ids []string
	for _, f := range findings {
		ids = append(ids, f.ID)
	}
	return ids
}

func TestWhatCannotBeRead(t *testing.T) {
	_, findings := Load(fstest.MapFS{}, "missing/weir.yaml")
	equal(t, findings, []finding.Finding{{
		ID: document.Unreadable, Severity: finding.Error, Message: "cannot read the file: file does not exist",
		Position: &finding.Position{File: "missing/weir.yaml"},
	}})
	_, findings = LoadDir(fstest.MapFS{"a/b.txt": {}}, "a")
	equal(t, ids(findings), []string{NoContract})
	_, findings = LoadDir(fstest.MapFS{}, "nowhere")
	equal(t, ids(findings), []string{document.Unreadable})
	_, findings = LoadDir(unreadableDir{fstest.MapFS{"a/weir.yaml": {}, "b/weir.yaml": {}}}, ".")
	equal(t, ids(findings), []string{document.Unreadable, document.Empty})
}

// unreadableDir may not list the directory a.
type unreadableDir struct{ fstest.MapFS }

func (u unreadableDir) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == "a" {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrPermission}
	}
	return u.MapFS.ReadDir(name)
}

func TestRulesAreDistinctAndDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, rule := range append(document.Rules(), Rules()...) {
		if seen[rule.ID] || !strings.HasSuffix(rule.Summary, ".") {
			t.Errorf("%+v", rule)
		}
		seen[rule.ID] = true
	}
}

// TestOperations: what an operation of a document gives need not be said, and
// interactions that name different ones are not the same.
func TestOperations(t *testing.T) {
	kafka := func(topic string) Address { return Address{Kafka: &KafkaAddress{Topic: topic}} }
	equal(t, load(t, "operations.yaml"), &Contract{
		Weir:     Version,
		Service:  Service{Name: "order-service"},
		AsyncAPI: "asyncapi.yaml",
		Produces: []Produces{
			{Operation: "publishOrders", Ordering: "per-key"},
			{Operation: "publishInvoices", Event: "com.acme.order.InvoiceSent", Topic: "invoices", Address: kafka("invoices")},
		},
		Consumes: []Consumes{
			{Operation: "onPayment", Needs: Needs{{Place: "$.order_id"}}},
			{Operation: "onRefund", Topic: "refunds", Address: kafka("refunds")},
			{Event: "com.acme.payment.PaymentFailed"},
		},
	})
}
