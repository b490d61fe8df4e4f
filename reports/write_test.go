package reports_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/flowweir/weir/reports"
	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/summary"
)

// TestWrite: every kind of run has all four reports, the same bytes each
// time, and nothing else is left in the directory.
func TestWrite(t *testing.T) {
	for name, s := range map[string]sample.Sample{
		"held": sample.Held(), "broken": sample.Broken(), "killed": sample.Killed(), "hostile": sample.Hostile(),
	} {
		dir := filepath.Join(t.TempDir(), "run")
		if err := s.Write(dir); err != nil {
			t.Fatal(err)
		}
		before := names(t, dir)
		first, err := reports.Write(dir)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		files := []string{first.HTML, first.JUnit, first.JSON, first.Markdown}
		if after := names(t, dir); len(after) != len(before)+len(files) {
			t.Errorf("%s: the directory holds %v", name, after)
		}
		content := map[string][]byte{}
		for _, path := range files {
			content[path] = read(t, path)
		}
		if _, err := reports.Write(dir); err != nil {
			t.Fatal(err)
		}
		for path, want := range content {
			if len(want) == 0 || !bytes.Equal(read(t, path), want) {
				t.Errorf("%s: %s is empty or differs the second time", name, filepath.Base(path))
			}
		}
		checkPaths(t, dir, content[first.JSON])
	}
}

func checkPaths(t *testing.T, dir string, b []byte) {
	t.Helper()
	var s summary.Summary
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Paths) < 4 {
		t.Errorf("paths = %v", s.Paths)
	}
	for what, path := range s.Paths {
		if _, err := os.Stat(filepath.Join(dir, path)); err != nil {
			t.Errorf("summary.json: %s: %v", what, err)
		}
	}
}

func TestWriteOfNoRun(t *testing.T) {
	dir := t.TempDir()
	if _, err := reports.Write(dir); err == nil {
		t.Error("an empty directory gave reports")
	}
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
	if _, err := reports.Write(filepath.Join(dir, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing directory: %v", err)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
