package harness

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/flowweir/weir/harness/lease"
	"github.com/flowweir/weir/harness/service"
)

// The package's only state: a program is the same for every test of a test
// binary, and linking it takes a second.
var (
	// builds are what this process has built, by the absolute path of the
	// package: func() (string, error).
	builds sync.Map
	// programs is the directory that they are in.
	programs = sync.OnceValues(programDir)
)

// build builds the Go main package in dir, once.
func build(ctx context.Context, dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	// The end of the test that asks first must not end a build that others
	// wait for.
	ctx = context.WithoutCancel(ctx)
	once, _ := builds.LoadOrStore(abs, sync.OnceValues(func() (string, error) {
		out, err := programs()
		if err != nil {
			return "", err
		}
		return service.Build(ctx, abs, out)
	}))
	return once.(func() (string, error))()
}

// programDir makes the directory, and removes those of test binaries that have
// ended: nothing in package testing tells that the last test is over. A
// process holds a lease on its own for as long as it lives.
func programDir() (string, error) {
	namespace, err := lease.Namespace()
	if err != nil {
		return "", err
	}
	prefix := filepath.Join(os.TempDir(), "weir-test-programs-"+namespace+"-")
	id := func(dir string) string { return "test-programs-" + strings.TrimPrefix(dir, prefix) }
	left, err := filepath.Glob(prefix + "*")
	if err != nil {
		return "", err
	}
	for _, dir := range left {
		if dead, err := lease.Acquire(id(dir)); err == nil {
			_ = os.RemoveAll(dir) // the next process tries again
			_ = dead.Release()
		}
	}
	dir := fmt.Sprintf("%s%016x", prefix, rand.Uint64())
	// The lease comes first: a directory without one is taken for dead.
	if _, err := lease.Hold(id(dir)); err != nil {
		return "", err
	}
	return dir, os.Mkdir(dir, 0o700)
}
