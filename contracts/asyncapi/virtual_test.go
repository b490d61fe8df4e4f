package asyncapi_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/reports/finding"
)

// TestPayloadsAreSchemas loads every JSON Schema payload of the documents.
func TestPayloadsAreSchemas(t *testing.T) {
	count := 0
	for _, name := range names(t) {
		d, _ := asyncapi.Load(documents, name)
		for _, c := range d.Channels {
			for _, m := range c.Messages {
				for _, s := range []*asyncapi.Schema{m.Payload, m.Headers, m.Kafka.Key} {
					if s == nil || s.Format != contracts.FormatJSONSchema {
						continue
					}
					count++
					if _, err := jsonschema.Load(d.FS(), s.File); err != nil {
						t.Errorf("%s, message %s: %v", name, m.ID, err)
					}
				}
			}
		}
	}
	if count < 30 {
		t.Errorf("only %d schemas were loaded", count)
	}
}

func TestReferencesWithinPayloads(t *testing.T) {
	d, _ := asyncapi.Load(documents, "orders.json")
	s, err := jsonschema.Load(d.FS(), d.Channels[0].Messages[0].Payload.File)
	if err != nil {
		t.Fatal(err)
	}
	if v := s.Validate([]byte(`{"order_id": "1", "lines": [{"sku": "a", "unit": "kg"}]}`)); len(v) > 0 {
		t.Errorf("valid: %v", v)
	}
	invalid := s.Validate([]byte(`{"order_id": "1", "lines": [{"unit": "litre"}]}`))
	if len(invalid) != 1 || invalid[0].Place != "/lines/0/unit" {
		t.Fatalf("invalid: %v", invalid)
	}
	findings := []finding.Finding{{Position: &invalid[0].Schema}}
	d.Locate(findings)
	if got := findings[0].Position.String(); got != "schemas/unit.json:1:56" {
		t.Errorf("the broken rule stands at %s", got)
	}
}

// TestProblemsInPayloadsStandInTheDocument breaks payloads and looks where
// the reader of the schema says so.
func TestProblemsInPayloadsStandInTheDocument(t *testing.T) {
	const head = "asyncapi: 3.0.0\ninfo: {title: t, version: '1'}\nchannels:\n  c:\n    messages:\n      m:\n        payload:\n"
	for name, test := range map[string]struct{ payload, want string }{
		"a dangling reference": {
			"          properties:\n            a: {$ref: '#/components/schemas/None'}\n",
			"a.yaml:9:23",
		},
		"a pattern": {
			"          schemaFormat: application/schema+json;version=2020-12\n          schema:\n            type: string\n            pattern: '(?<=x'\n",
			"a.yaml:11:22",
		},
		"an anchor": {
			"          allOf: [&x {type: object}, *x]\n          properties:\n            b: {minimum: 1, $ref: ./nowhere.json}\n",
			"a.yaml:10:35",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := asyncapi.Load(fstest.MapFS{"a.yaml": {Data: []byte(head + test.payload)}}, "a.yaml")
			_, err := jsonschema.Load(d.FS(), d.Channels[0].Messages[0].Payload.File)
			var invalid *jsonschema.Error
			if !errors.As(err, &invalid) {
				t.Fatalf("no problem found: %v", err)
			}
			findings := []finding.Finding{{Position: &finding.Position{}, Related: []finding.Related{{Position: invalid.Problems[0].Position}}}}
			d.Locate(findings)
			if got := findings[0].Related[0].Position; got.String() != test.want || got.Source == "" {
				t.Errorf("%q stands at %+v, want %s", invalid.Problems[0].Message, got, test.want)
			}
		})
	}
}

// TestReferencesRelativeToThePayload: AsyncAPI takes #/ for the document, who
// pastes a JSON Schema means the schema. What the document lacks is looked for
// there.
func TestReferencesRelativeToThePayload(t *testing.T) {
	const src = `asyncapi: 3.0.0
info: {title: t, version: "1"}
channels:
  c:
    messages:
      m:
        payload:
          schemaFormat: application/schema+json;version=draft-07
          schema:
            items: {$ref: "#/definitions/own"}
            definitions: {own: {type: string}}
`
	d, findings := asyncapi.Load(fstest.MapFS{"a.yaml": {Data: []byte(src)}}, "a.yaml")
	if len(findings) > 0 {
		t.Fatalf("%+v", findings)
	}
	s, err := jsonschema.Load(d.FS(), d.Channels[0].Messages[0].Payload.File)
	if err != nil {
		t.Fatal(err)
	}
	if valid, invalid := s.Validate([]byte(`["a"]`)), s.Validate([]byte(`[1]`)); len(valid) > 0 || len(invalid) != 1 {
		t.Errorf("%v %v", valid, invalid)
	}
}

func TestProtobufKeepsItsLines(t *testing.T) {
	d, _ := asyncapi.Load(documents, "multi-format.yaml")
	s := d.Channels[0].Messages[1].Payload
	src, err := fs.ReadFile(d.FS(), s.File)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(src), "\n")
	if lines[4] != "  string id = 1;" {
		t.Fatalf("line 5 is %q", lines[4])
	}
	findings := []finding.Finding{{Position: &finding.Position{File: s.File, Line: 5, Column: 10}}}
	d.Locate(findings)
	want := finding.Position{File: "multi-format.yaml", Line: 26, Column: 22, Source: "              string id = 1;"}
	if diff := cmp.Diff(want, *findings[0].Position); diff != "" {
		t.Error(diff)
	}
}

func TestFSIsAFileSystem(t *testing.T) {
	d, _ := asyncapi.Load(documents, "one-of.yaml")
	fsys := d.FS()
	file := d.Channels[0].Messages[0].Payload.File
	f, err := fsys.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	src, readErr := fs.ReadFile(fsys, file)
	if err != nil || readErr != nil || info.Size() != int64(len(src)) || info.IsDir() || info.Name() != "weight" || !info.Mode().IsRegular() {
		t.Errorf("%v %v %+v", err, readErr, info)
	}
	if _, err := fsys.Open("one-of.yaml#/none"); err == nil {
		t.Error("a schema that nobody has can be opened")
	}
	if src, err := fs.ReadFile(fsys, "one-of.yaml"); err != nil || !strings.HasPrefix(string(src), "asyncapi") {
		t.Errorf("the document itself: %v", err)
	}
	if entries, err := fs.ReadDir(fsys, "schemas"); err != nil || len(entries) == 0 {
		t.Errorf("its directory: %v", err)
	}
}
