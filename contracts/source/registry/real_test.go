package registry_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/avro"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/proto"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/source/registry/registrytest"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/contracts/wire"
)

// registered is what the test registers of one format: a subject with two
// versions that refer to another one.
type registered struct {
	subject, format string
	kind            sr.SchemaType
	other, name     string // the subject that is referred to, and by which name
	otherText       string
	versions        [2]string
	files           []string // of version 2

	payload string // of version 2, as bytes
	event   string // what it says, as JSON
	message wire.Path

	root string // the full name of the record's message, for Protobuf

	// strict is the result of version 2 reading version 1 in the strict
	// dialect, which owes nothing to the registry's; breaks is a rule that the
	// other subject's schema breaks as the reader of version 1.
	strict compat.Result
	breaks string
}

func formats(t *testing.T) []registered {
	first, err := wire.NewPath(0)
	if err != nil {
		t.Fatal(err)
	}
	return []registered{
		{
			subject: registry.TopicName("order.events", registry.Value), format: contracts.FormatAvro, kind: sr.TypeAvro,
			other: registry.RecordName("com.acme.Money"), name: "com.acme.Money",
			otherText: `{"type":"record","name":"Money","namespace":"com.acme","fields":[{"name":"cents","type":"long"}]}`,
			versions: [2]string{
				`{"type":"record","name":"Order","namespace":"com.acme","fields":[{"name":"id","type":"string"},{"name":"total","type":"com.acme.Money"}]}`,
				`{"type":"record","name":"Order","namespace":"com.acme","fields":[{"name":"id","type":"string"},{"name":"total","type":"com.acme.Money"},{"name":"note","type":["null","string"],"default":null}]}`,
			},
			files:   []string{"order.events-value/2/schema.avsc", "order.events-value/2/com.acme.Money.avsc"},
			payload: "\x06o-1\xc6\x0f\x00", event: `{"id":"o-1","total":{"cents":995},"note":null}`,
			strict: compat.Compatible, breaks: "compat/avro-name",
		},
		{
			subject: registry.TopicRecordName("order.events", "OrderPlaced"), format: contracts.FormatJSONSchema, kind: sr.TypeJSON,
			other: "money-json", name: "money.json",
			otherText: `{"type":"object","required":["cents"],"properties":{"cents":{"type":"integer"}}}`,
			versions: [2]string{
				`{"type":"object","required":["id","total"],"properties":{"id":{"type":"string"},"total":{"$ref":"money.json"}}}`,
				`{"type":"object","required":["id","total"],"properties":{"id":{"type":"string"},"total":{"$ref":"money.json"},"note":{"type":"string"}}}`,
			},
			files:   []string{"order.events-OrderPlaced/2/schema.json", "order.events-OrderPlaced/2/money.json"},
			payload: `{"id":"o-1","total":{"cents":995}}`, event: `{"id":"o-1","total":{"cents":995}}`,
			strict: compat.Incompatible, breaks: "compat/json-required",
		},
		{
			subject: registry.TopicName("payment.events", registry.Value), format: contracts.FormatProtobuf, kind: sr.TypeProtobuf,
			other: "money-proto", name: "acme/money.proto",
			otherText: `syntax = "proto3"; package acme; message Money { int64 cents = 1; }`,
			versions: [2]string{
				`syntax = "proto3"; package acme; import "acme/money.proto"; message Payment { string id = 1; Money total = 2; }`,
				`syntax = "proto3"; package acme; import "acme/money.proto"; message Payment { string id = 1; Money total = 2; optional string note = 3; }`,
			},
			files:   []string{"payment.events-value/2/schema.proto", "payment.events-value/2/acme/money.proto"},
			payload: "\n\x03o-1\x12\x03\x08\xe3\x07", event: `{"id":"o-1","total":{"cents":995}}`, message: first,
			root: "acme.Payment", strict: compat.Compatible, breaks: "compat/proto-field-type",
		},
	}
}

