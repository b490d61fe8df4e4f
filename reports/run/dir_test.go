package run_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowweir/weir/reports/run"
)

func TestDirName(t *testing.T) {
	at := time.Date(2026, 3, 14, 10, 26, 53, 999, time.FixedZone("CET", 3600))
	for _, c := range []struct{ name, identity, want string }{
		{"orders-leader-kill", "5f3a9c01d2e4", "20260314T092653Z-orders-leader-kill-5f3a9c"},
		{"Orders / leader: kill!", "5f3a9c01d2e4", "20260314T092653Z-orders-leader-kill-5f3a9c"},
		{"../../etc/passwd", "ab", "20260314T092653Z-etc-passwd-ab"},
		{"..", "", "20260314T092653Z"},
		{"übergabe", "1", "20260314T092653Z-bergabe-1"},
		{strings.Repeat("x", 100), "1", "20260314T092653Z-" + strings.Repeat("x", 60) + "-1"},
		{"v1.2.", "1", "20260314T092653Z-v1.2-1"},
	} {
		if got := run.DirName(at, c.name, c.identity); got != c.want {
			t.Errorf("DirName(%q, %q) = %q, want %q", c.name, c.identity, got, c.want)
		}
	}
	if got, want := run.DefaultDir(at, "a", "1"), filepath.Join("runs", "20260314T092653Z-a-1"); got != want {
		t.Errorf("DefaultDir = %q, want %q", got, want)
	}
}

func TestServiceLog(t *testing.T) {
	for name, want := range map[string]string{
		"payment-service": "services/payment-service.log",
		"../x":            "services/x.log",
		"…":               "services/service.log",
	} {
		if got := run.ServiceLog(name); got != want {
			t.Errorf("ServiceLog(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestCreateIsReadableAtOnce(t *testing.T) {
	root := filepath.Join(t.TempDir(), "new", "run")
	d, err := run.Create(root, run.Run{ID: "a", Status: run.Complete, Seed: 1<<64 - 1})
	if err != nil {
		t.Fatal(err)
	}
	rec, err := run.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	if rec.Run.Status != run.Running || rec.Ended() || rec.Run.Format != run.Format || rec.Results != nil {
		t.Errorf("a new directory reads as status %q, ended %v, format %q, results %v", rec.Run.Status, rec.Ended(), rec.Run.Format, rec.Results)
	}
	if rec.Run.Seed != 1<<64-1 {
		t.Errorf("seed = %d", rec.Run.Seed)
	}
	if got, want := d.Path("services", "a.log"), filepath.Join(root, "services", "a.log"); got != want {
		t.Errorf("Path = %q, want %q", got, want)
	}
	if got := d.Path(); got != root {
		t.Errorf("Path() = %q, want %q", got, root)
	}
	if _, err := os.Stat(d.JournalPath()); err != nil {
		t.Error(err)
	}
	if _, err := run.Create(root, run.Run{}); err == nil || !strings.Contains(err.Error(), "already holds a run") {
		t.Errorf("a second Create: %v", err)
	}
	for range 2 {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := d.AppendEvent(run.Event{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("AppendEvent after Close: %v", err)
	}
}

// TestNilSlicesAreArrays: a stranger's jq '.topics[]' must not fail.
func TestNilSlicesAreArrays(t *testing.T) {
	root := t.TempDir()
	d, err := run.Create(filepath.Join(root, "r"), run.Run{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	results := run.Results{Latencies: []run.Latency{{Kind: run.Send}}}
	if err := d.WriteResults(results); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"run.json", "results.json"} {
		b, err := os.ReadFile(d.Path(name))
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(b) || strings.Contains(string(b), "null") {
			t.Errorf("%s holds null:\n%s", name, b)
		}
	}
	if results.Latencies[0].Quantiles != nil || results.Faults != nil {
		t.Error("WriteResults changed its argument")
	}
}

func TestAppendIsConcurrent(t *testing.T) {
	root := filepath.Join(t.TempDir(), "r")
	d, err := run.Create(root, run.Run{})
	if err != nil {
		t.Fatal(err)
	}
	const writers, each = 8, 200
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				err := errors.Join(
					d.AppendEvent(run.Event{At: time.Duration(i), Kind: "note", What: fmt.Sprint("writer ", w), Fault: w}),
					d.AppendInterval(run.Interval{Start: time.Duration(i), Due: int64(w)}),
				)
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	// Read before Close: a run that is killed now must keep every line.
	rec, err := run.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(rec.Events) != writers*each || len(rec.Intervals) != writers*each || len(rec.Problems) != 0 {
		t.Errorf("read %d events, %d intervals, problems %v", len(rec.Events), len(rec.Intervals), rec.Problems)
	}
	next := map[int]time.Duration{}
	for _, e := range rec.Events {
		if e.At != next[e.Fault] {
			t.Fatalf("writer %d: line %d where %d is due", e.Fault, e.At, next[e.Fault])
		}
		next[e.Fault]++
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func BenchmarkAppendInterval(b *testing.B) {
	b.ReportAllocs()
	d, err := run.Create(filepath.Join(b.TempDir(), "r"), run.Run{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	in := run.Interval{Partitions: map[string]int64{}, Lag: map[string]map[string]int64{"g": {}}}
	for p := range 64 {
		in.Partitions[fmt.Sprintf("order.events/%d", p)] = int64(p)
		in.Lag["g"][fmt.Sprintf("order.events/%d", p)] = int64(p)
	}
	for b.Loop() {
		if err := d.AppendInterval(in); err != nil {
			b.Fatal(err)
		}
	}
}
