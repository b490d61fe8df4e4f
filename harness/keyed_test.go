package harness

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
)

// The schemas of keys in the registry, of ids from 1.
const (
	tillProto = "syntax = \"proto3\";\npackage tills;\nmessage Till {\n  string shop = 1;\n  int32 n = 2;\n}\n"
	tillAvro  = `{"type": "record", "name": "Till", "fields": [{"name": "shop", "type": "string"}, {"name": "n", "type": "int"}]}`
	// breakingTill may not follow it: its default is missing.
	breakingTill = `{"type": "record", "name": "Till", "fields": [{"name": "shop", "type": "string"}, {"name": "n", "type": "int"}, {"name": "floor", "type": "int"}]}`
)

// keyed is a cluster with events whose keys have schemas, and their registry.
func keyed(t *testing.T) (*Cluster, *srfake.Registry) {
	t.Helper()
	f := srfake.New()
	t.Cleanup(f.Close)
	t.Setenv("WEIR_REGISTRY_URL", f.URL())
	f.SeedSchema("closed-key", 1, 1, sr.Schema{Schema: tillProto, Type: sr.TypeProtobuf})
	f.SeedSchema("opened-key", 1, 2, sr.Schema{Schema: tillAvro, Type: sr.TypeAvro})
	return Run(t, Contracts("testdata/keyed"), Brokers(1)), f
}

// northern sets where each event of these tests happened.
func northern() Override { return Set("$.till", map[string]any{"shop": "north", "n": 7}) }

// TestKeysWithASchema: keys are made as their schemas and framings say, and
// found by what they say.
func TestKeysWithASchema(t *testing.T) {
	c, _ := keyed(t)
	for event, test := range map[string]struct{ key, says, shows string }{
		"tills.Opened":  {"\x00\x00\x00\x00\x02\x0anorth\x0e", `{"n":7,"shop":"north"}`, ` key {"n":7,"shop":"north"} (avro, schema 2)`},
		"tills.Closed":  {"\x0a\x05north\x10\x07", `{"n":7,"shop":"north"}`, ` key {"n":7,"shop":"north"} (protobuf, schema `},
		"tills.Moved":   {`{"n":7,"shop":"north"}`, `{"n":7,"shop":"north"}`, ` key {"n":7,"shop":"north"}` + "\n"},
		"tills.Counted": {"\x0enorth/7", "north/7", ` key "north/7" (avro)`},
	} {
		sent := c.Produce(event, northern())
		if string(sent.Key) != test.key {
			t.Errorf("%s: key %q, want %q", event, sent.Key, test.key)
		}
		read := c.Await(event, Where("key", test.says))
		if found := read.Problems(); len(found) > 0 {
			t.Errorf("%s breaks its contract:\n%s", event, problems(found))
		}
		if diff := cmp.Diff(sent.KeyData, read.KeyData); diff != "" || !strings.Contains(read.String(), test.shows) {
			t.Errorf("%s is read as\n%s\nwant %s\n%s", event, read, test.shows, diff)
		}
	}
	if r := c.Produce("tills.Moved", Set("key", map[string]any{"shop": "south", "n": 1})); string(r.Key) != `{"n":1,"shop":"south"}` {
		t.Errorf("a key of its own is %s", r.Key)
	}
	r := failing(t, func(t testing.TB) {
		Run(t, Contracts("testdata/keyed"), Brokers(1)).Produce("tills.Moved", Set("key", "south"))
	})
	if want := `Produce tills.Moved: the key is not of its schema: `; !strings.HasPrefix(r.said(), want) {
		t.Errorf("said %q, want %q", r.said(), want)
	}
}

