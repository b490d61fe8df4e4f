package orderflow_test

import (
	"net/http"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/docker"
	"github.com/flowweir/weir/harness/match"
)

// TestPayment follows one order through both services.
func TestPayment(t *testing.T) {
	c, orders := orderFlow(t)

	post(t, orders+"/orders", "order-1", `{"customer_id": "cus-1", "currency": "EUR",
		"items": [{"sku": "BOOT-42", "quantity": 2, "unit_price": 6900}]}`)

	order := c.Await("com.acme.order.OrderPlaced", harness.Where("header:ce_id", "order-1"))
	c.Await("com.acme.payment.PaymentReceived", harness.CausedBy(order), harness.Where("$.amount", 13800))
}

// TestReactions places one order, to which two services react, and sends what
// neither can read.
func TestReactions(t *testing.T) {
	c := harness.Run(t, harness.Contracts("order-service", "payment-service", "inventory-service"), harness.With(docker.Provider()))
	c.Start(consumer("payment-service"))
	c.Start(consumer("inventory-service"))

	order := c.Produce("com.acme.order.OrderPlaced")
	c.Await("com.acme.payment.PaymentReceived", harness.CausedBy(order))
	c.Await("com.acme.inventory.InventoryReserved", harness.CausedBy(order))

	poison := c.Produce("com.acme.order.OrderPlaced", harness.Poison([]byte(`{"order_id": 7}`)))
	for _, topic := range []string{"payment-service.order-placed.dlq", "inventory-service.order-placed.dlq"} {
		c.AwaitIn(topic, harness.LeadsBackTo(poison))
	}
}

// TestDeadLetter sends what payment-service cannot read.
func TestDeadLetter(t *testing.T) {
	c, _ := orderFlow(t)
	order := c.Produce("com.acme.order.OrderPlaced", harness.Poison([]byte(`{"order_id": 7}`)))
	dead := c.AwaitDeadLetter(order)
	if string(dead.Value) != `{"order_id": 7}` || string(dead.Key) != string(order.Key) {
		t.Errorf("the dead letter is not what was sent:\n%s", dead)
	}
}

// TestRetry has every charge fail: the order is tried three times, with the
// backoff of the contract, and is a dead letter then.
func TestRetry(t *testing.T) {
	g := NewWithT(t)
	c := harness.Run(t, harness.Contracts("order-service", "payment-service"), harness.With(docker.Provider()))
	failing := consumer("payment-service")
	failing.Env["PAYMENT_FAIL_SHARE"] = "1"
	c.Start(failing)

	order := c.Produce("com.acme.order.OrderPlaced")
	g.Expect(c).To(match.HaveRetries(order))
	g.Expect(c).To(match.HaveDeadLetter(order, match.Reason(ContainSubstring("attempt 3: payment gateway unavailable"))))
	g.Expect(c).To(match.HaveNoEvent("com.acme.payment.PaymentReceived", match.CausedBy(order)))
	g.Expect(c).To(match.HaveLag("payment-service", 0))
}

// TestPaymentAfterACrash kills payment-service while orders come in.
func TestPaymentAfterACrash(t *testing.T) {
	g := NewWithT(t)
	c := harness.Run(t, harness.Contracts("order-service", "payment-service"), harness.With(docker.Provider()))
	c.Start(consumer("payment-service"))

	before := c.Produce("com.acme.order.OrderPlaced")
	c.Crash("payment-service")
	while := c.Produce("com.acme.order.OrderPlaced")
	c.StartAgain("payment-service")
	for _, order := range []*harness.Record{before, while} {
		g.Expect(c).To(match.HaveEventOnce("com.acme.payment.PaymentReceived", match.CausedBy(order)))
	}
}

// TestContracts tests each interaction of both contracts alone.
func TestContracts(t *testing.T) {
	c, _ := orderFlow(t)
	c.Interactions(t)
}

// orderFlow starts a cluster with both services, and answers where orders are
// placed.
func orderFlow(t testing.TB) (c *harness.Cluster, orders string) {
	t.Helper()
	c = harness.Run(t, harness.Contracts("order-service", "payment-service"), harness.With(docker.Provider()))
	placing := c.Start(harness.Service{
		Name: "order-service", Build: "./order-service", URL: "http://127.0.0.1:{{.Port}}",
		Env:   map[string]string{"BROKERS": "{{.Bootstrap}}", "ADDR": "127.0.0.1:{{.Port}}"},
		Ready: &harness.Ready{HTTP: "/healthz"},
	})
	c.Start(consumer("payment-service"))
	return c, placing.URL()
}

// consumer is a service that consumes orders in a group of its own name.
func consumer(name string) harness.Service {
	return harness.Service{
		Name: name, Build: "./" + name,
		Env:   map[string]string{"BROKERS": "{{.Bootstrap}}"},
		Ready: &harness.Ready{Group: name},
	}
}

func post(t testing.TB, url, key, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", key)
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusAccepted {
		t.Fatalf("POST %s: %s, want 202", url, reply.Status)
	}
}
