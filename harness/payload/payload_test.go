package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/key"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/schedule"
)

const testRun = 0xabcdef012345

var start = time.Date(2031, 5, 17, 12, 0, 0, 0, time.UTC)

// order makes {"order_id": ..., "total": n}; id says what an order_id is.
func order(id func(*rand.Rand) any) func(*rand.Rand) (any, error) {
	return func(rng *rand.Rand) (any, error) {
		return map[string]any{"order_id": id(rng), "tenant": fmt.Sprintf("t%d", rng.IntN(3)), "total": json.Number(fmt.Sprint(rng.IntN(1000)))}, nil
	}
}

func uuids(rng *rand.Rand) any {
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", rng.Uint32(), rng.Uint32())
}
func texts(rng *rand.Rand) any   { return fmt.Sprintf("order %d", rng.IntN(1e6)) }
func numbers(rng *rand.Rand) any { return json.Number(fmt.Sprint(rng.IntN(1e6))) }

func valid([]byte) error { return nil }

// config is a load of 1,000 orders a second over 50 keys; changes adapt it.
func config(t testing.TB, changes ...func(*Config)) Config {
	t.Helper()
	s, err := schedule.New(schedule.Hold(1000, 10*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{
		Produces: &contracts.Produces{
			Event: "com.acme.order.OrderPlaced", Topic: "order.events",
			Envelope: contracts.EnvelopeCloudEventsBinary, Key: &contracts.Key{Place: "$.order_id"},
		},
		Service: "order-service", Generate: order(uuids), Validate: valid, Pattern: jsonschema.Match,
		Seed: 42, Run: testRun, Sender: 3, Schedule: s,
	}
	over(50)(&cfg)
	for _, c := range changes {
		c(&cfg)
	}
	return cfg
}

// over sets the number of keys, which are drawn evenly.
func over(keys uint64) func(*Config) {
	return func(c *Config) {
		var err error
		if c.Keys, err = key.Uniform(c.Seed, c.Sender, keys); err != nil {
			panic(err)
		}
	}
}

func data(generate func(*rand.Rand) (any, error)) func(*Config) {
	return func(c *Config) { c.Generate = generate }
}

func produces(change func(*contracts.Produces)) func(*Config) {
	return func(c *Config) { change(c.Produces) }
}

func shares(poison, duplicate float64) func(*Config) {
	return func(c *Config) {
		c.Faults = []Fault{{Kind: Duplicate, Share: duplicate}, {Kind: Undecodable, Share: poison}}
	}
}

func maker(t testing.TB, cfg Config) *Maker {
	t.Helper()
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	m.Begin(start)
	return m
}

func record(m *Maker, seq uint64) *kgo.Record {
	r := &kgo.Record{}
	m.Make(seq, r)
	return r
}

// differ compares what a maker makes of a record.
func differ(want, got *kgo.Record) string {
	if bytes.Equal(want.Key, got.Key) && bytes.Equal(want.Value, got.Value) && reflect.DeepEqual(want.Headers, got.Headers) {
		return "" // cmp takes milliseconds a record
	}
	return cmp.Diff([]any{want.Key, want.Value, want.Headers}, []any{got.Key, got.Value, got.Headers})
}

func headers(r *kgo.Record) []envelope.Header {
	hs := make([]envelope.Header, len(r.Headers))
	for i, h := range r.Headers {
		hs[i] = envelope.Header(h)
	}
	return hs
}

func headerOf(r *kgo.Record, name string) string {
	v, _ := envelope.Find(headers(r), name)
	return string(v)
}

// TestEverythingIsAFunctionOfSeedSenderAndSequence makes records in any order,
// into records that were used before, in two makers.
func TestEverythingIsAFunctionOfSeedSenderAndSequence(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"spliced keys": func(*Config) {},
		"a pool": produces(func(p *contracts.Produces) {
			p.Key = &contracts.Key{Template: "{$.tenant}:{$.order_id}"}
		}),
		"no key":     produces(func(p *contracts.Produces) { p.Key = nil }),
		"structured": produces(func(p *contracts.Produces) { p.Envelope = contracts.EnvelopeCloudEventsStructured }),
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(t, change, shares(0.1, 0.2))
			a, b := maker(t, cfg), maker(t, cfg)
			used := &kgo.Record{}
			for _, seq := range rand.New(rand.NewPCG(1, 2)).Perm(2000) {
				seq := uint64(seq)
				want := record(a, seq)
				class := b.Make(seq, used)
				if diff := differ(want, used); diff != "" || class != a.Class(seq) {
					t.Fatalf("%d: class %v, %v; %s", seq, class, a.Class(seq), diff)
				}
				original := a.Original(seq)
				id := identity.Record{Run: testRun, Sender: 3, Sequence: seq, Due: start.Add(cfg.Schedule.Due(seq))}
				want.Headers = append(want.Headers, kgo.RecordHeader{Key: identity.Header, Value: id.AppendHeader(nil)})
				if diff := differ(want, original); diff != "" {
					t.Fatalf("the original of %d: %s", seq, diff)
				}
			}
		})
	}
}

