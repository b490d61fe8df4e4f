package source_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/flowweir/weir/contracts/source"
)

// inHook makes the test binary read a file at HEAD as a hook of git would.
const inHook = "WEIR_TEST_IN_HOOK"

func TestMain(m *testing.M) {
	if file := os.Getenv(inHook); file != "" {
		if err := printAtHead(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func printAtHead(file string) error {
	r, err := source.Git(context.Background(), ".", "HEAD")
	if err != nil {
		return err
	}
	content, err := r.ReadFile(file)
	fmt.Printf("the hook read %s with GIT_DIR=%s\n", content, os.Getenv("GIT_DIR"))
	return errors.Join(err, r.Close())
}

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

func TestGitIsAFileSystem(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			r := newRepository(t, "--object-format="+format)
			r.write("weir.yaml", "weir: contract/v1\n")
			r.write("empty", "")
			r.write("order/schemas/order.json", "{}")
			r.write("order.d/x", "x") // git sorts order.d before order/
			r.write("schemas/größe é.json", "[]")
			r.write("run.sh", "#!/bin/sh\n")
			if err := os.Chmod(filepath.Join(r.dir, "run.sh"), 0o755); err != nil {
				t.Fatal(err)
			}
			r.link("../schemas", "order/shared")
			r.link("schemas/order.json", "order/current.json")
			commit := r.commit("first")
			r.write("weir.yaml", "changed\n")
			r.write("order/schemas/order.json", "changed\n")
			r.commit("second")

			revision := r.open("", "HEAD~1")
			files := []string{"weir.yaml", "empty", "order/schemas/order.json", "order.d/x", "schemas/größe é.json", "run.sh", "order/shared", "order/current.json"}
			if err := fstest.TestFS(revision, files...); err != nil {
				t.Error(err)
			}
			if revision.Commit() != commit || revision.String() != "HEAD~1 ("+commit[:12]+")" {
				t.Errorf("got %s, %s", revision.Commit(), revision)
			}
			info, err := revision.Stat("run.sh")
			if err != nil {
				t.Fatal(err)
			}
			if got := fs.FormatFileInfo(info); got != "-r-xr-xr-x 10 2026-11-24 09:00:00 run.sh" {
				t.Errorf("got %s", got)
			}
			sub := r.open("order", commit)
			if err := fstest.TestFS(sub, "schemas/order.json", "shared", "current.json"); err != nil {
				t.Error(err)
			}
			if sub.String() != commit[:12] {
				t.Errorf("got %s", sub)
			}
			for file, want := range map[string]string{
				"schemas/order.json": "{}", "current.json": "{}", "shared/größe é.json": "[]",
				"../weir.yaml": "weir: contract/v1\n", "../order/schemas/order.json": "{}",
			} {
				if got := read(t, sub, file); got != want {
					t.Errorf("%s: got %q, want %q", file, got, want)
				}
			}
		})
	}
}

func TestGitSymbolicLinks(t *testing.T) {
	r := newRepository(t)
	r.write("a/file", "content")
	r.write("b/other", "other")
	r.link("file", "a/one")
	r.link("one", "a/two")
	r.link("../a/./two", "b/three")
	r.link("../b", "a/folder")
	r.link("circle", "a/circle")
	r.link("../../outside", "a/out")
	r.link("/etc/passwd", "a/absolute")
	r.link("nothing", "a/dangling")
	r.link("file/below", "a/through")
	r.commit("links")
	revision := r.open("", "main")
	for file, want := range map[string]string{
		"a/one": "content", "a/two": "content", "b/three": "content", "a/folder/other": "other", "a/folder/three": "content",
	} {
		if got := read(t, revision, file); got != want {
			t.Errorf("%s: got %q, want %q", file, got, want)
		}
	}
	at := "at " + revision.String() + ": "
	for file, want := range map[string]string{
		"a/circle":   "open a/circle: " + at + "more than 40 symbolic links, probably in a circle",
		"a/out":      "open a/out: " + at + "it leads out of the repository",
		"a/absolute": "open a/absolute: " + at + "the symbolic link absolute leads to /etc/passwd: it leads out of the repository",
		"a/dangling": "open a/dangling: " + at + "file does not exist",
		"a/through":  "open a/through: " + at + "file does not exist",
		"a/file/x":   "open a/file/x: " + at + "file does not exist",
		"../x":       "open ../x: " + at + "it leads out of the repository",
		"..":         "open ..: " + at + "it leads out of the repository",
		"a":          "read a: " + at + "is a folder",
		"":           "open : " + at + "invalid argument",
		"./a":        "open ./a: " + at + "invalid argument",
		"b/../a":     "open b/../a: " + at + "invalid argument",
	} {
		if content, err := revision.ReadFile(file); err == nil || err.Error() != want {
			t.Errorf("%s: got %q, %v\nwant %s", file, content, err, want)
		}
	}
	if _, err := revision.Open("a/dangling"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
	target, err := revision.ReadLink("a/absolute")
	if err != nil || target != "/etc/passwd" {
		t.Errorf("got %q, %v", target, err)
	}
	if _, err := revision.ReadLink("a/file"); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("got %v, want fs.ErrInvalid", err)
	}
	info, err := revision.Lstat("a/dangling")
	if err != nil || info.Mode() != fs.ModeSymlink|0o777 || info.Size() != int64(len("nothing")) {
		t.Errorf("got %v, %v", info, err)
	}
	if _, err := revision.ReadDir("a/file"); err == nil || err.Error() != "readdir a/file: "+at+"is no folder" {
		t.Errorf("got %v", err)
	}
}

