package verify_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts/wire"
	"github.com/flowweir/weir/reports/finding"
)

// Contracts of the shop whose data is JSON and whose keys say the same in
// another language, by a schema that is filled in.
const (
	keyedOrders = `weir: contract/v1
service: {name: orders}
topics: {orders: {partitions: 1}}
produces:
  - {event: shop.Placed, topic: orders, schema: placed.json, envelope: cloudevents-binary, key: {place: $, schema: %s}}
`
	keyedPayments = `weir: contract/v1
service: {name: payments}
topics: {payments: {partitions: 2}}
produces:
  - {event: shop.Paid, topic: payments, schema: paid.json, envelope: cloudevents-binary, key: {place: $, schema: %s}, trigger: {event: shop.Placed}}
consumes:
  - {event: shop.Placed, topic: orders, group: payments, effect: {event: shop.Paid, correlate: header:causation_id}}
`
	placedData = `{"type": "object", "required": ["order", "total", "note"], "additionalProperties": false,
  "properties": {"order": {"type": "string", "minLength": 1}, "total": {"type": "integer", "minimum": 1, "maximum": 9}, "note": {"type": "string"}}}`
	paidData = `{"type": "object", "required": ["order", "state"], "properties": {"order": {"type": "string"}, "state": {"enum": ["PAID"]}, "remark": {"type": "string"}}}`
)

// keyedShop is a directory with the contracts and schemas.
func keyedShop(t *testing.T, l language, orders, payments string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"orders.yaml": fmt.Sprintf(keyedOrders, orders), "payments.yaml": fmt.Sprintf(keyedPayments, payments),
		"placed.json": placedData, "paid.json": paidData, "placed-" + l.file: l.placed, "paid-" + l.file: l.paid,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// keyedService pays each order whose key it can read, with a key and fields of
// its data beside order and state.
func keyedService(t *testing.T, l language, f wire.Framing, id func() wire.ID, write func(order string) []byte, more string) func(context.Context, *kgo.Client) {
	f.Key = true
	return func(ctx context.Context, client *kgo.Client) {
		for ctx.Err() == nil {
			for _, r := range client.PollFetches(ctx).Records() {
				order, cause, err := l.order(f, r, r.Key)
				if err != nil {
					t.Errorf("the key %q: %v", r.Key, err)
					continue
				}
				out := paid(order, cause)
				out.Value = fmt.Appendf(nil, `{"order": %q, "state": "PAID"%s}`, order, more)
				key, more, err := f.Encode(id(), write(order))
				if err != nil {
					t.Error(err)
				}
				out.Key = key
				for _, h := range more {
					out.Headers = append(out.Headers, kgo.RecordHeader(h))
				}
				client.ProduceSync(ctx, out)
			}
			_ = client.CommitUncommittedOffsets(ctx)
		}
	}
}

// TestKeysOfASchema: a service keeps every promise whose keys are Avro or
// Protobuf, with their schemas in files and in a registry, with the id before
// the key and in a header.
func TestKeysOfASchema(t *testing.T) {
	for _, test := range []struct {
		language string
		kind     wire.Kind
	}{{"avro", wire.None}, {"avro", wire.Confluent}, {"protobuf", wire.ConfluentHeader}} {
		t.Run(fmt.Sprintf("%s/%s", test.language, test.kind), func(t *testing.T) {
			t.Parallel()
			l := languages(t)[test.language]
			// The message of a key is its file's first.
			for _, text := range []*string{&l.placed, &l.paid} {
				*text = strings.Replace(*text, "message Before { string a = 1; }", "", 1)
			}
			if l.message != (wire.Path{}) {
				l.message = path(t, 0)
			}
			_, r := fakeRegistry(t, l.kind, [2]string{"orders-key", l.placed}, [2]string{"payments-key", l.paid})
			orders, payments, id := "placed-"+l.file, "paid-"+l.file, wire.ID{}
			moot := []string{"consumes/examples", "consumes/versions"}
			if test.kind != wire.None {
				orders = fmt.Sprintf("{registry: {subject: orders-key}, wire: %s}", test.kind)
				// The subject is that of the topic.
				payments = fmt.Sprintf("{file: %s, wire: %s}", payments, test.kind)
				id = wire.ID{Number: 2, Message: l.message}
				moot = append(moot, "produces/compatibility:key")
			}
			f := wire.Framing{Kind: test.kind, Protobuf: test.language == "protobuf" && test.kind != wire.None}
			all := verified(t, keyedShop(t, l, orders, payments), r, nil, keyedService(t, l, f, always(id), l.write, ""))
			for name, p := range all {
				want := finding.Pass
				if slices.Contains(moot, name) {
					want = finding.Vacuous
				}
				if p.Verdict != want || p.Moot != slices.Contains(moot, name) {
					t.Errorf("%s: %s of %d records: %s %v\n%s", name, p.Verdict, p.Seen, p.Reason, p.Problems, strings.Join(p.Shown, "\n"))
				}
			}
			if key := all["produces/schema:key"]; key.Seen == 0 {
				t.Error("no key was held against its schema")
			}
		})
	}
}

// TestWhatIsWrongWithAKey: each thing that can be wrong has a promise of its
// own, which says so; what that hides is not exercised.
func TestWhatIsWrongWithAKey(t *testing.T) {
	const (
		right   = "{registry: {subject: payments-key, auto-register: false}}"
		earlier = `{"type": "record", "name": "Paid", "namespace": "shop", "fields": [{"name": "order", "type": "string"},
  {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["PENDING", "PAID"]}}, {"name": "old", "type": "string"}]}`
	)
	l := languages(t)["avro"]
	for what, test := range map[string]struct {
		schema string
		id     wire.ID
		kind   wire.Kind
		// register is what the service registers when it starts.
		register string
		write    func(string) []byte
		more     string
		// says is what each broken promise says, and not are those that are not
		// exercised.
		says map[string]string
		not  []string
	}{
		"right":    {schema: right, id: wire.ID{Number: 3}, kind: wire.Confluent, write: l.write},
		"unframed": {schema: right, kind: wire.None, write: l.write, says: map[string]string{"framing:key": "the key is not framed as confluent: "}, not: []string{"subject:key", "known-id:key", "schema-id:key", "auto-register:key", "compatibility:key", "schema:key", "key"}},
		"no subject": {
			schema: "{registry: {subject: gone-key, auto-register: false}}", id: wire.ID{Number: 3}, kind: wire.Confluent, write: l.write,
			says: map[string]string{"subject:key": "its key carries schema 3, and "}, not: []string{"known-id:key", "schema-id:key", "auto-register:key", "compatibility:key", "schema:key", "key"},
		},
		"an id that the registry lacks": {
			schema: right, id: wire.ID{Number: 99}, kind: wire.Confluent, write: l.write,
			says: map[string]string{"known-id:key": "its key carries schema 99, and the registry has no schema of this id"}, not: []string{"schema-id:key", "auto-register:key", "compatibility:key"},
		},
		"the id of another subject": {
			schema: right, id: wire.ID{Number: 1}, kind: wire.Confluent, write: l.write,
			says: map[string]string{"schema-id:key": "its key carries schema 1, which is none of the subject payments-key: "}, not: []string{"auto-register:key", "compatibility:key"},
		},
		"a version of its own that breaks readers": {
			schema: right, register: l.less, kind: wire.Confluent, write: l.writeLess, more: `, "remark": ""`,
			says: map[string]string{
				"auto-register:key": "its key carries schema 4, version 3 of payments-key, which was registered since the service was started, and the contract refuses auto-register",
				"compatibility:key": "version 3 of payments-key, whose schema 4 its key carries, may not follow version 2 under compatibility backward: ",
			},
		},
		"bytes of no schema": {
			schema: right, id: wire.ID{Number: 3}, kind: wire.Confluent, write: func(order string) []byte { return append(l.write(order), 0) },
			says: map[string]string{"schema:key": "the key is no avro of its schema: "}, not: []string{"key"},
		},
		"the key of another order": {
			schema: right, id: wire.ID{Number: 3}, kind: wire.Confluent, write: func(string) []byte { return l.write("other") },
			says: map[string]string{"key": `the key is "{\"order\":\"other\",\"state\":\"PAID\"}", and its data says "{\"order\":\"`},
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			fake, r := fakeRegistry(t, l.kind, [2]string{"orders-key", l.placed}, [2]string{"payments-key", earlier}, [2]string{"payments-key", l.paid})
			id := func() wire.ID {
				if test.register != "" {
					return wire.ID{Number: register(t, fake, l.kind, "payments-key", test.register)}
				}
				return test.id
			}
			choose := func(id string) bool {
				return strings.Contains(id, "/produces/") && (strings.HasSuffix(id, ":key") || strings.HasSuffix(id, "/key"))
			}
			service := keyedService(t, l, wire.Framing{Kind: test.kind}, id, test.write, test.more)
			got := verified(t, keyedShop(t, l, keyedBy(test.kind), test.schema), r, choose, service)
			for _, name := range slices.Sorted(maps.Keys(got)) {
				short, want := strings.TrimPrefix(name, "produces/"), finding.Pass
				if test.says[short] != "" {
					want = finding.Fail
				} else if slices.Contains(test.not, short) {
					want = finding.Vacuous
				}
				p := got[name]
				if p.Verdict != want {
					t.Errorf("%s: %s, want %s: %s %v", name, p.Verdict, want, p.Reason, p.Problems)
				}
				if says := test.says[short]; says != "" && (p.Finding().ID != "promise/"+strings.TrimSuffix(short, ":key") || !strings.Contains(p.Finding().Message, says)) {
					t.Errorf("%s: %s: %s\nwant %s", name, p.Finding().ID, p.Finding().Message, says)
				}
			}
			if len(got) != 8 {
				t.Errorf("%d promises are about the key, want 8", len(got))
			}
		})
	}
}