func TestOtherSeedsAndSendersMakeOtherRecords(t *testing.T) {
	first := record(maker(t, config(t)), 7)
	for name, cfg := range map[string]Config{
		"seed":   config(t, func(c *Config) { c.Seed = 43 }, over(50)),
		"sender": config(t, func(c *Config) { c.Sender = 4 }, over(50)),
	} {
		r := record(maker(t, cfg), 7)
		if bytes.Equal(first.Value, r.Value) {
			t.Errorf("another %s made the same value %s", name, r.Value)
		}
	}
}

// TestKeyHash: equal for records with the same key, and for no others.
func TestKeyHash(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"uuid": data(order(uuids)), "text": data(order(texts)), "number": data(order(numbers)),
		"template": produces(func(p *contracts.Produces) { p.Key = &contracts.Key{Template: "{$.tenant}:{$.order_id}"} }),
	} {
		t.Run(name, func(t *testing.T) {
			m := maker(t, config(t, change, shares(0.05, 0.1)))
			hashOf, keyOf := map[string]uint64{}, map[uint64]string{}
			for seq := range uint64(5000) {
				k, h := string(record(m, seq).Key), m.KeyHash(seq)
				if known, ok := hashOf[k]; ok && known != h {
					t.Fatalf("the key %q has two hashes", k)
				}
				if known, ok := keyOf[h]; ok && known != k {
					t.Fatalf("%q and %q have one hash", k, known)
				}
				hashOf[k], keyOf[h] = h, k
			}
			if len(hashOf) != 50 {
				t.Errorf("%d keys", len(hashOf))
			}
		})
	}
	m := maker(t, config(t, produces(func(p *contracts.Produces) { p.Key = nil })))
	if m.KeyHash(1) == m.KeyHash(2) || record(m, 1).Key != nil {
		t.Error("records without a key have an order among each other")
	}
}

// TestShares counts classes over many records: within five standard
// deviations of what was asked for.
func TestShares(t *testing.T) {
	const n = 200_000
	for _, tt := range []struct{ poison, duplicate float64 }{{0, 0}, {0.01, 0}, {0, 0.02}, {0.01, 0.02}, {0.2, 0.3}} {
		m := maker(t, config(t, shares(tt.poison, tt.duplicate)))
		count := map[ledger.Class]float64{}
		for seq := range uint64(n) {
			count[m.Class(seq)]++
		}
		for class, p := range map[ledger.Class]float64{ledger.Poison: tt.poison, ledger.Duplicate: tt.duplicate} {
			if off := math.Abs(count[class] - n*p); off > 5*math.Sqrt(n*p*(1-p)) {
				t.Errorf("%+v: %v of class %d", tt, count[class], class)
			}
		}
	}
}

