package plan_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/plan"
	"github.com/flowweir/weir/reports/run"
)

var update = flag.Bool("update", false, "rewrite testdata from what is shown now")

// found is a plan with everything that one can have.
func found() run.Plan {
	return run.Plan{
		Name: "orders", Status: run.Complete, Seed: 7, Verdict: finding.Fail,
		Reason:  "the flow holds its objectives up to 2,828/s, which is less than the target of 5,000/s",
		Cluster: run.Cluster{Kind: "docker", Brokers: 3}, Caveats: []string{"measured on containers of one machine\x1b[31m"},
		Search:     run.PlanSearch{From: 1000, Resolution: 0.05, Confirmations: 3, Probe: 30 * time.Second, Warmup: 15 * time.Second},
		Objectives: []run.PlanObjective{{Name: "publish.p99", Want: "≤ 50ms", Source: "flag"}, {Name: "achieved", Want: "≥ 99%", Source: "default"}},
		Probes: []run.Probe{
			{Purpose: "bracket", Rate: 1000, Outcome: "met", Why: "publish.p99 3.1ms, achieved 100%"},
			{Purpose: "bracket", Rate: 4000, Outcome: "missed", Why: "publish.p99 81ms, wanted ≤ 50ms"},
			{Purpose: "bracket", Repeat: true, Rate: 4000, Outcome: "undecided", Why: "the pacer woke 60ms late"},
		},
		Target:   5000,
		Capacity: run.Capacity{Kind: "found", Rate: 2828, Confirmed: 3, Wanted: 3, Sure: 0.3684, Missed: 2969, Undecided: 4000, Unsteady: []float64{3363}},
		Worksheet: &run.Worksheet{
			Inputs: []run.Figure{
				{Name: "target", Value: 5000, Unit: run.UnitRate, Source: "flag", Detail: "--target"},
				{Name: "event", Value: 1536, Unit: run.UnitBytes, Source: "measured"},
				{Name: "retention", Value: 7 * 86400, Unit: run.UnitSeconds, Source: "contract"},
				{Name: "buffer", Value: 0.2, High: 0.5, Unit: run.UnitShare, Source: "default"},
			},
			Results: []run.Figure{
				{Name: "partitions with buffer", Value: 12, High: 1500, Formula: "⌈target ÷ per partition⌉"},
				{Name: "ingress", Value: 3e6, Unit: run.UnitByteRate, Formula: "target × event", Note: "2 brokers"},
				{Name: "catch-up", Value: 90, Unit: run.UnitSeconds, Formula: "x"},
				{Name: "disk", Value: 9e30, Unit: run.UnitBytes, Formula: "x"},
			},
			Notes: []string{"a note"},
		},
	}
}

func TestText(t *testing.T) {
	begun := run.Plan{Name: "orders", Status: run.Running, Reason: "the search goes on", Seed: 7,
		Search: run.PlanSearch{Resolution: 0.05, Probe: time.Second}, Capacity: run.Capacity{Kind: "unsure", Rate: 100, Confirmed: 1, Wanted: 3, Sure: 0.05}}
	down := found()
	down.Capacity.While = "broker 2 down"
	for i := range down.Probes {
		down.Probes[i].Faults = []run.Fault{{What: "kill broker 2", Bit: i > 0}}
	}
	for name, c := range map[string]struct {
		plan run.Plan
		dir  string
	}{"found": {found(), "runs/a"}, "begun": {begun, ""}, "down": {down, ""}} {
		var b bytes.Buffer
		if err := plan.Text(&b, c.plan, c.dir); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".txt", b.Bytes())
	}
	var b bytes.Buffer
	if err := plan.Worksheet(&b, *found().Worksheet); err != nil {
		t.Fatal(err)
	}
	golden(t, "worksheet.txt", b.Bytes())
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
