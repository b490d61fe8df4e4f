package asyncapi

import (
	"reflect"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
)

func TestISODurations(t *testing.T) {
	for text, want := range map[string]string{
		"PT1S": "1s", "PT0.2S": "200ms", "PT1H30M": "1h30m", "PT0,000000001S": "1ns", "PT90M": "1h30m", "PT0S": "0s",
	} {
		if got, ok := parseISO(text); !ok || got.String() != want {
			t.Errorf("%s is %s %v, want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "PT", "P1D", "1s", "PT1", "PT-1S", "PT1S1H", "PT0.0000000001S", "PT999999999H", "PT1.5M"} {
		if got, ok := parseISO(text); ok {
			t.Errorf("%q is %s, want no duration", text, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := document.Duration(rapid.Int64Min(0).Draw(t, "d"))
		if got, ok := parseISO(iso(d)); !ok || got != d {
			t.Fatalf("%d is %s, which is %d", d, iso(d), got)
		}
	})
}

func TestPlacesOfRuntimeExpressions(t *testing.T) {
	for expression, want := range map[string]string{
		"$message.header#/correlation_id": "header:correlation_id",
		"$message.payload#/request/id":    "$.request.id",
		"$message.payload#/a~1b/it's":     `$['a/b']['it\'s']`,
		"$message.header#/a/b":            "",
		"$message.payload#":               "",
		"nonsense":                        "",
	} {
		if got := placeOf(expression); got != want {
			t.Errorf("%s is %q, want %q", expression, got, want)
		}
	}
}

func TestTraitsAreMergedByMergePatch(t *testing.T) {
	const src = `asyncapi: 3.0.0
info: {title: t, version: 1.0.0}
channels:
  c:
    messages:
      m:
        traits:
          - {contentType: a, bindings: {kafka: {schemaIdLocation: header, schemaLookupStrategy: x}}}
          - {contentType: b, correlationId: {location: "$message.header#/b"}}
        contentType: c
        bindings: {kafka: {schemaIdLocation: payload}}
      first:
        traits: [{contentType: a}, {contentType: b}]
`
	d, findings := Load(fstest.MapFS{"a.yaml": {Data: []byte(src)}}, "a.yaml")
	if len(findings) > 0 {
		t.Fatalf("%+v", findings)
	}
	m, first := d.Channels[0].Messages[0], d.Channels[0].Messages[1]
	got := []string{m.ContentType, m.Kafka.SchemaIDLocation, m.Kafka.SchemaLookupStrategy, m.CorrelationID, first.ContentType}
	if diff := cmp.Diff([]string{"c", "payload", "x", "$message.header#/b", "b"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestMergePatchRemovesWhatIsNull(t *testing.T) {
	var base, over capture
	document.Decode("base", []byte("a: 1\nb: {c: 1, d: 2}\n"), &base)
	document.Decode("over", []byte("a: null\nb: {c: null, e: 3}\nf: null\n"), &over)
	r := newReader(fstest.MapFS{}, "x")
	got := value(r.patch(base.node, over.node))
	want := value(func() *document.Node {
		var c capture
		document.Decode("want", []byte("b: {d: 2, e: 3}\n"), &c)
		return c.node
	}())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRelativePaths(t *testing.T) {
	for _, test := range []struct{ dir, target, want string }{
		{".", "a/b.json", "a/b.json"},
		{"a", "a/b.json", "b.json"},
		{"a", "c/b.json", "../c/b.json"},
		{"a/b", "a/c/d.json", "../c/d.json"},
		{"a/b", "d.json", "../../d.json"},
		{"a", "/abs/d.json", "/abs/d.json"},
	} {
		if got := relative(test.dir, test.target); got != test.want {
			t.Errorf("%s from %s is %s, want %s", test.target, test.dir, got, test.want)
		}
	}
}

// TestTextSurvivesYAML holds any text to what package document reads of it.
func TestTextSurvivesYAML(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"null", "No", "1e3", "0x1f", "a: b", "- a", "#", "'", "~", "2026-01-01", "a:", ":a", "<<", "\ufffd", "\u0085", "\x00"})).Draw(t, "text")
		var got struct {
			A map[string]string `yaml:"a"`
		}
		src := toYAML(object{{"a", object{{text, text}}}})
		_, findings := document.Decode("x.yaml", src, &got)
		if len(findings) > 0 || !reflect.DeepEqual(got.A, map[string]string{text: text}) {
			t.Fatalf("%q became %q: %s %+v", text, got.A, src, findings)
		}
	})
}

// TestTopicsSurviveTheirBinding holds settings to the types of the binding.
func TestTopicsSurviveTheirBinding(t *testing.T) {
	for _, test := range []struct {
		name, value string
		want        any
	}{
		{"cleanup.policy", "compact,delete", []any{"compact", "delete"}},
		{"cleanup.policy", "compact, delete", nil},
		{"retention.ms", "-1", plain("-1")},
		{"retention.ms", "-2", nil},
		{"max.message.bytes", "1e3", nil},
		{"max.message.bytes", "007", nil},
		{"confluent.key.schema.validation", "true", plain("true")},
		{"confluent.key.schema.validation", "yes", nil},
		{"min.insync.replicas", "2", "2"},
	} {
		if got := configValue(test.name, test.value); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %s is written %v, want %v", test.name, test.value, got, test.want)
		}
	}
}

// TestDocumentsCanBeReadByMany is for the race detector: schemas are rendered
// on demand.
func TestDocumentsCanBeReadByMany(t *testing.T) {
	const src = `asyncapi: 3.0.0
info: {title: t, version: 1.0.0}
channels: {c: {messages: {m: {payload: {allOf: [{$ref: "part.json#/a"}]}}}}}
`
	d, _ := Load(fstest.MapFS{"a.yaml": {Data: []byte(src)}, "part.json": {Data: []byte(`{"a": {"type": "object"}}`)}}, "a.yaml")
	s := d.Channels[0].Messages[0].Payload
	if s.Format != contracts.FormatJSONSchema {
		t.Fatal(s.Format)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if f, err := d.FS().Open(s.File); err == nil {
				_ = f.Close()
			}
			d.locate(s.Position)
		})
	}
	wait.Wait()
}
