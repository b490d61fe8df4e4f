package run_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/reports/run"
)

func TestWritePlan(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "plan")
	for _, p := range []run.Plan{
		{Name: "orders", Status: run.Running},
		{Name: "orders", Status: run.Complete, Probes: []run.Probe{{Dir: "01-bracket-100", Rate: 100, Outcome: "met"}},
			Worksheet: &run.Worksheet{Inputs: []run.Figure{{Name: "target", Value: 1}}, Results: []run.Figure{}}},
	} {
		if err := run.WritePlan(dir, p); err != nil { // the second replaces the first
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(dir, "plan.json"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(got), "null") || !strings.Contains(string(got), `"format": "weir/plan/v1"`) {
			t.Errorf("plan.json:\n%s", got)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(got))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiler(t)("plan.json").Validate(doc); err != nil {
			t.Error(err)
		}
	}
}