// TestKeysWithASchemaAreJudged: each thing that can be wrong with a key has an
// id of its own.
func TestKeysWithASchemaAreJudged(t *testing.T) {
	c, registry := keyed(t)
	sent := map[string]*Record{}
	for _, event := range []string{"tills.Opened", "tills.Closed", "tills.Moved", "tills.Counted"} {
		sent[event] = c.Produce(event, northern())
	}
	const opened = "\x0anorth\x0e"
	register := func(text string) {
		if _, _, err := registry.RegisterSchema("opened-key", sr.Schema{Schema: text, Type: sr.TypeAvro}); err != nil {
			t.Fatal(err)
		}
	}
	register(breakingTill) // schema 3
	for _, test := range []struct {
		event, key string
		// found are ids, each with how its message begins.
		found []string
	}{
		{"tills.Opened", opened, []string{"record/key-framing: the key is not framed as confluent: ", "record/unjudged: the key cannot be told from its framing: ", "record/unjudged: the key cannot be read"}},
		{"tills.Opened", "\x00\x00\x00\x00\x09" + opened, []string{"record/key-known-id: its key carries schema 9, and the registry has no schema of this id"}},
		{"tills.Opened", "\x00\x00\x00\x00\x01" + opened, []string{"record/key-schema-id: its key carries schema 1, which is none of the subject opened-key: 2 (version 1), 3 (version 2)"}},
		{"tills.Opened", "\x00\x00\x00\x00\x02" + opened + "x", []string{"record/key-schema: the key is no avro of its schema: ", "record/unjudged: the key cannot be read"}},
		{"tills.Opened", "\x00\x00\x00\x00\x02\x0anorth\x10", []string{`record/key: the key is "{\"n\":8,\"shop\":\"north\"}", and its data says "{\"n\":7,\"shop\":\"north\"}"`}},
		{"tills.Opened", "\x00\x00\x00\x00\x03" + opened + "\x02", []string{
			"record/key-auto-register: its key carries schema 3, version 2 of opened-key, which was registered since the service was started, and the contract refuses auto-register",
			"record/key-compatibility: version 2 of opened-key, whose schema 3 its key carries, may not follow version 1 under compatibility backward: ",
			"record/key: the data says of the key what is not of its schema: ",
		}},
		{"tills.Closed", "\x0a\x05north\x10\x07\x18\x01", []string{"record/key-schema: it has field 3 of tills.Till, which the schema does not declare"}},
		{"tills.Moved", `{"n":"7","shop":"north"}`, []string{"record/key-schema: ", "record/key: the key is "}},
		{"tills.Moved", "north", []string{"record/key-schema: the key is no JSON", "record/unjudged: the key cannot be read"}},
		{"tills.Counted", "\x0enorth/8", []string{`record/key: the key is "north/8", and its data says "north/7"`}},
	} {
		r := *sent[test.event].Record
		r.Key = []byte(test.key)
		found := c.flow.Read(&r).Problems()
		for i, f := range found {
			if said := f.ID + ": " + f.Message; len(found) != len(test.found) || !strings.HasPrefix(said, test.found[i]) {
				t.Errorf("%s with the key %q: %s\nwant %s", test.event, test.key, problems(found), strings.Join(test.found, "\n"))
				break
			}
		}
		if len(found) == 0 {
			t.Errorf("%s with the key %q is good", test.event, test.key)
		}
	}
	// The id of a key in a header is one of its own, and a key must be there.
	for _, spoil := range []func(*kgo.Record){func(r *kgo.Record) { r.Headers = nil }, func(r *kgo.Record) { r.Headers[0].Key = "__value_schema_id" }} {
		r := *sent["tills.Closed"].Record
		r.Headers = append([]kgo.RecordHeader{}, r.Headers...)
		spoil(&r)
		if found := c.flow.Read(&r).Problems(); len(found) == 0 || found[0].ID != "record/key-framing" {
			t.Errorf("without its header: %s", problems(found))
		}
	}
	r := *sent["tills.Moved"].Record
	r.Key = nil
	if found := c.flow.Read(&r).Problems(); len(found) == 0 || found[0].ID != "record/key-schema" {
		t.Errorf("without a key: %s", problems(found))
	}
}

// TestKeysInAFormat: keys are made and judged as their format says, and what
// the bytes of bytes mean is guessed by nobody.
func TestKeysInAFormat(t *testing.T) {
	c := Run(t, Contracts("testdata/formats"), Brokers(1))
	sent := map[string]*Record{}
	for event, want := range map[string]struct{ key, says string }{
		"seats.Taken": {"\x00\x00\x00\x00\x00\x00\x00\x07", "7"},
		"seats.Freed": {`"a"`, "a"},
	} {
		r := c.Produce(event, Set("$.seat", 7), Set("$.row", "a"))
		if string(r.Key) != want.key {
			t.Errorf("%s: key %q, want %q", event, r.Key, want.key)
		}
		read := c.Await(event, Where("key", want.says))
		if found := read.Problems(); len(found) > 0 {
			t.Errorf("%s breaks its contract:\n%s", event, problems(found))
		}
		sent[event] = r
	}
	for _, test := range []struct{ event, key, want string }{
		{"seats.Taken", "7", "record/key: the key is not of the format long: it has 1 bytes, and one of the format long has 8"},
		{"seats.Taken", "\x00\x00\x00\x00\x00\x00\x00\x08", `record/key: the key is "8", and its data says "7"`},
		{"seats.Freed", "a", "record/key: the key is not of the format json: it is no JSON: "},
		{"seats.Freed", `"b"`, `record/key: the key is "b", and its data says "a"`},
	} {
		r := *sent[test.event].Record
		r.Key = []byte(test.key)
		found := c.flow.Read(&r).Problems()
		if len(found) != 1 || !strings.HasPrefix(found[0].ID+": "+found[0].Message, test.want) {
			t.Errorf("%s with the key %q: %s\nwant %s", test.event, test.key, problems(found), test.want)
		}
	}
	r := *sent["seats.Freed"].Record
	r.Topic, r.Key = "sold", []byte("a")
	r.Headers = append([]kgo.RecordHeader{}, r.Headers...)
	for i, h := range r.Headers {
		if h.Key == "ce_type" {
			r.Headers[i].Value = []byte("seats.Sold")
		}
	}
	if found := c.flow.Read(&r).Problems(); len(found) != 1 || found[0].ID != "record/unjudged" {
		t.Errorf("bytes: %s", problems(found))
	}
	failed := failing(t, func(t testing.TB) { Run(t, Contracts("testdata/formats"), Brokers(1)).Produce("seats.Sold") })
	if want := "Produce seats.Sold: keys in the format bytes are not built: "; !strings.HasPrefix(failed.said(), want) {
		t.Errorf("said %q, want %q", failed.said(), want)
	}
}
