package source_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts/source"
)

// repository is a git repository in a temporary folder.
type repository struct {
	testing.TB
	dir string
}

func newRepository(t testing.TB, options ...string) repository {
	t.Helper()
	r := repository{t, t.TempDir()}
	r.git(append([]string{"init", "--quiet", "--initial-branch=main"}, options...)...)
	return r
}

// git runs git as an unconfigured user at a fixed time.
func (r repository) git(args ...string) string {
	r.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_DIR=", "LC_ALL=C",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_AUTHOR_DATE=2026-11-24T09:00:00Z",
		"GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.com", "GIT_COMMITTER_DATE=2026-11-24T10:00:00+01:00")
	cmd.Env = without(cmd.Env, "GIT_DIR")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func without(environment []string, name string) []string {
	var kept []string
	for _, v := range environment {
		if !strings.HasPrefix(v, name+"=") {
			kept = append(kept, v)
		}
	}
	return kept
}

func (r repository) write(file, content string) {
	r.Helper()
	full := filepath.Join(r.dir, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		r.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
		r.Fatal(err)
	}
}

func (r repository) link(target, file string) {
	r.Helper()
	if err := os.Symlink(target, filepath.Join(r.dir, filepath.FromSlash(file))); err != nil {
		r.Fatal(err)
	}
}

func (r repository) commit(message string) string {
	r.Helper()
	r.git("add", "--all")
	r.git("commit", "--quiet", "--message", message)
	return r.git("rev-parse", "HEAD")
}

func (r repository) open(dir, rev string) *source.Revision {
	r.Helper()
	revision, err := source.Git(r.Context(), filepath.Join(r.dir, dir), rev)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() {
		if err := revision.Close(); err != nil {
			r.Error(err)
		}
	})
	return revision
}

func read(t testing.TB, fsys fs.FS, file string) string {
	t.Helper()
	content, err := fs.ReadFile(fsys, file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
