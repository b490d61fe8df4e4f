package asyncapi_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

// TestCheck judges contracts that stand on documents as weir check does. Each
// file of testdata/check is one story, with all that is found.
func TestCheck(t *testing.T) {
	files, err := filepath.Glob("testdata/check/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d stories, %v", len(files), err)
	}
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			fsys, err := txtar.FS(archive)
			if err != nil {
				t.Fatal(err)
			}
			from := asyncapi.NewFiles(fsys)
			set, findings := from.LoadDir(".")
			if finding.Errors(findings) == 0 {
				findings = append(findings, rules.Check(set, from, now)...)
			}
			placed(t, findings)
			var got strings.Builder
			if err := finding.Text(&got, findings); err != nil {
				t.Fatal(err)
			}
			want(t, file, archive, got.String())
		})
	}
}

// want holds got against the file want of the archive.
func want(t *testing.T, file string, archive *txtar.Archive, got string) {
	t.Helper()
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	if *update {
		archive.Files[i].Data = []byte(got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(archive.Files[i].Data), got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
