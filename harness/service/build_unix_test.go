//go:build unix

package service

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestBuildLeavesNothing: a build that is given up leaves no directory of the
// compiler's.
func TestBuildLeavesNothing(t *testing.T) {
	dir, bin, temporary := module(t, "package main\n\nfunc main() {}\n"), t.TempDir(), t.TempDir()
	started := filepath.Join(t.TempDir(), "started")
	tool := filepath.Join(t.TempDir(), "tool")
	if err := os.WriteFile(tool, []byte("#!/bin/sh\ntouch "+started+"\nsleep 600\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOFLAGS", "-toolexec="+tool)
	t.Setenv("GOTMPDIR", "")
	t.Setenv("TMPDIR", temporary)
	ctx, cancel := context.WithCancel(t.Context())
	built := make(chan error)
	go func() {
		_, err := Build(ctx, dir, bin)
		built <- err
	}()
	for {
		if _, err := os.Stat(started); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	if err := <-built; !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
	for _, dir := range []string{temporary, bin} {
		left, err := os.ReadDir(dir)
		if err != nil || len(left) > 0 {
			t.Errorf("%s has %v: %v", dir, left, err)
		}
	}
}
