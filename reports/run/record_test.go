package run_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/run"
)

func write(t *testing.T, s sample.Sample) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func open(t *testing.T, dir string) *run.Record {
	t.Helper()
	rec, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestRoundTrip(t *testing.T) {
	s := sample.Broken()
	rec := open(t, write(t, s))
	s.Run.Format, s.Results.Format, s.Run.Files = run.Format, run.Format, rec.Run.Files
	if !reflect.DeepEqual(rec.Run, s.Run) {
		t.Errorf("run: got %+v, want %+v", rec.Run, s.Run)
	}
	if !reflect.DeepEqual(*rec.Results, *s.Results) {
		t.Errorf("results: got %+v, want %+v", *rec.Results, *s.Results)
	}
	if !reflect.DeepEqual(rec.Intervals, s.Intervals) || !reflect.DeepEqual(rec.Events, s.Events) {
		t.Error("intervals or events differ")
	}
	if !rec.Ended() || len(rec.Problems) != 0 || !strings.Contains(string(rec.Scenario), "orders-leader-kill") {
		t.Errorf("ended %v, problems %v, scenario %s", rec.Ended(), rec.Problems, rec.Scenario)
	}
	if !reflect.DeepEqual(rec.Kinds, run.LatencyKinds()) {
		t.Errorf("kinds = %v", rec.Kinds)
	}
	tail := rec.Logs["payment-service"].Lines
	if len(tail) != 7 || !strings.HasPrefix(tail[6], "panic: ") {
		t.Errorf("tail = %q", tail)
	}
}

func TestSpansEqualWhatWasRecorded(t *testing.T) {
	s := sample.Held()
	rec := open(t, write(t, s))
	for _, kind := range rec.Kinds {
		var n int
		for span, err := range rec.Spans(kind) {
			if err != nil {
				t.Fatal(err)
			}
			h, err := span.Histogram()
			if err != nil {
				t.Fatal(err)
			}
			i := int(span.Start / time.Second)
			if span.Start != time.Duration(i)*time.Second || span.Length != time.Second {
				t.Fatalf("%s: span at %v, long %v", kind, span.Start, span.Length)
			}
			if want := s.Histograms[kind][i]; !h.Equals(want) {
				t.Errorf("%s, second %d: %d samples, want %d", kind, i, h.TotalCount(), want.TotalCount())
			}
			n++
		}
		if n < 58 {
			t.Errorf("%s: %d spans", kind, n)
		}
	}
	for _, err := range rec.Spans("missing") {
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("missing log: %v", err)
		}
	}
}

