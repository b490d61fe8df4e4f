package git

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"https://user:secret@git.example.com/a.git":        "https://***@git.example.com/a.git",
		"https://token@git.example.com/a":                  "https://***@git.example.com/a",
		"https://git.example.com/a@b":                      "https://git.example.com/a@b",
		"ssh://git@git.example.com/a":                      "ssh://git@git.example.com/a",
		"ssh://git:pw@git.example.com/a":                   "ssh://***@git.example.com/a",
		"git@git.example.com:acme/a.git":                   "git@git.example.com:acme/a.git",
		"cannot read 'https://a:b@c/d' and 'http://e@f/g'": "cannot read 'https://***@c/d' and 'http://***@f/g'",
		"https://user:p@ss@git.example.com/a@b":            "https://***@git.example.com/a@b",
		"a@b":                                              "a@b",
	} {
		if got := Redact(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		in2 := RedactInPlace(in)
		if len(in2) != len(in) || strings.Contains(in2, "secret") {
			t.Errorf("%q in place: %q", in, in2)
		}
	}
	for url, want := range map[string]bool{
		"https://user:secret@host/a": true, "https://user@host/a": false, "https://host:8443/a@b": false,
		"git@host:a": false, "ssh://git:pw@host/a": true, "": false,
	} {
		if got := HasPassword(url); got != want {
			t.Errorf("%q: %v", url, got)
		}
	}
}

func TestEnvironment(t *testing.T) {
	got := environment([]string{"HOME=/h", "GIT_DIR=.git", "GIT_INDEX_FILE=x", "GIT_CONFIG_COUNT=1"})
	want := []string{"HOME=/h", "GIT_CONFIG_COUNT=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C", "GIT_ALLOW_PROTOCOL=file:git:http:https:ssh"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	got = environment([]string{"GIT_ALLOW_PROTOCOL=ext"})
	if !slices.Equal(got, []string{"GIT_ALLOW_PROTOCOL=ext", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C"}) {
		t.Errorf("%q", got)
	}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	if _, err := Run(t.Context(), dir, "init", "--quiet"); err != nil {
		t.Fatal(err)
	}
	// A hook's variables do not lead elsewhere.
	t.Setenv("GIT_DIR", filepath.Join(dir, "elsewhere"))
	out, err := Command{Dir: dir, Stdin: "hello"}.Run(t.Context(), "hash-object", "--stdin")
	if err != nil || out != "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0\n" {
		t.Errorf("%q, %v", out, err)
	}

	_, err = Run(t.Context(), dir, "fetch", "--quiet", "https://user:secret@127.0.0.1:1/a.git")
	var failed *Error
	if !errors.As(err, &failed) || failed.Command != "fetch" || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
	_, err = Run(t.Context(), dir, "fetch", "--quiet", "ext::touch ran")
	if err == nil || err.Error() != "git fetch: transport 'ext' not allowed" {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil {
		t.Error("a URL ran a program")
	}
	_, err = Run(t.Context(), dir, "rev-parse", "--verify", "--quiet", "nothing")
	if err == nil || err.Error() != "git rev-parse: exit status 1" {
		t.Errorf("%v", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, dir, "status"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	t.Setenv("PATH", dir)
	if _, err := Run(t.Context(), dir, "status"); err == nil || err.Error() != "git status: there is no git on the PATH" {
		t.Errorf("%v", err)
	}
}
