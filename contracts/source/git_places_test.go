package source_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/source"
)

func TestGitInHooksAndWorktrees(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := newRepository(t)
	r.write("sub/weir.yaml", "the first")
	r.commit("first")
	r.git("worktree", "add", "--quiet", "-b", "feature", "tree")
	r.git("config", "core.hooksPath", ".git/hooks")
	hook := fmt.Sprintf("#!/bin/sh\ncd sub && %s=weir.yaml exec '%s'\n", inHook, self)
	if err := os.WriteFile(filepath.Join(r.dir, ".git", "hooks", "pre-commit"), []byte(hook), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{r.dir, filepath.Join(r.dir, "tree")} {
		here := repository{t, at}
		r.git("config", "core.hooksPath", filepath.Join(r.dir, ".git", "hooks"))
		here.write("sub/weir.yaml", "the second")
		here.git("add", "sub")
		out := here.git("commit", "--message", "second")
		if !strings.Contains(out, "the hook read the first with GIT_DIR=") {
			t.Errorf("%s: the hook said %s", at, out)
		}
		if got := read(t, here.open("sub", "HEAD"), "weir.yaml"); got != "the second" {
			t.Errorf("%s: got %q", at, got)
		}
	}
	// Another repository's variables, as a hook that works elsewhere has them.
	other := newRepository(t)
	t.Setenv("GIT_DIR", filepath.Join(other.dir, ".git"))
	t.Setenv("GIT_INDEX_FILE", filepath.Join(other.dir, ".git", "index"))
	t.Setenv("GIT_OBJECT_DIRECTORY", filepath.Join(other.dir, ".git", "objects"))
	if got := read(t, r.open("sub", "HEAD~1"), "weir.yaml"); got != "the first" {
		t.Errorf("got %q", got)
	}
}

func TestGitErrors(t *testing.T) {
	upstream := newRepository(t)
	upstream.write("a", "1")
	first := upstream.commit("one")
	upstream.write("a", "2")
	upstream.commit("two")
	upstream.git("branch", "release-1")
	upstream.git("tag", "v1.0.0")
	clone := func(options ...string) repository {
		r := repository{t, t.TempDir()}
		r.git(append(append([]string{"clone", "--quiet"}, options...), "file://"+upstream.dir, ".")...)
		return r
	}
	full, shallow := clone(), clone("--depth=1")
	full.git("checkout", "--quiet", "--detach")
	full.git("branch", "--delete", "--force", "main")
	plain := t.TempDir()
	problem := func(r repository, rev string) string { return "git knows no revision " + rev + " in " + r.dir }
	for _, tt := range []struct{ dir, rev, want string }{
		{full.dir, "", "the git revision is empty: name a branch, a tag or a commit"},
		{full.dir, "--output=x", `"--output=x" is no git revision: none starts with a hyphen`},
		{full.dir, "a\nb", `"a\nb" is no git revision: none has a line break`},
		{filepath.Join(plain, "no"), "main", "cannot read git revision main: there is no folder " + filepath.Join(plain, "no")},
		{plain, "main", "cannot read git revision main: " + plain + " is in no git repository: run the command inside of one, or name a folder instead of a revision"},
		{full.dir, "main", problem(full, "main") + ", but origin/main: name origin/main"},
		{full.dir, "release-1~1", problem(full, "release-1~1") + ", but origin/release-1: name origin/release-1~1"},
		{full.dir, "v1.0.0~9", problem(full, "v1.0.0~9") + ": v1.0.0 exists, what follows it leads to no commit"},
		{full.dir, "v1.0.O", problem(full, "v1.0.O") + "; did you mean v1.0.0?; run git fetch origin v1.0.O:refs/remotes/origin/v1.0.O and name origin/v1.0.O"},
		{upstream.dir, "elsewhere", problem(upstream, "elsewhere") + "; this repository has no remote to fetch it from"},
		{upstream.dir, "HEAD:a", problem(upstream, "HEAD:a") + ": HEAD exists, what follows it leads to no commit"},
		{shallow.dir, "release-1", problem(shallow, "release-1") + "; run git fetch --depth=1 origin release-1:refs/remotes/origin/release-1 and name origin/release-1"},
		{shallow.dir, "HEAD~1", problem(shallow, "HEAD~1") + ": this clone is shallow, and the history of HEAD ends before that; run git fetch --unshallow"},
		{shallow.dir, first, problem(shallow, first) + "; run git fetch --depth=1 origin " + first},
	} {
		revision, err := source.Git(t.Context(), tt.dir, tt.rev)
		if err == nil {
			t.Errorf("%s: got %s", tt.rev, revision)
			revision.Close()
		} else if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.rev, diff)
		}
	}
	// The steps that the errors name lead to the revision.
	shallow.git("fetch", "--quiet", "--depth=1", "origin", "release-1:refs/remotes/origin/release-1")
	shallow.git("fetch", "--quiet", "--depth=1", "origin", first)
	full.git("tag", "-a", "annotated", "--message", "x")
	for rev, want := range map[string]string{"origin/release-1": "2", first: "1"} {
		if got := read(t, shallow.open("", rev), "a"); got != want {
			t.Errorf("%s: got %q, want %q", rev, got, want)
		}
	}
	for _, rev := range []string{"origin/main", "v1.0.0", "annotated"} {
		if got := read(t, full.open("", rev), "a"); got != "2" {
			t.Errorf("%s: got %q", rev, got)
		}
	}
}

func TestGitIsMissing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	want := "cannot read git revision main: there is no program git: install git, or name a folder instead of a revision"
	if _, err := source.Git(t.Context(), dir, "main"); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestGitInPartialClone(t *testing.T) {
	upstream := newRepository(t)
	upstream.git("config", "uploadpack.allowFilter", "true")
	upstream.git("config", "uploadpack.allowAnySHA1InWant", "true")
	upstream.write("order/weir.yaml", "x")
	upstream.commit("first")
	partial := repository{t, t.TempDir()}
	partial.git("clone", "--quiet", "--no-checkout", "--filter=tree:0", "file://"+upstream.dir, ".")
	revision := partial.open("", "origin/main")
	if got := read(t, revision, "order/weir.yaml"); got != "x" {
		t.Errorf("got %q", got)
	}
}

func TestGitInBareRepository(t *testing.T) {
	r := newRepository(t)
	r.write("weir.yaml", "x")
	r.commit("first")
	bare := repository{t, t.TempDir()}
	bare.git("clone", "--quiet", "--bare", r.dir, ".")
	if got := read(t, bare.open("", "main"), "weir.yaml"); got != "x" {
		t.Errorf("got %q", got)
	}
}
