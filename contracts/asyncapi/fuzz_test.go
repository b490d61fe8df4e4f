package asyncapi_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/reports/finding"
)

// FuzzLoad holds any two files to this: nothing panics or runs away, findings
// have places, and a contract that a document gives survives its own export, as
// does the document.
func FuzzLoad(f *testing.F) {
	part := `{"m": {"payload": {"type": "object"}}}`
	for _, dir := range []string{"documents", "malformed"} {
		fsys := os.DirFS("testdata/" + dir)
		all, _ := fs.Glob(fsys, "*.*")
		for _, name := range all {
			src, err := fs.ReadFile(fsys, name)
			if err != nil {
				f.Fatal(err)
			}
			if len(src) < 10_000 && path.Ext(name) != ".txt" {
				f.Add(path.Ext(name) == ".json", src, []byte(part))
			}
		}
	}
	f.Fuzz(func(t *testing.T, isJSON bool, src, part []byte) {
		name := "asyncapi.yaml"
		if isJSON {
			name = "asyncapi.json"
		}
		fsys := fstest.MapFS{name: {Data: src}, "part.json": {Data: part}, "part.yaml": {Data: part}}
		d, findings := asyncapi.Load(fsys, name)
		placed(t, findings)
		for _, c := range d.Channels {
			for _, m := range c.Messages {
				if m.Payload != nil && m.Payload.Format == contracts.FormatJSONSchema {
					_, _ = jsonschema.Load(d.FS(), m.Payload.File)
				}
				for _, e := range m.Examples {
					for _, file := range []string{e.Payload, e.Headers} {
						if text, err := fs.ReadFile(d.FS(), file); file != "" && (err != nil || !json.Valid(text)) {
							t.Errorf("the example %s is no JSON: %v\n%s", file, err, text)
						}
					}
				}
			}
		}
		fsys["s.weir.yaml"] = &fstest.MapFile{Data: []byte("weir: contract/v1\nservice: {name: s}\nasyncapi: " + name + "\n")}
		files := asyncapi.NewFiles(fsys)
		c, completed := files.Load("s.weir.yaml")
		placed(t, completed)
		for i, p := range c.Produces {
			if c.Doc.Position("produces", i).File == "s.weir.yaml" {
				t.Errorf("%s does not stand in its document", p.Event)
			}
			if s := c.SchemaOf(p.Schema); s != nil && s.Format == contracts.FormatJSONSchema {
				if _, err := files.JSONSchema(c, s); errors.Is(err, fs.ErrNotExist) && p.Schema.Inline != nil && finding.Errors(completed) == 0 {
					t.Errorf("the schema %q is not there: %v", s.File, err)
				}
			}
		}
		if finding.Errors(findings)+finding.Errors(completed) == 0 {
			overThemselves(t, c, files, fsys, name)
		}
		delete(fsys, "s.weir.yaml")
		imported, left := asyncapi.Import(d)
		placed(t, left)
		if finding.Errors(findings)+finding.Errors(left) > 0 {
			return
		}
		for file, content := range imported.Files {
			fsys[file] = &fstest.MapFile{Data: content}
		}
		fsys["weir.yaml"] = &fstest.MapFile{Data: imported.Contract}
		first, invalid := contracts.Load(fsys, "weir.yaml")
		if finding.Errors(invalid) > 0 {
			return // a name that a document can have and a contract cannot
		}
		written, err := asyncapi.Export(first, fsys, "")
		if err != nil {
			return // a schema that is none
		}
		fsys["again.yaml"] = &fstest.MapFile{Data: written}
		again, findings := asyncapi.Load(fsys, "again.yaml")
		noErrors(t, "reading the export", fsys, findings)
		back, findings := asyncapi.Import(again)
		noErrors(t, "importing the export", fsys, findings)
		fsys["weir.yaml"] = &fstest.MapFile{Data: back.Contract}
		second, findings := contracts.Load(fsys, "weir.yaml")
		noErrors(t, "the contract of the export", fsys, findings)
		if diff := cmp.Diff(first, second, withoutDoc); diff != "" {
			t.Errorf("the contract changed:\n%s\n%s", diff, written)
		}
	})
}

// overThemselves holds the export over a document to it: nothing of the document
// changes, and who stands on the export has the same contract.
func overThemselves(t *testing.T, c *contracts.Contract, files *asyncapi.Files, fsys fstest.MapFS, name string) {
	t.Helper()
	written := exportOver(t, c, files)
	exported := over(fsys, name, written)
	if before, after := asyncapi.Tree(fsys, name, "x-weir"), asyncapi.Tree(exported, name, "x-weir"); before != after {
		t.Errorf("the document changed from\n%s\nto\n%s", before, after)
	}
	again, findings := asyncapi.NewFiles(exported).Load(c.Doc.File())
	noErrors(t, "the export", exported, findings)
	if diff := cmp.Diff(c, again, sameContract); diff != "" {
		t.Errorf("the contract changed:\n%s\n%s", diff, written)
	}
}

func placed(t *testing.T, findings []finding.Finding) {
	t.Helper()
	for _, f := range findings {
		if f.Position == nil || f.Position.File == "" {
			t.Errorf("without a place: %+v", f)
		}
	}
}
