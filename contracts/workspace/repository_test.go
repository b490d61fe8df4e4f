package workspace

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/flowweir/weir/contracts/internal/fixture"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// now is when waivers are judged.
var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const payments = `
-- contracts/weir.yaml --
weir: contract/v1
service: {name: payments}
produces:
  - {event: com.acme.PaymentReceived, topic: payment.events, schema: ../schemas/payment.json}
consumes:
  - {event: com.acme.OrderPlaced, topic: order.events, group: payments, needs: [$.order_id, $.currency]}
-- schemas/payment.json --
{"type": "object", "properties": {"order_id": {"$ref": "id.json"}}, "required": ["order_id"]}
-- schemas/id.json --
{"type": "string"}
-- schemas/unused.json --
{}
-- main.go --
package main
`

const orders = `
-- weir.work.yaml --
weir: workspace/v1
contracts:
  - {name: payments, git: ../payments, ref: main, path: contracts}
-- orders/weir.yaml --
weir: contract/v1
service: {name: orders}
produces:
  - {event: com.acme.OrderPlaced, topic: order.events, schema: order.json}
consumes:
  - {event: com.acme.PaymentReceived, topic: payment.events, group: orders, needs: [$.order_id, $.amount]}
-- orders/order.json --
{"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]}
`

// beside makes two repositories beside each other and enters that of orders.
func beside(t *testing.T) (upstream string) {
	t.Helper()
	fixture.GitEnvironment(t)
	dir := t.TempDir()
	upstream = filepath.Join(dir, "payments")
	must(t, os.MkdirAll(upstream, 0o755))
	fixture.Commit(t, upstream, payments)
	fixture.Write(t, filepath.Join(dir, "orders"), orders)
	t.Chdir(filepath.Join(dir, "orders"))
	return upstream
}
