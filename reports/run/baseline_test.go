package run_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/run"
)

// TestBaseline: the top of a comparison is read with its run; one that cannot be
// read is told, and takes nothing from the rest.
func TestBaseline(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := sample.Held().Write(dir); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		content string
		want    *run.Baseline
		problem []string
	}{
		{"", nil, nil},
		{
			`{"format": "weir/comparison/v1", "judged": true, "verdict": "fail", "reason": "slower", "exit_code": 1, "base": [{"id": "a", "dir": "runs/a"}], "metrics": [{}]}`,
			&run.Baseline{Format: run.BaselineFormat, Judged: true, Verdict: finding.Fail, Reason: "slower", Code: 1, Base: []run.BaselineRun{{ID: "a", Dir: "runs/a"}}},
			nil,
		},
		{`{"format": "weir/comparison/v9"}`, nil, []string{`comparison.json is of the format "weir/comparison/v9", and this weir reads "weir/comparison/v1": it is left out`}},
		{`{"format": "weir/comparison/v1", "verdict": "splendid"}`, nil, []string{`comparison.json has the verdict "splendid", which is none of a comparison: it is left out`}},
		{`{`, nil, []string{"comparison.json cannot be read and is left out: unexpected end of JSON input"}},
	} {
		if tt.content != "" {
			if err := os.WriteFile(filepath.Join(dir, "comparison.json"), []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		rec, err := run.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(rec.Baseline, tt.want) || !reflect.DeepEqual(rec.Problems, tt.problem) {
			t.Errorf("%s: %+v, %q", tt.content, rec.Baseline, rec.Problems)
		}
	}
}

// TestBrokers: samples are lines of a file that is made with the first of them.
func TestBrokers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	d, err := run.Create(dir, run.Run{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "brokers.jsonl")
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a run that asks no broker has the file: %v", err)
	}
	want := []run.BrokerSample{
		{At: -time.Second, Series: "cpu", Broker: "kafka-1:7071", Value: 0.5},
		{At: time.Second, Series: "cpu", Broker: "kafka-1:7071", Value: 1e-7},
	}
	for _, s := range want {
		if err := d.AppendBroker(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.WriteRun(run.Run{Status: run.Complete}); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.AppendBroker(want[0]); err == nil {
		t.Error("a closed directory takes a sample")
	}
	rec, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(rec.Brokers, want) {
		t.Errorf("%+v", rec.Brokers)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if d := open(t, dir).Defect("brokers.jsonl"); d == nil || !d.Missing {
		t.Errorf("without brokers.jsonl: %v", d)
	}
	if err := d.Discard(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("something is left of it: %v", err)
	}
}
