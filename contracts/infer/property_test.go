package infer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/infer"
	"github.com/flowweir/weir/contracts/jsonschema"
)

// TestEveryDocumentIsAccepted makes documents of a random schema: the schema
// that is inferred from them accepts them all, and the contract passes.
func TestEveryDocumentIsAccepted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(randomSchema(t, 0))
		if err != nil {
			t.Fatal(err)
		}
		schema, err := jsonschema.Load(fstest.MapFS{"s.json": {Data: text}}, "s.json")
		if err != nil {
			t.Fatal(err)
		}
		generator, err := jsonschema.NewGenerator(schema)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		r := infer.Request{Service: "s", Event: "com.acme.ThingDone", Topic: "t", Seed: 1}
		var texts []string
		for range rapid.IntRange(1, 8).Draw(t, "documents") {
			v, err := generator.Generate(rng)
			if err != nil {
				t.Fatal(err)
			}
			value, _ := json.Marshal(v)
			r.Records = append(r.Records, infer.Record{Value: value})
			texts = append(texts, long(v)...)
		}
		draft, err := infer.FromRecords(context.Background(), r)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		tb := &collected{}
		passes(tb, draft, r.Records)
		for _, f := range draft.Files() {
			for _, text := range texts {
				if bytes.Contains(f.Content, []byte(text)) {
					t.Fatalf("%s has %q", f.Name, text)
				}
			}
		}
		if tb.text != "" {
			t.Fatal(tb.text)
		}
	})
}

// long are the texts of a document that no generated one has by chance.
func long(v any) []string {
	const enough = 16 // longer than an IPv4 address, of which few are generated
	var all []string
	switch v := v.(type) {
	case string:
		if len(v) >= enough {
			all = append(all, v)
		}
	case map[string]any:
		for _, member := range v {
			all = append(all, long(member)...)
		}
	case []any:
		for _, element := range v {
			all = append(all, long(element)...)
		}
	}
	return all
}

// TestEventNames: what in a field type is the name of an event, and what is
// data, which must not become one.
func TestEventNames(t *testing.T) {
	for value, is := range map[string]bool{
		"OrderPlaced": true, "InvoicePaid": true, "CartEvent": true, "order.placed": true, "ORDER_PLACED": true, "com.acme.Order": true,
		"parcel-sent": true, "GoodsReceivedPartially": false,
		"gold": false, "fixed": false, "expired": false, "Red": false, "ann@example.com": false, "a b ed": false, "order-10001.placed": false, "": false,
	} {
		value, _ := json.Marshal(map[string]string{"type": value})
		draft, err := infer.FromRecords(context.Background(), infer.Request{Service: "s", Topic: "t", Seed: 1, Records: []infer.Record{{Value: value}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := passes(t, draft, nil).Produces[0].Match != nil; got != is {
			t.Errorf("%s: an event %t, want %t", value, got, is)
		}
	}
}

// collected is a testing.TB for use within a property.
type collected struct {
	testing.TB
	text string
}

func (c *collected) Helper()                   {}
func (c *collected) Errorf(f string, a ...any) { c.text += fmt.Sprintf(f, a...) + "\n" }
func (c *collected) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }
func (c *collected) Fatal(a ...any)            { panic(fmt.Sprint(a...)) }

func randomSchema(t *rapid.T, depth int) map[string]any {
	kinds := []string{"string", "integer", "number", "boolean", "null", "object", "array", "any of"}
	if depth > 3 {
		kinds = kinds[:5]
	}
	switch kind := rapid.SampledFrom(kinds).Draw(t, "kind"); kind {
	case "string":
		s := map[string]any{"type": kind}
		if f := rapid.SampledFrom([]string{"", "uuid", "date-time", "date", "email", "uri", "ipv4", "ipv6"}).Draw(t, "format"); f != "" {
			s["format"] = f
		}
		return s
	case "object":
		properties, required := map[string]any{}, []string{}
		names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"id", "order_id", "a b", "ß", "$x", "12345", "type", "data", "specversion", "x.y", ""}), 0, 5, rapid.ID[string])
		for _, name := range names.Draw(t, "names") {
			properties[name] = randomSchema(t, depth+1)
			if rapid.Bool().Draw(t, "required") {
				required = append(required, name)
			}
		}
		return map[string]any{"type": kind, "properties": properties, "required": required}
	case "array":
		return map[string]any{"type": kind, "items": randomSchema(t, depth+1), "maxItems": 3}
	case "any of":
		return map[string]any{"anyOf": []any{randomSchema(t, depth+1), randomSchema(t, depth+1)}}
	default:
		return map[string]any{"type": kind}
	}
}

