package harness

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/harness/live"
)

// stockRegistry is a registry with a subject of its own, which
// WEIR_REGISTRY_URL names.
func stockRegistry(t *testing.T) (add func(fields string)) {
	t.Helper()
	f := srfake.New()
	t.Cleanup(f.Close)
	t.Setenv("WEIR_REGISTRY_URL", f.URL())
	return func(fields string) {
		t.Helper()
		text := fmt.Sprintf(`{"type": "record", "name": "Counted", "namespace": "till", "fields": [{"name": "item", "type": "string"}%s]}`, fields)
		if _, _, err := f.RegisterSchema("till-stock-value", sr.Schema{Schema: text, Type: sr.TypeAvro}); err != nil {
			t.Fatal(err)
		}
	}
}

// till is a cluster with events of Avro and of Protobuf.
func till(t testing.TB) *Cluster {
	t.Helper()
	return Run(t, Contracts("testdata/coded"), Brokers(1))
}

// TestCodedEventsInATest: events of Avro and Protobuf are made by name with
// overrides, in their binary form, and found by what they say.
func TestCodedEventsInATest(t *testing.T) {
	stockRegistry(t)(`, {"name": "n", "type": "int"}`)
	c := till(t)
	for event, test := range map[string]struct {
		overrides []Override
		key       string
		value     string
		shows     string
	}{
		"till.Sold":     {[]Override{Set("$.sale", "s-9"), Set("$.cents", 995), Set("$.note", nil)}, "s-9", "\x06s-9\xc6\x0f\x00", `{"cents":995,"note":null,"sale":"s-9"} (avro)`},
		"till.Refunded": {[]Override{Set("$.sale_id", "s-9"), Set("$.cents", 3), Set("$.lines", []any{})}, "s-9", "\n\x03s-9\x10\x03", `{"cents":3,"lines":[],"sale_id":"s-9"} (protobuf)`},
		"till.Counted":  {[]Override{Set("$.item", "boots"), Set("$.n", 7)}, "boots", "\x0aboots\x0e", `{"item":"boots","n":7} (avro, schema `},
	} {
		sent := c.Produce(event, test.overrides...)
		if string(sent.Key) != test.key || string(sent.Value) != test.value {
			t.Errorf("%s: key %q and value %q, want %q and %q", event, sent.Key, sent.Value, test.key, test.value)
		}
		read := c.Await(event, Where("key", test.key))
		if found := read.Problems(); len(found) > 0 {
			t.Errorf("%s breaks its contract:\n%s", event, problems(found))
		}
		if diff := cmp.Diff(sent.Data, read.Data); diff != "" || read.String() != sent.String() || !strings.Contains(read.String(), test.shows) {
			t.Errorf("%s is read as\n%s\nwant %s\n%s", event, read, test.shows, diff)
		}
		if r := c.Produce(event, Poison([]byte("{"))); string(r.Value) != "{" || len(r.Problems()) == 0 {
			t.Errorf("poison is %s", r)
		}
	}
	// An example may name the branch of a union, and a reader has its value.
	examples, err := c.flow.Examples("till.Sold")
	if err != nil {
		t.Fatal(err)
	}
	if note, _ := c.Produce("till.Sold", examples[0].Override).At("$.note"); note != "gift" {
		t.Errorf("note %q", note)
	}
}

func TestCodedEventsFailWhere(t *testing.T) {
	stockRegistry(t)("")
	for want, test := range map[string]func(*Cluster){
		"Produce till.Sold: with these values it is not valid any more (harness.Poison sends what is not):\n  /cents is \"many\", must be a whole number of 64 bits (testdata/coded/sold.avsc:5:31)": func(c *Cluster) { c.Produce("till.Sold", Set("$.cents", "many")) },
		"Produce till.Refunded: with these values it is not valid any more (harness.Poison sends what is not):\n  /tip is not all":                                                                   func(c *Cluster) { c.Produce("till.Refunded", Set("$.tip", 1)) },
	} {
		if r := failing(t, func(t testing.TB) { test(till(t)) }); !strings.HasPrefix(r.said(), want) {
			t.Errorf("said %q, want %q", r.said(), want)
		}
	}
}