// TestDuplicates: an injected duplicate is the whole earlier record, of a
// normal one, and nothing points at a record that is none.
func TestDuplicates(t *testing.T) {
	for _, tt := range []struct{ poison, duplicate float64 }{{0.01, 0.02}, {0.3, 0.6}} {
		m := maker(t, config(t, shares(tt.poison, tt.duplicate)))
		seen := 0
		for seq := range uint64(20_000) {
			first := m.Event(seq)
			if m.Class(seq) != ledger.Duplicate {
				if first != seq {
					t.Fatalf("%d of class %d points at %d", seq, m.Class(seq), first)
				}
				continue
			}
			seen++
			if first >= seq || seq-first > 2*reach || m.Class(first) != ledger.Normal {
				t.Fatalf("%d points at %d of class %d", seq, first, m.Class(first))
			}
			if diff := differ(record(m, first), record(m, seq)); diff != "" {
				t.Fatalf("%d is not %d again: %s", seq, first, diff)
			}
			if m.KeyHash(seq) != m.KeyHash(first) {
				t.Fatalf("%d has another key's hash than %d", seq, first)
			}
		}
		if seen == 0 {
			t.Error("no duplicates")
		}
	}
}

// TestPoison: nothing can decode it, and its event's id is found in it
// wherever it stands.
func TestPoison(t *testing.T) {
	for _, kind := range envelope.Kinds {
		t.Run(string(kind), func(t *testing.T) {
			m := maker(t, config(t, shares(1, 0), produces(func(p *contracts.Produces) { p.Envelope = string(kind) })))
			for seq := range uint64(100) {
				r := &kgo.Record{}
				if class := m.Make(seq, r); class != ledger.Poison {
					t.Fatalf("class %d", class)
				}
				if json.Valid(r.Value) {
					t.Fatalf("%s can be decoded", r.Value)
				}
				id, ok := identity.Find(testRun, r.Value)
				if want := (identity.EventID{Run: testRun, Sender: 3, Sequence: seq}); !ok || id != want {
					t.Fatalf("found %+v, %v in %s", id, ok, r.Value)
				}
				if len(r.Key) == 0 {
					t.Fatal("poison has no key: it would not meet its consumer in order")
				}
			}
		})
	}
}

func TestEnvelopes(t *testing.T) {
	for _, kind := range envelope.Kinds {
		t.Run(string(kind), func(t *testing.T) {
			m := maker(t, config(t, produces(func(p *contracts.Produces) {
				p.Event, p.Envelope = `com.acme.Größe "A"`, string(kind)
			})))
			expectKeys(t, m, 50, unframed)
			for seq := range uint64(50) {
				r := record(m, seq)
				if problems := envelope.Check(kind, r.Value, headers(r)); len(problems) > 0 {
					t.Fatalf("%v in %s %q", problems, r.Value, headers(r))
				}
				a, _, err := envelope.Decode(kind, r.Value, headers(r))
				if err != nil {
					t.Fatal(err)
				}
				if kind == envelope.None {
					continue
				}
				id := identity.EventID{Run: testRun, Sender: 3, Sequence: seq}.String()
				want := envelope.Attributes{ID: id, Type: `com.acme.Größe "A"`, Source: "/order-service", SpecVersion: "1.0",
					Time: start.Add(m.Due(seq)), DataContentType: "application/json"}
				if kind == envelope.Standard {
					want.CorrelationID, want.DataContentType = id, ""
				}
				if diff := cmp.Diff(want, a); diff != "" {
					t.Fatalf("-want +got:\n%s", diff)
				}
			}
		})
	}
}

