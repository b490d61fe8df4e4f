package markdown_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/markdown"
	"github.com/flowweir/weir/reports/run"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

func render(t *testing.T, s sample.Sample) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	rec, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := markdown.Write(&b, rec); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	for name, s := range map[string]sample.Sample{"held.md": sample.Held(), "broken.md": sample.Broken(), "killed.md": sample.Killed()} {
		got := render(t, s)
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs; if the change is meant, run with -update and look at the difference. Got:\n%s", path, got)
		}
		if n := strings.Count(got, "\n"); n > 70 {
			t.Errorf("%s has %d lines: that is no page", name, n)
		}
	}
}

// TestWithoutWarmup: a run without a warm-up leaves nothing out.
func TestWithoutWarmup(t *testing.T) {
	s := sample.Held()
	for i := range s.Results.Latencies {
		s.Results.Latencies[i].Excluded = 0
	}
	if got := render(t, s); !strings.Contains(got, "\n### Latency, whole run\n") {
		t.Errorf("got\n%s", got)
	}
}

// TestInert: text of others must stay text, and tables must stay tables.
func TestInert(t *testing.T) {
	s := sample.Hostile()
	s.Run.Name = "[x](http://evil.example) @everyone ![i](y) www.evil.example\n# heading"
	got := render(t, s)
	if m := regexp.MustCompile(`[<@\x60]script|<img|<svg|\]\(|@everyone|http://|www\.|\n# heading`).FindString(got); m != "" {
		t.Errorf("markup %q in\n%s", m, got)
	}
	columns := 0
	for line := range strings.Lines(got) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		n := strings.Count(line, "|")
		if columns == 0 {
			columns = n
		}
		if n != columns {
			// The line under the head has no spaces but as many bars.
			t.Errorf("a row of %d columns in a table of %d: %s", n-1, columns-1, line)
		}
	}
}

// TestBrokers: what brokers said of themselves is a list, its texts inert.
func TestBrokers(t *testing.T) {
	s := sample.Held()
	s.Results.Brokers = &run.BrokerMetrics{
		Source: "Prometheus at http://p:9090", Scrapes: 3, Errors: []string{}, Absent: []string{"cpu"},
		Series: []run.BrokerSeries{{Series: "disk-busy", Unit: run.UnitShare, Broker: "<b>", Samples: 3, Min: 0.1, Mean: 0.2, Max: 0.3}, {Series: "disk-busy", Unit: run.UnitShare, Broker: "c", Samples: 3, Min: 0.1, Mean: 0.2, Max: 0.2}},
	}
	const want = "Brokers, by Prometheus at http&#58;//p:9090:\n\n- disk-busy of 2 brokers: min 10% &#40;&#60;b&#62;&#41; · mean 20% · max 30% &#40;&#60;b&#62;&#41;\n- nothing came of cpu\n\n"
	if got := render(t, s); !strings.Contains(got, want) {
		t.Errorf("no\n%s\nin\n%s", want, got)
	}
}
