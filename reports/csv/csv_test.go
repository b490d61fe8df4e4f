package csv_test

import (
	encoding "encoding/csv"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/reports/csv"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/run"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

func record(t *testing.T, s sample.Sample) *run.Record {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	rec, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// short is a sample with a few of its seconds: golden files are for reading.
func short(s sample.Sample) sample.Sample {
	const first, seconds = 19, 5
	if len(s.Intervals) > first+seconds {
		s.Intervals = s.Intervals[first : first+seconds]
	}
	for kind, all := range s.Histograms {
		s.Histograms[kind] = all[:min(seconds, len(all))]
	}
	return s
}

func TestGolden(t *testing.T) {
	for name, s := range map[string]sample.Sample{"broken": sample.Broken(), "killed": sample.Killed()} {
		rec := record(t, short(s))
		rec.Brokers = []run.BrokerSample{{At: -1500 * time.Millisecond, Series: "request-handler-idle", Broker: "kafka-1:7071", Value: 0.25}}
		dir := filepath.Join(t.TempDir(), "csv")
		golden := filepath.Join("testdata", name)
		if *update {
			if _, err := csv.Write(golden, rec); err != nil {
				t.Fatal(err)
			}
		}
		paths, err := csv.Write(dir, rec)
		if err != nil {
			t.Fatal(err)
		}
		if entries, err := os.ReadDir(golden); err != nil || len(entries) != len(paths) {
			t.Fatalf("%s: %d files, wrote %d (%v)", golden, len(entries), len(paths), err)
		}
		for _, path := range paths {
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join(golden, filepath.Base(path)))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("%s/%s differs; if the change is meant, run with -update and look at the difference. Got:\n%s", golden, filepath.Base(path), got)
			}
		}
		// Writing again replaces the files.
		if again, err := csv.Write(dir, rec); err != nil || len(again) != len(paths) {
			t.Errorf("writing again: %d files, %v", len(again), err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != len(paths) {
			t.Errorf("%d files are left, want %d", len(entries), len(paths))
		}
	}
}

// TestNoCellIsAFormula: text that others chose stays text in a spreadsheet.
func TestNoCellIsAFormula(t *testing.T) {
	attacks := map[string]string{
		`=HYPERLINK("http://evil","x")`: `'=HYPERLINK("http://evil","x")`,
		"+1+1":                          "'+1+1",
		"-2+3":                          "'-2+3",
		"@SUM(A1)":                      "'@SUM(A1)",
		"  =1+1":                        "'  =1+1",
		"\t=1+1":                        "' =1+1",
		"\r\n=1+1":                      `\u000d\u000a=1+1`,
		"＝1+1":                          "'＝1+1",
		"plain, \"quoted\"":             "plain, \"quoted\"",
	}
	for attack, want := range attacks {
		s := short(sample.Held())
		s.Results.Findings = []finding.Finding{{ID: "x", Severity: finding.Error, Message: attack}}
		rec := record(t, s)
		dir := t.TempDir()
		if _, err := csv.Write(dir, rec); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(filepath.Join(dir, "findings.csv"))
		if err != nil {
			t.Fatal(err)
		}
		all, err := encoding.NewReader(f).ReadAll()
		_ = f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if got := all[len(all)-1][3]; got != want {
			t.Errorf("%q is written %q, want %q", attack, got, want)
		}
	}
}

// TestHostile: every cell of a run whose texts are all chosen by others is one
// cell of its row, and none begins a formula but numbers of Weir's own.
func TestHostile(t *testing.T) {
	dir := t.TempDir()
	paths, err := csv.Write(dir, record(t, short(sample.Hostile())))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all, err := encoding.NewReader(strings.NewReader(string(content))).ReadAll() // also checks that rows are equally long
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, row := range all {
			for _, c := range row {
				if c != "" && strings.ContainsRune("=+-@", rune(c[0])) && strings.Trim(c, "-0123456789") != "" {
					t.Errorf("%s: the cell %q begins as a formula does", filepath.Base(path), c)
				}
			}
		}
	}
}

// TestTornLog: a log that cannot be read is an error with its place, and the
// tables before it are there.
func TestTornLog(t *testing.T) {
	rec := record(t, sample.Held())
	log := filepath.Join(rec.Root, "histograms", "publish.hlog")
	if err := os.WriteFile(log, []byte("torn\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := csv.Write(dir, rec); err == nil || !strings.Contains(err.Error(), "publish.hlog:1: want start, length") {
		t.Errorf("error %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != "latencies.csv percentiles.csv senders.csv verdicts.csv" {
		t.Errorf("files %s", got)
	}
}
