package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/examples/order-flow/payment-service/schemas"
)

// failing is a gateway that is down.
type failing struct{ err error }

func (f failing) Charge(context.Context, string, orderPlaced, int) (string, error) { return "", f.err }

func testPayments(t *testing.T, g gateway) *payments {
	t.Helper()
	cfg, err := configFromEnv(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	seen := newDedupe(10)
	seen.windows[0] = newWindow(10)
	return &payments{cfg: cfg, seen: seen, gateway: g}
}

const orderID = "6f3a1d54-4f5f-4b43-9d5e-0d2f3c1b7a90"

func TestHandleSends(t *testing.T) {
	up, down := simulatedGateway{}, failing{errGatewayUnavailable}
	set := func(pairs ...string) func(*kgo.Record) {
		return func(r *kgo.Record) { r.Headers = with(r.Headers, pairs...) }
	}
	drop := func(name string) func(*kgo.Record) {
		return func(r *kgo.Record) {
			var kept []kgo.RecordHeader
			for _, h := range r.Headers {
				if h.Key != name {
					kept = append(kept, h)
				}
			}
			r.Headers = kept
		}
	}
	value := func(from, to string) func(*kgo.Record) {
		return func(r *kgo.Record) { r.Value = bytes.Replace(r.Value, []byte(from), []byte(to), 1) }
	}
	retried := func(attempt string) func(*kgo.Record) {
		return func(r *kgo.Record) {
			r.Topic = "payment-service.order-placed.retry"
			r.Headers = with(r.Headers, "retry-attempt", attempt, "retry-topic", "order.events", "retry-partition", "4", "retry-offset", "7")
		}
	}
	for name, tc := range map[string]struct {
		gateway gateway
		change  func(*kgo.Record)
		topic   string // where the outcome goes, empty for nowhere
		reason  string // part of dlq-reason
	}{
		"an order":               {up, func(*kgo.Record) {}, "payment.events", ""},
		"another event":          {up, set("ce_type", "com.acme.order.OrderShipped"), "", ""},
		"not JSON":               {up, func(r *kgo.Record) { r.Value = []byte("\xff") }, "payment-service.order-placed.dlq", "not JSON"},
		"empty":                  {up, func(r *kgo.Record) { r.Value = nil }, "payment-service.order-placed.dlq", "not JSON"},
		"not as the schema says": {up, value(`"total":13800`, `"total":-1`), "payment-service.order-placed.dlq", "/total"},
		"a field is missing":     {up, value(`"customer_id"`, `"customer"`), "payment-service.order-placed.dlq", "customer_id"},
		"no id":                  {up, drop("ce_id"), "payment-service.order-placed.dlq", "header ce_id is missing"},
		"no type":                {up, drop("ce_type"), "payment-service.order-placed.dlq", "header ce_type is missing"},
		"first failure":          {down, func(*kgo.Record) {}, "payment-service.order-placed.retry", ""},
		"second failure":         {down, retried("2"), "payment-service.order-placed.retry", ""},
		"third failure":          {down, retried("3"), "payment-service.order-placed.dlq", "payment gateway unavailable"},
		"retry without a number": {down, retried("x"), "payment-service.order-placed.dlq", "payment gateway unavailable"},
		"retry that succeeds":    {up, retried("2"), "payment.events", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := order(orderID, "event-0")
			tc.change(r)
			out, err := testPayments(t, tc.gateway).handle(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if out == nil {
				if tc.topic != "" {
					t.Fatalf("nothing sent, want a record in %s", tc.topic)
				}
				return
			}
			if out.Topic != tc.topic || !strings.Contains(header(out, "dlq-reason"), tc.reason) {
				t.Errorf("sent to %s with reason %q, want %s with %q", out.Topic, header(out, "dlq-reason"), tc.topic, tc.reason)
			}
			if out.Topic == "payment.events" {
				return
			}
			if diff := cmp.Diff([]any{r.Key, r.Value, r.Headers}, []any{out.Key, out.Value, out.Headers[:len(r.Headers)]}); diff != "" && r.Topic == "order.events" {
				t.Errorf("not as it came (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDeadLetterOfARetryNamesTheOrigin(t *testing.T) {
	p := testPayments(t, failing{errGatewayUnavailable})
	r := order(orderID, "event-0")
	r.Partition, r.Offset = 0, 7
	now := time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)
	second := p.retry(r, 2, now)
	second.Partition, second.Offset = 2, 99
	third := p.retry(second, 3, now)
	dead := p.deadLetter(third, errors.New("why"))

	want := with(r.Headers,
		"retry-attempt", "3", "retry-not-before", "2026-03-14T09:00:00.4Z",
		"retry-topic", "order.events", "retry-partition", "0", "retry-offset", "7",
		"dlq-reason", "why", "dlq-topic", "order.events", "dlq-partition", "0", "dlq-offset", "7")
	if diff := cmp.Diff(want, dead.Headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestPaymentsObeyTheSchema(t *testing.T) {
	r := order(orderID, "event-0")
	payment, err := testPayments(t, simulatedGateway{}).handle(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("examples/payment-received.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"emitted": payment.Value, "example": example} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err == nil {
			err = schemas.PaymentReceived.Validate(doc)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The copy of order-service's schema is that of today.
func TestSchemaIsTheProducers(t *testing.T) {
	theirs, err := os.ReadFile("../order-service/schemas/order-placed.json")
	if err != nil {
		t.Fatal(err)
	}
	ours, err := os.ReadFile("schemas/order-placed.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(theirs), string(ours)); diff != "" {
		t.Errorf("schemas/order-placed.json (-order-service +payment-service):\n%s", diff)
	}
}

func TestDelay(t *testing.T) {
	p := retryPolicy{attempts: 9, initial: 200 * time.Millisecond, max: time.Second}
	var got []time.Duration
	for attempt := 2; attempt <= 6; attempt++ {
		got = append(got, p.delay(attempt)/time.Millisecond)
	}
	if diff := cmp.Diff([]time.Duration{200, 400, 800, 1000, 1000}, got); diff != "" {
		t.Errorf("delays in ms (-want +got):\n%s", diff)
	}
}

func TestNotBefore(t *testing.T) {
	p := testPayments(t, simulatedGateway{})
	now := time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		topic, header string
		want          time.Time
	}{
		"a retry":            {p.cfg.retryTopic, "2026-03-14T09:00:00.2Z", now.Add(200 * time.Millisecond)},
		"farther than ever":  {p.cfg.retryTopic, "2099-01-01T00:00:00Z", now.Add(p.cfg.retry.max)},
		"unreadable":         {p.cfg.retryTopic, "tomorrow", time.Time{}},
		"not a retry at all": {"order.events", "2026-03-14T09:00:00.2Z", time.Time{}},
	} {
		r := &kgo.Record{Topic: tc.topic, Headers: with(nil, "retry-not-before", tc.header)}
		if got := p.notBefore(r, now); !got.Equal(tc.want) {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

func TestChanceIsFair(t *testing.T) {
	const n = 20_000
	low := 0
	for i := range n {
		if c := chance(orderID, i); c < 0 || c >= 1 {
			t.Fatalf("chance = %v, want 0 to below 1", c)
		} else if c < 0.3 {
			low++
		}
	}
	if share := float64(low) / n; share < 0.28 || share > 0.32 {
		t.Errorf("%.3f of the attempts are below 0.3", share)
	}
}

func TestConfigSaysEveryMistake(t *testing.T) {
	_, err := configFromEnv(func(name string) string {
		return map[string]string{"RETRY_BACKOFF": "soon", "DEDUPE_RECORDS": "0", "PAYMENT_FAIL_SHARE": "NaN"}[name]
	})
	want := `RETRY_BACKOFF="soon": want a duration above 0, such as 200ms
DEDUPE_RECORDS="0": want a whole number of at least 1
PAYMENT_FAIL_SHARE="NaN": want a number from 0 to 1`
	if err == nil || err.Error() != want {
		t.Errorf("error = %v, want\n%s", err, want)
	}
}
