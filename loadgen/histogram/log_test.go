package histogram_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/flowweir/weir/loadgen/histogram"
)

// record makes a log of publish latencies with two phases in one interval.
func record(t *testing.T) (dir, path string) {
	t.Helper()
	phases := &histogram.Phases{}
	phases.Set(histogram.Steady, 0)
	phases.Set(histogram.Fault, 500*time.Millisecond)
	m, dir := newMeter(t, phases)
	r := m.Recorder()
	r.Record(histogram.Publish, 0, 3*time.Millisecond)
	r.Record(histogram.Publish, 600*time.Millisecond, 2*time.Second)
	m.Rotate(time.Second)
	r.Record(histogram.Publish, time.Second, 1_234_567_890)
	r.Record(histogram.Publish, time.Second, -5)
	m.Rotate(2 * time.Second)
	r.Miss(histogram.Publish, histogram.Failed, 2*time.Second, 2*time.Second)
	m.Rotate(3 * time.Second)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, "histograms", "publish.hlog")
}

func TestReadLog(t *testing.T) {
	dir, _ := record(t)
	intervals, err := histogram.ReadLog(dir, histogram.Publish)
	if err != nil {
		t.Fatal(err)
	}
	type line struct {
		phase              histogram.Phase
		start, length, max time.Duration
		count, neg, failed int64
	}
	want := []line{
		{histogram.Steady, 0, time.Second, 3 * time.Millisecond, 1, 0, 0},
		{histogram.Fault, 0, time.Second, 2 * time.Second, 1, 0, 0},
		{histogram.Fault, time.Second, time.Second, 1_234_567_890, 1, 1, 0},
		{histogram.Fault, 2 * time.Second, time.Second, 0, 0, 0, 1},
	}
	if len(intervals) != len(want) {
		t.Fatalf("%d intervals, want %d", len(intervals), len(want))
	}
	for n, i := range intervals {
		got := line{i.Phase, i.Start, i.Length, i.Max, i.Count, i.Negative, i.Failed}
		if got != want[n] || i.Histogram.TotalCount() != i.Count || i.Histogram.Tag() != i.Phase.String() {
			t.Errorf("interval %d is %+v, want %+v", n, got, want[n])
		}
	}
}

// TestForeignReader: the log is one of HdrHistogram's own, read by its own
// reader, with absolute times.
func TestForeignReader(t *testing.T) {
	_, path := record(t)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	r := hdrhistogram.NewHistogramLogReader(f)
	var tags []string
	for n := range 5 {
		h, err := r.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			if n != 4 {
				t.Fatalf("%d intervals, want 4", n)
			}
			break
		}
		tags = append(tags, h.Tag())
		if n == 1 {
			if from := h.StartTimeMs(); from != start.UnixMilli() || h.EndTimeMs() != from+1000 {
				t.Errorf("interval from %d to %d, want %d and a second", from, h.EndTimeMs(), start.UnixMilli())
			}
			if got := time.Duration(h.ValueAtPercentile(50)); got.Round(10*time.Millisecond) != 2*time.Second {
				t.Errorf("the median is %v, want 2s", got)
			}
		}
	}
	if got := strings.Join(tags, " "); got != "steady fault fault fault" {
		t.Errorf("tags %q", got)
	}
}

// TestTruncatedLog cuts a log anywhere: whole intervals are read, and a cut
// inside of one is said.
func TestTruncatedLog(t *testing.T) {
	dir, path := record(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ends := map[int]int{len(whole): 4}
	for cut := len(whole) - 1; cut > 0; cut-- {
		if end := whole[max(cut-2, 0):min(cut+2, len(whole))]; cut%7 != 0 && !strings.Contains(string(end), "\n") {
			continue
		}
		if err := os.WriteFile(path, whole[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		intervals, err := histogram.ReadLog(dir, histogram.Publish)
		text := string(whole[:cut])
		lines := strings.Count(text, "\nTag=")
		if !strings.HasSuffix(text, "\n") && strings.Contains(text[strings.LastIndex(text, "\n")+1:], "Tag=") {
			lines-- // the last interval is the one that was cut
		}
		regular := strings.HasSuffix(text, "\n") && !strings.HasPrefix(text[strings.LastIndex(text[:cut-1], "\n")+1:], "#[Weir:")
		if len(intervals) != lines || regular != (err == nil) || err != nil && !errors.Is(err, histogram.ErrTruncated) {
			t.Fatalf("cut at %d of %d: %d intervals of %d, error %v", cut, len(whole), len(intervals), lines, err)
		}
		if regular {
			ends[cut] = lines
		}
	}
	if len(ends) < 5 {
		t.Fatalf("regular ends %v", ends)
	}
	if _, err := histogram.Recompute(dir); !errors.Is(err, histogram.ErrTruncated) {
		t.Errorf("recomputing a cut log gives %v", err)
	}
}

func TestBadLogs(t *testing.T) {
	dir, path := record(t)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(good), "\n")
	stats, data := lines[4], lines[5]
	for _, c := range []struct{ name, log, want string }{
		{"foreign", "0.0,1.0,2.0,HISTFAAAA\n", "publish.hlog:1: an interval without its Weir line"},
		{"phase", stats + strings.Replace(data, "Tag=steady", "Tag=calm", 1), `publish.hlog:2: "Tag=calm" is no phase`},
		{"untagged", stats + strings.Replace(data, "Tag=steady,", "", 1), "4 fields"},
		{"count", strings.Replace(stats, "count=1", "count=2", 1) + data, "holds 1 samples, its Weir line says 2"},
		{"stats", "#[Weir: start=x]\n" + data, "publish.hlog:1: a Weir line that cannot be read"},
		{"histogram", stats + "Tag=steady,0.0,1.0,2.0,AAAA\n", "decode the histogram"},
		{"geometry", stats + "Tag=steady,0.0,1.0,2.0," + encoded(t) + "\n", "another geometry"},
	} {
		if err := os.WriteFile(path, []byte(c.log), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := histogram.ReadLog(dir, histogram.Publish); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := histogram.New(dir, start, &histogram.Phases{}); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second meter in one run directory gives %v", err)
	}
}

func encoded(t *testing.T) string {
	t.Helper()
	b, err := hdrhistogram.New(1, 1000, 2).EncodeV2()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