func TestKeyStyles(t *testing.T) {
	keyed := func(r *kgo.Record) any {
		var doc map[string]any
		d := json.NewDecoder(bytes.NewReader(r.Value))
		d.UseNumber()
		if err := d.Decode(&doc); err != nil {
			t.Fatalf("%s: %v", r.Value, err)
		}
		return doc["order_id"]
	}
	t.Run("uuid", func(t *testing.T) {
		keys := expectKeys(t, maker(t, config(t)), 3000, unframed)
		for k := range keys {
			if u, err := uuid.Parse(k); err != nil || u.Version() != 4 || u.Variant() != uuid.RFC4122 {
				t.Errorf("key %s", k)
			}
		}
		if len(keys) != 50 {
			t.Errorf("%d keys", len(keys))
		}
	})
	t.Run("text", func(t *testing.T) {
		for k := range expectKeys(t, maker(t, config(t, data(order(texts)))), 3000, unframed) {
			if !regexp.MustCompile(`^key-0000\d\d$`).MatchString(k) {
				t.Errorf("key %s", k)
			}
		}
	})
	t.Run("number", func(t *testing.T) {
		m := maker(t, config(t, data(order(numbers))))
		r := record(m, 1)
		if n, err := strconv.Atoi(string(r.Key)); err != nil || n < 1 || n > 50 || keyed(r) != json.Number(r.Key) {
			t.Errorf("key %s, data %s", r.Key, r.Value)
		}
	})
	t.Run("template", func(t *testing.T) {
		m := maker(t, config(t, produces(func(p *contracts.Produces) { p.Key = &contracts.Key{Template: "a{$.tenant}:{$.order_id}z"} })))
		r := record(m, 1)
		if !regexp.MustCompile(`^at\d:` + regexp.QuoteMeta(keyed(r).(string)) + `z$`).Match(r.Key) {
			t.Errorf("key %s, data %s", r.Key, r.Value)
		}
		if keys := expectKeys(t, m, 3000, unframed); len(keys) != 50 {
			t.Errorf("%d keys", len(keys))
		}
	})
	t.Run("a key that the schema fixes", func(t *testing.T) {
		names := []any{"red", "green", "blue"}
		m := maker(t, config(t, data(order(func(rng *rand.Rand) any { return names[rng.IntN(3)] })), func(c *Config) {
			c.Validate = func(doc []byte) error {
				if bytes.Contains(doc, []byte(`"key-`)) {
					return errors.New("not in the enum")
				}
				return nil
			}
		}))
		if got := slices.Sorted(maps.Keys(expectKeys(t, m, 3000, unframed))); !slices.Equal(got, []string{"blue", "green", "red"}) {
			t.Errorf("keys %v", got)
		}
	})
	t.Run("a schema that the last key would break", func(t *testing.T) {
		small := func(rng *rand.Rand) any { return json.Number(fmt.Sprint(rng.IntN(40))) }
		m := maker(t, config(t, data(order(small)), func(c *Config) {
			c.Validate = func(doc []byte) error {
				var d struct {
					OrderID int `json:"order_id"`
				}
				if err := json.Unmarshal(doc, &d); err != nil || d.OrderID >= 40 {
					return errors.New("too large")
				}
				return nil
			}
		}))
		for k := range expectKeys(t, m, 3000, unframed) {
			if n, err := strconv.Atoi(k); err != nil || n >= 40 {
				t.Errorf("key %s", k)
			}
		}
	})
	t.Run("a document of another shape", func(t *testing.T) {
		m := maker(t, config(t, data(func(rng *rand.Rand) (any, error) {
			if rng.IntN(2) == 0 {
				return map[string]any{"kind": "a", "order_id": fmt.Sprint("a", rng.IntN(9))}, nil
			}
			return map[string]any{"kind": "b", "order_id": json.Number(fmt.Sprint(rng.IntN(9)))}, nil
		}), func(c *Config) {
			c.Validate = func(doc []byte) error {
				if bytes.Contains(doc, []byte(`"b"`)) == bytes.Contains(doc, []byte(`:"key-`)) {
					return errors.New("b alone has numbers")
				}
				return nil
			}
		}))
		for seq := range uint64(500) {
			r := record(m, seq)
			if _, number := keyed(r).(json.Number); number != bytes.Contains(r.Value, []byte(`"b"`)) {
				t.Fatalf("%s", r.Value)
			}
		}
	})
}

