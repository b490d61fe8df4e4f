package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/wire"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/reports/run"
)

const orderSchema = `{"type":"record","name":"OrderPlaced","namespace":"com.acme.order","fields":[{"name":"order_id","type":"string"}]}`

// TestInitFromTopic: the verb against brokers and a registry, with what it
// prints and what weir check says of what it wrote.
func TestInitFromTopic(t *testing.T) {
	ctx := context.Background()
	c, err := embedded.Start(ctx, cluster.Spec{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	topics := []run.Topic{
		{Name: "order.events", Partitions: 2, Replication: 3, Config: map[string]string{"cleanup.policy": "compact", "min.insync.replicas": "2"}},
		{Name: "avro.events", Partitions: 1, Replication: 1}, {Name: "empty", Partitions: 1, Replication: 1},
	}
	if err := cluster.CreateTopics(ctx, c, topics); err != nil {
		t.Fatal(err)
	}
	schemas := srfake.New()
	defer schemas.Close()
	id, _, err := schemas.RegisterSchema("avro.events-value", sr.Schema{Schema: orderSchema, Type: sr.TypeAvro})
	if err != nil {
		t.Fatal(err)
	}
	send(t, c, id)

	env := map[string]string{"WEIR_REGISTRY_URL": schemas.URL()}
	at := "--bootstrap=" + strings.Join(c.Bootstrap(), ",")
	for _, tt := range []struct {
		args   []string
		code   int
		stdout string
		stderr string
		check  string
	}{
		{args: []string{"--service", "orders", "--topic", "order.events", at}, stdout: `wrote    examples/order-placed.json
wrote    schemas/order-placed.json
wrote    weir.yaml
seed     1, from which the examples were generated
next     weir check weir.yaml
`, check: `weir: contract/v1
service:
  name: orders
topics:
  order.events:
    partitions: 2
    replication: 3
    config:
      cleanup.policy: compact
      min.insync.replicas: 2
produces:
  - event: com.acme.order.OrderPlaced
    topic: order.events
    schema: schemas/order-placed.json
    envelope: cloudevents-binary
    key: $.order_id # equal to the key of all 4 records, with 4 different keys
    headers: # required: every record has it
      content-type: required
    examples:
      - examples/order-placed.json
`},
		{args: []string{"--service", "orders", "--topic", "avro.events", "--records", "1", at}, stdout: `wrote    weir.yaml
next     weir check weir.yaml
`, check: `weir: contract/v1
service:
  name: orders
topics:
  avro.events:
    partitions: 1
    replication: 1
    retention: 7d
    config:
      cleanup.policy: delete
      min.insync.replicas: 1
produces:
  - event: com.acme.order.OrderPlaced
    topic: avro.events
    schema:
      registry:
        subject: avro.events-value
        version: latest
      wire: confluent
`},
		{args: []string{"--topic", "empty", at}, code: 2, stderr: "weir: empty has no record to learn from\n      = hint: publish some, or give example files\n"},
		{args: []string{"--topic", "order.event", at}, code: 2, stderr: "weir: there is no topic order.event\n      = hint: did you mean \"order.events\"?\n"},
		{args: []string{"--service", "orders", "--topic", "order.events", "--event", "Other", at}, code: 2,
			stderr: "weir: nothing here is the event Other; there are com.acme.order.OrderPlaced\n      = hint: leave --event out, or name one of these\n"},
		{args: []string{"--service", "orders", "--subject", "avro.events-value"}, stdout: `wrote    weir.yaml
guessed  topic avro.events: the subject's name without -value
guessed  event com.acme.order.OrderPlaced: the name of the schema's type
guessed  wire confluent: how Confluent's serializers write
next     weir check weir.yaml
`, check: `weir: contract/v1
service:
  name: orders
produces:
  - event: com.acme.order.OrderPlaced
    topic: avro.events
    schema:
      registry:
        subject: avro.events-value
        version: latest
      wire: confluent # a guess: how Confluent's serializers write; none if records carry no id
    compatibility: backward
`},
		{args: []string{"--service", "orders", "--subject", "avro.events-value", "--download", "--topic", "t", "--event", "E"}, stdout: `wrote    schemas/e.avsc
wrote    weir.yaml
guessed  wire confluent: how Confluent's serializers write
next     weir check weir.yaml
`, check: `weir: contract/v1
service:
  name: orders
produces:
  - event: E
    topic: t
    schema:
      file: schemas/e.avsc
      wire: confluent # a guess: how Confluent's serializers write; none if records carry no id
    compatibility: backward
`},
		{args: []string{"--service", "orders", "--subject", "avro.event-value"}, code: 2, stderr: "weir: the registry at " + schemas.URL() + " has no subject avro.event-value; did you mean avro.events-value?\n"},
	} {
		t.Run(strings.Join(tt.args[:len(tt.args)-1], " "), func(t *testing.T) {
			t.Chdir(t.TempDir())
			got, out, errs := weirIn(env, append([]string{"init"}, tt.args...)...)
			if got != tt.code || out != tt.stdout || errs != tt.stderr {
				t.Errorf("exit code %d, want %d\n%s", got, tt.code, cmp.Diff(tt.stdout+tt.stderr, out+errs))
			}
			if tt.code != 0 {
				if entries, _ := os.ReadDir("."); len(entries) > 0 {
					t.Errorf("wrote %v", entries)
				}
				return
			}
			written, err := os.ReadFile("weir.yaml")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.check, withoutComments(string(written))); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if code, out, _ := weirIn(nil, "check"); code != 0 {
				t.Errorf("weir check: exit code %d\n%s", code, out)
			}
		})
	}
}

// send sends records with texts that nobody must read again.
func send(t *testing.T, c *embedded.Cluster, schema int) {
	t.Helper()
	client, err := kgo.NewClient(c.ClientOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	produce := func(topic, key string, value []byte, headers []envelope.Header) {
		r := &kgo.Record{Topic: topic, Key: []byte(key), Value: value}
		for _, h := range headers {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: h.Key, Value: h.Value})
		}
		if err := client.ProduceSync(context.Background(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 4 {
		key := fmt.Sprintf("o-%d", i)
		a := envelope.Attributes{ID: key, Source: "/orders", Type: "com.acme.order.OrderPlaced"}
		value, headers := envelope.Encode(envelope.CloudEventsBinary, &a, fmt.Appendf(nil, `{"order_id": %q}`, key), nil)
		produce("order.events", key, value, headers)
	}
	framed, _, err := wire.Framing{Kind: wire.Confluent}.Encode(wire.ID{Number: int32(schema)}, []byte{6, 'a', 'b', 'c'})
	if err != nil {
		t.Fatal(err)
	}
	produce("avro.events", "abc", framed, nil)
}

func weirIn(env map[string]string, args ...string) (code int, stdout, stderr string) {
	s, out, errs := testState(args...)
	s.env = func(name string) string { return env[name] }
	return execute(s), out.String(), errs.String()
}

// withoutComments drops the lines that are comments alone.
func withoutComments(yaml string) string {
	var b strings.Builder
	for line := range strings.Lines(yaml) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}
