package promise_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/promise"
	"github.com/flowweir/weir/reports/finding"
)

// wrapped are a producer and a consumer of events in an envelope.
var wrapped = map[string]string{
	"placed.json": `{"type": "object", "required": ["order"], "properties": {"order": {"type": "string", "minLength": 4}}, "additionalProperties": false}`,
	"shop.yaml": `weir: contract/v1
service: {name: shop}
topics: {orders: {partitions: 1}}
produces:
  - {event: shop.Placed, topic: orders, schema: placed.json, envelope: ENVELOPE, key: $.order}
`,
	"weir.yaml": `weir: contract/v1
service: {name: payments}
topics: {payments: {partitions: 1}, orders.dlq: {partitions: 1}}
produces:
  - {event: shop.Paid, topic: payments, schema: placed.json, envelope: ENVELOPE, key: $.order, trigger: {event: shop.Placed}}
consumes:
  - event: shop.Placed
    topic: orders
    group: payments
    idempotency: {KEYwindow: 1h}
    dlq: {topic: orders.dlq}
    effect: {event: shop.PaidCORRELATE}
`,
}

// wrapper reads and writes an envelope as a service does that knows nothing of
// Weir.
type wrapper struct {
	read  func(r *kgo.Record) (id string, data json.RawMessage, err error)
	write func(id, cause string, data json.RawMessage) *kgo.Record
}

func inValue(r *kgo.Record) (string, json.RawMessage, error) {
	var event struct {
		ID   string
		Data json.RawMessage
	}
	err := json.Unmarshal(r.Value, &event)
	return event.ID, event.Data, err
}

var wrappers = map[envelope.Kind]wrapper{
	envelope.Standard: {inValue, func(id, cause string, data json.RawMessage) *kgo.Record {
		const form = `{"id":%q,"type":"shop.Paid","source":"/payments","spec_version":"1.0","time":"2026-01-02T03:04:05Z","causation_id":%q,"data":%s}`
		return &kgo.Record{Value: fmt.Appendf(nil, form, id, cause, data)}
	}},
	envelope.CloudEventsStructured: {inValue, func(id, cause string, data json.RawMessage) *kgo.Record {
		const form = `{"specversion":"1.0","id":%q,"type":"shop.Paid","source":"/payments","causationid":%q,"data":%s}`
		return &kgo.Record{
			Value:   fmt.Appendf(nil, form, id, cause, data),
			Headers: []kgo.RecordHeader{{Key: "content-type", Value: []byte("application/cloudevents+json")}},
		}
	}},
	envelope.CloudEventsBinary: {
		func(r *kgo.Record) (string, json.RawMessage, error) {
			if !json.Valid(r.Value) {
				return "", nil, fmt.Errorf("no JSON: %s", r.Value)
			}
			return header(r, "ce_id"), r.Value, nil
		},
		func(id, cause string, data json.RawMessage) *kgo.Record {
			return &kgo.Record{Value: data, Headers: []kgo.RecordHeader{
				{Key: "ce_specversion", Value: []byte("1.0")}, {Key: "ce_id", Value: []byte(id)}, {Key: "ce_type", Value: []byte("shop.Paid")},
				{Key: "ce_source", Value: []byte("/payments")}, {Key: "ce_causationid", Value: []byte(cause)},
			}}
		},
	},
}

// pays is a service that pays each order once, and names as its cause what
// cause makes of the order's id.
func pays(w wrapper, cause func(string) string) harness.Service {
	return harness.Service{
		Name: "payments", Env: map[string]string{"BROKERS": "{{.Bootstrap}}"}, Ready: &harness.Ready{Group: "payments"},
		Func: func(ctx context.Context, env func(string) string) error {
			client, err := kgo.NewClient(kgo.SeedBrokers(env("BROKERS")), kgo.ConsumerGroup("payments"), kgo.ConsumeTopics("orders"), kgo.ProducerLinger(0),
				kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(), kgo.FetchMaxWait(50*time.Millisecond))
			if err != nil {
				return err
			}
			defer client.Close()
			seen := map[string]bool{}
			for ctx.Err() == nil {
				for _, r := range client.PollFetches(ctx).Records() {
					id, data, err := w.read(r)
					var out *kgo.Record
					switch {
					case err != nil:
						out = &kgo.Record{Topic: "orders.dlq", Value: r.Value, Headers: r.Headers}
					case seen[id]:
						continue
					default:
						seen[id] = true
						out = w.write(uuid.NewString(), cause(id), data)
						out.Topic = "payments"
					}
					out.Key = r.Key
					if err := client.ProduceSync(ctx, out).FirstErr(); err != nil && ctx.Err() == nil {
						return err
					}
				}
				if err := client.CommitUncommittedOffsets(ctx); err != nil && ctx.Err() == nil {
					return err
				}
			}
			return nil
		},
	}
}

