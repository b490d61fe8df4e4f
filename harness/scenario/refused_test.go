package scenario

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/reports/finding"
)

// TestRefused compares all that is said of scenarios that are refused before
// anything is started. Each archive has the files of base.txtar too, and in want
// what is said.
func TestRefused(t *testing.T) {
	cases, err := filepath.Glob("testdata/refused/*.txtar")
	if err != nil || len(cases) < 7 {
		t.Fatalf("got %d cases, %v", len(cases), err)
	}
	base, err := txtar.ParseFile("testdata/refused/base.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range cases {
		if filepath.Base(name) == "base.txtar" {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			refused(t, name, base)
		})
	}
}

func refused(t *testing.T, name string, base *txtar.Archive) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	name, err = filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	var want string
	for _, f := range slices.Concat(base.Files, archive.Files) {
		if f.Name == "want" {
			want = string(f.Data)
			continue
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(f.Name), 0o700), os.WriteFile(f.Name, f.Data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	s, _ := LoadFile("scenario.yaml")
	_, err = DryRun(t.Context(), s, io.Discard, With(embedded.Provider()))
	var plan *PlanError
	if !errors.As(err, &plan) {
		t.Fatalf("it was not refused: %v", err)
	}
	for _, f := range plan.Findings {
		if f.Position == nil || f.Position.Line < 1 {
			t.Errorf("%s has no place: %s", f.ID, f.Message)
		}
	}
	var got bytes.Buffer
	if err := finding.Text(&got, plan.Findings); err != nil {
		t.Fatal(err)
	}
	if *update {
		archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
		archive.Files = append(archive.Files, txtar.File{Name: "want", Data: got.Bytes()})
		if err := os.WriteFile(name, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", got.String(), want)
	}
}