func TestSpansReadEveryTimeBase(t *testing.T) {
	const payload = "HISTFAAAABx4nJNpmSzMwMAAxYwQqhGIATNtAb0="
	for name, c := range map[string]struct{ log, start string }{
		"absolute":       {"#[StartTime: 1700000000.000 (seconds since epoch), x]\n1700000003.000,1.000,0.1," + payload, "3s"},
		"base":           {"#[StartTime: 1700000000.000 (x)]\n#[BaseTime: 1700000000.000 (x)]\n3.000,1.000,0.1," + payload, "3s"},
		"offset":         {"#[StartTime: 1700000000.000 (x)]\n\"StartTimestamp\",\"Interval_Length\"\n3.250,1.000,0.1," + payload, "3.25s"},
		"first is start": {"1700000003.000,1.000,0.1," + payload, "0s"},
		"tag":            {"#[StartTime: 0.000 (x)]\nTag=A,2.000,1.000,0.1," + payload, "2s"},
	} {
		dir := write(t, sample.Killed())
		if err := os.WriteFile(filepath.Join(dir, "histograms", "send.hlog"), []byte(c.log+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		var got []string
		for span, err := range open(t, dir).Spans(run.Send) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got = append(got, span.Start.String())
			if name == "tag" && span.Tag != "A" {
				t.Errorf("tag = %q", span.Tag)
			}
		}
		if !reflect.DeepEqual(got, []string{c.start}) {
			t.Errorf("%s: starts = %v, want %s", name, got, c.start)
		}
	}
}

// TestKilledRun: a process that is killed leaves torn last lines and no
// results; that is a record and no error.
func TestKilledRun(t *testing.T) {
	dir := write(t, sample.Killed())
	tear(t, filepath.Join(dir, "series.jsonl"), `{"start_ns":25000`)
	tear(t, filepath.Join(dir, "timeline.jsonl"), `{"at_ns":1,"kind":"note","what":"x","fault":-1}`) // whole, but for its newline
	tear(t, filepath.Join(dir, "histograms", "send.hlog"), "25.000,1.000,0.1,HISTFAAA")
	rec := open(t, dir)
	if rec.Ended() || rec.Results != nil {
		t.Errorf("ended %v, results %v", rec.Ended(), rec.Results)
	}
	if len(rec.Intervals) != 25 || len(rec.Events) != 7 {
		t.Errorf("%d intervals and %d events, want 25 and 7", len(rec.Intervals), len(rec.Events))
	}
	want := []string{
		"the last line of series.jsonl was cut off while it was written and is left out",
		"the last line of timeline.jsonl was cut off while it was written and is left out",
		"the last line of histograms/send.hlog was cut off while it was written and is left out",
	}
	if !reflect.DeepEqual(rec.Problems, want) {
		t.Errorf("problems = %q", rec.Problems)
	}
	n := 0
	for _, err := range rec.Spans(run.Send) {
		if err != nil {
			t.Error(err)
		}
		n++
	}
	if n != 25 {
		t.Errorf("%d spans, want 25", n)
	}
}

// TestDefects: what a run left and is not there any more is told, file by
// file, and by what it was.
func TestDefects(t *testing.T) {
	dir := write(t, sample.Held())
	var names []string
	for _, f := range open(t, dir).Run.Files {
		names = append(names, f.Path)
		if info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(f.Path))); err != nil || info.Size() != f.Bytes {
			t.Errorf("%s: %d bytes, %v", f.Path, f.Bytes, err)
		}
	}
	if want := []string{
		"histograms/effect.hlog", "histograms/end-to-end.hlog",
		"histograms/hops/1-whole.hlog", "histograms/hops/1.hlog", "histograms/hops/2.hlog", "histograms/publish.hlog", "histograms/schedule-delay.hlog", "histograms/send.hlog",
		"results.json", "scenario.json", "series.jsonl", "services/order-service.log", "services/order-service.times.jsonl", "services/payment-service.log", "services/payment-service.times.jsonl", "timeline.jsonl",
	}; !reflect.DeepEqual(names, want) {
		t.Errorf("files are %q", names)
	}

	path := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	if err := errors.Join(os.Remove(path("histograms/send.hlog")), os.Remove(path("timeline.jsonl")),
		os.Truncate(path("histograms/publish.hlog"), 3), os.Truncate(path("services/order-service.log"), 0),
		os.Remove(path("services/payment-service.log")), os.Mkdir(path("services/payment-service.log"), 0o755)); err != nil {
		t.Fatal(err)
	}
	tear(t, path("series.jsonl"), "{}\n") // growing is no loss
	change(t, path("histograms/effect.hlog"))
	rec := open(t, dir)
	var got []string
	for _, s := range rec.Defects {
		got = append(got, s.Path)
	}
	if want := []string{"histograms/effect.hlog", "histograms/publish.hlog", "histograms/send.hlog", "services/order-service.log", "services/payment-service.log", "timeline.jsonl"}; !reflect.DeepEqual(got, want) {
		t.Errorf("shortfalls are %q", got)
	}
	if s := rec.Defect("histograms/publish.hlog"); s == nil || s.Has != 3 || s.Missing {
		t.Errorf("publish.hlog: %+v", s)
	}
	if s := rec.Defect("histograms/send.hlog"); s == nil || !s.Missing {
		t.Errorf("send.hlog: %+v", s)
	}
	if s := rec.Defect("series.jsonl"); s != nil {
		t.Errorf("series.jsonl: %v", s)
	}
	if !slices.Contains(rec.Problems, "histograms/effect.hlog was changed since the run ended: its checksum is another") ||
		!slices.Contains(rec.Problems, "histograms/send.hlog is missing: the run left 28902 bytes of it") ||
		!slices.Contains(rec.Problems, "the verdict is the one that the run recorded while everything was there; what is missing can no longer be computed again") {
		t.Errorf("problems are %q", rec.Problems)
	}
}

// change turns a bit in the middle of a file.
func change(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func tear(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, c := range map[string]struct{ file, content, want string }{
		"later version": {
			"run.json", `{"format":"weir/run/v9","status":{"changed":"shape"},"weir":{"version":"v3.1.0"}}`,
			`run.json: format is "weir/run/v9" and this weir reads "weir/run/v1": use weir v3.1.0 or newer`,
		},
		"later results": {"results.json", `{"format":"weir/run/v9"}`, `results.json: format is "weir/run/v9" and this weir reads "weir/run/v1": use a newer weir`},
		"no format":     {"run.json", `{}`, "no format: this is not a run directory of weir"},
		"syntax":        {"run.json", "{\n  \"format\": nope}", "run.json:2:14: invalid character"},
		"type":          {"run.json", "{\n\"format\":\"weir/run/v1\",\n\"id\": 7}", "run.json:3:7: json: cannot unmarshal number"},
		"no object":     {"run.json", "\n[1]", "run.json:2:1: want a JSON object, and this is array"},
	} {
		dir := write(t, sample.Killed())
		if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.content), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := run.Open(dir)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: err = %v, want %q", name, err, c.want)
		}
		var format *run.FormatError
		if got, want := errors.As(err, &format), strings.HasPrefix(name, "later") || name == "no format"; got != want {
			t.Errorf("%s: is a FormatError: %v, want %v", name, got, want)
		}
	}
	if _, err := run.Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is not a run directory: it has no run.json") {
		t.Errorf("an empty directory: %v", err)
	}
	if _, err := run.Open(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing directory: %v", err)
	}
}

