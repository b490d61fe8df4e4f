package harness

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if serve := serviceInChild(); serve != nil {
		serve()
		return
	}
	goleak.VerifyTestMain(m)
}

// recorder is a testing.TB whose failure is looked at instead of reported.
type recorder struct {
	testing.TB
	mu       sync.Mutex
	failed   bool
	skipped  bool
	log      []string
	noted    string // what was logged last
	notes    []string
	cleanups []func()
}

// failing runs a test that is expected to fail or to be skipped, its cleanups
// included, and answers what it said.
func failing(t testing.TB, test func(testing.TB)) *recorder {
	t.Helper()
	if _, set := os.LookupEnv(envRunDir); !set {
		t.Setenv(envRunDir, t.TempDir()) // what a failed test leaves
	}
	r := &recorder{TB: t}
	run := func(f func()) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			f()
		}()
		<-done
	}
	run(func() { test(r) })
	for len(r.cleanups) > 0 {
		last := r.cleanups[len(r.cleanups)-1]
		r.cleanups = r.cleanups[:len(r.cleanups)-1]
		run(last)
	}
	return r
}

func (r *recorder) say(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, text)
}

// said is everything that was reported or logged.
func (r *recorder) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.log, "\n")
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.TB.Context() }
func (r *recorder) Output() io.Writer        { return io.Discard }
func (r *recorder) Cleanup(f func())         { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Failed() bool             { return r.failed }
func (r *recorder) Logf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.noted = fmt.Sprintf(format, args...)
	r.notes = append(r.notes, r.noted)
}
func (r *recorder) Errorf(format string, args ...any) {
	r.failed = true
	r.say(fmt.Sprintf(format, args...))
}
func (r *recorder) Fatal(args ...any)                 { r.Errorf("%s", fmt.Sprint(args...)); runtime.Goexit() }
func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...); runtime.Goexit() }
func (r *recorder) Skipf(format string, args ...any) {
	r.skipped = true
	r.say(fmt.Sprintf(format, args...))
	runtime.Goexit()
}
