package verify_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/wire"
	"github.com/flowweir/weir/harness/verify"
	"github.com/flowweir/weir/reports/finding"
)

// language is a format of schemas, with a service's own way to read and write
// it: what is judged is not judged by what has written it.
type language struct {
	kind sr.SchemaType
	file string
	// first and placed are the versions of orders, paid is that of payments,
	// more may follow paid and less may not.
	first, placed, paid, more, less string
	// absent follows a payment that is written as more says, without a remark.
	absent []byte
	// message is what the framing names beside the id of placed and paid.
	message wire.Path
	read    func(payload []byte) (order string, err error)
	write   func(order string) []byte
	// writeLess writes as less says.
	writeLess func(order string) []byte
}

func path(t *testing.T, indexes ...int) wire.Path {
	t.Helper()
	p, err := wire.NewPath(indexes...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func languages(t *testing.T) map[string]language {
	const record = `{"type": "record", "name": "%s", "namespace": "shop", "fields": [{"name": "order", "type": "string"}%s]}`
	const state = `, {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["PENDING", "PAID"]}}`
	const file = `syntax = "proto3"; package shop; message Before { string a = 1; } enum State { PENDING = 0; PAID = 1; } message %s { %s order = 1; %s }`
	return map[string]language{
		"avro": {
			kind: sr.TypeAvro, file: "s.avsc", absent: []byte{0},
			first:  fmt.Sprintf(record, "Placed", ""),
			placed: fmt.Sprintf(record, "Placed", `, {"name": "total", "type": "long", "default": 0}, {"name": "note", "type": ["null", "string"], "default": null}`),
			paid:   fmt.Sprintf(record, "Paid", state),
			more:   fmt.Sprintf(record, "Paid", state+`, {"name": "remark", "type": "string", "default": ""}`),
			less:   fmt.Sprintf(record, "Paid", state+`, {"name": "remark", "type": "string"}`),
			read: func(payload []byte) (string, error) {
				n, size := binary.Varint(payload)
				if size <= 0 || n < 0 || n > int64(len(payload)-size) {
					return "", errors.New("no string")
				}
				return string(payload[size : size+int(n)]), nil
			},
			write: func(order string) []byte {
				return append(append(binary.AppendVarint(nil, int64(len(order))), order...), 2)
			},
			writeLess: func(order string) []byte {
				return append(append(binary.AppendVarint(nil, int64(len(order))), order...), 2, 0)
			},
		},
		"protobuf": {
			kind: sr.TypeProtobuf, file: "s.proto", message: path(t, 1),
			first:  fmt.Sprintf(file, "Placed", "string", ""),
			placed: fmt.Sprintf(file, "Placed", "string", "int64 total = 2; optional string note = 3;"),
			paid:   fmt.Sprintf(file, "Paid", "string", "State state = 2;"),
			more:   fmt.Sprintf(file, "Paid", "string", "State state = 2; string remark = 3;"),
			less:   fmt.Sprintf(file, "Paid", "string", "double state = 2;"),
			read: func(payload []byte) (order string, err error) {
				for len(payload) > 0 {
					number, kind, n := protowire.ConsumeTag(payload)
					if n < 0 {
						return "", protowire.ParseError(n)
					}
					size := protowire.ConsumeFieldValue(number, kind, payload[n:])
					if size < 0 {
						return "", protowire.ParseError(size)
					}
					if number == 1 {
						text, _ := protowire.ConsumeBytes(payload[n:])
						order = string(text)
					}
					payload = payload[n+size:]
				}
				return order, nil
			},
			write: func(order string) []byte {
				b := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), order)
				return protowire.AppendVarint(protowire.AppendTag(b, 2, protowire.VarintType), 1)
			},
			writeLess: func(order string) []byte {
				b := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), order)
				return protowire.AppendFixed64(protowire.AppendTag(b, 2, protowire.Fixed64Type), math.Float64bits(1))
			},
		},
	}
}

// Contracts of the shop, whose schemas and what follows them are filled in.
const (
	ordersContract = `weir: contract/v1
service: {name: orders}
topics: {orders: {partitions: 1}}
produces:
  - {event: shop.Placed, topic: orders, schema: %s, match: {name: shop.Placed}, envelope: cloudevents-binary, key: $.order}
`
	paymentsContract = `weir: contract/v1
service: {name: payments}
topics: {payments: {partitions: 2}, dead: {partitions: 1}}
produces:
  - {event: shop.Paid, topic: payments, schema: %s, match: {name: shop.Paid}, envelope: cloudevents-binary, key: $.order, trigger: {event: shop.Placed}}
consumes:
  - event: shop.Placed
    topic: orders
    group: payments
    needs: [$.order]
    effect: {event: shop.Paid, correlate: header:causation_id}
    dlq: {topic: dead}
`
)

