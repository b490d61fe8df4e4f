package asyncapi_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

const catalogue = `asyncapi: 3.0.0
info: {title: Orders, version: 1.0.0}
channels:
  orders:
    address: orders
    bindings: {kafka: {partitions: 12, replicas: 3, topicConfiguration: {retention.ms: 86400000}}}
    messages:
      Placed:
        name: com.acme.OrderPlaced
        headers: {type: object, required: [traceparent], properties: {traceparent: {type: string}}}
        payload: {type: object, required: [order_id], properties: {order_id: {type: string}}}
        bindings: {kafka: {x-compatibility: BACKWARD}}
      Cancelled:
        name: com.acme.OrderCancelled
        payload: {$ref: ../schemas/cancelled.json}
  payments:
    address: payments
    messages:
      Received: {name: com.acme.PaymentReceived, payload: {type: object}}
  lamps:
    address: lamps.{id}
    messages:
      On: {name: LampOn, payload: {type: object}}
operations:
  publishOrders:
    action: send
    channel: {$ref: "#/channels/orders"}
  onPayment:
    action: receive
    channel: {$ref: "#/channels/payments"}
    bindings: {kafka: {groupId: {type: string, enum: [orders]}, x-isolationLevel: read_committed}}
  onPaymentToo:
    action: receive
    channel: {$ref: "#/channels/payments"}
  onLamp:
    action: receive
    channel: {$ref: "#/channels/lamps"}
`

// completed completes a contract with the catalogue.
func completed(t *testing.T, contract string) (*contracts.Contract, string) {
	t.Helper()
	fsys := fstest.MapFS{
		"catalogue/asyncapi.yaml": {Data: []byte(catalogue)},
		"schemas/cancelled.json":  {Data: []byte(`{"type": "object"}`)},
		"order/weir.yaml":         {Data: []byte("weir: contract/v1\nservice: {name: order-service}\nasyncapi: ../catalogue/asyncapi.yaml\n" + contract)},
	}
	d, findings := asyncapi.Load(fsys, "catalogue/asyncapi.yaml")
	noErrors(t, "load", fsys, findings)
	c, findings := contracts.Load(fsys, "order/weir.yaml")
	noErrors(t, "contract", fsys, findings)
	found := d.Complete(c)
	var out strings.Builder
	for _, f := range found {
		out.WriteString(f.Position.String() + " " + string(f.Severity) + " " + f.ID + ": " + f.Message)
		if f.Hint != "" {
			out.WriteString(" (" + f.Hint + ")")
		}
		out.WriteByte('\n')
		for _, related := range f.Related {
			out.WriteString("  " + related.Position.String() + " " + related.Message + "\n")
		}
	}
	return c, out.String()
}

// left is what the catalogue itself cannot give any contract.
const left = `catalogue/asyncapi.yaml:21:5 info asyncapi/no-address: the channel lamps is no address of a contract: its address has the parameter {id}; a contract's can only have {env} (name the topic in the channel's binding: {kafka: {topic: ...}})
  catalogue/asyncapi.yaml:35:3 the operation
catalogue/asyncapi.yaml:32:3 warning asyncapi/no-group: the operation onPaymentToo names no consumer group and is left out (name it in the operation's binding: {kafka: {groupId: {type: string, enum: [...]}}}, or in the contract)
`

