package deployment

import (
	"flag"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/internal/fixture"
	"github.com/flowweir/weir/reports/finding"
)

var update = flag.Bool("update", false, "rewrite what the archives of testdata want; read the diff before committing it")

func equal(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Record{}, "Doc")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestRecords reads the records of testdata/record and compares all that is
// said about them.
func TestRecords(t *testing.T) {
	files, err := filepath.Glob("testdata/record/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	known := append(document.Rules(), Rules()...)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive := fixture.Read(t, file)
			_, findings := parseRecord("record.yaml", archive.Files[0].Data)
			for _, f := range findings {
				if !slices.ContainsFunc(known, func(r finding.Rule) bool { return r.ID == f.ID }) {
					t.Errorf("the id %s is in no table", f.ID)
				}
			}
			fixture.Want(t, file, archive, fixture.Text(t, findings), *update)
		})
	}
}

// TestFormat: what is written is read again, whatever the version is.
func TestFormat(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/record/sound.txtar")
	must(t, err)
	r, findings := parseRecord("record.yaml", archive.Files[0].Data)
	equal(t, fixture.Text(t, findings), "")
	equal(t, r.format(), `# Written by weir record-deploy.
weir: deployment/v1
service: "order-service"
live:
  - version: "2.1.0"
    at: 2026-11-26T10:46:17Z
    contract: "services/order/weir.yaml"
    commit: "4f2a1c9be0c3b5d2e7a6f8091b2c3d4e5f60718a"
  - version: "1.10"
    at: 2026-11-20T08:00:00Z
    contract: "weir.yaml"
    embedded: "4f2a1c9be0c3b5d2e7a6f8091b2c3d4e5f60718a4f2a1c9be0c3b5d2e7a6f809"
  - version: "bare"
    at: 2026-11-20T08:00:00Z
`)
	for _, version := range []string{"1.0", "1e3", "0x10", "null", "~", "true", "2026-11-26", `a"b\c`, "a:b#c", "<ü>", "{{x}}", "'"} {
		want := &Record{Weir: Version, Service: "s", Live: []Live{{Version: version, At: time.Unix(1e9, 0).UTC()}}}
		got, findings := parseRecord("r", []byte(want.format()))
		equal(t, fixture.Text(t, findings), "")
		equal(t, got, want)
	}
}

func TestRulesAreDistinctAndDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, rule := range Rules() {
		if seen[rule.ID] || !strings.HasPrefix(rule.ID, "deployment/") || !strings.HasSuffix(rule.Summary, ".") {
			t.Errorf("%+v", rule)
		}
		seen[rule.ID] = true
	}
}

func FuzzRecord(f *testing.F) {
	files, err := filepath.Glob("testdata/record/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		r, findings := parseRecord("r.yaml", src)
		for _, f := range findings {
			if p := f.Position; p == nil || p.Line < 1 || p.Column < 1 || p.Column > len(p.Source)+1 {
				t.Errorf("%+v at %+v", f, p)
			}
		}
		if len(findings) > 0 {
			return
		}
		for i := range r.Live {
			r.Live[i].At = r.Live[i].At.Truncate(time.Second) // the file has no less
		}
		again, findings := parseRecord("r.yaml", []byte(r.format()))
		if len(findings) > 0 {
			t.Fatalf("written and read again: %s\n%s", fixture.Text(t, findings), r.format())
		}
		equal(t, again, r)
	})
}
