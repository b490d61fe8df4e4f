package summary_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// asked is a run that asked its brokers.
func asked() *run.Record {
	return &run.Record{
		Run: run.Run{Status: run.Complete, Verdict: finding.Pass, Reason: "it held"},
		Results: &run.Results{Drain: run.Drain{Complete: true}, Brokers: &run.BrokerMetrics{
			Source: "exporters at http://kafka-1:7071/metrics, http://kafka-2:7071/metrics", Scrapes: 12, Failed: 1,
			Series: []run.BrokerSeries{
				{Series: "request-handler-idle", Unit: run.UnitShare, Broker: "kafka-1:7071", Samples: 11, Min: 0.25, Mean: 0.5, Max: 0.9, Last: 0.9},
				{Series: "request-handler-idle", Unit: run.UnitShare, Broker: "kafka-2:7071", Samples: 11, Min: 0.75, Mean: 0.8, Max: 1, Last: 1},
				{Series: "cpu", Unit: run.UnitCores, Broker: "kafka-1:7071", Samples: 10, Min: 0.1, Mean: 1.23456, Max: 2, Last: 2},
				{Series: "disk-free", Broker: "kafka-1:7071", Samples: 11, Min: 123456789012, Mean: 123456789012, Max: 123456789012, Last: 123456789012},
				{Series: "bytes-in", Unit: run.UnitRate, Broker: "kafka-1:7071", Samples: 11, Min: 1, Mean: 1.5, Max: 2, Last: 2},
			},
			Absent: []string{"disk-busy", "\x1b[31munder-replicated-partitions"},
		}},
	}
}

func TestBrokerLines(t *testing.T) {
	rec := asked()
	got := summary.BrokerLines(rec.Results.Brokers)
	want := []string{
		"request-handler-idle of 2 brokers: min 25% (kafka-1:7071) · mean 65% · max 100% (kafka-2:7071)",
		"cpu of 1 broker: min 0.1 cores · mean 1.235 cores · max 2 cores",
		"disk-free of 1 broker: min 123456789012 · mean 123456789012 · max 123456789012",
		"bytes-in of 1 broker: min 1/s · mean 1.5/s · max 2/s",
		"nothing came of disk-busy, \x1b[31munder-replicated-partitions",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if summary.BrokerLines(nil) != nil {
		t.Error("a run that did not ask has lines")
	}
	var b bytes.Buffer
	if err := summary.Text(&b, rec, summary.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"  brokers     " + want[0] + "\n", "              nothing came of disk-busy, \\u001b[31munder-replicated-partitions\n"} {
		if !strings.Contains(b.String(), line) {
			t.Errorf("no line %q in\n%s", line, b.String())
		}
	}
	if s := summary.Make(rec, nil); len(s.Brokers) != 5 || s.Brokers[0].Min != 0.25 {
		t.Errorf("summary.json has %+v", s.Brokers)
	}
}

// TestBaseline: a run is no better than its comparison, and no worse for one
// that judged nothing and was asked for no judgement.
func TestBaseline(t *testing.T) {
	for _, tt := range []struct {
		run, baseline finding.Verdict
		code          int
		want          finding.Verdict
		sentence      string
		exit          int
	}{
		{finding.Pass, finding.Fail, 1, finding.Fail, "against its baseline: slower", 1},
		{finding.Pass, finding.Inconclusive, 4, finding.Inconclusive, "against its baseline: slower", 4},
		{finding.Pass, finding.Inconclusive, 0, finding.Pass, "it held", 0}, // described alone
		{finding.Pass, finding.Pass, 0, finding.Pass, "it held", 0},
		{finding.Inconclusive, finding.Fail, 1, finding.Fail, "against its baseline: slower", 1},
		{finding.Inconclusive, finding.Inconclusive, 4, finding.Inconclusive, "it held", 4},
		{finding.Vacuous, finding.Inconclusive, 4, finding.Inconclusive, "against its baseline: slower", 4},
		{finding.Fail, finding.Inconclusive, 4, finding.Fail, "it held", 1},
		{finding.Fail, finding.Fail, 1, finding.Fail, "it held", 1},
	} {
		rec := asked()
		rec.Run.Verdict = tt.run
		rec.Baseline = &run.Baseline{Judged: tt.code != 0, Verdict: tt.baseline, Reason: "slower", Code: tt.code, Base: make([]run.BaselineRun, 5)}
		v, sentence := summary.Judge(rec)
		if v != tt.want || sentence != tt.sentence || summary.ExitCode(rec) != tt.exit {
			t.Errorf("%s with a baseline that is %s (%d): %s, %q, exit code %d", tt.run, tt.baseline, tt.code, v, sentence, summary.ExitCode(rec))
		}
		if b := summary.Make(rec, nil).Baseline; b == nil || b.Verdict != tt.baseline || b.Runs != 5 {
			t.Errorf("summary.json has %+v", b)
		}
	}
}