// TestNoValueIsWritten learns from records whose every text begins with a
// mark, names of a map's members included: no file has the mark.
func TestNoValueIsWritten(t *testing.T) {
	const mark = "Secret"
	values := []string{
		`{"order_id": "Secret1", "note": "Secret note", "mail": "Secret.x@example.com", "at": "2031-07-09T11:22:33Z", "status": "SecretShipped",
		  "by": {"Secret12345": 1, "Secret12346": 2}, "tags": ["SecretA", "SecretB"], "deep": {"a": [{"b": "SecretDeep"}]}, "account": 987654321987}`,
		`{"order_id": "Secret2", "note": null, "mail": "Secret.y@example.com", "at": "2031-07-09T11:22:34Z", "status": "SecretShipped",
		  "by": {"Secret12347": 1}, "tags": [], "deep": {"a": []}, "account": 987654321988}`,
	}
	for _, kind := range envelope.Kinds {
		r := infer.Request{Service: "s", Topic: "t", Seed: 1}
		for i, value := range values {
			a := envelope.Attributes{ID: "SecretId", Source: "/Secret", Type: "com.acme.ThingDone", Subject: "SecretSubject"}
			text, headers := envelope.Encode(kind, &a, []byte(value), []envelope.Header{{Key: "tenant", Value: []byte("SecretTenant")}})
			r.Records = append(r.Records, infer.Record{Key: fmt.Appendf(nil, "Secret%d", i+1), Value: text, Headers: headers})
		}
		draft, err := infer.FromRecords(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		c := passes(t, draft, r.Records)
		if got := c.Produces[0].Key; got == nil || got.Place != "$.order_id" {
			t.Errorf("%s: key %+v", kind, got)
		}
		if got := c.Produces[0].EnvelopeName(); got != string(kind) {
			t.Errorf("envelope %s, want %s", got, kind)
		}
		for _, f := range draft.Files() {
			for _, forbidden := range []string{mark, "2031-07-09", "example.com\"", "9876543219"} {
				if bytes.Contains(f.Content, []byte(forbidden)) {
					t.Errorf("%s: %s has %q:\n%s", kind, f.Name, forbidden, f.Content)
				}
			}
		}
		said := strings.Join(append(draft.Guesses, draft.Notes...), "\n")
		if strings.Contains(said, mark) {
			t.Errorf("%s: said %s", kind, said)
		}
	}
}

// FuzzFromRecords holds any two records to the guarantees.
func FuzzFromRecords(f *testing.F) {
	for _, seed := range []string{
		`{"a": [1, 2.5, null, {"b": "x"}]}`, `[]`, `"x"`, `1e999`, `{"": {"": {}}}`, `null`, "\x00\x00\x00\x00\x07{}", `{"type": "ThingDone", "data": 1}`,
		`{"specversion": "1.0", "id": "1", "source": "/", "type": "a.b.C", "data": {"specversion": "1.0", "type": "x", "data": 3}}`,
		`{"id": "a", "type": "T", "source": "/b", "spec_version": "1.0", "data": {"type": null}}`,
		strings.Repeat("[", 100) + strings.Repeat("]", 100),
	} {
		f.Add([]byte(seed), []byte(`{"order_id": "x"}`), []byte("x"), "ce_type", []byte("a.b.C"))
		f.Add([]byte(seed), []byte(seed), []byte(nil), "event_type", []byte("ThingDone"))
	}
	f.Fuzz(func(t *testing.T, first, second, key []byte, header string, value []byte) {
		headers := []envelope.Header{{Key: header, Value: value}}
		r := infer.Request{Service: "s", Topic: "t", Seed: 1, Records: []infer.Record{
			{Key: key, Value: first, Headers: headers}, {Key: key, Value: second, Headers: append(headers, envelope.Header{Key: "ce_specversion", Value: []byte("1.0")})},
		}}
		draft, err := infer.FromRecords(context.Background(), r)
		if err != nil {
			if !isInput(err) || strings.Contains(err.Error(), "passes weir check") {
				t.Fatal(err)
			}
			return
		}
		passes(t, draft, r.Records)
		r.KeepValues = true
		if draft, err = infer.FromRecords(context.Background(), r); err != nil {
			t.Fatal(err)
		}
		passes(t, draft, r.Records)
	})
}