// TestCodedEventsAreJudged: what is wrong with the bytes is said with its rule.
func TestCodedEventsAreJudged(t *testing.T) {
	stockRegistry(t)("")
	c := till(t)
	sent := map[string]*Record{}
	for _, event := range []string{"till.Sold", "till.Refunded", "till.Counted"} {
		sent[event] = c.Produce(event)
	}
	for _, test := range []struct {
		event, id, says string
		spoil           func(*kgo.Record)
	}{
		{"till.Sold", live.BrokenSchema, "the data is no avro of its schema: ", func(r *kgo.Record) { r.Value = r.Value[:1] }},
		{"till.Sold", live.BrokenKey, `the key is "k", and its data says "`, func(r *kgo.Record) { r.Key = []byte("k") }},
		{"till.Refunded", live.BrokenSchema, "it has field 9 of till.Refunded, which the schema does not declare", func(r *kgo.Record) { r.Value = append(r.Value, 9<<3, 1) }},
		{"till.Counted", live.BrokenFraming, "the value is not framed as confluent-header: ", func(r *kgo.Record) { r.Headers = nil }},
		{"till.Counted", live.UnknownID, "it carries schema 77, and the registry has no schema of this id", func(r *kgo.Record) {
			r.Headers = []kgo.RecordHeader{{Key: "__value_schema_id", Value: []byte{0, 0, 0, 0, 77}}}
		}},
	} {
		r := *sent[test.event].Record
		test.spoil(&r)
		found := c.flow.Read(&r).Problems()
		if len(found) == 0 || found[0].ID != test.id || !strings.HasPrefix(found[0].Message, test.says) {
			t.Errorf("%s: %s\nwant %s: %s", test.event, problems(found), test.id, test.says)
		}
	}
}

// TestBaselines: what a service registers in one test of a run it has registered
// in the next, too; another run begins with what there is then.
func TestBaselines(t *testing.T) {
	add := stockRegistry(t)
	add("")
	versions := func(options ...Option) string {
		t.Helper()
		c := Run(t, append(options, Contracts("testdata/coded"), Brokers(1))...)
		c.Produce("till.Counted")
		since, err := c.flow.NewVersions("till.Counted", registry.Value)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(since, ", ")
	}
	first := OneRun()
	if got := versions(first); got != "" {
		t.Errorf("registered before anything ran: %s", got)
	}
	add(`, {"name": "n", "type": "int", "default": 0}`)
	const since = "version 2 of till-stock-value (schema 2)"
	second := OneRun()
	for i, test := range []struct {
		run  []Option
		want string
	}{{[]Option{first}, since}, {[]Option{second}, ""}, {[]Option{first}, since}, {nil, ""}} {
		if got := versions(test.run...); got != test.want {
			t.Errorf("%d: registered since: %q, want %q", i, got, test.want)
		}
	}
}

// TestEventsByTheNamesOfTheirMessages: two events in one topic and one file are
// told apart by the message that a record carries.
func TestEventsByTheNamesOfTheirMessages(t *testing.T) {
	f := srfake.New()
	t.Cleanup(f.Close)
	t.Setenv("WEIR_REGISTRY_URL", f.URL())
	const text = `syntax = "proto3"; package till; message Moved { string item = 1; } message Broken { string item = 1; }`
	if _, _, err := f.RegisterSchema("till-moves-value", sr.Schema{Schema: text, Type: sr.TypeProtobuf}); err != nil {
		t.Fatal(err)
	}
	c := till(t)
	for event, value := range map[string]string{"till.Moved": "\x00\x00\x00\x00\x01\x00\x0a\x01x", "till.Broken": "\x00\x00\x00\x00\x01\x02\x02\x0a\x01x"} {
		sent := c.Produce(event, Set("$.item", "x"))
		if read := c.Await(event); string(sent.Value) != value || string(read.Value) != value || len(read.Problems()) > 0 {
			t.Errorf("%s is %q, want %q: %s", event, read.Value, value, problems(read.Problems()))
		}
	}
}