// judgeWrapped judges one promise of a service under a contract with an
// envelope.
func judgeWrapped(t *testing.T, kind envelope.Kind, s harness.Service, name, key, correlate string, within time.Duration) promise.Outcome {
	t.Helper()
	dir := t.TempDir()
	set := strings.NewReplacer("ENVELOPE", string(kind), "KEY", key, "CORRELATE", correlate)
	for file, text := range wrapped {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(set.Replace(text)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "weir.yaml")
	for _, p := range harness.LoadPromises(t, file) {
		if p.ID() != "payments/consumes/shop.Placed/"+name {
			continue
		}
		c := harness.Run(t, harness.Contracts(file, filepath.Join(dir, "shop.yaml")), harness.Brokers(1))
		c.Start(s)
		return p.Judge(context.Background(), promise.Subject{Flow: c.Flow(), Within: within, Settle: 200 * time.Millisecond})
	}
	t.Fatalf("no promise %s", name)
	return promise.Outcome{}
}

// TestEveryEnvelopeLeadsBack: whatever its form, an envelope has the ids by
// which effects lead back and events are known again, without a word or by
// their name in any spelling.
func TestEveryEnvelopeLeadsBack(t *testing.T) {
	itself := func(id string) string { return id }
	for kind, w := range wrappers {
		for _, name := range []string{"effect", "dead-letter", "poison", "dedupe", "distinct"} {
			t.Run(string(kind)+"/"+name, func(t *testing.T) {
				t.Parallel()
				if o := judgeWrapped(t, kind, pays(w, itself), name, "", "", time.Minute); o.Verdict != finding.Pass || len(o.Records) == 0 {
					t.Errorf("%s, of %d records; want pass with evidence", o, len(o.Records))
				}
			})
		}
		for _, spelt := range []string{"envelope:causationid", "envelope:causation_id", "envelope:ce_causationid"} {
			t.Run(string(kind)+"/"+spelt, func(t *testing.T) {
				t.Parallel()
				if o := judgeWrapped(t, kind, pays(w, itself), "distinct", "key: envelope:id, ", ", correlate: "+spelt, time.Minute); o.Verdict != finding.Pass {
					t.Errorf("%s; want pass", o)
				}
			})
		}
		t.Run(string(kind)+"/wrong-cause", func(t *testing.T) {
			t.Parallel()
			other := func(string) string { return uuid.NewString() }
			const says = "no shop.Paid with envelope:causationid = "
			if o := judgeWrapped(t, kind, pays(w, other), "effect", "", "", 5*time.Second); o.Verdict != finding.Fail || !strings.Contains(o.String(), says) {
				t.Errorf("%s\nwant it to fail with: %s", o, says)
			}
		})
	}
}

// TestDistinctNeedsAKeyThatDiffers: what events do not have, or have alike,
// shows of no service that it tells them apart.
func TestDistinctNeedsAKeyThatDiffers(t *testing.T) {
	for key, says := range map[string]string{
		"header:event_id":     "an event as its contract has it has no header:event_id, the key of idempotency",
		"$.id":                "an event as its contract has it has no $.id, the key of idempotency",
		"header:content-type": "two events were made that do not differ in header:content-type, the key of idempotency",
	} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			s := pays(wrappers[envelope.CloudEventsStructured], func(id string) string { return id })
			if o := judgeWrapped(t, envelope.CloudEventsStructured, s, "distinct", "key: '"+key+"', ", "", time.Minute); o.Verdict != finding.Vacuous || !strings.Contains(o.String(), says) {
				t.Errorf("%s\nwant it vacuous: %s", o, says)
			}
		})
	}
}
