package workspace

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts/internal/bundle"
	"github.com/flowweir/weir/contracts/internal/fixture"
)

var (
	someCommit = strings.Repeat("4f2a", 10)
	someSum    = strings.Repeat("9f86", 16)
)

func someLock() *Lock {
	return &Lock{Pins: []Pin{
		{Source: Source{Name: "shipping", Dir: "../shipping", Path: "."}, Files: []bundle.File{{Name: "weir.yaml", Sum: someSum}}},
		{
			Source: Source{Name: "payments", Git: "https://***@git.example.com/acme/payments.git", Ref: "main", Path: "contracts"},
			Commit: someCommit,
			Files:  []bundle.File{{Name: "contracts/weir.yaml", Sum: someSum}, {Name: "contracts/a schema.json", Sum: someSum}},
		},
	}}
}

func someText() string {
	return `weir lock/v1

payments
	git https://***@git.example.com/acme/payments.git
	ref main
	path contracts
	commit ` + someCommit + `
	file ` + someSum + ` contracts/a schema.json
	file ` + someSum + ` contracts/weir.yaml

shipping
	dir ../shipping
	path .
	file ` + someSum + ` weir.yaml
`
}

// TestLockRoundTrip: the same pins are the same bytes, in whatever order.
func TestLockRoundTrip(t *testing.T) {
	file := filepath.Join(t.TempDir(), LockName)
	lock, findings := ReadLock(file)
	equal(t, fixture.Text(t, findings), "")
	equal(t, lock, &Lock{})
	for range 2 {
		if err := someLock().Write(file); err != nil {
			t.Fatal(err)
		}
	}
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, string(src), someText())
	lock, findings = ReadLock(file)
	equal(t, fixture.Text(t, findings), "")
	equal(t, lock.String(), someText())
	if lock.Pin("payments").Commit != someCommit || lock.Pin("none") != nil {
		t.Errorf("%+v", lock)
	}
	windows, findings := parseLock(LockName, strings.ReplaceAll(someText(), "\n", "\r\n"))
	equal(t, fixture.Text(t, findings), "")
	equal(t, windows.String(), someText())
}

func TestPinOf(t *testing.T) {
	s := Source{Name: "payments", Git: "https://token@git.example.com/acme/payments.git", Ref: "main", Path: "contracts"}
	pin := someLock().Pins[1]
	if !pin.Of(s) {
		t.Error("who reads the repository is no other source")
	}
	for _, other := range []Source{
		{Name: "payments", Git: s.Git, Ref: "v2", Path: s.Path}, {Name: "payments", Git: s.Git, Ref: s.Ref, Path: "."},
		{Name: "payments", Git: "https://git.example.com/acme/other.git", Ref: s.Ref, Path: s.Path}, {Name: "payments", Dir: "x", Path: s.Path},
	} {
		if pin.Of(other) {
			t.Errorf("%+v", other)
		}
	}
}

func TestMalformedLock(t *testing.T) {
	with := func(old, replacement string) string { return strings.Replace(someText(), old, replacement, 1) }
	tests := []struct{ name, src, want string }{
		{"empty", "", "weir.lock:1:1 the first line of a lock is: weir lock/v1"},
		{"version", with("v1", "v2"), "weir.lock:1:1 the first line of a lock is: weir lock/v1"},
		{"merge", with("shipping", "<<<<<<< HEAD\nshipping"), "weir.lock:11:1 a merge left its marks here"},
		{"field", with("ref main", "reff main"), `weir.lock:5:1 a lock has no lines that begin with "reff"`},
		{"twice", with("\tpath contracts", "\tref main"), "weir.lock:6:1 ref has no value, or is there twice"},
		{"no value", with("ref main", "ref "), "weir.lock:5:1 ref has no value, or is there twice"},
		{"no name", "weir lock/v1\n\tref main\n", "weir.lock:2:1 a name comes before its lines"},
		{"name", with("payments\n", "../payments\n"), `weir.lock:3:1 "../payments" is no name of a repository`},
		{"name twice", with("shipping", "payments"), "weir.lock:11:1 payments is there twice"},
		{"sum", with(someSum, "abc"), `weir.lock:8:1 "abc" is no SHA-256 of 64 hexadecimal digits`},
		{"file", with("contracts/a schema.json", "../x"), `weir.lock:8:1 "../x" is no name of a file within a repository`},
		{"file twice", with("a schema.json", "weir.yaml"), "weir.lock:1:1 payments pins contracts/weir.yaml twice"},
		{"commit", with("commit "+someCommit, "commit --exec"), "weir.lock:1:1 payments has no commit id"},
		{"no commit", with("\tcommit "+someCommit+"\n", ""), "weir.lock:1:1 payments has no commit id"},
		{"no ref", with("\tref main\n", ""), "weir.lock:1:1 payments has no ref"},
		{"no path", with("\tpath contracts\n", ""), "weir.lock:1:1 payments has no path"},
		{"no source", with("\tdir ../shipping\n", ""), "weir.lock:1:1 shipping needs one of git and dir"},
		{"commit of a directory", with("\tdir ../shipping", "\tcommit "+someCommit+"\n\tdir ../shipping"), "weir.lock:1:1 shipping is a directory, which has neither ref nor commit"},
		{"no file", "weir lock/v1\na\n\tdir x\n\tpath .\n", "weir.lock:1:1 a pins no file"},
		{"control", with("ref main", "ref ma\x1bin"), "weir.lock:5:1 the line holds bytes that are no text"},
		{"encoding", with("ref main", "ref ma\xffin"), "weir.lock:5:1 the line holds bytes that are no text"},
		{"size", someText() + strings.Repeat("\n", maxLockBytes), fmt.Sprintf("weir.lock:1:1 the lock has %d bytes; at most 16777216 are read", len(someText())+maxLockBytes)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lock, findings := parseLock(LockName, tt.src)
			if lock != nil || len(findings) != 1 || findings[0].ID != LockSyntax || findings[0].Hint == "" {
				t.Fatalf("%+v, %+v", lock, findings)
			}
			equal(t, findings[0].Position.String()+" "+findings[0].Message, tt.want)
		})
	}
}

func FuzzLock(f *testing.F) {
	f.Add(someText())
	f.Add("weir lock/v1\n\na\n\tdir x\n\tpath .\n\tfile " + someSum + " a\n")
	f.Add("weir lock/v1\r\n<<<<<<< a\n\tgit https://a:b@c\n")
	f.Fuzz(func(t *testing.T, src string) {
		lock, findings := parseLock(LockName, src)
		if (lock == nil) == (len(findings) == 0) {
			t.Fatal("neither a lock nor findings, or both")
		}
		if lock == nil {
			return
		}
		again, findings := parseLock(LockName, lock.String())
		if len(findings) > 0 || again.String() != lock.String() {
			t.Errorf("written and read again it differs: %v", findings)
		}
		for _, p := range lock.Pins {
			if slices.ContainsFunc(p.Files, func(f bundle.File) bool { return !filepath.IsLocal(f.Name) }) {
				t.Errorf("%+v leads out of its directory", p)
			}
		}
	})
}
