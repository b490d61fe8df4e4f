package asyncapi_test

import (
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/net/http/httpguts"
	"pgregory.net/rapid"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/reports/finding"
)

var withoutDoc = cmpopts.IgnoreFields(contracts.Contract{}, "Doc")

// failer is what testing.T and rapid.T have in common.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// reread loads a document, imports it and loads the contract that comes out.
func reread(t failer, fsys fstest.MapFS, name string) (*contracts.Contract, []finding.Finding) {
	t.Helper()
	d, findings := asyncapi.Load(fsys, name)
	noErrors(t, "load", fsys, findings)
	imported, left := asyncapi.Import(d)
	noErrors(t, "import", fsys, left)
	for file, src := range imported.Files {
		fsys[path.Join(path.Dir(name), file)] = &fstest.MapFile{Data: src}
	}
	weir := path.Join(path.Dir(name), "weir.yaml")
	fsys[weir] = &fstest.MapFile{Data: imported.Contract}
	c, findings := contracts.Load(fsys, weir)
	noErrors(t, "contract", fsys, findings)
	return c, left
}

func noErrors(t failer, what string, fsys fstest.MapFS, findings []finding.Finding) {
	t.Helper()
	if finding.Errors(findings) == 0 {
		return
	}
	var out strings.Builder
	_ = finding.Text(&out, findings)
	for _, name := range []string{"asyncapi.yaml", "weir.yaml"} {
		if f := fsys[name]; f != nil {
			out.WriteString("\n--- " + name + "\n" + string(f.Data))
		}
	}
	t.Fatalf("%s: %s", what, out.String())
}

// export writes a contract's document beside it.
func export(t failer, fsys fstest.MapFS, c *contracts.Contract, version string) string {
	t.Helper()
	src, err := asyncapi.Export(c, fsys, version)
	if err != nil {
		t.Fatalf("export: %v", err)
	}
	name := path.Join(path.Dir(c.Doc.File()), "asyncapi.yaml")
	fsys[name] = &fstest.MapFile{Data: src}
	return name
}

