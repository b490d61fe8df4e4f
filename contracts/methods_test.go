package contracts

import (
	"math"
	"testing"
	"time"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/place"
)

func TestBackoffDelay(t *testing.T) {
	const ms = document.Duration(time.Millisecond)
	tests := []struct {
		name    string
		backoff Backoff
		want    []time.Duration // before attempts 1, 2, …
	}{
		{"none", Backoff{}, []time.Duration{0, 0, 0}},
		{"fixed", Backoff{Kind: "fixed", Initial: 100 * ms}, []time.Duration{0, 100e6, 100e6, 100e6}},
		{"fixed without a kind", Backoff{Initial: 100 * ms}, []time.Duration{0, 100e6, 100e6}},
		{"linear", Backoff{Kind: "linear", Initial: 100 * ms, Max: 250 * ms}, []time.Duration{0, 100e6, 200e6, 250e6, 250e6}},
		{"exponential", Backoff{Kind: "exponential", Initial: 200 * ms, Max: 5000 * ms}, []time.Duration{0, 200e6, 400e6, 800e6, 1600e6, 3200e6, 5000e6, 5000e6}},
		{"exponential by max", Backoff{Initial: 200 * ms, Max: 300 * ms}, []time.Duration{0, 200e6, 300e6}},
		{"factor", Backoff{Initial: 100 * ms, Factor: 1.5}, []time.Duration{0, 100e6, 150e6, 225e6}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for i, want := range tt.want {
				if got := tt.backoff.Delay(i + 1); got != want {
					t.Errorf("Delay(%d) = %s, want %s", i+1, got, want)
				}
			}
		})
	}
	if got := (Backoff{Kind: "exponential", Initial: 1000 * ms}).Delay(1000); got != math.MaxInt64 {
		t.Errorf("an unbounded backoff overflows to %s", got)
	}
	if got := (Backoff{Initial: 1000 * ms}).Delay(-1); got != 0 {
		t.Errorf("got %s", got)
	}
}

func TestDefaults(t *testing.T) {
	no, yes := false, true
	equal(t, Delivery{}.RequiredAcks(), "all")
	equal(t, Delivery{}.IsIdempotent(), true)
	equal(t, Delivery{Acks: "leader"}.IsIdempotent(), false)
	equal(t, Delivery{Idempotent: &no}.IsIdempotent(), false)
	equal(t, Delivery{Idempotent: &yes}.IsIdempotent(), true)
	equal(t, Produces{}.EnvelopeName(), "none")
	equal(t, Produces{}.CompatibilityMode(), "backward")
	equal(t, Produces{}.OrderedPerKey(), false)
	equal(t, Produces{Ordering: "per-key"}.OrderedPerKey(), true)
	for want, at := range map[string]func() (place.Place, error){
		"envelope:causationid": Effect{Event: "e"}.CorrelatePlace, "$.cause": Effect{Correlate: "$.cause"}.CorrelatePlace,
		"envelope:id": Idempotency{}.KeyPlace, "header:ce_id": Idempotency{Key: "header:ce_id"}.KeyPlace,
	} {
		got, err := at()
		equal(t, err, nil)
		equal(t, got.String(), want)
	}
	if _, err := (Effect{Correlate: "cause"}).CorrelatePlace(); err == nil {
		t.Error("a place that is none is no error")
	}
	equal(t, Key{}.SerializedAs(), "string")
	equal(t, Key{Format: "long"}.SerializedAs(), "long")
	equal(t, Consumes{}.ReadCommitted(), false)
	equal(t, DLQ{}.Guarantee(), "at-least-once")
	equal(t, DLQ{Delivery: "exactly-once"}.Guarantee(), "exactly-once")
	equal(t, DLQ{}.Preserves("headers"), true)
	equal(t, DLQ{Preserve: []string{"key"}}.Preserves("headers"), false)
	equal(t, Backoff{}.GrowthFactor(), 2.0)
}