// TestSkew: the distribution of keys is that of the configuration.
func TestSkew(t *testing.T) {
	m := maker(t, config(t, func(c *Config) {
		var err error
		if c.Keys, err = key.Sequential(10); err != nil {
			t.Fatal(err)
		}
	}))
	for seq := range uint64(100) {
		if !bytes.Equal(record(m, seq).Key, record(m, seq+10).Key) || bytes.Equal(record(m, seq).Key, record(m, seq+1).Key) {
			t.Fatalf("the keys of %d, %d and %d", seq, seq+1, seq+10)
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Run("required ones are made, in a way that fits", func(t *testing.T) {
		r := record(maker(t, config(t, produces(func(p *contracts.Produces) {
			p.Headers = map[string]contracts.Header{
				"traceparent": {Required: true}, "tenant": {Required: true, Pattern: "^[a-z]{3}$"}, "causation_id": {Required: true},
				"region": {Required: true}, "optional": {}, "ce_id": {Required: true}, "given": {Required: true, Pattern: "^x$"},
			}
		}), func(c *Config) { c.Headers = map[string]string{"given": "mine", "more": "yes"} })), 1)
		for name, pattern := range map[string]string{
			"traceparent": `^00-[0-9a-f]{32}-[0-9a-f]{16}-01$`, "tenant": `^[a-z]{3}$`, "causation_id": `^[0-9a-f]{16}$`,
			"region": `^weir$`, "given": `^mine$`, "more": `^yes$`, "ce_type": `^com\.acme\.order\.OrderPlaced$`,
		} {
			if !regexp.MustCompile(pattern).MatchString(headerOf(r, name)) {
				t.Errorf("%s is %q", name, headerOf(r, name))
			}
		}
		var names []string
		for _, h := range r.Headers {
			names = append(names, h.Key)
		}
		want := []string{"causation_id", "ce_id", "ce_source", "ce_specversion", "ce_time", "ce_type", "content-type", "given", "more", "region", "tenant", "traceparent"}
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(names))); diff != "" {
			t.Errorf("each once, no optional one: -want +got:\n%s", diff)
		}
	})
	t.Run("the header that names the event stands once", func(t *testing.T) {
		for kind, want := range map[string]int{contracts.EnvelopeNone: 1, contracts.EnvelopeStandard: 1, contracts.EnvelopeCloudEventsStructured: 2} {
			r := record(maker(t, config(t, produces(func(p *contracts.Produces) {
				p.Envelope, p.Match = kind, &contracts.Match{Header: "event-type"}
				p.Headers = map[string]contracts.Header{"event-type": {Required: true}}
				if kind == contracts.EnvelopeCloudEventsStructured {
					p.Headers["content-type"] = contracts.Header{Required: true}
				}
			}))), 1)
			if headerOf(r, "event-type") != "com.acme.order.OrderPlaced" || len(r.Headers) != want {
				t.Errorf("%s: %v", kind, r.Headers)
			}
		}
	})
	t.Run("the same for every record, other for another sender", func(t *testing.T) {
		traced := produces(func(p *contracts.Produces) {
			p.Headers = map[string]contracts.Header{"traceparent": {Required: true}}
		})
		m, other := maker(t, config(t, traced)), maker(t, config(t, traced, func(c *Config) { c.Sender = 4 }))
		if a, b := headerOf(record(m, 1), "traceparent"), headerOf(record(m, 2), "traceparent"); a != b || a == headerOf(record(other, 1), "traceparent") {
			t.Errorf("%s and %s", a, b)
		}
	})
}