// copyOf is a directory as files that a test can add to.
func copyOf(t *testing.T, dir string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	fsys := os.DirFS(dir)
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		src, err := fs.ReadFile(fsys, name)
		out[name] = &fstest.MapFile{Data: src}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestContractsComeBackFromTheirDocument(t *testing.T) {
	contractFiles, err := fs.Glob(os.DirFS("testdata/contracts"), "*.weir.yaml")
	if err != nil || len(contractFiles) == 0 {
		t.Fatal(err, "no contracts")
	}
	for _, file := range contractFiles {
		for _, version := range asyncapi.Versions() {
			t.Run(file+" in "+version, func(t *testing.T) {
				fsys := copyOf(t, "testdata/contracts")
				want, findings := contracts.Load(fsys, file)
				noErrors(t, "contract", fsys, findings)
				name := export(t, fsys, want, version)
				golden(t, "exported/"+file+"."+version+".txt", string(fsys[name].Data))
				got, left := reread(t, fsys, name)
				if diff := cmp.Diff(want, got, withoutDoc); diff != "" {
					t.Errorf("the contract changed (-want +got):\n%s", diff)
				}
				for _, f := range left {
					t.Errorf("left behind: %+v", f)
				}
			})
		}
	}
}

// TestDocumentsComeBack holds import, export and import to the contract that
// the first import made.
func TestDocumentsComeBack(t *testing.T) {
	for _, name := range names(t) {
		t.Run(name, func(t *testing.T) {
			fsys := copyOf(t, "testdata/documents")
			d, _ := asyncapi.Load(fsys, name)
			imported, findings := asyncapi.Import(d)
			var out strings.Builder
			if err := finding.Text(&out, findings); err != nil {
				t.Fatal(err)
			}
			out.WriteString("\n--- weir.yaml\n")
			out.Write(imported.Contract)
			for _, file := range sorted(imported.Files) {
				out.WriteString("--- " + file + "\n")
				out.Write(imported.Files[file])
			}
			golden(t, "imported/"+name+".txt", out.String())
			if finding.Errors(findings) > 0 {
				return // nothing to import; the golden file says why
			}
			first, _ := reread(t, fsys, name)
			second, left := reread(t, fsys, export(t, fsys, first, ""))
			if diff := cmp.Diff(first, second, withoutDoc); diff != "" {
				t.Errorf("the contract changed (-first +second):\n%s", diff)
			}
			if len(left) > 0 {
				t.Errorf("left behind: %+v", left)
			}
		})
	}
}

func sorted(m map[string][]byte) []string {
	var out []string
	for name := range m {
		out = append(out, name)
	}
	for i := range out {
		for j := i; j > 0 && out[j] < out[j-1]; j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

func TestRandomContractsComeBackFromTheirDocument(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fsys := schemaFiles()
		want := randomContract(t)
		// The loader spells short forms out.
		src := asyncapi.EncodeContract(want)
		fsys["weir.yaml"] = &fstest.MapFile{Data: src}
		loaded, findings := contracts.Load(fsys, "weir.yaml")
		noErrors(t, "random contract", fsys, findings)
		if diff := cmp.Diff(want, loaded, withoutDoc); diff != "" {
			t.Fatalf("writing and reading the contract changed it (-want +got):\n%s\n%s", diff, src)
		}
		name := export(t, fsys, loaded, rapid.SampledFrom(asyncapi.Versions()).Draw(t, "version"))
		written := string(fsys[name].Data)
		got, left := reread(t, fsys, name)
		if diff := cmp.Diff(want, got, withoutDoc); diff != "" {
			t.Fatalf("the contract changed (-want +got):\n%s\n%s", diff, written)
		}
		if len(left) > 0 {
			t.Fatalf("left behind: %+v\n%s", left, written)
		}
	})
}

// TestExamplesComeBack: an export shows what the files of examples hold, and an
// import has the same files, also where the document came without them. What the
// document cannot show it names.
func TestExamplesComeBack(t *testing.T) {
	const first, second = `{"id": "o-1", "total": 1.50, "lines": [{"n": 9007199254740993}, null, true, []], "note": "a: \"b\"\n#c"}`, `"ö"`
	for _, tt := range []struct {
		what, examples string
		shown          bool
	}{
		{"two", "[examples/first.json, second.json]", true},
		{"one that is not there", "[examples/first.json, none.json]", false},
		{"one that is no JSON", "[broken.json, examples/first.json]", false},
		{"one that refers", "[refers.json]", false},
		{"one of another name", "[first.txt]", false},
	} {
		files := func() fstest.MapFS {
			return fstest.MapFS{
				"weir.yaml":  {Data: []byte("weir: contract/v1\nservice: {name: shop}\nproduces: [{event: Placed, topic: orders, schema: order.json, envelope: standard, examples: " + tt.examples + "}]\n")},
				"order.json": {Data: []byte("true")}, "examples/first.json": {Data: []byte(first)}, "second.json": {Data: []byte(second)},
				"broken.json": {Data: []byte("{")}, "refers.json": {Data: []byte(`{"$ref": "#/a"}`)}, "first.txt": {Data: []byte(first)},
			}
		}
		fsys := files()
		want, findings := contracts.Load(fsys, "weir.yaml")
		noErrors(t, "contract", fsys, findings)
		name := export(t, fsys, want, "")
		written := fsys[name].Data
		if shown := strings.Contains(string(written), "9007199254740993"); shown != tt.shown {
			t.Errorf("%s: shown %t in\n%s", tt.what, shown, written)
		}
		got, left := reread(t, fsys, name)
		if diff := cmp.Diff(want, got, withoutDoc); diff != "" || len(left) > 0 {
			t.Errorf("%s: the contract changed (-want +got):\n%s%v", tt.what, diff, left)
		}
		if !tt.shown {
			continue
		}
		alone := fstest.MapFS{name: {Data: written}, "order.json": {Data: []byte("true")}}
		got, _ = reread(t, alone, name)
		if diff := cmp.Diff(want, got, withoutDoc); diff != "" {
			t.Errorf("%s: without its files the contract changed (-want +got):\n%s", tt.what, diff)
		}
		for file, text := range map[string]string{"examples/first.json": first, "second.json": second} {
			if alone[file] == nil {
				t.Fatalf("%s: there is no %s", tt.what, file)
			}
			a, err := jsonschema.Decode(alone[file].Data)
			b, _ := jsonschema.Decode([]byte(text))
			if err != nil || !jsonschema.EqualValues(a, b) {
				t.Errorf("%s: %s is %s, %v", tt.what, file, alone[file].Data, err)
			}
		}
	}
}

func schemaFiles() fstest.MapFS {
	return fstest.MapFS{
		"schemas/a.json":           {Data: []byte(`{"type": "object"}`)},
		"schemas/seven.json":       {Data: []byte(`{"$schema": "http://json-schema.org/draft-07/schema#"}`)},
		"schemas/it's (one)%.json": {Data: []byte(`true`)},
		"b.avsc":                   {Data: []byte(`{"type": "record", "name": "B", "fields": []}`)},
		"c.proto":                  {Data: []byte("syntax = \"proto3\";\nmessage C {}\n")},
	}
}

func randomContract(t *rapid.T) *contracts.Contract {
	c := &contracts.Contract{Weir: contracts.Version}
	word := rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9._-]{0,8}`)
	anyText := rapid.StringN(1, 12, 40).Filter(func(s string) bool { return strings.TrimSpace(s) == s && !strings.ContainsRune(s, '\ufffd') })
	maybe := func(name string) bool { return rapid.Bool().Draw(t, name) }
	c.Service.Name = word.Draw(t, "service")
	if maybe("owner") {
		c.Service.Owner, c.Service.Version, c.Service.Repo = anyText.Draw(t, "owner"), anyText.Draw(t, "version"), anyText.Draw(t, "repo")
	}
	duration := rapid.Map(rapid.Int64Range(1, 1<<50), func(n int64) document.Duration { return document.Duration(n) })
	topic := rapid.OneOf(rapid.StringMatching(`[a-z][a-z.-]{0,8}[a-z]`), rapid.Just("{env}.orders"))
	files := []string{"schemas/a.json", "schemas/seven.json", "schemas/it's (one)%.json", "b.avsc", "c.proto"}
	schema := func() contracts.Schema {
		var s contracts.Schema
		s.Wire = rapid.SampledFrom([]string{"", contracts.WireNone, contracts.WireConfluent, contracts.WireConfluentHeader}).Draw(t, "wire")
		if maybe("registry") {
			s.Registry = &contracts.Registry{Subject: anyText.Draw(t, "subject"), Version: rapid.SampledFrom([]string{"", "latest", "7"}).Draw(t, "version")}
			return s
		}
		s.File = rapid.SampledFrom(files).Draw(t, "file")
		if maybe("history") {
			s.History = "history/"
		}
		return s
	}
	ref := func() contracts.SchemaRef {
		switch rapid.IntRange(0, 3).Draw(t, "ref") {
		case 0:
			return contracts.SchemaRef{}
		case 1:
			s := schema()
			return contracts.SchemaRef{Inline: &s}
		case 2:
			if len(c.Schemas) > 0 {
				return contracts.SchemaRef{Ref: "Named"}
			}
		}
		return contracts.SchemaRef{Ref: rapid.SampledFrom(files).Draw(t, "file")}
	}
	if maybe("schemas") {
		c.Schemas = map[string]contracts.Schema{"Named": schema()}
	}
	if maybe("topics") {
		c.Topics = map[string]contracts.Topic{}
		for range rapid.IntRange(1, 3).Draw(t, "topics") {
			fact := contracts.Topic{Partitions: rapid.IntRange(0, 9).Draw(t, "partitions"), Replication: rapid.IntRange(0, 3).Draw(t, "replication")}
			if maybe("retention") {
				fact.Retention = duration.Draw(t, "retention")
			}
			if maybe("config") {
				name := rapid.SampledFrom([]string{"cleanup.policy", "min.insync.replicas", "retention.bytes", "x"}).Draw(t, "name")
				value := rapid.OneOf(anyText, rapid.SampledFrom([]string{"compact", "2", "-1", "012", "true", "null"}))
				switch name { // Kafka's take some values alone
				case "cleanup.policy":
					value = rapid.SampledFrom([]string{"compact", "delete,compact", "delete, compact"})
				case "min.insync.replicas":
					value = rapid.SampledFrom([]string{"2", "012"})
				case "retention.bytes":
					value = rapid.SampledFrom([]string{"2", "-1", "012"})
				}
				fact.Config = map[string]string{name: value.Draw(t, "value")}
			}
			c.Topics[topic.Draw(t, "topic")] = fact
		}
	}
	address := func() contracts.Address {
		switch rapid.IntRange(0, 5).Draw(t, "transport") {
		case 0:
			return contracts.Address{RabbitMQ: &contracts.RabbitMQAddress{Exchange: word.Draw(t, "exchange"), RoutingKey: rapid.OneOf(rapid.Just(""), word).Draw(t, "key")}}
		case 1:
			return contracts.Address{RabbitMQ: &contracts.RabbitMQAddress{Queue: word.Draw(t, "queue")}}
		case 2:
			return contracts.Address{Redis: &contracts.RedisAddress{Stream: word.Draw(t, "stream")}}
		case 3:
			return contracts.Address{EventBridge: &contracts.EventBridgeAddress{Bus: word.Draw(t, "bus"), DetailType: word.Draw(t, "type")}}
		}
		return contracts.Address{Kafka: &contracts.KafkaAddress{Topic: topic.Draw(t, "topic")}}
	}
	event := func(i int) string {
		return rapid.SampledFrom([]string{"com.acme.OrderPlaced", "Zahlung/erhalten", "x:y", "on"}).Draw(t, "event") + string(rune('a'+i))
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "produces") {
		p := contracts.Produces{Event: event(i), Address: address(), Schema: ref()}
		p.Topic = p.TopicName()
		p.Kind = rapid.SampledFrom([]string{"", "integration", "reply"}).Draw(t, "kind")
		p.Envelope = rapid.SampledFrom([]string{"", "none", "standard", "cloudevents-binary", "cloudevents-structured"}).Draw(t, "envelope")
		p.Ordering = rapid.SampledFrom([]string{"", "per-key"}).Draw(t, "ordering")
		p.Compatibility = rapid.SampledFrom([]string{"", "none", "full-transitive"}).Draw(t, "compatibility")
		p.Delivery.Transactional = maybe("transactional")
		if maybe("idempotent") {
			p.Delivery.Idempotent = new(bool)
			*p.Delivery.Idempotent = p.Delivery.Transactional || maybe("on")
		}
		switch rapid.IntRange(0, 2).Draw(t, "key") {
		case 1:
			p.Key = &contracts.Key{Place: "$.order_id"}
		case 2:
			p.Key = &contracts.Key{Template: "{$.a}:{header:b}", Format: rapid.SampledFrom([]string{"", "json", "long", "bytes"}).Draw(t, "format")}
		}
		if maybe("match") {
			p.Match = &contracts.Match{Header: anyText.Draw(t, "header")}
		}
		if maybe("headers") {
			p.Headers = map[string]contracts.Header{}
			for range rapid.IntRange(0, 2).Draw(t, "count") {
				p.Headers[rapid.OneOf(anyText, rapid.SampledFrom([]string{"ce_id", "$ref", "properties", "true", "1"})).Draw(t, "name")] = contracts.Header{
					Required: maybe("required"), Pattern: rapid.SampledFrom([]string{"", `^[a-z]{3}$`, `\d+"'`, "7"}).Draw(t, "pattern"),
				}
			}
		}
		if maybe("trigger") {
			p.Trigger = &contracts.Trigger{HTTP: "POST /x", Expect: 202, Body: "b.json", Headers: map[string]string{"a": anyText.Filter(httpguts.ValidHeaderFieldValue).Draw(t, "value")}}
		}
		if maybe("examples") {
			p.Examples = []string{anyText.Draw(t, "example")}
		}
		c.Produces = append(c.Produces, p)
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "consumes") {
		k := contracts.Consumes{Event: event(i), Address: address()}
		k.Topic = k.TopicName()
		if k.Kafka != nil || k.Redis != nil || maybe("group") {
			k.Group = anyText.Draw(t, "group")
		}
		switch rapid.IntRange(0, 3).Draw(t, "reads") {
		case 0:
			k.Needs = contracts.Needs{{Place: "$.a"}, {Place: "header:b"}}
		case 1:
			k.Needs = contracts.Needs{{Place: "$.z", Type: "string"}, {Place: "$['a b']"}}
		case 2:
			if s := ref(); s != (contracts.SchemaRef{}) {
				k.Schema = &s
			}
		}
		if maybe("retry") {
			k.Retry = &contracts.Retry{Attempts: rapid.IntRange(1, 4).Draw(t, "attempts")}
			if k.Retry.Attempts > 1 {
				k.Retry.Backoff = backoff(t, duration)
				k.Retry.Topics = rapid.SampledFrom([][]string{nil, {}, {"r.one"}, {"r.one", "{env}.r"}}).Draw(t, "topics")
			}
		}
		if maybe("dlq") {
			k.DLQ = &contracts.DLQ{Topic: "dead", Preserve: rapid.SampledFrom([][]string{nil, {}, {"key", "value"}}).Draw(t, "preserve")}
		}
		k.Isolation = rapid.SampledFrom([]string{"", "read-committed", "read-uncommitted"}).Draw(t, "isolation")
		if maybe("effect") {
			k.Effect = &contracts.Effect{Event: "e", Correlate: "header:cause"}
		}
		if maybe("members") {
			k.Members, k.SessionTimeout = 3, duration.Draw(t, "timeout")
		}
		c.Consumes = append(c.Consumes, k)
	}
	if maybe("objectives") {
		c.Objectives = &contracts.Objectives{EndToEnd: map[string]document.Duration{"p99": duration.Draw(t, "p99")}, Achieved: 0.9999, Errors: new(document.Share)}
	}
	if maybe("waive") {
		c.Waive = []contracts.Waiver{{Rule: "r", Reason: anyText.Draw(t, "reason"), Until: "2027-03-31"}}
	}
	return c
}

func backoff(t *rapid.T, duration *rapid.Generator[document.Duration]) contracts.Backoff {
	b := contracts.Backoff{Initial: duration.Draw(t, "initial")}
	switch rapid.IntRange(0, 4).Draw(t, "backoff") {
	case 0:
		return contracts.Backoff{}
	case 1:
		b.Kind = contracts.BackoffFixed
	case 2:
		b.Kind, b.Max = contracts.BackoffLinear, b.Initial+1
	case 3:
		b.Kind, b.Factor = contracts.BackoffExponential, rapid.SampledFrom([]float64{0, 1, 1.5, 2}).Draw(t, "factor")
	}
	return b
}