// TestRealRegistry holds what is read to a registry that is not ours: two
// versions of each format with what they refer to, their levels, the files
// that the formats load, and records with the ids that the registry gave.
func TestRealRegistry(t *testing.T) {
	url, found := registrytest.Start(t)
	if !found {
		return
	}
	writer, err := sr.NewClient(sr.URLs(url))
	if err != nil {
		t.Fatal(err)
	}
	r := client(t, registry.Config{URL: url})
	ids := map[string][2]int32{}
	var subjects []string
	for _, f := range formats(t) {
		ids[f.subject] = f.register(t, writer)
		subjects = append(subjects, f.subject, f.other)
	}
	level := func(subject string, level sr.CompatibilityLevel) {
		t.Helper()
		if result := writer.SetCompatibility(t.Context(), sr.SetCompatibility{Level: level}, subject); result[0].Err != nil {
			t.Fatal(result[0].Err)
		}
	}
	level(sr.GlobalSubject, sr.CompatBackward)
	level("order.events-value", sr.CompatFullTransitive)
	level("order.events-OrderPlaced", sr.CompatNone)

	t.Run("subjects", func(t *testing.T) {
		found, err := r.Subjects(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"com.acme.Money", "money-json", "money-proto", "order.events-OrderPlaced", "order.events-value", "payment.events-value"}
		if diff := cmp.Diff(want, found); diff != "" || len(subjects) != len(want) {
			t.Error(diff)
		}
		_, err = r.Schema(t.Context(), "order.event-value", registry.Latest)
		wantError(t, err, "the registry at "+url+" has no subject order.event-value; did you mean order.events-value?")
		_, err = r.Schema(t.Context(), "order.events-value", 3)
		wantError(t, err, "subject order.events-value in the registry at "+url+" has no version 3; it has 1, 2")
		_, err = r.SchemaByID(t.Context(), 4711)
		wantError(t, err, "the registry at "+url+" has no schema 4711: was the record written with another registry?")
		if !errors.Is(err, fs.ErrNotExist) {
			t.Error("it is no fs.ErrNotExist")
		}
		root := strings.TrimSuffix(url, "/apis/ccompat/v7")
		_, err = client(t, registry.Config{URL: root}).Subjects(t.Context())
		wantError(t, err, "cannot list the subjects: there is no schema registry at "+root+" (404); Apicurio has Confluent's API under /apis/ccompat/v7")
	})
	t.Run("levels", func(t *testing.T) {
		// That NONE leaves a subject to the level of the registry is Apicurio's
		// way: it refuses an incompatible version all the same.
		const plain = `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"id":{"type":"%s"}}}`
		for i, typ := range []string{"string", "integer"} {
			_, err := writer.RegisterSchema(t.Context(), "plain-value", sr.Schema{Type: sr.TypeJSON, Schema: fmt.Sprintf(plain, typ)}, -1, -1)
			if i == 0 {
				level("plain-value", sr.CompatNone)
			}
			if refused := err != nil && strings.Contains(err.Error(), "incompatible"); refused != (i == 1) {
				t.Errorf("version %d of plain-value: %v", i+1, err)
			}
		}
		for subject, want := range map[string]string{"order.events-value": "full-transitive", "payment.events-value": "backward", "order.events-OrderPlaced": "backward"} {
			if mode, err := r.Mode(t.Context(), subject); err != nil || mode.String() != want {
				t.Errorf("%s: got %s, %v; want %s", subject, mode, err, want)
			}
		}
	})
	t.Run("files", func(t *testing.T) {
		fsys := r.FS(t.Context())
		var all []string
		for _, f := range formats(t) {
			all = append(all, f.files...)
		}
		if err := fstest.TestFS(fsys, all...); err != nil {
			t.Error(err)
		}
	})
	for _, f := range formats(t) {
		t.Run(f.format, func(t *testing.T) {
			f.read(t, r, ids[f.subject])
			f.records(t, r, ids[f.subject][1])
		})
	}
	for _, f := range formats(t) {
		t.Run("versions of "+f.format+" compared", func(t *testing.T) { f.compare(t, r) })
	}
}

// compare holds the versions of the subject against each other under its
// level, and against the schema that they refer to, as contracts that name
// subjects are compared.
func (f registered) compare(t *testing.T, r *registry.Registry) {
	loader := versions.New(fstest.MapFS{}, versions.FromRegistry(t.Context(), r))
	published := func(subject, message string) []versions.Version {
		t.Helper()
		all, findings, err := loader.Published(&contracts.Contract{}, &contracts.Schema{Registry: &contracts.Registry{Subject: subject}}, message)
		if err != nil || len(findings) > 0 {
			t.Fatal(err, findings)
		}
		return all
	}
	result := func(d schema.Dialect, old, latest versions.Version) (compat.Result, []string) {
		t.Helper()
		mode, known, err := loader.Mode(&contracts.Schema{Registry: &contracts.Registry{Subject: f.subject}})
		if err != nil || !known || !mode.Backward {
			t.Fatal(mode, known, err)
		}
		out := compat.Check(mode, []versions.Version{old}, latest, func(w, r *schema.Schema) compat.Comparison { return schema.Compare(w, r, d) })
		var ids []string
		for _, p := range out.Problems {
			ids = append(ids, p.Rule)
			if p.Verdict == compat.Breaks && (p.Witness == nil || p.Witness.Document == "") {
				t.Errorf("%s: no document shows it", p.Rule)
			}
		}
		return out.Result, ids
	}
	all := published(f.subject, f.root)
	if len(all) != 2 || all[0].Name != "version 1 of "+f.subject {
		t.Fatalf("%d versions: %v", len(all), all)
	}
	if got, ids := result(schema.Dialect{}, all[0], all[1]); got != f.strict {
		t.Errorf("strict: got %s, %v; want %s", got, ids, f.strict)
	}
	if got, ids := result(schema.Dialect{Lenient: true}, all[0], all[1]); got != compat.Compatible {
		t.Errorf("lenient: got %s, %v", got, ids)
	}
	if got, ids := result(schema.Dialect{Lenient: true}, all[0], published(f.other, "")[0]); got != compat.Incompatible || !slices.Contains(ids, f.breaks) {
		t.Errorf("read as what it refers to: got %s, %v; want %s", got, ids, f.breaks)
	}
}

