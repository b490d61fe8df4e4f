//go:build unix

package source_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/flowweir/weir/contracts/source"
)

// A pipe that nobody writes to, and a device without an end, are refused at
// once.
func TestHostReadsFilesAlone(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	endless := filepath.Join(dir, "endless")
	if err := os.Symlink("/dev/zero", endless); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{pipe, endless} {
		want := "open " + name + ": neither a file nor a folder"
		if _, err := fs.ReadFile(source.Host(), name); err == nil || err.Error() != want {
			t.Errorf("read: %v, want %s", err, want)
		}
		if _, err := source.Host().Open(name); err == nil || err.Error() != want {
			t.Errorf("open: %v, want %s", err, want)
		}
	}
	if _, err := fs.ReadFile(source.Host(), filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := fs.ReadFile(source.Host(), plain); err != nil || string(got) != "x" {
		t.Errorf("a file: %q, %v", got, err)
	}
}