// TestDamaged: what cannot be read is left out and told, in few words, and what
// is left is read.
func TestDamaged(t *testing.T) {
	long := strings.Repeat("7", 5<<20)
	for name, c := range map[string]struct{ file, content, want string }{
		"results":      {"results.json", `{"format":"weir/run/v1","senders":[`, "results.json cannot be read and is left out: "},
		"no results":   {"results.json", "", "results.json cannot be read and is left out: "},
		"line":         {"series.jsonl", "{}\n{]\n{}\n", "a line of series.jsonl is damaged and is left out: series.jsonl:2: invalid character ']' looking for beginning of object key string"},
		"lines":        {"series.jsonl", "{}\nx\n\x00\n[]\n{}\n", "3 lines of series.jsonl are damaged and are left out, the first: series.jsonl:2: invalid character 'x' looking for beginning of value"},
		"long line":    {"series.jsonl", `{}` + "\n" + `{"start_ns":` + long + "}\n{}\n", "a line of series.jsonl is damaged and is left out: series.jsonl:2: json: cannot unmarshal number 777"},
		"long results": {"results.json", `{"format":"weir/run/v1","drain":{"took_ns":` + long + "}}", "results.json cannot be read and is left out: "},
	} {
		dir := write(t, sample.Held())
		if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.content), 0o644); err != nil {
			t.Fatal(err)
		}
		rec := open(t, dir)
		i := slices.IndexFunc(rec.Problems, func(p string) bool { return strings.HasPrefix(p, c.want) })
		if i < 0 || len(rec.Problems[i]) > 400 {
			t.Errorf("%s: problems are %.2000q", name, rec.Problems)
		}
		if c.file == "series.jsonl" && len(rec.Intervals) != 2 {
			t.Errorf("%s: %d intervals, want 2", name, len(rec.Intervals))
		}
		if got := rec.Results == nil; got != (c.file == "results.json") {
			t.Errorf("%s: left out are the results: %v", name, got)
		}
	}
}

// TestOpenStaysInside: the files of a stranger's run directory must not lead
// to other files of this machine, by path or by symbolic link.
func TestOpenStaysInside(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret.log")
	if err := os.WriteFile(secret, []byte("secret\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := sample.Killed()
	s.Run.Services[0].Log = "../../secret.log"
	s.Run.Services[1].Log = secret
	s.Run.Services = append(s.Run.Services, run.Service{Name: "link", Log: "services/link.log"})
	dir := write(t, s)
	want := 2
	if runtime.GOOS != "windows" {
		if err := os.Symlink(secret, filepath.Join(dir, "services", "link.log")); err != nil {
			t.Fatal(err)
		}
		want = 3
	}
	rec := open(t, dir)
	if len(rec.Logs) != 0 || len(rec.Problems) != want {
		t.Errorf("logs %v, problems %q", rec.Logs, rec.Problems)
	}
}

func TestTail(t *testing.T) {
	s := sample.Killed()
	long := strings.Repeat("y", run.MaxTailLine+10)
	s.Logs["order-service"] = strings.Repeat(strings.Repeat("x", 99)+"\n", 5000) + "bad \xff utf8\r\n" + long + "\n"
	rec := open(t, write(t, s))
	tail := rec.Logs["order-service"]
	if len(tail.Lines) != run.MaxTailLines {
		t.Fatalf("%d lines", len(tail.Lines))
	}
	if got := tail.Lines[run.MaxTailLines-2]; got != "bad \uFFFD utf8" {
		t.Errorf("line = %q", got)
	}
	if got, want := tail.Lines[run.MaxTailLines-1], long[:run.MaxTailLine]+" …"; got != want {
		t.Errorf("last line has %d bytes", len(got))
	}
	if want := int64(5000-run.MaxTailLines+2) * 100; tail.Omitted != want {
		t.Errorf("omitted = %d, want %d", tail.Omitted, want)
	}
}

// FuzzOpen: whatever the files hold, Open ends with a record or an error.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(`{"format":"weir/run/v1"}`), []byte("{}\n"), []byte("#[StartTime: 1 (x)]\n1,1,1,HISTF\n"), []byte("log"))
	f.Add([]byte(`{"format":"weir/run/v1","services":[{"name":"a","log":"services/a.log"}]}`), []byte("{"), []byte("Tag=\n"), []byte("\r\n\r\n"))
	f.Add([]byte(`{"format":1}`), []byte("null\n"), []byte("1e999,NaN,1,x\n"), []byte(""))
	f.Fuzz(func(t *testing.T, runJSON, series, hlog, log []byte) {
		dir := t.TempDir()
		for _, sub := range []string{"histograms", "services"} {
			if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		for name, b := range map[string][]byte{
			"run.json": runJSON, "series.jsonl": series, "histograms/send.hlog": hlog, "services/a.log": log,
		} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		rec, err := run.Open(dir)
		if err != nil {
			return
		}
		for _, kind := range rec.Kinds {
			for span, err := range rec.Spans(kind) {
				if err == nil && span.Length < 0 {
					t.Errorf("negative length %v", span.Length)
				}
			}
		}
	})
}
