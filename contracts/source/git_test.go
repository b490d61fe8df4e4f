package source_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

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
