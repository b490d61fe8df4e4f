package serde

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/contracts/wire"
)

const (
	first  = `{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}]}`
	second = `{"type": "record", "name": "Order", "fields": [{"name": "n", "type": "int", "default": 7}, {"name": "id", "type": "string"}]}`
)

var files = fstest.MapFS{
	"weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: shop}
schemas:
  File: {file: order.avsc, wire: confluent}
  Plain: {file: order.avsc}
produces:
  - {event: Placed, topic: orders, schema: {registry: {subject: placed-value, version: 1}}, key: {place: $.id, schema: File}}
  - {event: Noted, topic: notes, schema: File}
  - {event: Counted, topic: counts, schema: Plain}
  - {event: Rated, topic: ratings, schema: {registry: {subject: placed-value}, wire: confluent-header}}
  - {event: Bare, topic: bare, examples: [bare.json]}
`)},
	"order.avsc": {Data: []byte(second)},
	"bare.json":  {Data: []byte(`{}`)},
}

// resolver is one of the contract above, with a registry in which the first
// version of orders has the id 5 and the second 6.
func resolver(t *testing.T) (*Resolver, *contracts.Contract, *srfake.Registry) {
	t.Helper()
	f := srfake.New()
	t.Cleanup(f.Close)
	f.SeedSchema("placed-value", 1, 5, sr.Schema{Schema: first, Type: sr.TypeAvro})
	f.SeedSchema("placed-value", 2, 6, sr.Schema{Schema: second, Type: sr.TypeAvro})
	f.SeedSchema("orders-key", 1, 7, sr.Schema{Schema: second, Type: sr.TypeAvro})
	f.SeedSchema("notes-value", 1, 8, sr.Schema{Schema: `{}`, Type: sr.TypeJSON})
	r, err := registry.New(registry.Config{URL: f.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	c, findings := contracts.Load(files, "weir.yaml")
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	return New(t.Context(), versions.New(files, versions.FromRegistry(t.Context(), r)), r), c, f
}

func TestForms(t *testing.T) {
	r, c, f := resolver(t)
	for _, tt := range []struct {
		event   string
		part    registry.Part
		subject string
		version int
		kind    wire.Kind
		number  int32
		wrong   string
	}{
		{"Placed", registry.Value, "placed-value", 1, wire.Confluent, 5, ""},
		{"Placed", registry.Key, "orders-key", 0, wire.Confluent, 7, ""},
		{"Rated", registry.Value, "placed-value", 2, wire.ConfluentHeader, 6, ""},
		{"Counted", registry.Value, "", 0, "", 0, ""},
		{"Bare", registry.Value, "", 0, "", 0, ""},
		{"Bare", registry.Key, "", 0, "", 0, ""},
		{"Noted", registry.Value, "notes-value", 0, wire.Confluent, 0, "order.avsc is none of the versions that notes-value has in the registry at URL, 1 (the latest is jsonschema, and order.avsc is avro): register it, or send what is registered by schema: {registry: {subject: notes-value}}"},
	} {
		own, err := r.Of(c, c.Producer(tt.event), tt.part)
		if err != nil || own.Subject != tt.subject || own.Version != tt.version || own.Framing.Kind != tt.kind || own.Framing.Key != (tt.part == registry.Key && tt.kind != "") {
			t.Errorf("the %s of %s: %+v, %v", tt.part, tt.event, own, err)
		}
		id, err := r.ID(c, own, own.Schema, own.Version)
		if id.Number != tt.number || err != nil && strings.ReplaceAll(err.Error(), f.URL(), "URL") != tt.wrong || err == nil && tt.wrong != "" {
			t.Errorf("the %s of %s: %s, %v, want %d", tt.part, tt.event, id, err, tt.number)
		}
	}
	// What latest means was asked once.
	f.SeedSchema("placed-value", 3, 9, sr.Schema{Schema: first, Type: sr.TypeAvro})
	if own, err := r.Of(c, c.Producer("Rated"), registry.Value); err != nil || own.Version != 2 {
		t.Errorf("latest is now %d, %v", own.Version, err)
	}
}

// TestWriter: data is read with the version whose id it carries, and with the
// contract's where the id is of none.
func TestWriter(t *testing.T) {
	r, c, _ := resolver(t)
	own, err := r.Of(c, c.Producer("Placed"), registry.Value)
	if err != nil {
		t.Fatal(err)
	}
	for id, written := range map[wire.ID]string{{Number: 5}: "\x02a", {Number: 6}: "\x04\x02a", {Number: 8}: "\x02a", {}: "\x02a"} {
		v, err := r.Writer(c, own, id).Decode([]byte(written))
		if data, _ := v.(map[string]any); err != nil || data["id"] != "a" {
			t.Errorf("%s: %v, %v", id, v, err)
		}
	}
}

// TestWhatCannotBeAsked: a registry that has not what is asked for differs from
// one that does not answer.
func TestWhatCannotBeAsked(t *testing.T) {
	r, c, f := resolver(t)
	missing := Form{Subject: "none-value", Framing: wire.Framing{Kind: wire.Confluent}}
	var asked *RegistryError
	if _, err := r.ID(c, missing, nil, 0); !errors.Is(err, fs.ErrNotExist) || errors.As(err, &asked) {
		t.Errorf("a subject that is not there: %v", err)
	}
	f.Close()
	for name, ask := range map[string]func() error{
		"a form":     func() error { _, err := r.Of(c, c.Producer("Placed"), registry.Value); return err },
		"an id":      func() error { _, err := r.ID(c, missing, nil, 0); return err },
		"an unknown": func() error { _, _, err := r.WithID("placed-value", wire.ID{Number: 5}); return err },
	} {
		if err := ask(); !errors.As(err, &asked) || !strings.Contains(err.Error(), "cannot be reached") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(t.Context(), versions.New(files, nil), nil).Of(c, c.Producer("Placed"), registry.Value); !errors.Is(err, ErrNoRegistry) {
		t.Errorf("without a registry: %v", err)
	}
}