func (f registered) register(t *testing.T, writer *sr.Client) (ids [2]int32) {
	t.Helper()
	if _, err := writer.RegisterSchema(t.Context(), f.other, sr.Schema{Type: f.kind, Schema: f.otherText}, -1, -1); err != nil {
		t.Fatal(err)
	}
	for i, text := range f.versions {
		s := sr.Schema{Type: f.kind, Schema: text, References: []sr.SchemaReference{{Name: f.name, Subject: f.other, Version: 1}}}
		id, err := writer.RegisterSchema(t.Context(), f.subject, s, -1, -1)
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = int32(id)
	}
	if ids[0] == ids[1] {
		t.Fatalf("%s: both versions have the id %d", f.subject, ids[0])
	}
	return ids
}

// read reads what register wrote.
func (f registered) read(t *testing.T, r *registry.Registry, ids [2]int32) {
	versions, err := r.Versions(t.Context(), f.subject)
	if diff := cmp.Diff([]int{1, 2}, versions); diff != "" || err != nil {
		t.Error(diff, err)
	}
	references := []registry.Reference{{Name: f.name, Subject: f.other, Version: 1}}
	for i, text := range f.versions {
		// Apicurio has no GUIDs.
		want := registry.Schema{Subject: f.subject, Version: i + 1, ID: ids[i], GUID: uuid.Nil, Format: f.format, Text: text, References: references}
		got, err := r.Schema(t.Context(), f.subject, i+1)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
		if i == 1 {
			got, err = r.Schema(t.Context(), f.subject, registry.Latest)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
		}
	}
	files, err := r.FS(t.Context()).Files(f.subject, 2)
	if diff := cmp.Diff(f.files, files); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// records frames an event with the id that the registry gave, takes it apart
// again, and reads it with the schema of that id.
func (f registered) records(t *testing.T, r *registry.Registry, id int32) {
	sent := wire.ID{Number: id, Message: f.message}
	for _, kind := range []wire.Kind{wire.Confluent, wire.ConfluentHeader} {
		framing := wire.Framing{Kind: kind, Protobuf: f.format == contracts.FormatProtobuf}
		value, headers, err := framing.Encode(sent, []byte(f.payload))
		if err != nil {
			t.Fatal(err)
		}
		prefix := []byte{0, byte(id >> 24), byte(id >> 16), byte(id >> 8), byte(id)}
		if framing.Protobuf {
			prefix = append(prefix, 0)
		}
		wantValue, wantHeaders := string(prefix)+f.payload, []envelope.Header(nil)
		if kind == wire.ConfluentHeader {
			wantValue, wantHeaders = f.payload, []envelope.Header{{Key: "__value_schema_id", Value: prefix}}
		}
		if diff := cmp.Diff(wantValue, string(value)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(wantHeaders, headers); diff != "" {
			t.Error(diff)
		}
		got, payload, err := framing.Decode(headers, value)
		if err != nil || got != sent {
			t.Fatalf("%s: got %s, %v; want %s", kind, got, err, sent)
		}
		s, err := r.SchemaByID(t.Context(), got.Number)
		if err != nil || s.Text != f.versions[1] || s.Format != f.format {
			t.Fatalf("%s: got %+v, %v", got, s, err)
		}
		f.readEvent(t, r.FS(t.Context()), payload)
	}
}

// readEvent loads version 2 through the file system and reads an event.
func (f registered) readEvent(t *testing.T, fsys *registry.FS, payload []byte) {
	t.Helper()
	var (
		event any
		err   error
	)
	switch f.format {
	case contracts.FormatAvro:
		s, loadErr := avro.Load(fsys, f.files[0], f.files[1:]...)
		if loadErr != nil {
			t.Fatal(loadErr)
		}
		event, err = s.Decode(payload)
	case contracts.FormatProtobuf:
		s, loadErr := proto.Load(fsys, f.files[0])
		if loadErr != nil {
			t.Fatal(loadErr)
		}
		event, err = s.Decode(payload)
	case contracts.FormatJSONSchema:
		s, loadErr := jsonschema.Load(fsys, f.files[0])
		if loadErr != nil {
			t.Fatal(loadErr)
		}
		if violations := s.Validate(payload); len(violations) > 0 {
			t.Error(violations)
		}
		if violations := s.Validate([]byte(`{"id":"o-1","total":{"cents":"much"}}`)); len(violations) != 1 {
			t.Errorf("the reference was not followed: %v", violations)
		}
		event, err = json.RawMessage(payload), nil
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := errors.Join(json.Unmarshal([]byte(f.event), &want), json.Unmarshal(text, &got)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
