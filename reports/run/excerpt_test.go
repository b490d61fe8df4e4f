package run_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/reports/run"
)

// talker is a run of one service whose load began 2 s after the run, with its
// log and the index of it.
func talker(t *testing.T, log, times string) (*run.Record, run.Service) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	s := run.Service{Name: "talker", Log: run.ServiceLog("talker")}
	r := run.Run{Started: time.Now(), LoadAfter: 2 * time.Second, Services: []run.Service{s}}
	d, err := run.Create(dir, r)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{s.Log: log, run.LogTimes(s.Log): times} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(d.Path(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r.Status = run.Complete
	if err := d.WriteRun(r); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, dir), s
}

func mark(after time.Duration, offset int) string {
	return fmt.Sprintf(`{"after_ns":%d,"offset":%d}`+"\n", after, offset)
}

func TestLogTimes(t *testing.T) {
	if got := run.LogTimes(run.ServiceLog("orders")); got != "services/orders.times.jsonl" {
		t.Errorf("got %s", got)
	}
}

// TestExcerpts: a service writes a numbered line each 50 ms from the beginning
// of its run on, and each second one finds a mark.
func TestExcerpts(t *testing.T) {
	const each = 50 * time.Millisecond
	var log, times strings.Builder
	for i := range 200 { // 10 s of the run, 8 s of its load
		if i%2 == 0 {
			times.WriteString(mark(time.Duration(i)*each, log.Len()))
		}
		fmt.Fprintf(&log, "line %d\n", i)
	}
	rec, s := talker(t, log.String(), times.String())
	for _, c := range []struct {
		name           string
		at             time.Duration
		bounds         run.Around
		first, last    int
		earlier, later bool
	}{
		{"all of it", 4 * time.Second, run.Around{Before: time.Second, After: 500 * time.Millisecond, Lines: 60}, 100, 129, false, false},
		{"a third before", 4 * time.Second, run.Around{Before: 2 * time.Second, After: 3 * time.Second, Lines: 60}, 100, 159, true, true},
		{"few before", 4 * time.Second, run.Around{Before: 200 * time.Millisecond, After: 3 * time.Second, Lines: 60}, 116, 175, false, true},
		{"few after", 4 * time.Second, run.Around{Before: 3 * time.Second, After: 200 * time.Millisecond, Lines: 60}, 64, 123, true, false},
		{"before the load", -2 * time.Second, run.Around{Before: time.Second, After: 200 * time.Millisecond, Lines: 60}, 0, 3, false, false},
		{"at the end", 8 * time.Second, run.Around{Before: 300 * time.Millisecond, After: time.Second, Lines: 60}, 194, 199, false, false},
		{"long after", time.Minute, run.Around{Before: time.Second, After: time.Second, Lines: 60}, 0, -1, false, false},
	} {
		c.bounds.Bytes = 100
		want := run.Excerpt{Earlier: c.earlier, Later: c.later}
		for i := c.first; i <= c.last; i++ {
			want.Lines = append(want.Lines, run.LogLine{At: time.Duration(i-i%2)*each - 2*time.Second, Text: fmt.Sprint("line ", i)})
		}
		got, err := rec.Excerpts(s, []time.Duration{c.at}, c.bounds)
		if err != nil || len(got) != 1 || len(got[0].Lines) != len(want.Lines) || len(want.Lines) > 0 && !reflect.DeepEqual(got[0], want) {
			t.Errorf("%s: got %+v, %v\nwant %+v", c.name, got, err, want)
		}
	}
}

