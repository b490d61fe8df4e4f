package html_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowweir/weir/reports/html"
	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/run"
)

// TestBrokers: what brokers said of themselves is a table, its texts inert.
func TestBrokers(t *testing.T) {
	s := sample.Held()
	s.Results.Brokers = &run.BrokerMetrics{
		Source: "Prometheus at http://p:9090", Scrapes: 3, Failed: 1, Errors: []string{"x"}, Absent: []string{"cpu"},
		Series: []run.BrokerSeries{{Series: "disk-busy", Unit: run.UnitShare, Broker: "<b>", Samples: 2, Min: 0.1, Mean: 0.2, Max: 0.3, Last: 0.1}},
	}
	dir := filepath.Join(t.TempDir(), "run")
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	rec, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := html.Write(&b, rec); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<tr><th scope="row">disk-busy</th><td>&lt;b&gt;</td><td class="n">2</td><td class="n">10%</td><td class="n">20%</td><td class="n">30%</td><td class="n">10%</td></tr>`,
		`by Prometheus at http://p:9090: 3 scrapes, of which 1 gave nothing.`,
		`Nothing came of cpu.`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s", want)
		}
	}
}
