package harness

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// Scenario runs a scenario file and fails the test with its summary unless the
// verdict is pass. Inconclusive and vacuous are not green.
func Scenario(t testing.TB, file string, options ...scenario.Option) *scenario.Result {
	t.Helper()
	result := Measure(t, LoadScenario(t, file), options...)
	if result.Run.Verdict != finding.Pass {
		t.Fatalf("%s", Explain(result))
	}
	return result
}

// LoadScenario reads a scenario file for Measure, or for changes before it;
// paths in it stay relative to the file.
func LoadScenario(t testing.TB, file string) *scenario.Scenario {
	t.Helper()
	s, findings := scenario.LoadFile(file)
	if finding.Errors(findings) > 0 {
		_, more := scenario.Resolve(s)
		findings = append(findings, more...)
		t.Fatalf("%s cannot be run:\n%s%s", file, problems(findings), relative(findings))
	}
	return s
}

// Measure runs a scenario, whatever its verdict will be, and makes its
// reports. It fails the test only where the scenario cannot be run or nothing
// could be judged.
//
// The run directory is below WEIR_RUN_DIR, or a test artifact under go test
// -artifacts; else it lies in the temporary directory and stays there only
// where the test fails. The schema registry is the one that WEIR_REGISTRY_URL
// names. WEIR_CLUSTER and WEIR_BOOTSTRAP override the scenario's cluster, and options override
// those; scenario.WithObjectives has objectives judged.
func Measure(t testing.TB, s *scenario.Scenario, options ...scenario.Option) *scenario.Result {
	t.Helper()
	all := []scenario.Option{
		scenario.With(ownProviders()...), scenario.Log(t.Output()), scenario.WithoutObjectives(),
		scenario.Dir(filepath.Join(artifacts(t), "run")),
		scenario.BuildWith(func(ctx context.Context, pkgDir, _ string) (string, error) { return build(ctx, pkgDir) }),
	}
	if r := schemaRegistry(t); r != nil {
		all = append(all, scenario.Registry(r))
	}
	if kind := os.Getenv(envCluster); kind != "" {
		all = append(all, scenario.ClusterKind(kind))
	}
	if addresses := bootstrap(); len(addresses) > 0 {
		all = append(all, scenario.Bootstrap(addresses...))
	}
	result, err := scenario.Run(t.Context(), s, append(all, options...)...)
	if plan := (*scenario.PlanError)(nil); errors.As(err, &plan) {
		t.Fatalf("%s cannot be run:\n%s", s.Name, problems(plan.Findings))
	}
	if err != nil {
		skipWithoutEngine(t, err)
		t.Fatalf("%s: nothing could be judged: %v", s.Name, err)
	}
	if _, err := reports.Write(result.Dir); err != nil {
		t.Errorf("the reports of %s: %v", s.Name, err)
	}
	return result
}

// Explain says the verdict of a run for people: its summary, then the story of
// the first offender of each invariant that did not pass, and where the report
// is.
func Explain(r *scenario.Result) string {
	var b strings.Builder
	rec := &run.Record{Root: r.Dir, Run: r.Run, Results: &r.Results}
	if err := summary.Text(&b, rec, summary.TextOptions{Report: filepath.Join(r.Dir, "report.html")}); err != nil {
		return err.Error()
	}
	for _, o := range r.Results.Invariants {
		if o.Verdict != finding.Pass && len(o.Findings) > 0 {
			b.WriteString("\n" + problems(o.Findings[:1]) + "\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}