func TestCompleteTakesEverythingFromTheDocument(t *testing.T) {
	c, findings := completed(t, "")
	if diff := cmp.Diff(left, findings); diff != "" {
		t.Error(diff)
	}
	orders := contracts.Address{Kafka: &contracts.KafkaAddress{Topic: "orders"}}
	want := &contracts.Contract{
		Weir: contracts.Version, Service: contracts.Service{Name: "order-service", Version: "1.0.0"}, AsyncAPI: "../catalogue/asyncapi.yaml",
		Topics: map[string]contracts.Topic{"orders": {Partitions: 12, Replication: 3, Retention: document.Duration(24 * 3600e9)}},
		Produces: []contracts.Produces{
			{
				Operation: "publishOrders", Event: "com.acme.OrderPlaced", Topic: "orders", Address: orders, Compatibility: "backward",
				Headers: map[string]contracts.Header{"traceparent": {Required: true}},
				Schema: contracts.SchemaRef{Inline: &contracts.Schema{
					File: "../catalogue/asyncapi.yaml#/channels/orders/messages/Placed/payload", Format: contracts.FormatJSONSchema,
				}},
			},
			{Operation: "publishOrders", Event: "com.acme.OrderCancelled", Topic: "orders", Address: orders, Schema: contracts.SchemaRef{Ref: "../schemas/cancelled.json"}},
		},
		Consumes: []contracts.Consumes{{
			Operation: "onPayment", Event: "com.acme.PaymentReceived", Topic: "payments", Group: "orders", Isolation: "read-committed",
			Address: contracts.Address{Kafka: &contracts.KafkaAddress{Topic: "payments"}},
			Schema: &contracts.SchemaRef{Inline: &contracts.Schema{
				File: "../catalogue/asyncapi.yaml#/channels/payments/messages/Received/payload", Format: contracts.FormatJSONSchema,
			}},
		}},
	}
	if diff := cmp.Diff(want, c, withoutDoc); diff != "" {
		t.Error(diff)
	}
}

func TestCompleteKeepsWhatTheContractPromises(t *testing.T) {
	c, findings := completed(t, `topics: {orders: {config: {min.insync.replicas: 2}}}
produces:
  - {event: com.acme.OrderPlaced, key: $.order_id, ordering: per-key, headers: {tenant: optional}}
consumes:
  - {event: com.acme.PaymentReceived, topic: payments, group: orders, needs: [$.order_id]}
`)
	if diff := cmp.Diff(left, findings); diff != "" {
		t.Error(diff)
	}
	placed := c.Produces[0]
	if placed.Key == nil || placed.Ordering != "per-key" || placed.Topic != "orders" || placed.Schema.Inline == nil || placed.Compatibility != "backward" {
		t.Errorf("promises or facts are missing: %+v", placed)
	}
	if diff := cmp.Diff(map[string]contracts.Header{"tenant": {}, "traceparent": {Required: true}}, placed.Headers); diff != "" {
		t.Error(diff)
	}
	if len(c.Produces) != 2 || c.Produces[1].Event != "com.acme.OrderCancelled" {
		t.Errorf("the other message of the operation is missing: %+v", c.Produces)
	}
	if len(c.Consumes) != 1 || c.Consumes[0].Schema != nil || c.Consumes[0].Isolation != "read-committed" {
		t.Errorf("needs must stay what the consumer reads: %+v", c.Consumes)
	}
	if got := c.Topics["orders"]; got.Partitions != 12 || got.Config["min.insync.replicas"] != "2" {
		t.Errorf("facts of the topic: %+v", got)
	}
}