func TestGitSubmodule(t *testing.T) {
	const commit = "0123456789012345678901234567890123456789"
	r := newRepository(t)
	r.write("weir.yaml", "x")
	r.git("add", "weir.yaml")
	r.git("update-index", "--add", "--cacheinfo", "160000,"+commit+",vendor/shared")
	r.git("commit", "--quiet", "--message", "submodule")
	revision := r.open("", "main")
	if err := fstest.TestFS(revision, "weir.yaml", "vendor/shared"); err != nil {
		t.Error(err)
	}
	want := "open vendor/shared/weir.yaml: at " + revision.String() + ": shared is a submodule, at commit " + commit + ": its files are in another repository, name that one"
	if _, err := revision.Open("vendor/shared/weir.yaml"); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestGitReadsOnlyWhatIsOpened(t *testing.T) {
	r := newRepository(t)
	r.write("a/weir.yaml", "a")
	r.write("b/weir.yaml", "b")
	r.commit("both")
	blob, tree := r.git("rev-parse", "HEAD:a/weir.yaml"), r.git("rev-parse", "HEAD:b")
	for _, id := range []string{blob, tree} {
		if err := os.Remove(filepath.Join(r.dir, ".git", "objects", id[:2], id[2:])); err != nil {
			t.Fatal(err)
		}
	}
	revision := r.open("", "main")
	if err := os.RemoveAll(filepath.Join(r.dir, "a")); err != nil { // nor is the working tree
		t.Fatal(err)
	}
	entries, err := revision.ReadDir("a")
	if err != nil || len(entries) != 1 || fs.FormatDirEntry(entries[0]) != "- weir.yaml" {
		t.Errorf("got %v, %v", entries, err)
	}
	for file, id := range map[string]string{"a/weir.yaml": blob, "b/weir.yaml": tree} {
		want := "open " + file + ": at " + revision.String() + ": object " + id + " is missing: the clone is partial or damaged; run git fsck, or git fetch --refetch if it is partial"
		if _, err := revision.Open(file); err == nil || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
}

func TestGitRefusesHugeObjects(t *testing.T) {
	r := newRepository(t)
	r.write("small", "small")
	r.write("huge", "")
	const size = 16<<20 + 1
	if err := os.Truncate(filepath.Join(r.dir, "huge"), size); err != nil {
		t.Fatal(err)
	}
	r.commit("huge")
	revision := r.open("", "main")
	if _, err := revision.Open("huge"); err == nil || !strings.HasSuffix(err.Error(), " has 16777217 bytes, more than the 16777216 that are read") {
		t.Errorf("got %v", err)
	}
	if got := read(t, revision, "small"); got != "small" {
		t.Errorf("got %q after it", got)
	}
}

func TestGitFromManyGoroutines(t *testing.T) {
	r := newRepository(t)
	const files = 50
	for i := range files {
		r.write(fmt.Sprintf("d%d/f%d", i%7, i), strings.Repeat("x", i*997))
	}
	r.commit("many")
	revision := r.open("", "main")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range files {
				content, err := revision.ReadFile(fmt.Sprintf("d%d/f%d", i%7, i))
				if err != nil || len(content) != i*997 {
					t.Errorf("file %d: %d bytes, %v", i, len(content), err)
				}
				if _, err := revision.ReadDir(fmt.Sprintf("d%d", i%7)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestGitAfterTheEnd(t *testing.T) {
	r := newRepository(t)
	r.write("a", "a")
	r.write("b", "b")
	r.commit("files")

	revision := r.open("", "main")
	if err := errors.Join(revision.Close(), revision.Close()); err != nil {
		t.Error(err)
	}
	if _, err := revision.Open("a"); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("got %v, want fs.ErrClosed", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	revision, err := source.Git(ctx, r.dir, "main")
	if err != nil {
		t.Fatal(err)
	}
	read(t, revision, "a")
	cancel()
	for err == nil { // until the process has died of it
		_, err = revision.Open("b")
		time.Sleep(time.Millisecond)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if err := revision.Close(); err != nil {
		t.Error(err)
	}
	if _, err := source.Git(ctx, r.dir, "main"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

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

func BenchmarkGit(b *testing.B) {
	r := newRepository(b)
	const files = 1000
	for i := range files {
		r.write(fmt.Sprintf("service-%d/schemas/event-%d.json", i/5, i), fmt.Sprintf(`{"title": "%d"}`, i))
	}
	r.commit("many")
	b.ResetTimer()
	for b.Loop() {
		revision, err := source.Git(b.Context(), r.dir, "main")
		if err != nil {
			b.Fatal(err)
		}
		for i := range files {
			read(b, revision, fmt.Sprintf("service-%d/schemas/event-%d.json", i/5, i))
		}
		if err := revision.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
