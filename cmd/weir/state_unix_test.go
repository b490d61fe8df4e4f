//go:build unix

package main

import (
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// TestChildrenEndOnSIGPIPE: what this process starts is ended by a pipe that
// nobody reads, as it is below a shell.
func TestChildrenEndOnSIGPIPE(t *testing.T) {
	t.Cleanup(func() { signal.Reset(syscall.SIGPIPE) })
	systemState()
	var status strings.Builder
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "(yes; echo $? >&2) | head -1")
	cmd.Stderr = &status
	line, err := cmd.Output()
	if err != nil || string(line) != "y\n" || status.String() != "141\n" {
		t.Errorf("read %q, and yes ended with %q: %v", line, status.String(), err)
	}
}
