package service

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// module writes a Go module of one package and returns its directory.
func module(t *testing.T, source string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "payment-service")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"go.mod": "module example.test/payment\n\ngo 1.26\n", "main.go": source} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBuild(t *testing.T) {
	dir := module(t, "package main\n\nfunc main() { println(\"hi\") }\n")
	bin := filepath.Join(t.TempDir(), "bin")
	binary, err := Build(t.Context(), dir, bin)
	if err != nil {
		t.Fatal(err)
	}
	other, err := Build(t.Context(), module(t, "package main\n\nfunc main() { println(\"ho\") }\n"), bin)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Dir(other) != bin || other == binary {
		t.Errorf("two directories of one name build %s and %s", binary, other)
	}
	out, err := exec.Command(binary).CombinedOutput()
	if err != nil || string(out) != "hi\n" {
		t.Errorf("it says %q, %v", out, err)
	}
}

func TestBuildErrors(t *testing.T) {
	broken := module(t, "package main\n\nfunc main() { undefined() }\n")
	_, err := Build(t.Context(), broken, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "./main.go:3:15: undefined: undefined") {
		t.Errorf("a compile error: %v", err)
	}
	library := module(t, "package payment\n")
	if _, err := Build(t.Context(), library, t.TempDir()); err == nil || err.Error() != "build "+library+": it is package payment, not main: name the directory of the program" {
		t.Errorf("a library: %v", err)
	}
	file := filepath.Join(library, "go.mod")
	if _, err := Build(t.Context(), file, t.TempDir()); err == nil || err.Error() != "build "+file+": want the directory of a Go main package, not a file" {
		t.Errorf("a file: %v", err)
	}
	if _, err := Build(t.Context(), filepath.Join(library, "nowhere"), t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Build(ctx, broken, t.TempDir()); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}