// TestExcerptsOfStrangeLines: a line belongs to the mark behind which it
// begins, and is cut.
func TestExcerptsOfStrangeLines(t *testing.T) {
	log := "begun " + "early\n" + strings.Repeat("x", 600_000) + "\nwindows\r\n\xff\nno end"
	second := len("begun ")
	third := strings.Index(log, "windows")
	rec, s := talker(t, log, mark(time.Second, 0)+mark(2*time.Second, second)+mark(3*time.Second, third)+mark(4*time.Second, len(log)))
	long := strings.Repeat("x", 10) + " …"
	for _, c := range []struct {
		at   time.Duration
		want run.Excerpt
	}{
		{-time.Second, run.Excerpt{Lines: []run.LogLine{{At: -time.Second, Text: "begun earl …"}}}},
		{0, run.Excerpt{Lines: []run.LogLine{{At: 0, Text: long}}, Later: true}},
		{time.Second, run.Excerpt{Lines: []run.LogLine{{At: time.Second, Text: "windows"}, {At: time.Second, Text: "\uFFFD"}, {At: time.Second, Text: "no end"}}}},
	} {
		got, err := rec.Excerpts(s, []time.Duration{c.at}, run.Around{After: time.Second, Lines: 60, Bytes: 10})
		if err != nil || !reflect.DeepEqual(got, []run.Excerpt{c.want}) {
			t.Errorf("%s: got %+v, %v\nwant %+v", c.at, got, err, c.want)
		}
	}
}

// TestExcerptsWithoutTimes: what cannot be trusted shows no lines, and says why.
func TestExcerptsWithoutTimes(t *testing.T) {
	const log = "one\ntwo\n"
	good := mark(time.Second, 0) + mark(2*time.Second, 4)
	for _, c := range []struct{ name, log, times, want string }{
		{"torn", log, good + `{"after_ns":9`, ""},
		{"missing", log, "", "there is no services/talker.times.jsonl"},
		{"torn at once", log, `{"after_ns":9`, "services/talker.times.jsonl is empty"},
		{"not JSON", log, good + "oh\n", "services/talker.times.jsonl:3: invalid character 'o' looking for beginning of value"},
		{"back in time", log, good + mark(time.Second, 5), "services/talker.times.jsonl:3: is out of order"},
		{"back in the log", log, good + mark(3*time.Second, 3), "services/talker.times.jsonl:3: is out of order"},
		{"too long", log, good + `{"after_ns":3` + strings.Repeat(" ", 5000) + ",\"offset\":5}\n", "services/talker.times.jsonl:3: bufio: buffer full"},
		{"too many", log, strings.Repeat("{}\n", 1<<20+1), "services/talker.times.jsonl:1048577: is one more than any run writes"},
		{"below zero", log, mark(0, -1), "services/talker.times.jsonl:1: is out of order"},
		{"beyond the log", log, good + mark(3*time.Second, 9), "services/talker.log is shorter than its index says"},
	} {
		rec, s := talker(t, c.log, c.times)
		got, err := rec.Excerpts(s, []time.Duration{0}, run.Around{Before: time.Second, After: time.Second, Lines: 9, Bytes: 9})
		switch {
		case c.want != "" && (err == nil || err.Error() != c.want):
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		case c.want == "" && (err != nil || len(got[0].Lines) != 2):
			t.Errorf("%s: got %+v, %v", c.name, got, err)
		}
	}
}

// TestExcerptsOfChangedFiles: offsets say nothing of a log that is another one.
func TestExcerptsOfChangedFiles(t *testing.T) {
	rec, s := talker(t, "one\ntwo\n", mark(time.Second, 0))
	for name, want := range map[string]string{
		s.Log:               "services/talker.log was changed",
		run.LogTimes(s.Log): "services/talker.times.jsonl was changed",
	} {
		path := filepath.Join(rec.Root, name)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.Repeat("?", len(b))), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err = open(t, rec.Root).Excerpts(s, []time.Duration{0}, run.Around{Lines: 1, Bytes: 9})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	rec.Run.LoadAfter = 0
	if _, err := rec.Excerpts(s, []time.Duration{0}, run.Around{}); err == nil || err.Error() != "run.json does not say when the load began" {
		t.Errorf("got %v", err)
	}
}