// TestErrors: each says what is in the way.
func TestErrors(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"an envelope that is not built", produces(func(p *contracts.Produces) { p.Envelope = "avro" }), `com.acme.order.OrderPlaced: load in the envelope "avro" is not built`},
		{"no place", produces(func(p *contracts.Produces) { p.Key = &contracts.Key{Place: "$.a["} }), `place "$.a[", column 5: [ is not closed`},
		{"a key in a header", produces(func(p *contracts.Produces) { p.Key = &contracts.Key{Place: "header:tenant"} }),
			"load for a key at header:tenant is not built: give the key as a place in the data, $.a.b"},
		{"an open template", produces(func(p *contracts.Produces) { p.Key = &contracts.Key{Template: "a{$.b"} }), `key template "a{$.b": a { without its }`},
		{"a header in a template", produces(func(p *contracts.Produces) { p.Key = &contracts.Key{Template: "{header:a}"} }), "key template: header:a is not a place in the data"},
		{"no place in a template", produces(func(p *contracts.Produces) { p.Key = &contracts.Key{Template: "{b}"} }), `place "b", column 1: not a place; write $.field`},
		{"nothing at the key's place", produces(func(p *contracts.Produces) { p.Key = &contracts.Key{Place: "$.nothing"} }), "the document has nothing at $.nothing, which its key is made of"},
		{"data that cannot be made", data(func(*rand.Rand) (any, error) { return nil, broken }), "data for com.acme.order.OrderPlaced: broken"},
		{"data without a key that cannot be made", func(c *Config) {
			c.Produces.Key = nil
			c.Generate = func(*rand.Rand) (any, error) { return nil, broken }
		}, "data for com.acme.order.OrderPlaced: broken"},
		{"a pattern that nothing matches", func(c *Config) {
			c.Produces.Headers = map[string]contracts.Header{"tenant": {Required: true, Pattern: "a"}}
			c.Pattern = func(string, *rand.Rand) (string, error) { return "", broken }
		}, "header tenant: broken"},
		{"a header of the envelope", func(c *Config) { c.Headers = map[string]string{"ce_id": "x"} }, "header ce_id: a load writes it itself; remove it from headers"},
		{"weir's own header", func(c *Config) { c.Headers = map[string]string{"weir-id": "x"} }, "header weir-id: a load writes it itself; remove it from headers"},
	}
	for _, tt := range tests {
		_, err := New(config(t, tt.change))
		if err == nil || len(err.Error()) < len(tt.want) || err.Error()[:len(tt.want)] != tt.want {
			t.Errorf("%s: %v; want %s", tt.name, err, tt.want)
		}
	}
}

func TestKeyValue(t *testing.T) {
	doc := map[string]any{"a": "x", "b": json.Number("7")}
	for _, tt := range []struct {
		key  *contracts.Key
		want any
		err  string
	}{
		{nil, nil, ""},
		{&contracts.Key{Place: "$.a"}, "x", ""},
		{&contracts.Key{Place: "$.b"}, json.Number("7"), ""},
		{&contracts.Key{Template: "{$.a}-{$.b}"}, "x-7", ""},
		{&contracts.Key{Place: "$.c"}, nil, "the document has nothing at $.c, which its key is made of"},
		{&contracts.Key{Place: "key"}, nil, "load for a key at key is not built: give the key as a place in the data, $.a.b"},
	} {
		got, err := KeyValue(tt.key, doc)
		if fmt.Sprint(err) != cmpOr(tt.err) || got != tt.want {
			t.Errorf("%+v: %v, %v", tt.key, got, err)
		}
	}
}

func cmpOr(err string) string {
	if err == "" {
		return "<nil>"
	}
	return err
}

