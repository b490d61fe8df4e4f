package payload

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/schedule"
)

func spoilt(faults ...Fault) func(*Config) { return func(c *Config) { c.Faults = faults } }

// under has orders judged by a JSON Schema.
func under(t testing.TB, text string) func(*Config) {
	t.Helper()
	s, err := schema.Load(fstest.MapFS{"s.json": {Data: []byte(text)}}, "s.json", contracts.FormatJSONSchema, schema.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return func(c *Config) {
		c.Validate = func(doc []byte) error {
			if v := s.JSONSchema().Validate(doc); len(v) > 0 {
				return fmt.Errorf("%s", v[0])
			}
			return nil
		}
	}
}

// takesAll is what a schema is told that refuses nothing.
const takesAll = "the schema of com.acme.order.OrderPlaced, or that of a consumer, takes all that was tried as an event, so that none is wrong: use kind: undecodable"

// TestWrong: the data is refused, by the schemas of consumers too.
func TestWrong(t *testing.T) {
	for name, tt := range map[string]struct {
		schema string
		reader func(data string) bool // refuses
		want   string
	}{
		"what is required is missing":    {`{"required": ["total"]}`, nil, `{"poison":"ID"}`},
		"nothing is required":            {`{"properties": {"total": {"type": "number"}}}`, nil, `{"poison":"ID","order_id":[],"tenant":[],"total":[]}`},
		"a consumer requires nothing":    {`{"required": ["total"], "type": "object"}`, func(data string) bool { return data[0] == '[' }, `["ID"]`},
		"a consumer reads another type":  {`{"additionalProperties": {"type": "string"}, "required": ["a"]}`, func(data string) bool { return strings.Contains(data, "tenant") }, `{"poison":"ID","order_id":[],"tenant":[],"total":[]}`},
		"any object":                     {`{"type": "object"}`, nil, `["ID"]`},
		"anything":                       {`{}`, nil, ""},
		"anything for a consumer":        {`{"required": ["total"]}`, func(string) bool { return false }, ""},
		"an id that some sequences have": {`{"properties": {"poison": {"pattern": "0000$"}}, "type": "object"}`, nil, `["ID"]`},
	} {
		cfg := config(t, under(t, tt.schema))
		if tt.reader != nil {
			cfg.Readers = []Reader{{Refuses: func(data []byte) bool { return tt.reader(string(data)) }}}
		}
		all, err := LoadWrongs(cfg)
		if tt.want == "" {
			if err == nil || err.Error() != takesAll {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		w, id := all[0], identity.EventID{Run: testRun, Sender: 3, Sequence: 77}
		if got := strings.ReplaceAll(string(w.Data(id)), id.String(), "ID"); got != tt.want || cfg.Validate(w.Data(id)) == nil {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// TestWrongSchema: the envelope is as good as ever.
func TestWrongSchema(t *testing.T) {
	for _, kind := range envelope.Kinds {
		m := maker(t, config(t, under(t, `{"required": ["total"]}`), spoilt(Fault{Kind: WrongSchema, Share: 1}), produces(func(p *contracts.Produces) { p.Envelope = string(kind) })))
		r := &kgo.Record{}
		if class := m.Make(77, r); class != ledger.Poison || len(r.Key) == 0 {
			t.Errorf("class %v, key %q", class, r.Key)
		}
		if problems := envelope.Check(kind, r.Value, headers(r)); len(problems) > 0 {
			t.Errorf("%s: %v", kind, problems)
		}
		_, data, err := envelope.Decode(kind, r.Value, headers(r))
		id := identity.EventID{Run: testRun, Sender: 3, Sequence: 77}
		if want := m.wrongOf(77).Data(id); err != nil || !bytes.Equal(data, want) || !bytes.Contains(data, []byte(id.String())) {
			t.Errorf("%s: %s, %v", kind, data, err)
		}
	}
}

// TestWrongSchemaInBinary: Avro cannot read it; a reader of Protobuf passes over
// what it does not know, so that only what is required can be missing.
func TestWrongSchemaInBinary(t *testing.T) {
	wrong := spoilt(Fault{Kind: WrongSchema, Share: 1})
	m := maker(t, coded(t, "order.avsc", contracts.FormatAvro, wrong))
	for seq := range uint64(300) {
		r := record(m, seq)
		if doc, err := m.cfg.Codec.Decode(r.Value); err == nil {
			t.Fatalf("%q reads as %v", r.Value, doc)
		}
		if id, ok := identity.Find(testRun, r.Value); !ok || id.Sequence != seq {
			t.Fatalf("%q leads to %v", r.Value, id)
		}
	}
	_, err := New(coded(t, "order.proto", contracts.FormatProtobuf, wrong))
	if err == nil || err.Error() != takesAll {
		t.Errorf("%v", err)
	}
	required, err := schema.Load(fstest.MapFS{"s.proto": {Data: []byte(`syntax = "proto2"; message M { required string a = 1; }`)}}, "s.proto", contracts.FormatProtobuf, schema.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := LoadWrongs(Config{Produces: &contracts.Produces{Event: "M"}, Codec: required})
	if err != nil || len(all) != 1 || !strings.Contains(all[0].Why, "required field") {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestMissingHeader: the record is whole but for one header.
func TestMissingHeader(t *testing.T) {
	with := produces(func(p *contracts.Produces) { p.Headers = map[string]contracts.Header{"tenant": {Required: true}} })
	good := maker(t, config(t, with))
	for _, name := range []string{"ce_id", "ce_type", "tenant"} {
		m := maker(t, config(t, with, spoilt(Fault{Kind: MissingHeader, Share: 1, Header: name})))
		used := &kgo.Record{}
		for seq := range uint64(20) {
			want := record(good, seq)
			want.Headers = slices.DeleteFunc(want.Headers, func(h kgo.RecordHeader) bool { return h.Key == name })
			if class := m.Make(seq, used); class != ledger.Poison || len(want.Headers) != 6 {
				t.Fatalf("class %v, %d headers", class, len(want.Headers))
			}
			if diff := differ(want, used); diff != "" {
				t.Fatalf("%s: %s", name, diff)
			}
		}
	}
	for _, name := range []string{"weir-id", "region", ""} {
		_, err := New(config(t, with, spoilt(Fault{Kind: MissingHeader, Share: 1, Header: name})))
		if want := "the records of com.acme.order.OrderPlaced have no header " + name + " that could be missing"; err == nil || err.Error() != want {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestFaultOf: each record is of the fault whose share fell on it, and of
// nothing else.
func TestFaultOf(t *testing.T) {
	m := maker(t, config(t, with3faults))
	kinds := map[int]ledger.Class{-1: ledger.Normal, 0: ledger.Duplicate, 1: ledger.Poison, 2: ledger.Poison}
	seen := map[int]int{}
	for seq := range uint64(20_000) {
		of := m.FaultOf(seq)
		if m.Class(seq) != kinds[of] {
			t.Fatalf("%d is of fault %d and class %v", seq, of, m.Class(seq))
		}
		if missing := headerOf(record(m, seq), "ce_id") == ""; missing != (of == 2) {
			t.Fatalf("%d is of fault %d, its id missing: %v", seq, of, missing)
		}
		seen[of]++
	}
	for of, share := range map[int]float64{0: 0.2, 1: 0.1, 2: 0.1} {
		if n := float64(seen[of]); n < 20_000*share*0.9 || n > 20_000*share*1.1 {
			t.Errorf("fault %d has %v records", of, n)
		}
	}
}

func with3faults(c *Config) {
	c.Faults = []Fault{{Kind: Duplicate, Share: 0.2}, {Share: 0.1}, {Kind: MissingHeader, Share: 0.1, Header: "ce_id"}}
}

// TestDistances: a duplicate is so far behind the first send, or as much more
// as there are records with faults before that place; those whose place lies
// before the load are none.
func TestDistances(t *testing.T) {
	ramped, err := schedule.New(schedule.Ramp(0, 2000, 10*time.Second), schedule.Hold(0, time.Second), schedule.Hold(500, 10*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		after *Distance
		place func(m *Maker, seq uint64) (latest uint64, ok bool)
	}{
		"the next record": {&Distance{}, func(_ *Maker, seq uint64) (uint64, bool) { return seq - 1, seq > 0 }},
		"far records":     {&Distance{Records: 5000}, func(_ *Maker, seq uint64) (uint64, bool) { return seq - 5000, seq >= 5000 }},
		"a time": {&Distance{Time: 3 * time.Second}, func(m *Maker, seq uint64) (latest uint64, ok bool) {
			for latest = seq; latest > 0 && m.Due(latest-1) > m.Due(seq)-3*time.Second; latest-- {
			}
			return latest - 1, latest > 0
		}},
	} {
		m := maker(t, config(t, func(c *Config) { c.Schedule = ramped }, spoilt(Fault{Share: 0.1}, Fault{Kind: Duplicate, Share: 0.3, After: tt.after})))
		seen := 0
		for seq := uint64(0); seq < ramped.Total(); seq += 7 {
			if m.Drawn(seq) != 1 {
				continue
			}
			latest, ok := tt.place(m, seq)
			for ok && m.Drawn(latest) >= 0 {
				ok = latest > 0
				latest--
			}
			if !ok {
				latest = seq
			}
			if got := m.Event(seq); got != latest || (m.Class(seq) == ledger.Duplicate) != ok {
				t.Fatalf("%s: %d is %d again, of class %v; want %d", name, seq, got, m.Class(seq), latest)
			}
			if ok {
				seen++
			}
		}
		if seen < 100 {
			t.Errorf("%s: %d duplicates", name, seen)
		}
	}
}

// TestElsewhere: duplicates that go to another partition have no order to
// others, and Apart knows their events by those alone.
func TestElsewhere(t *testing.T) {
	ramped, err := schedule.New(schedule.Ramp(0, 2000, 4*time.Second), schedule.Hold(0, time.Second), schedule.Hold(100, 10*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	for _, after := range []*Distance{nil, {}, {Records: 700}, {Time: 1500 * time.Millisecond}} {
		m := maker(t, config(t, func(c *Config) { c.Schedule = ramped },
			spoilt(Fault{Kind: Duplicate, Share: 0.1}, Fault{Kind: Duplicate, Share: 0.5, After: after, Elsewhere: true})))
		apart, hashes := map[uint64]bool{}, map[uint64]uint64{}
		for seq := range ramped.Total() {
			elsewhere := m.FaultOf(seq) == 1
			if elsewhere {
				apart[m.Event(seq)] = true
			}
			if r := record(m, seq); (r.Partition == kafka.Elsewhere) != elsewhere || m.Elsewhere(seq) != elsewhere {
				t.Fatalf("%v: %d goes to %d", after, seq, r.Partition)
			}
			first, known := hashes[m.KeyHash(seq)]
			if known && (elsewhere || m.Elsewhere(first)) {
				t.Fatalf("%v: %d and %d have one key's hash", after, first, seq)
			}
			hashes[m.KeyHash(seq)] = seq
		}
		for seq := range ramped.Total() {
			if m.Apart(seq) != apart[seq] {
				t.Fatalf("%v: %d comes on two partitions: %v, not %v", after, seq, apart[seq], m.Apart(seq))
			}
		}
		if len(apart) < 100 {
			t.Errorf("%v: %d", after, len(apart))
		}
	}
	_, err = New(config(t, produces(func(p *contracts.Produces) { p.Key = nil }), spoilt(Fault{Kind: Duplicate, Share: 0.1, Elsewhere: true})))
	if err == nil || err.Error() != "records of com.acme.order.OrderPlaced have no key, so that none has a partition of its own" {
		t.Errorf("%v", err)
	}
}

// TestNearIdentical: an event of its own that is equal to the record without a
// fault before it, but for the id, in every envelope and form.
func TestNearIdentical(t *testing.T) {
	similar := spoilt(Fault{Share: 0.1}, Fault{Kind: Duplicate, Share: 0.1}, Fault{Kind: NearIdentical, Share: 0.3, After: &Distance{}})
	with := func(c *Config) { c.Headers = map[string]string{"number": "{{seq}}"} }
	for name, cfg := range map[string]Config{
		"binary":     config(t, similar, with),
		"a pool":     config(t, similar, produces(func(p *contracts.Produces) { p.Key = &contracts.Key{Template: "{$.tenant}:{$.order_id}"} })),
		"structured": config(t, similar, produces(func(p *contracts.Produces) { p.Envelope = contracts.EnvelopeCloudEventsStructured })),
		"standard":   config(t, similar, produces(func(p *contracts.Produces) { p.Envelope = contracts.EnvelopeStandard })),
		"avro":       coded(t, "order.avsc", contracts.FormatAvro, similar),
	} {
		m := maker(t, cfg)
		seen := 0
		for seq := range uint64(1000) {
			if m.FaultOf(seq) != 2 {
				continue
			}
			seen++
			like := seq - 1
			for m.Drawn(like) >= 0 {
				like--
			}
			if m.Class(seq) != ledger.Normal || m.Event(seq) != seq || m.KeyHash(seq) != m.KeyHash(like) {
				t.Fatalf("%s: %d is of class %v and event %d", name, seq, m.Class(seq), m.Event(seq))
			}
			want, got := record(m, like), record(m, seq)
			from, to := (identity.EventID{Run: testRun, Sender: 3, Sequence: like}).String(), identity.EventID{Run: testRun, Sender: 3, Sequence: seq}.String()
			if bytes.Equal(want.Value, got.Value) && headerOf(want, "ce_id") == headerOf(got, "ce_id") {
				t.Fatalf("%s: %d is %d again", name, seq, like)
			}
			want.Value = bytes.ReplaceAll(want.Value, []byte(from), []byte(to))
			for i := range want.Headers {
				if string(want.Headers[i].Value) == from {
					want.Headers[i].Value = []byte(to)
				}
			}
			if diff := differ(want, got); diff != "" {
				t.Fatalf("%s: %d is not like %d: %s", name, seq, like, diff)
			}
		}
		if seen < 200 {
			t.Errorf("%s: %d", name, seen)
		}
	}
	_, err := New(config(t, produces(func(p *contracts.Produces) { p.Envelope = "" }), spoilt(Fault{Kind: NearIdentical, Share: 0.1})))
	if err == nil || err.Error() != "events of com.acme.order.OrderPlaced have no envelope, so that none has an id to differ in" {
		t.Errorf("%v", err)
	}
}

// TestHits: what is told beforehand is what is made then.
func TestHits(t *testing.T) {
	short, err := schedule.New(schedule.Hold(1000, time.Second))
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for seed := range uint64(8) {
		m := maker(t, config(t, spoilt(
			Fault{Kind: Undecodable, Share: 0.0005}, Fault{Kind: Duplicate, Share: 0.002, After: &Distance{Records: 700}},
			Fault{Kind: NearIdentical, Share: 0.001, After: &Distance{}}, Fault{Kind: MissingHeader, Share: 0.1, Header: "ce_id"},
		), func(c *Config) { c.Seed, c.Schedule = seed, short }))
		want := make([]bool, len(m.cfg.Faults))
		for seq := range m.cfg.Schedule.Total() {
			if i := m.FaultOf(seq); i >= 0 {
				want[i] = true
			}
		}
		if got := Hits(Config{Seed: seed, Sender: m.cfg.Sender, Schedule: m.cfg.Schedule, Faults: m.cfg.Faults}); !slices.Equal(got, want) {
			t.Errorf("seed %d: %v, want %v", seed, got, want)
		}
		told[fmt.Sprint(want)] = true
	}
	if len(told) < 3 {
		t.Errorf("the seeds hardly differ: %v", told)
	}
}
