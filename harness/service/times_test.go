package service

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/flowweir/weir/reports/run"
)

// marked reads an index.
func marked(t *testing.T, log string) []run.LogMark {
	t.Helper()
	b, err := os.ReadFile(run.LogTimes(log))
	if err != nil {
		t.Fatal(err)
	}
	var all []run.LogMark
	for line := range bytes.Lines(b) {
		var m run.LogMark
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, m)
	}
	return all
}

func TestTimesSayWhenALogWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.log")
	now := time.Duration(0)
	var want []run.LogMark
	for life := range int64(2) { // the second one appends
		l, err := openLog(path, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		l.times.now = func() time.Duration { return now }
		for i := range int64(6) { // a line of 5 bytes each 50 ms
			if i%2 == 0 {
				want = append(want, run.LogMark{After: now, Offset: 30*life + 5*i})
			}
			_, _ = fmt.Fprintf(l, "no %d\n", i)
			now += 50 * time.Millisecond
		}
		if err := l.close(); err != nil {
			t.Fatal(err)
		}
		now += time.Minute // in which nothing is written and nothing noted
	}
	if got := marked(t, path); !slices.Equal(got, want) {
		t.Errorf("marks are %+v\nwant %+v", got, want)
	}
}

// TestTimesAreBounded: who writes all the time is asked less and less often.
func TestTimesAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.log")
	l, err := openLog(path, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.close() }()
	now := time.Duration(0)
	l.times.now = func() time.Duration { return now }
	l.times.kept = 10
	var want []run.LogMark
	every := 100 * time.Millisecond
	for offset := int64(0); len(want) < 35; offset++ { // a byte each 100 ms
		if err := l.times.wrote(offset); err != nil {
			t.Fatal(err)
		}
		if now == 0 || now == want[len(want)-1].After+every {
			want = append(want, run.LogMark{After: now, Offset: offset})
			if len(want)%10 == 0 {
				every *= 2
			}
		}
		now += 100 * time.Millisecond
	}
	if got := marked(t, path); !slices.Equal(got, want) {
		t.Errorf("marks are %+v\nwant %+v", got, want)
	}
}

// TestTimesOfAContainer: what an engine passes on is noted like the rest.
func TestTimesOfAContainer(t *testing.T) {
	cfg := config(t, "")
	cfg.Command = nil
	cfg.Image = "acme/orders:1"
	cfg.Started = time.Now().Add(-time.Hour)
	mustStart(t, cfg, Deps{Containers: &engine{}})
	all := marked(t, cfg.LogFile)
	if len(all) == 0 || all[0].Offset != 0 || all[0].After < time.Hour || all[0].After > time.Since(cfg.Started) {
		t.Errorf("marks are %+v", all)
	}
}

func TestTimesAreKeptWhereTheyAreAskedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.log")
	l, err := openLog(path, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = l.Write([]byte("one\n"))
	if err := l.close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(run.LogTimes(path)); !os.IsNotExist(err) {
		t.Errorf("there is an index nobody asked for: %v", err)
	}
	if err := os.Mkdir(run.LogTimes(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := openLog(path, time.Now()); err == nil {
		t.Error("a log without its index is taken for whole")
	}
}