func TestRequiredHeadersLetsEnvelopeHeadersBeOverridden(t *testing.T) {
	got, err := RequiredHeaders(config(t, func(c *Config) { c.Headers = map[string]string{"ce_id": "mine"} }))
	if diff := cmp.Diff([]kgo.RecordHeader{{Key: "ce_id", Value: []byte("mine")}}, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

// BenchmarkMake measures what a record costs the generator: it is lateness.
func BenchmarkMake(b *testing.B) {
	for _, kind := range envelope.Kinds {
		b.Run(string(kind), func(b *testing.B) {
			m := maker(b, config(b, shares(0.01, 0.02), produces(func(p *contracts.Produces) { p.Envelope = string(kind) })))
			r := &kgo.Record{}
			b.ReportAllocs()
			for seq := range uint64(b.N) {
				m.Make(seq, r)
			}
		})
	}
}

// listed has the keys of a file.
func listed(keys ...string) func(*Config) {
	return func(c *Config) { over(uint64(len(keys)))(c); c.KeyList = keys }
}

func TestKeysOfAList(t *testing.T) {
	for name, tt := range map[string]struct {
		data func(*rand.Rand) any
		keys []string
		json []string
	}{
		"text":    {texts, []string{"a", `b "2"`, "é"}, []string{`"a"`, `"b \"2\""`, `"é"`}},
		"uuids":   {uuids, []string{"x", "y"}, []string{`"x"`, `"y"`}},
		"numbers": {numbers, []string{"17", "-1.5"}, []string{`17`, `-1.5`}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(t, data(order(tt.data)), listed(tt.keys...))
			m := maker(t, cfg)
			for seq := range uint64(100) {
				r, i := record(m, seq), cfg.Keys.Index(seq)
				if string(r.Key) != tt.keys[i] || !strings.HasPrefix(string(r.Value), `{"order_id":`+tt.json[i]+`,"tenant":`) {
					t.Fatalf("sequence %d of key %d: %q, %s", seq, i, r.Key, r.Value)
				}
			}
		})
	}
}

func TestKeysOfAListThatDoNotFit(t *testing.T) {
	refused := func(c *Config) {
		c.Validate = func(doc []byte) error {
			if strings.Contains(string(doc), `"bad"`) {
				return errors.New("it is bad")
			}
			return nil
		}
	}
	for want, cfg := range map[string]Config{
		`the key "bad", number 2 of the file, is not valid at $.order_id: it is bad`: config(t, listed("good", "bad"), refused),
		`the key "x", number 1 of the file, is not valid at $.order_id: json: `:      config(t, data(order(numbers)), listed("x")),
		`keys from a file are put where the contract of com.acme.order.OrderPlaced has its key`: config(t, listed("x"), produces(func(p *contracts.Produces) {
			p.Key = &contracts.Key{Template: "{$.tenant}:{$.order_id}"}
		})),
	} {
		if _, err := New(cfg); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestTemplatedHeaders: a header of the load is a template, filled in for each
// record; one of the contract is not.
func TestTemplatedHeaders(t *testing.T) {
	cfg := config(t, func(c *Config) { c.Headers = map[string]string{"at": "{{time}}", "n": "{{seq}}/{{key}}", "plain": "x"} })
	m := maker(t, cfg)
	start := time.Unix(1_700_000_000, 0)
	m.Begin(start)
	for _, seq := range []uint64{3, 0, 3} {
		r := record(m, seq)
		if got, want := headerOf(r, "n"), fmt.Sprintf("%d/%s", seq, r.Key); got != want || headerOf(r, "plain") != "x" {
			t.Errorf("%s, want %s", got, want)
		}
		if got, want := headerOf(r, "at"), start.Add(m.Due(seq)).UTC().Format("2006-01-02T15:04:05.000000Z"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	cfg.Headers = map[string]string{"n": "{{sq}}"}
	if _, err := New(cfg); err == nil || !strings.HasPrefix(err.Error(), "header n: a template has no {{sq}}") {
		t.Error(err)
	}
}

// TestKeyThatIsSometimesThere: data without what the key is made of is not
// sent, and a schema that never has it is an error.
func TestKeyThatIsSometimesThere(t *testing.T) {
	sometimes := func(share float64) func(*Config) {
		return func(c *Config) {
			c.Generate = func(rng *rand.Rand) (any, error) {
				doc := map[string]any{"total": rng.IntN(100)}
				if rng.Float64() < share {
					doc["order_id"] = uuids(rng)
				}
				return doc, nil
			}
		}
	}
	for k := range expectKeys(t, maker(t, config(t, sometimes(0.05))), 500, unframed) {
		if len(k) != 36 {
			t.Errorf("key %q", k)
		}
	}
	const never = "the document has nothing at $.order_id, which its key is made of"
	if _, err := New(config(t, sometimes(0))); err == nil || err.Error() != never {
		t.Errorf("%v, want %s", err, never)
	}
}
