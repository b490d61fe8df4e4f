package harness_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/flowweir/weir/harness"
)

func ExampleRun() {
	_ = func(t *testing.T) {
		c := harness.Run(t, harness.Contracts("."))
		c.Start(harness.Service{
			Name: "payment-service", Build: "./payment-service",
			Env:   map[string]string{"BROKERS": "{{.Bootstrap}}"},
			Ready: &harness.Ready{Group: "payment-service"},
		})
		order := c.Produce("com.acme.order.OrderPlaced", harness.Set("$.total", 13800))
		c.Await("com.acme.payment.PaymentReceived", harness.CausedBy(order), harness.Where("$.amount", 13800))
	}
}

func ExampleTestContract() {
	_ = func(t *testing.T) {
		harness.TestContract(t, "weir.yaml", harness.Service{
			Build: ".",
			Env:   map[string]string{"BROKERS": "{{.Bootstrap}}"},
			Ready: &harness.Ready{Group: "payment-service"},
		}, harness.Contracts("../order-service"), harness.Failing("com.acme.order.OrderPlaced", harness.Set("$.customer_id", "cus-refused")))
	}
}

func ExampleTrigger() {
	_ = func(t *testing.T) {
		c := harness.Run(t, harness.Contracts("."),
			harness.Given("com.acme.invoice.InvoiceDue", func(ctx context.Context, call harness.Call) error {
				_, err := call.Flow.Produce(ctx, "com.acme.order.OrderPlaced")
				return err
			}),
			harness.Trigger("com.acme.invoice.InvoiceDue", func(ctx context.Context, call harness.Call) error {
				request, err := http.NewRequestWithContext(ctx, http.MethodPost, call.URL+"/billing-run", http.NoBody)
				if err != nil {
					return err
				}
				reply, err := http.DefaultClient.Do(request)
				if err != nil {
					return err
				}
				return reply.Body.Close()
			}))
		c.Start(harness.Service{Name: "billing", Build: ".", URL: "http://127.0.0.1:{{.Port}}"})
		c.Trigger("com.acme.invoice.InvoiceDue")
	}
}

func ExampleShare() {
	brokers := harness.Share(harness.Brokers(1))
	_ = func(t *testing.T) {
		t.Parallel()
		c := harness.Run(t, harness.On(brokers), harness.Contracts("."))
		c.Start(harness.Service{Name: "payment-service", Build: ".", Env: map[string]string{
			"BROKERS": "{{.Bootstrap}}", "GROUP": `{{.Group "payment-service"}}`, "ORDER_TOPIC": `{{.Topic "order.events"}}`,
		}})
	}
}
