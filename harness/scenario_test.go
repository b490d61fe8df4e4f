package harness

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

func TestScenarioPasses(t *testing.T) {
	t.Setenv(envRunDir, t.TempDir())
	r := Scenario(t, "testdata/scenario.yaml")
	if r.Run.Verdict != finding.Pass || len(r.Results.Objectives) != 0 {
		t.Errorf("verdict %s and objectives %v; want pass, and none judged", r.Run.Verdict, r.Results.Objectives)
	}
	if !strings.HasPrefix(r.Dir, os.Getenv(envRunDir)) {
		t.Errorf("the run is in %s, not below %s", r.Dir, os.Getenv(envRunDir))
	}
	for _, file := range []string{"run.json", "results.json", "report.html", "junit.xml"} {
		if _, err := os.Stat(filepath.Join(r.Dir, file)); err != nil {
			t.Error(err)
		}
	}
}

func TestScenarioFailsUnlessItPasses(t *testing.T) {
	vacuous := func(s *scenario.Scenario) *scenario.Scenario {
		s.Invariants = []string{"no-duplicate-effect"}
		return s
	}
	for name, test := range map[string]struct {
		run  func(testing.TB)
		want string
	}{
		"fail":      {func(t testing.TB) { Scenario(t, "testdata/scenario.yaml", scenario.WithObjectives()) }, "FAIL  "},
		"not there": {func(t testing.TB) { Scenario(t, "testdata/scenery.yaml") }, "testdata/scenery.yaml cannot be run:\ntestdata/scenery.yaml: error: cannot read the file: no such file or directory [file/unreadable]"},
		"not built": {func(t testing.TB) { Scenario(t, "testdata/scenario.yaml", scenario.ClusterKind("docker")) }, "sales cannot be run:\ntestdata/scenario.yaml:2:1: error: the run has no provider of clusters of kind docker: import github.com/flowweir/weir/harness/docker and pass scenario.With(docker.Provider())"},
		"vacuous": {func(t testing.TB) {
			if r := Measure(t, vacuous(LoadScenario(t, "testdata/scenario.yaml"))); r.Run.Verdict != finding.Pass {
				t.Fatal(Explain(r))
			}
		}, "VACUOUS  no-duplicate-effect: no consumer's contract declares an effect, so none was watched"},
	} {
		t.Run(name, func(t *testing.T) {
			r := failing(t, test.run)
			if !r.failed || !strings.HasPrefix(r.said(), test.want) {
				t.Errorf("said:\n%s\nwant:\n%s", r.said(), test.want)
			}
		})
	}
}

// TestScenarioTakesTheRegistryOfTheEnvironment: it is asked for the schemas that
// contracts name, and without one such a scenario cannot be run.
func TestScenarioTakesTheRegistryOfTheEnvironment(t *testing.T) {
	said := func() string {
		return failing(t, func(t testing.TB) { Scenario(t, "testdata/keyed/scenario.yaml") }).said()
	}
	t.Setenv("WEIR_REGISTRY_URL", "")
	if want := "no schema registry is given: set WEIR_REGISTRY_URL"; !strings.Contains(said(), want) {
		t.Errorf("said:\n%s\nwant %s", said(), want)
	}
	f := srfake.New()
	t.Cleanup(f.Close)
	t.Setenv("WEIR_REGISTRY_URL", f.URL())
	if want := "the schema of the keys of tills.Opened: the registry at " + f.URL() + " has no subject opened-key"; !strings.Contains(said(), want) {
		t.Errorf("said:\n%s\nwant %s", said(), want)
	}
}

// What a failed test's message names is there after the test; what a test that
// passed left is not.
func TestArtifactsStayWhereATestFailed(t *testing.T) {
	t.Setenv(envRunDir, "")
	t.Setenv("TMPDIR", t.TempDir())
	for name, test := range map[string]struct {
		file string
		end  func(testing.TB)
		want bool
	}{
		"passed":             {"log", func(testing.TB) {}, false},
		"failed":             {"log", func(t testing.TB) { t.Fatalf("no") }, true},
		"failed without any": {"", func(t testing.TB) { t.Fatalf("no") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			var dir string
			r := failing(t, func(t testing.TB) {
				dir = artifacts(t)
				if test.file != "" {
					if err := os.WriteFile(filepath.Join(dir, test.file), nil, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				test.end(t)
			})
			if _, err := os.Stat(dir); (err == nil) != test.want {
				t.Errorf("%s: %v", dir, err)
			}
			if told := r.noted == "weir: logs of services and brokers are kept in "+dir; told != test.want {
				t.Errorf("it logged %q", r.noted)
			}
		})
	}
}
