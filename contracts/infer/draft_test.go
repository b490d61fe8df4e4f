package infer_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/infer"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

var update = flag.Bool("update", false, "write what drafts are compared with")

// request is the file request.json of an archive.
type request struct {
	Service, Event, Topic string
	KeepValues            bool
	Facts                 *contracts.Topic
	Records               []record
}

type record struct {
	Key     *string
	Headers [][2]string
	Value   json.RawMessage
	Text    string // instead of a value that is JSON
}

// TestFromRecords holds what is written to the archives of testdata/draft:
// the request, the examples, and below out/ the draft with its notes.
func TestFromRecords(t *testing.T) {
	archives, err := filepath.Glob("testdata/draft/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no archives", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var want, in []txtar.File
			for _, f := range archive.Files {
				if strings.HasPrefix(f.Name, "out/") {
					want = append(want, f)
				} else {
					in = append(in, f)
				}
			}
			r := parse(t, in)
			draft, err := infer.FromRecords(context.Background(), r)
			got := outcome(draft, err)
			if err == nil {
				passes(t, draft, r.Records)
			}
			if *update {
				archive.Files = slices.Concat(in, got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(asText(want), asText(got)); diff != "" {
				t.Errorf("-want +got (write with -update):\n%s", diff)
			}
		})
	}
}

func parse(t *testing.T, in []txtar.File) infer.Request {
	t.Helper()
	var req request
	r := infer.Request{Seed: 1}
	for _, f := range in {
		if f.Name != "request.json" {
			r.Records = append(r.Records, infer.Record{File: f.Name, Value: f.Data})
			continue
		}
		if err := json.Unmarshal(f.Data, &req); err != nil {
			t.Fatal(err)
		}
	}
	r.Service, r.Event, r.Topic, r.KeepValues, r.Facts = req.Service, req.Event, req.Topic, req.KeepValues, req.Facts
	for _, rec := range req.Records {
		r.Records = append(r.Records, rec.record())
	}
	return r
}

func (rec record) record() infer.Record {
	out := infer.Record{Value: []byte(rec.Value)}
	if rec.Text != "" {
		out.Value = []byte(rec.Text)
	}
	if rec.Key != nil {
		out.Key = []byte(*rec.Key)
	}
	for _, h := range rec.Headers {
		out.Headers = append(out.Headers, envelope.Header{Key: h[0], Value: []byte(h[1])})
	}
	return out
}

// outcome is a draft, or an error, as files.
func outcome(d *infer.Draft, err error) []txtar.File {
	var input *infer.InputError
	if errors.As(err, &input) {
		return []txtar.File{{Name: "out/error", Data: []byte(err.Error() + "\n= hint: " + input.Hint + "\n")}}
	}
	if err != nil {
		return []txtar.File{{Name: "out/error", Data: []byte(err.Error() + "\n")}}
	}
	var files []txtar.File
	for _, f := range d.Files() {
		files = append(files, txtar.File{Name: "out/" + f.Name, Data: f.Content})
	}
	said := ""
	for _, g := range d.Guesses {
		said += "guess: " + g + "\n"
	}
	for _, n := range d.Notes {
		said += "note: " + n + "\n"
	}
	if d.ExampleSeed != nil {
		said += fmt.Sprintf("seed: %d\n", *d.ExampleSeed)
	}
	return append(files, txtar.File{Name: "out/said", Data: []byte(said)})
}

func asText(files []txtar.File) map[string]string {
	m := map[string]string{}
	for _, f := range files {
		m[f.Name] = string(f.Data)
	}
	return m
}

// passes checks what every draft promises: the contract loads, no rule finds
// an error, and all schemas accept what they were inferred from.
func passes(t testing.TB, d *infer.Draft, records []infer.Record) *contracts.Contract {
	t.Helper()
	fsys := fstest.MapFS{}
	for _, f := range d.Files() {
		fsys[f.Name] = &fstest.MapFile{Data: f.Content}
	}
	for _, r := range records {
		if r.File != "" {
			fsys[r.File] = &fstest.MapFile{Data: r.Value}
		}
	}
	c, findings := contracts.Load(fsys, infer.ContractFile)
	if len(findings) > 0 {
		t.Fatalf("does not load: %v\n%s", findings, fsys[infer.ContractFile].Data)
	}
	for _, f := range rules.Check([]*contracts.Contract{c}, fsys, time.Time{}) {
		if f.Severity == finding.Error {
			t.Errorf("weir check: %s: %s", f.Position, f.Message)
		}
	}
	for _, p := range c.Produces {
		s := c.SchemaOf(p.Schema)
		if s == nil || s.Format != contracts.FormatJSONSchema || s.File == "" {
			continue
		}
		// Stricter than contracts have it: the formats hold, too.
		schema, err := jsonschema.Load(fsys, s.File, jsonschema.AssertFormat())
		if err != nil {
			t.Fatal(err)
		}
		accepts(t, schema, p, records)
	}
	return c
}

// accepts holds a schema against the records of its event.
func accepts(t testing.TB, schema *jsonschema.Schema, p contracts.Produces, records []infer.Record) {
	t.Helper()
	for _, r := range records {
		kind := envelope.Kind(p.EnvelopeName())
		data := r.Value
		if kind != envelope.None {
			name, _ := envelope.Type(kind, envelope.Match{}, r.Value, r.Headers)
			_, inner, err := envelope.Decode(kind, r.Value, r.Headers)
			_, binary := envelope.Find(r.Headers, "ce_specversion")
			if err != nil || name != p.Event || kind == envelope.CloudEventsBinary && !binary || !json.Valid(inner) {
				continue
			}
			data = inner
		} else if p.Match != nil || !json.Valid(data) {
			continue
		}
		for _, v := range schema.Validate(data) {
			t.Errorf("%s refuses what it was inferred from: %s\n%s", schema.File(), v, data)
		}
	}
}

func isInput(err error) bool {
	var input *infer.InputError
	return errors.As(err, &input)
}