// shop is a directory with contracts and schemas.
func shop(t *testing.T, l language, orders, payments string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{
		"orders.yaml": fmt.Sprintf(ordersContract, orders), "payments.yaml": fmt.Sprintf(paymentsContract, payments),
		"placed-" + l.file: l.placed, "paid-" + l.file: l.paid,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// fakeRegistry has schemas under subjects, of ids from 1.
func fakeRegistry(t *testing.T, kind sr.SchemaType, schemas ...[2]string) (*srfake.Registry, *registry.Registry) {
	t.Helper()
	f := srfake.New()
	t.Cleanup(f.Close)
	for _, s := range schemas {
		register(t, f, kind, s[0], s[1])
	}
	r, err := registry.New(registry.Config{URL: f.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return f, r
}

func register(t *testing.T, f *srfake.Registry, kind sr.SchemaType, subject, text string) int32 {
	t.Helper()
	id, _, err := f.RegisterSchema(subject, sr.Schema{Schema: text, Type: kind})
	if err != nil {
		t.Error(err)
	}
	return int32(id)
}

// order reads an order from a framed key or value, with the id of its event.
func (l language) order(f wire.Framing, r *kgo.Record, framed []byte) (order, cause string, err error) {
	var headers []envelope.Header
	for _, h := range r.Headers {
		if headers = append(headers, envelope.Header(h)); h.Key == "ce_id" {
			cause = string(h.Value)
		}
	}
	_, payload, err := f.Decode(headers, framed)
	if err == nil {
		order, err = l.read(payload)
	}
	return order, cause, err
}

// codedShop pays each order that it can read, in its language and framing, and
// dead-letters the others.
func codedShop(t *testing.T, l language, f wire.Framing, id func() wire.ID, write func(order string) []byte) func(context.Context, *kgo.Client) {
	return func(ctx context.Context, client *kgo.Client) {
		for ctx.Err() == nil {
			for _, r := range client.PollFetches(ctx).Records() {
				order, cause, err := l.order(f, r, r.Value)
				if err != nil {
					client.ProduceSync(ctx, &kgo.Record{Topic: "dead", Key: r.Key, Value: r.Value, Headers: r.Headers})
					continue
				}
				out := paid(order, cause)
				out.Headers[4].Value = []byte("application/octet-stream")
				value, more, err := f.Encode(id(), write(order))
				if err != nil {
					t.Error(err)
				}
				out.Value = value
				for _, h := range more {
					out.Headers = append(out.Headers, kgo.RecordHeader(h))
				}
				client.ProduceSync(ctx, out)
			}
			_ = client.CommitUncommittedOffsets(ctx)
		}
	}
}

// verified judges the payments of a shop on a cluster where it runs.
func verified(t *testing.T, dir string, r *registry.Registry, choose func(string) bool, service func(context.Context, *kgo.Client)) map[string]verify.Judged {
	t.Helper()
	cfg := config(running(t, service), choose)
	cfg.Contract = filepath.Join(dir, "payments.yaml")
	cfg.Scenario.Contracts = []string{cfg.Contract, filepath.Join(dir, "orders.yaml")}
	cfg.Registry, cfg.Settle = r, time.Millisecond
	result, err := verify.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return judged(t, result)
}

func always(id wire.ID) func() wire.ID { return func() wire.ID { return id } }

// TestCodedEvents: a service of Avro and of Protobuf keeps every promise, with
// its schemas in files and in a registry, with the id before the value and in a
// header.
func TestCodedEvents(t *testing.T) {
	for name, l := range languages(t) {
		for _, kind := range []wire.Kind{wire.None, wire.Confluent, wire.ConfluentHeader} {
			t.Run(fmt.Sprintf("%s/%s", name, kind), func(t *testing.T) {
				_, r := fakeRegistry(t, l.kind, [2]string{"orders-value", l.first}, [2]string{"orders-value", l.placed}, [2]string{"payments-value", l.paid})
				orders, payments := "placed-"+l.file, "paid-"+l.file
				id := wire.ID{}
				moot := map[string]bool{"consumes/versions": true, "consumes/examples": true}
				if kind != wire.None {
					orders = fmt.Sprintf("{registry: {subject: orders-value}, wire: %s}", kind)
					payments = fmt.Sprintf("{registry: {subject: payments-value, auto-register: false}, wire: %s}", kind)
					id = wire.ID{Number: 3, Message: l.message}
					moot = map[string]bool{"produces/compatibility": true, "consumes/examples": true}
				}
				moot["consumes/poison:wrong-schema"] = true // it cannot be decoded
				if name == "avro" {
					moot["consumes/tolerance"] = true // Avro has no room
				} else {
					moot["consumes/poison:tombstone"] = true // it is an event of empty fields
				}
				f := wire.Framing{Kind: kind, Protobuf: name == "protobuf" && kind != wire.None}
				all := verified(t, shop(t, l, orders, payments), r, nil, codedShop(t, l, f, always(id), l.write))
				for name, p := range all {
					want := finding.Pass
					if moot[name] {
						want = finding.Vacuous
					}
					if p.Verdict != want || p.Moot != moot[name] || want == finding.Pass && p.Seen == 0 {
						t.Errorf("%s: %s of %d records: %s %v\n%s", name, p.Verdict, p.Seen, p.Reason, p.Problems, strings.Join(p.Shown, "\n"))
					}
				}
				if versions := all["consumes/versions"]; kind != wire.None && versions.Seen != 4 {
					t.Errorf("versions of %d records, want two events and their effects", versions.Seen)
				}
			})
		}
	}
}

// TestWhatIsWrongWithAnID: each thing that can be wrong has a promise of its
// own, which says so; those before it are kept, and those after it are not
// exercised.
func TestWhatIsWrongWithAnID(t *testing.T) {
	all := []string{"framing", "subject", "known-id", "schema-id", "auto-register", "compatibility", "schema"}
	const right = "{registry: {subject: payments-value, auto-register: false}}"
	for name, l := range languages(t) {
		is := func(n int32) wire.ID { return wire.ID{Number: n, Message: l.message} }
		cases := map[string]struct {
			schema string
			id     wire.ID
			// register is what the service registers when it starts.
			register string
			absent   []byte
			// broken is the promise that is, and says why; not are those that
			// are not exercised.
			broken, says string
			not          []string
		}{
			"a right id":                  {schema: right, id: is(3), not: []string{"compatibility"}},
			"that of another subject":     {schema: right, id: is(2), broken: "schema-id", says: "it carries schema 2", not: []string{"auto-register", "compatibility"}},
			"one that the registry lacks": {schema: right, id: is(99), broken: "known-id", says: "it carries schema 99", not: []string{"schema-id", "auto-register", "compatibility"}},
			"no subject": {
				schema: "{registry: {subject: gone-value, auto-register: false}}", id: is(3), broken: "subject", says: "has no subject gone-value",
				not: []string{"known-id", "schema-id", "auto-register", "compatibility", "schema"},
			},
			"another version than is named": {
				schema: "{registry: {subject: pinned-value, version: 2, auto-register: false}}", id: is(3), broken: "schema-id",
				says: "version 1 of pinned-value, and the contract names version 2", not: []string{"auto-register", "compatibility"},
			},
			"a version of its own": {
				schema: right, register: l.more, absent: l.absent, broken: "auto-register",
				says: "version 2 of payments-value, which was registered since the service was started, and the contract refuses auto-register",
			},
			"a version of its own, allowed": {schema: "{registry: {subject: payments-value, auto-register: true}}", register: l.more, absent: l.absent},
			"a version that breaks readers": {
				schema: "{registry: {subject: payments-value}}", register: l.less, broken: "compatibility",
				says: "version 2 of payments-value, whose schema ",
			},
		}
		for what, test := range cases {
			t.Run(name+"/"+what, func(t *testing.T) {
				fake, r := fakeRegistry(t, l.kind, [2]string{"orders-value", l.first}, [2]string{"orders-value", l.placed}, [2]string{"payments-value", l.paid})
				register(t, fake, l.kind, "pinned-value", l.paid)
				register(t, fake, l.kind, "pinned-value", l.more)
				id := func() wire.ID {
					if test.register != "" {
						return is(register(t, fake, l.kind, "payments-value", test.register))
					}
					return test.id
				}
				write := func(order string) []byte { return append(l.write(order), test.absent...) }
				if test.register == l.less {
					write = l.writeLess
				}
				choose := func(id string) bool {
					_, p, _ := strings.Cut(id, "shop.Paid/")
					return strings.Contains(id, "/produces/") && slices.Contains(all, p)
				}
				got := verified(t, shop(t, l, "{registry: {subject: orders-value}}", test.schema), r, choose,
					codedShop(t, l, wire.Framing{Kind: wire.Confluent, Protobuf: name == "protobuf"}, id, write))
				for _, p := range slices.Sorted(maps.Keys(got)) {
					short := strings.TrimPrefix(p, "produces/")
					want := finding.Pass
					if short == test.broken {
						want = finding.Fail
					} else if slices.Contains(test.not, short) {
						want = finding.Vacuous
					}
					if got[p].Verdict != want {
						t.Errorf("%s: %s, want %s: %s %v", p, got[p].Verdict, want, got[p].Reason, got[p].Problems)
					}
				}
				if test.broken == "" {
					return
				}
				broken := got["produces/"+test.broken]
				if f := broken.Finding(); f.ID != "promise/"+test.broken || !strings.Contains(f.Message, test.says) || f.Record == nil {
					t.Errorf("%s: %s", f.ID, f.Message)
				}
			})
		}
	}
}

// TestDataThatIsNotOfItsSchema: bytes that no reader reads, and in Protobuf
// what one passes over and the message of another event.
func TestDataThatIsNotOfItsSchema(t *testing.T) {
	l := languages(t)
	got := map[string]string{}
	for what, test := range map[string]struct {
		language string
		write    func(string) []byte
		message  wire.Path
	}{
		"cut":    {"avro", func(order string) []byte { b := l["avro"].write(order); return b[:len(b)-1] }, wire.Path{}},
		"symbol": {"avro", func(order string) []byte { b := l["avro"].write(order); b[len(b)-1] = 4; return b }, wire.Path{}},
		"long":   {"avro", func(order string) []byte { return append(l["avro"].write(order), 0) }, wire.Path{}},
		"field": {"protobuf", func(order string) []byte {
			return protowire.AppendVarint(protowire.AppendTag(l["protobuf"].write(order), 7, protowire.VarintType), 1)
		}, path(t, 1)},
		"type": {"protobuf", func(order string) []byte {
			return protowire.AppendFixed32(protowire.AppendTag(l["protobuf"].write(order), 2, protowire.Fixed32Type), 1)
		}, path(t, 1)},
		"broken":  {"protobuf", func(order string) []byte { return append(l["protobuf"].write(order), 0xff) }, path(t, 1)},
		"message": {"protobuf", l["protobuf"].write, path(t, 0)},
	} {
		own := l[test.language]
		_, r := fakeRegistry(t, own.kind, [2]string{"orders-value", own.placed}, [2]string{"payments-value", own.paid})
		all := verified(t, shop(t, own, "{registry: {subject: orders-value}}", "{registry: {subject: payments-value}}"), r,
			func(id string) bool {
				return strings.HasSuffix(id, "shop.Paid/schema") || strings.HasSuffix(id, "/schema-id")
			},
			codedShop(t, own, wire.Framing{Kind: wire.Confluent, Protobuf: test.language == "protobuf"}, always(wire.ID{Number: 2, Message: test.message}), test.write))
		for _, name := range []string{"schema", "schema-id"} {
			if p := all["produces/"+name]; p.Verdict == finding.Fail {
				got[what] += name + ": " + p.Problems[0].Message
			}
		}
	}
	want := map[string]string{
		"cut":     "schema: the data is no avro of its schema: ",
		"symbol":  "schema: the data is no avro of its schema: ",
		"long":    "schema: the data is no avro of its schema: not a value of payments-value/1/schema.avsc: 1 bytes are left after it",
		"field":   "schema: it has field 7 of shop.Paid, which the schema does not declare",
		"type":    "schema: it has field 2 of shop.Paid, which the schema does not declare",
		"broken":  "schema: the data is no protobuf of its schema: no shop.Paid: ",
		"message": "schema-id: it carries the message [0] of its schema, and shop.Paid is [1]",
	}
	for what := range want {
		if !strings.HasPrefix(got[what], want[what]) {
			t.Errorf("%s: %s\nwant %s", what, got[what], want[what])
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Error(diff)
	}
}