func TestRetryHorizon(t *testing.T) {
	retry := Retry{Attempts: 4, Backoff: Backoff{Kind: "exponential", Initial: document.Duration(time.Second), Max: document.Duration(3 * time.Second)}}
	equal(t, retry.Horizon(), 6*time.Second) // 1 + 2 + 3
	equal(t, retry.LongestWait(), 3*time.Second)
	equal(t, Retry{Attempts: 1}.Horizon(), time.Duration(0))
	equal(t, Retry{Attempts: 1000, Backoff: Backoff{Initial: math.MaxInt64, Kind: "linear"}}.Horizon(), time.Duration(math.MaxInt64))
	equal(t, Consumes{}.PollInterval(), 5*time.Minute)
	equal(t, Consumes{MaxPollInterval: document.Duration(time.Minute)}.PollInterval(), time.Minute)
}

func TestChannel(t *testing.T) {
	c := load(t, "other-transports.yaml")
	var texts []string
	for _, p := range c.Produces {
		texts = append(texts, p.Channel().String())
	}
	equal(t, texts, []string{
		"topic {env}.billing.events", `rabbitmq exchange "billing", routing key "refund.issued", queue ""`, "redis stream reminders", `eventbridge bus "billing", detail-type "Closed"`,
	})
	equal(t, Address{}.Channel(), Channel{})
	equal(t, Channel{}.String(), "")
}

func TestRecognition(t *testing.T) {
	tests := []struct {
		produces Produces
		want     Match
	}{
		{Produces{}, Match{}},
		{Produces{Envelope: "cloudevents-binary"}, Match{Header: "ce_type"}},
		{Produces{Envelope: "cloudevents-structured"}, Match{}},
		{Produces{Envelope: "standard"}, Match{}},
		{Produces{Envelope: "standard", Match: &Match{Name: "a.B"}}, Match{Name: "a.B"}},
	}
	for _, tt := range tests {
		equal(t, tt.produces.Recognition(), tt.want)
	}
}

func TestLookUps(t *testing.T) {
	c := load(t, "other-transports.yaml")
	equal(t, c.Producer("com.acme.billing.Reminded") == &c.Produces[2], true)
	equal(t, c.Producer("com.acme.order.OrderPlaced") == nil, true)
	equal(t, c.Consumer("com.acme.order.OrderPlaced") == &c.Consumes[0], true)
	equal(t, c.Consumer("com.acme.billing.Reminded") == nil, true)
	equal(t, Address{}.Transport(), "")

	equal(t, c.SchemaOf(SchemaRef{}) == nil, true)
	equal(t, c.SchemaOf(c.Produces[0].Schema), &Schema{File: "schemas/invoice.avsc", Format: "avro", Wire: "none"})
	equal(t, c.SchemaOf(SchemaRef{Ref: "Refund"}), &Schema{File: "schemas/refund.proto", Format: "protobuf", Wire: "confluent-header"})
	equal(t, c.SchemaOf(c.Produces[1].Schema), &Schema{Registry: &Registry{Subject: "refunds-value", Version: "3", AutoRegister: new(bool)}, Wire: "confluent"})
	equal(t, c.SchemaOf(*c.Consumes[1].Schema), &Schema{File: "schemas/order-cancelled.reader.json", Format: "jsonschema", Wire: "none"})
	equal(t, c.Schemas["Invoice"].Format, "")

	equal(t, c.Resolve("schemas/a.json"), "schemas/a.json")
	nested, _ := parse("services/billing/weir.yaml", []byte("weir: contract/v1"))
	equal(t, nested.Resolve("../a.json"), "services/a.json")
}

func TestWaiversExpireAfterTheirDay(t *testing.T) {
	zone := time.FixedZone("", 2*60*60)
	waiver := Waiver{Until: "2027-03-31"}
	equal(t, waiver.HasExpired(time.Date(2027, 3, 31, 23, 59, 59, 0, zone)), false)
	equal(t, waiver.HasExpired(time.Date(2027, 4, 1, 0, 0, 0, 0, zone)), true)
	equal(t, Waiver{}.HasExpired(time.Time{}), true)
}