// TestEachRunHasItsBaseline: what a service registers while it is judged is held
// against it, and not against the one that is judged after it.
func TestEachRunHasItsBaseline(t *testing.T) {
	t.Parallel()
	l := languages(t)["avro"]
	fake, r := fakeRegistry(t, l.kind, [2]string{"orders-key", l.placed}, [2]string{"payments-key", l.paid})
	dir := keyedShop(t, l, "{registry: {subject: orders-key}}", "{registry: {subject: payments-key, auto-register: false}}")
	judge := func(id func() wire.ID) finding.Verdict {
		choose := func(id string) bool { return strings.HasSuffix(id, "/auto-register:key") }
		service := keyedService(t, l, wire.Framing{Kind: wire.Confluent}, id, l.write, "")
		return verified(t, dir, r, choose, service)["produces/auto-register:key"].Verdict
	}
	registers := func() wire.ID { return wire.ID{Number: register(t, fake, l.kind, "payments-key", l.more)} }
	if first, second := judge(registers), judge(always(wire.ID{Number: 2})); first != finding.Fail || second != finding.Pass {
		t.Errorf("the first that registers: %s, the second that does not: %s", first, second)
	}
}

// keyedBy is the schema of the keys of orders, in a framing.
func keyedBy(kind wire.Kind) string {
	if kind == wire.None {
		return "placed-s.avsc"
	}
	return "{registry: {subject: orders-key}}"
}