func TestCompleteByOperation(t *testing.T) {
	c, findings := completed(t, `produces:
  - {operation: publishOrders, ordering: per-key}
consumes:
  - {operation: onPaymentToo, group: others, members: 3}
  - {operation: onLamp, topic: lamps.north, group: orders}
`)
	if findings != "" {
		t.Error(findings)
	}
	var got []string
	for _, p := range c.Produces {
		got = append(got, p.Event+" "+p.Ordering+" "+p.Topic)
	}
	for _, k := range c.Consumes {
		got = append(got, k.Event+" "+k.Group+" "+k.Topic)
	}
	want := []string{
		"com.acme.OrderPlaced per-key orders", "com.acme.OrderCancelled per-key orders",
		"com.acme.PaymentReceived others payments", "LampOn orders lamps.north", "com.acme.PaymentReceived orders payments",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCompleteReports(t *testing.T) {
	for name, test := range map[string]struct {
		contract, want string
	}{
		"an operation that the document lacks": {
			"produces: [{operation: publishOrder, ordering: per-key}]",
			`order/weir.yaml:4:24 error asyncapi/unknown-operation: the document has no operation "publishOrder" that produces anything (did you mean "publishOrders"?)`,
		},
		"an operation of the other direction": {
			"produces: [{operation: onPayment}]",
			`order/weir.yaml:4:24 error asyncapi/unknown-operation: the document has no operation "onPayment" that produces anything (it is one of action receive: name it under consumes)`,
		},
		"a message that the operation lacks": {
			"produces: [{operation: publishOrders, event: com.acme.OrderCanceled}]",
			`order/weir.yaml:4:46 error asyncapi/unknown-operation: the operation publishOrders has no message com.acme.OrderCanceled (did you mean "com.acme.OrderCancelled"?)`,
		},
		"an event that the document lacks": {
			"produces: [{event: com.acme.OrderPlacd}]",
			`order/weir.yaml:4:20 error asyncapi/unknown-operation: the document has no operation that produces com.acme.OrderPlacd (did you mean "com.acme.OrderPlaced"?)`,
		},
		"an operation and its event": {
			"produces:\n  - {operation: publishOrders, ordering: per-key}\n  - {event: com.acme.OrderCancelled, topic: orders}",
			"order/weir.yaml:5:5 error contract/duplicate: produces has this interaction twice: com.acme.OrderCancelled on topic orders (keep one of them)\n" +
				"  order/weir.yaml:6:5 first here",
		},
		"an event that two operations have": {
			"consumes: [{event: com.acme.PaymentReceived, needs: [$.a]}]",
			"order/weir.yaml:4:20 error asyncapi/unknown-operation: 2 operations of the document have the event com.acme.PaymentReceived (name its operation:, or the topic or the group that tells them apart)\n" +
				"  catalogue/asyncapi.yaml:28:3 the operation onPayment\n  catalogue/asyncapi.yaml:32:3 the operation onPaymentToo",
		},
		"another topic": {
			"produces: [{event: com.acme.OrderPlaced, topic: order.events}]",
			"order/weir.yaml:4:49 error asyncapi/contradiction: the contract's topic is topic order.events, the document's is topic orders (keep one of them)\n" +
				"  catalogue/asyncapi.yaml:25:3 the operation publishOrders",
		},
		"another mode": {
			"produces: [{event: com.acme.OrderPlaced, compatibility: full}]",
			"order/weir.yaml:4:57 error asyncapi/contradiction: the contract's compatibility is full, the document's is backward (keep one of them)\n" +
				"  catalogue/asyncapi.yaml:25:3 the operation publishOrders",
		},
		"another number of partitions": {
			"topics: {orders: {partitions: 6}}",
			"order/weir.yaml:4:31 error asyncapi/contradiction: the contract's partitions is 6, the document's is 12 (keep one of them)\n" +
				"  catalogue/asyncapi.yaml:4:3 the channel orders",
		},
		"another isolation": {
			"consumes: [{operation: onPayment, isolation: read-uncommitted}]",
			"order/weir.yaml:4:46 error asyncapi/contradiction: the contract's isolation is read-uncommitted, the document's is read-committed (keep one of them)\n" +
				"  catalogue/asyncapi.yaml:28:3 the operation onPayment",
		},
		"no group": {
			"consumes: [{operation: onPaymentToo, members: 3}]",
			"order/weir.yaml:4:12 error asyncapi/no-group: neither the contract nor the operation onPaymentToo names the consumer group (add group:)\n" +
				"  catalogue/asyncapi.yaml:32:3 the operation onPaymentToo",
		},
		"no address": {
			"consumes: [{event: LampOn, group: orders}]",
			"order/weir.yaml:4:20 error asyncapi/no-address: the channel lamps is no address of a contract: its address has the parameter {id}; a contract's can only have {env} (name the topic here)\n" +
				"  catalogue/asyncapi.yaml:35:3 the operation onLamp",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, findings := completed(t, test.contract)
			if !strings.Contains(findings, test.want+"\n") {
				t.Errorf("want\n%s\namong\n%s", test.want, findings)
			}
		})
	}
}

func TestCompleteAgreesWithItself(t *testing.T) {
	first, _ := completed(t, "")
	d, _ := asyncapi.Load(fstest.MapFS{
		"catalogue/asyncapi.yaml": {Data: []byte(catalogue)},
		"schemas/cancelled.json":  {Data: []byte(`{"type": "object"}`)},
	}, "catalogue/asyncapi.yaml")
	second := *first
	findings := d.Complete(&second)
	if finding.Errors(findings) > 0 {
		t.Errorf("completing twice: %+v", findings)
	}
	if diff := cmp.Diff(first, &second, withoutDoc); diff != "" {
		t.Error(diff)
	}
}
