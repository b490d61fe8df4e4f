package infer_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/infer"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/wire"
	"github.com/flowweir/weir/reports/finding"
)

func draftOf(t *testing.T, value string) *infer.Draft {
	t.Helper()
	d, err := infer.FromRecords(context.Background(), infer.Request{
		Service: "s", Event: "com.acme.ThingDone", Topic: "t", Seed: 1, Records: []infer.Record{{Value: []byte(value)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	all := []string{path("examples/thing-done.json"), path("schemas/thing-done.json"), path("weir.yaml")}
	written, err := draftOf(t, `{"a": 1}`).Write(dir, false)
	if diff := cmp.Diff(all, written); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	// One file that is there keeps all others from being written.
	if err := os.Remove(path("schemas/thing-done.json")); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path("weir.yaml"))
	_, err = draftOf(t, `{"b": 1}`).Write(dir, false)
	var exists *infer.ExistsError
	if !errors.As(err, &exists) || !slices.Equal(exists.Files, []string{all[0], all[2]}) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(path("schemas/thing-done.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the schema was written: %v", err)
	}
	if after, _ := os.ReadFile(path("weir.yaml")); string(after) != string(before) {
		t.Errorf("the contract changed:\n%s", after)
	}
	if _, err := draftOf(t, `{"b": 1}`).Write(dir, true); err != nil {
		t.Error(err)
	}
	if after, _ := os.ReadFile(path("schemas/thing-done.json")); !strings.Contains(string(after), `"b"`) {
		t.Errorf("not written over:\n%s", after)
	}
	// A directory in the place of a file is an error, and nothing is left of it.
	if err := os.RemoveAll(path("weir.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path("weir.yaml"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := draftOf(t, `{"b": 1}`).Write(dir, true); err == nil {
		t.Error("a directory was written over")
	}
	if left, _ := filepath.Glob(path(".weir-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestRecognize(t *testing.T) {
	for _, tt := range []struct {
		content string
		kind    infer.Kind
		err     string
	}{
		{`{"order_id": 1}`, infer.Example, ""},
		{`[1]`, infer.Example, ""},
		{`{"type": "record", "name": "x"}`, infer.Example, ""},
		{`{"asyncapi": "3.0.0"}`, infer.AsyncAPI, ""},
		{"# ours\nasyncapi: 3.0.0\n", infer.AsyncAPI, ""},
		{`'asyncapi' : 3.0.0`, infer.AsyncAPI, ""},
		{"info: {asyncapi: 3.0.0}", 0, "f is neither JSON nor an AsyncAPI document"},
		{"weir: contract/v1", 0, "f is a file of Weir already"},
		{`{"$schema": "x"}`, 0, "f is a schema, not an example"},
		{`{"type": "object", "properties": {}}`, 0, "f is a schema, not an example"},
		{`{"type": "record", "fields": []}`, 0, "f is a schema, not an example"},
		{`{"a": 1} {"a": 2}`, 0, "f is neither JSON nor an AsyncAPI document"},
		{``, 0, "f is neither JSON nor an AsyncAPI document"},
	} {
		kind, err := infer.Recognize("f", []byte(tt.content))
		text := ""
		if err != nil {
			text = err.Error()
			if !isInput(err) {
				t.Errorf("%s: %T", tt.content, err)
			}
		}
		if kind != tt.kind || text != tt.err {
			t.Errorf("%s: %d %q, want %d %q", tt.content, kind, text, tt.kind, tt.err)
		}
	}
}

// TestBounds: documents that are deep, wide or large give schemas that are
// not, and that accept them.
func TestBounds(t *testing.T) {
	wide := map[string]any{}
	for i := range 20_000 {
		wide[fmt.Sprintf("n%c%c%c%c", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26, 'a'+i/17576)] = map[string]any{"x": i}
	}
	tree := any(1)
	for range 4 {
		branches := map[string]any{}
		for i := range 20 {
			branches[fmt.Sprintf("b%c", 'a'+i)] = tree
		}
		tree = branches
	}
	for name, v := range map[string]any{
		"deep":  json.RawMessage(strings.Repeat(`{"a":[`, 2000) + strings.Repeat(`]}`, 2000)),
		"wide":  wide,
		"large": tree,
	} {
		value, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		r := infer.Request{Service: "s", Event: "com.acme.ThingDone", Topic: "t", Seed: 1, Records: []infer.Record{{Value: value}}}
		d, err := infer.FromRecords(context.Background(), r)
		if err != nil {
			t.Fatal(name, err)
		}
		passes(t, d, r.Records)
		for _, f := range d.Files() {
			if len(f.Content) > 2<<20 {
				t.Errorf("%s: %s has %d bytes", name, f.Name, len(f.Content))
			}
		}
	}
}

// files are the names and the contents of a draft.
func files(d *infer.Draft) string {
	var out strings.Builder
	for _, f := range d.Files() {
		out.WriteString(f.Name + ":\n" + string(f.Content))
	}
	return out.String()
}

func TestFromAsyncAPI(t *testing.T) {
	document := `asyncapi: 3.0.0
info: {title: Order service, version: 1.0.0}
channels:
  orders:
    address: order.events
    messages:
      placed:
        name: com.acme.order.OrderPlaced
        payload: {type: object, required: [order_id], properties: {order_id: {type: string}}}
operations:
  publish: {action: send, channel: {$ref: '#/channels/orders'}}
`
	fsys := fstest.MapFS{"api/asyncapi.yaml": {Data: []byte(document)}, "api/old.yaml": {Data: []byte("asyncapi: 2.6.0\n")}}
	d, findings, err := infer.FromAsyncAPI(fsys, "api/asyncapi.yaml")
	if err != nil || len(findings) > 0 {
		t.Fatal(findings, err)
	}
	if got, want := files(d), "weir.yaml:\nweir: contract/v1\nservice:\n  name: order-service\nasyncapi: asyncapi.yaml\n"; got != want {
		t.Errorf("it stands on the document by\n%s", got)
	}
	d, findings, err = infer.ImportAsyncAPI(fsys, "api/asyncapi.yaml")
	if err != nil || len(findings) > 0 {
		t.Fatal(findings, err)
	}
	c := passes(t, d, []infer.Record{{Value: []byte(`{"order_id": "x"}`)}})
	if c.Service.Name != "order-service" || c.Produces[0].Event != "com.acme.order.OrderPlaced" {
		t.Errorf("contract %+v", c)
	}
	// What a contract was exported to becomes this contract again.
	fsys["api/schemas/order-placed.json"] = &fstest.MapFile{Data: []byte("{}")}
	exported, err := asyncapi.Export(c, fstest.MapFS{"schemas/order-placed.json": {Data: []byte("{}")}}, "")
	if err != nil {
		t.Fatal(err)
	}
	fsys["api/exported.yaml"] = &fstest.MapFile{Data: exported}
	if again, findings, err := infer.FromAsyncAPI(fsys, "api/exported.yaml"); err != nil || len(findings) > 0 || files(again) != "weir.yaml:\n"+string(d.Files()[0].Content) {
		t.Errorf("%v, %v: %s", findings, err, files(again))
	}
	d, findings, err = infer.FromAsyncAPI(fsys, "api/old.yaml")
	if d != nil || err != nil || finding.Errors(findings) == 0 {
		t.Errorf("draft %v, findings %v, error %v", d, findings, err)
	}
}

// fakeRegistry has a subject of each format, and two that refer to another.
func fakeRegistry(t *testing.T) *registry.Registry {
	t.Helper()
	fake := srfake.New()
	t.Cleanup(fake.Close)
	register := func(subject, text string, kind sr.SchemaType, references ...sr.SchemaReference) {
		if _, _, err := fake.RegisterSchema(subject, sr.Schema{Schema: text, Type: kind, References: references}); err != nil {
			t.Fatal(err)
		}
	}
	register("avro-value", `{"type":"record","name":"a.b.ThingDone","fields":[{"name":"id","type":"string"}]}`, sr.TypeAvro)
	register("other", `{"type":"record","name":"a.b.Other","fields":[{"name":"id","type":"string"}]}`, sr.TypeAvro)
	register("referring-value", `{"type":"record","name":"a.b.Referring","fields":[{"name":"o","type":"a.b.Other"}]}`, sr.TypeAvro,
		sr.SchemaReference{Name: "a.b.Other", Subject: "other", Version: 1})
	register("money", `{"type":"integer"}`, sr.TypeJSON)
	register("json-value", `{"title":"Order placed","type":"object","properties":{"m":{"$ref":"money.json"}}}`, sr.TypeJSON,
		sr.SchemaReference{Name: "money.json", Subject: "money", Version: 1})
	register("proto-value", "syntax = \"proto3\";\npackage acme;\nmessage ThingDone { string id = 1; }\n", sr.TypeProtobuf)
	register("mixed-a.b.ThingDone", `{"type":"record","name":"a.b.ThingDone","fields":[{"name":"id","type":"string"}]}`, sr.TypeAvro)
	register("mid", `{"type":"record","name":"a.b.Mid","fields":[{"name":"o","type":"a.b.Other"}]}`, sr.TypeAvro,
		sr.SchemaReference{Name: "a.b.Other", Subject: "other", Version: 1})
	register("chain-value", `{"type":"record","name":"a.b.Chained","fields":[{"name":"m","type":"a.b.Mid"}]}`, sr.TypeAvro,
		sr.SchemaReference{Name: "a.b.Mid", Subject: "mid", Version: 1})
	r, err := registry.New(registry.Config{URL: fake.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func TestFromSubject(t *testing.T) {
	r := fakeRegistry(t)
	for _, tt := range []struct {
		request infer.SubjectRequest
		event   string
		topic   string
		files   []string
		err     string
	}{
		{infer.SubjectRequest{Subject: "avro-value"}, "a.b.ThingDone", "avro", []string{"weir.yaml"}, ""},
		{infer.SubjectRequest{Subject: "avro-value", Download: true}, "a.b.ThingDone", "avro", []string{"weir.yaml", "schemas/thing-done.avsc"}, ""},
		{infer.SubjectRequest{Subject: "proto-value", Download: true}, "acme.ThingDone", "proto", []string{"weir.yaml", "schemas/thing-done.proto"}, ""},
		{infer.SubjectRequest{Subject: "json-value", Event: "a.b.ThingDone", Download: true}, "a.b.ThingDone", "json",
			[]string{"weir.yaml", "schemas/thing-done/money.json", "schemas/thing-done/schema.json"}, ""},
		{infer.SubjectRequest{Subject: "referring-value"}, "a.b.Referring", "referring", []string{"weir.yaml"}, ""},
		{infer.SubjectRequest{Subject: "referring-value", Download: true}, "a.b.Referring", "referring",
			[]string{"weir.yaml", "schemas/referring/a.b.Other.avsc", "schemas/referring/schema.avsc"}, ""},
		{infer.SubjectRequest{Subject: "chain-value", Download: true}, "a.b.Chained", "chain",
			[]string{"weir.yaml", "schemas/chained/a.b.Mid.avsc", "schemas/chained/a.b.Other.avsc", "schemas/chained/schema.avsc"}, ""},
		{infer.SubjectRequest{Subject: "json-value"}, "", "", nil, "the schema of json-value does not say which event it is"},
		{infer.SubjectRequest{Subject: "other"}, "", "", nil, "the subject other does not say which topic it is of"},
		{infer.SubjectRequest{Subject: "other", Topic: "t"}, "a.b.Other", "t", []string{"weir.yaml"}, ""},
		{infer.SubjectRequest{Subject: "other", Topic: "t/"}, "", "", nil, `the topic "t/" has the character '/'`},
	} {
		tt.request.Service, tt.request.Registry = "s", r
		d, err := infer.FromSubject(context.Background(), tt.request)
		if err != nil {
			if err.Error() != tt.err || !isInput(err) {
				t.Errorf("%+v: error %v, want %s", tt.request, err, tt.err)
			}
			continue
		}
		p := passes(t, d, nil).Produces[0]
		var files []string
		for _, f := range d.Files() {
			files = append(files, f.Name)
		}
		if tt.err != "" || p.Event != tt.event || p.TopicName() != tt.topic || !slices.Equal(files, tt.files) {
			t.Errorf("%+v: %s on %s in %v", tt.request, p.Event, p.TopicName(), files)
		}
		var references []string
		if strings.HasPrefix(p.Event, "a.b.") && len(tt.files) > 2 && tt.request.Event == "" {
			references = tt.files[1 : len(tt.files)-1]
		}
		if s := p.Schema.Inline; s == nil || !slices.Equal(slices.Sorted(slices.Values(s.References)), references) {
			t.Errorf("%+v: schema %+v, want the references %v", tt.request, s, references)
		}
		if p.Compatibility != "backward" {
			t.Errorf("%+v: compatibility %q", tt.request, p.Compatibility)
		}
	}
	if _, err := infer.FromSubject(context.Background(), infer.SubjectRequest{Service: "s", Subject: "none", Registry: r}); !isInput(err) {
		t.Errorf("an unknown subject: %v", err)
	}
}

// TestFramedRecords: records that name a schema, with a registry and without.
func TestFramedRecords(t *testing.T) {
	r := fakeRegistry(t)
	ctx := context.Background()
	frame := func(kind wire.Kind, subject string, payload string) infer.Record {
		s, err := r.Schema(ctx, subject, registry.Latest)
		if err != nil {
			t.Fatal(err)
		}
		value, headers, err := wire.Framing{Kind: kind}.Encode(wire.ID{Number: s.ID}, []byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		return infer.Record{Value: value, Headers: headers}
	}
	unknown := infer.Record{Value: []byte("\x00\x00\x00\x03\xe7x")}
	for _, tt := range []struct {
		name     string
		topic    string
		records  []infer.Record
		registry *registry.Registry
		want     contracts.SchemaRef
		event    string
		notes    []string
	}{
		{"by the topic's name", "avro", []infer.Record{frame(wire.Confluent, "avro-value", "\x02a")}, r,
			contracts.SchemaRef{Inline: &contracts.Schema{Registry: &contracts.Registry{Subject: "avro-value", Version: "latest"}, Wire: "confluent"}}, "a.b.ThingDone", nil},
		{"by topic and record", "mixed", []infer.Record{frame(wire.Confluent, "mixed-a.b.ThingDone", "\x02a")}, r,
			contracts.SchemaRef{Inline: &contracts.Schema{Registry: &contracts.Registry{Subject: "mixed-a.b.ThingDone", Version: "latest"}, Wire: "confluent"}}, "a.b.ThingDone", nil},
		{"in a header", "avro", []infer.Record{frame(wire.ConfluentHeader, "avro-value", "\x02a")}, r,
			contracts.SchemaRef{Inline: &contracts.Schema{Registry: &contracts.Registry{Subject: "avro-value", Version: "latest"}, Wire: "confluent-header"}}, "a.b.ThingDone", nil},
		{"under another subject", "elsewhere", []infer.Record{frame(wire.Confluent, "money", `{"a": 1}`)}, r,
			contracts.SchemaRef{Inline: &contracts.Schema{File: "schemas/elsewhere.json", Wire: "confluent"}}, "elsewhere",
			[]string{"schema 4, which records name, is not found under the subjects of elsewhere"}},
		{"unknown to the registry", "t", []infer.Record{unknown}, r, contracts.SchemaRef{}, "t",
			[]string{"schema 999, which records name, is not found under the subjects of t"}},
		{"without a registry, JSON", "json", []infer.Record{frame(wire.Confluent, "json-value", `{"m": 1}`)}, nil,
			contracts.SchemaRef{Inline: &contracts.Schema{File: "schemas/json.json", Wire: "confluent"}}, "json", nil},
		{"without a registry, Avro", "avro", []infer.Record{frame(wire.Confluent, "avro-value", "\x02a")}, nil, contracts.SchemaRef{}, "avro", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, err := infer.FromRecords(ctx, infer.Request{Service: "s", Topic: tt.topic, Seed: 1, Records: tt.records, Registry: tt.registry})
			if err != nil {
				t.Fatal(err)
			}
			p := passes(t, d, nil).Produces[0]
			if p.Event != tt.event {
				t.Errorf("event %s, want %s", p.Event, tt.event)
			}
			if diff := cmp.Diff(tt.want, p.Schema); diff != "" {
				t.Errorf("schema: -want +got\n%s", diff)
			}
			if diff := cmp.Diff(tt.notes, d.Notes); diff != "" {
				t.Errorf("notes: -want +got\n%s", diff)
			}
		})
	}
}

// TestMixedRecords: what does not fit the events of a topic is left out, and
// said.
func TestMixedRecords(t *testing.T) {
	event := func(name string) []envelope.Header {
		return []envelope.Header{{Key: "ce_specversion", Value: []byte("1.0")}, {Key: "ce_type", Value: []byte(name)}}
	}
	records := []infer.Record{
		{Value: []byte(`{"a": 1}`), Headers: event("com.acme.ThingDone")},
		{Value: []byte(`not JSON`), Headers: event("com.acme.ThingDone")},
		{Value: []byte(`{"b": 1}`)},
		{Key: []byte("k")},
	}
	d, err := infer.FromRecords(context.Background(), infer.Request{Service: "s", Topic: "t", Seed: 1, Records: records})
	if err != nil {
		t.Fatal(err)
	}
	c := passes(t, d, records)
	if len(c.Produces) != 1 || c.Produces[0].Event != "com.acme.ThingDone" {
		t.Errorf("produces %+v", c.Produces)
	}
	want := []string{
		"1 record without a value, a tombstone: a contract does not state it",
		"1 record without the name of an event left out",
		"1 record of com.acme.ThingDone whose value is no JSON left out",
	}
	if diff := cmp.Diff(want, d.Notes); diff != "" {
		t.Errorf("notes: -want +got\n%s", diff)
	}
}

// TestTooManyEvents: more names than a topic has events are refused, and one
// of them can be chosen.
func TestTooManyEvents(t *testing.T) {
	r := infer.Request{Service: "s", Topic: "t", Seed: 1}
	for i := range 33 {
		r.Records = append(r.Records, infer.Record{Value: []byte(`{}`), Headers: []envelope.Header{
			{Key: "ce_specversion", Value: []byte("1.0")}, {Key: "ce_type", Value: fmt.Appendf(nil, "com.acme.Thing%dDone", i)},
		}})
	}
	if _, err := infer.FromRecords(context.Background(), r); err == nil || err.Error() != "there are 33 names of events in t" {
		t.Errorf("error %v", err)
	}
	r.Event = "com.acme.Thing7Done"
	d, err := infer.FromRecords(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	if c := passes(t, d, r.Records); len(c.Produces) != 1 || c.Produces[0].Event != r.Event {
		t.Errorf("produces %+v", c.Produces)
	}
}
