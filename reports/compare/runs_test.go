package compare

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"runs/b", "runs/a", "single", "deep/below/run"} {
		synthetic(name, uint64(i)).write(t, filepath.Join(dir, name))
	}
	if err := os.WriteFile(filepath.Join(dir, "runs", "notes.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "runs", "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	found, err := Open(filepath.Join(dir, "runs"), filepath.Join(dir, "single"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, rec := range found {
		names = append(names, rec.Run.ID)
	}
	if got := strings.Join(names, " "); got != "runs/a runs/b single" {
		t.Errorf("opened %s", got)
	}
	for name, want := range map[string]string{
		"deep":           "deep is no run directory and holds none",
		"nowhere":        "nowhere",
		"runs/notes.txt": "notes.txt",
	} {
		if _, err := Open(filepath.Join(dir, name)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %s", name, err, want)
		}
	}
	for file, want := range map[string]string{
		`{"format": "weir/run/v2", "weir": {"version": "v9"}}`: `format is "weir/run/v2" and this weir reads "weir/run/v1": use weir v9 or newer`,
		"{\n  nonsense": "run.json:2:3: ",
	} {
		if err := os.WriteFile(filepath.Join(dir, "single", "run.json"), []byte(file), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(filepath.Join(dir, "single")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}
