//go:build unix

package run_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/run"
)

// TestOpenNoPipes: a pipe among the files would be waited for without an end.
func TestOpenNoPipes(t *testing.T) {
	for _, name := range []string{"series.jsonl", "timeline.jsonl", "scenario.json", "results.json", "comparison.json", "services/order-service.log", "histograms/send.hlog", "histograms/hops/1.hlog"} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, sample.Held())
			file := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.RemoveAll(file); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mkfifo(file, 0o600); err != nil {
				t.Fatal(err)
			}
			rec := open(t, dir)
			if !slices.ContainsFunc(rec.Problems, func(p string) bool { return strings.Contains(p, name) }) {
				t.Errorf("problems are %q", rec.Problems)
			}
			if kind, ok := strings.CutPrefix(strings.TrimSuffix(name, ".hlog"), "histograms/"); ok {
				for _, err := range rec.Spans(kind) {
					if err == nil {
						t.Error("the pipe was read")
					}
				}
			}
		})
	}
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "run.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run.Open(dir); err == nil || !strings.Contains(err.Error(), "run.json is no regular file") && !strings.Contains(err.Error(), "run.json: is no regular file") {
		t.Errorf("run.json: %v", err)
	}
}
