package asyncapi_test

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/reports/finding"
)

// TestMalformedDocuments holds every malformed document to its exact
// findings, those of Import included.
func TestMalformedDocuments(t *testing.T) {
	fsys := os.DirFS("testdata/malformed")
	yaml, _ := fs.Glob(fsys, "*.yaml")
	json, _ := fs.Glob(fsys, "*.json")
	all := slices.DeleteFunc(append(yaml, json...), func(name string) bool { return name == "broken.json" })
	if len(all) < 25 {
		t.Fatalf("only %d documents", len(all))
	}
	for _, name := range all {
		t.Run(name, func(t *testing.T) {
			d, findings := asyncapi.Load(fsys, name)
			_, more := asyncapi.Import(d)
			for _, f := range more {
				if f.Severity == finding.Error && f.ID != asyncapi.NothingToImport {
					findings = append(findings, f)
				}
			}
			if finding.Errors(findings) == 0 {
				t.Error("nothing was found")
			}
			for _, f := range findings {
				if f.Position == nil || f.Position.File == "" || f.Position.Line == 0 {
					t.Errorf("without a place: %+v", f)
				}
			}
			var out strings.Builder
			if err := finding.Text(&out, findings); err != nil {
				t.Fatal(err)
			}
			golden(t, "malformed/"+name+".txt", out.String())
		})
	}
}

func TestAFileThatDoesNotExist(t *testing.T) {
	d, findings := asyncapi.Load(os.DirFS("testdata"), "none.yaml")
	if len(findings) != 1 || findings[0].ID != "file/unreadable" || d == nil {
		t.Fatalf("%+v", findings)
	}
	if _, more := asyncapi.Import(d); len(more) != 1 || more[0].ID != asyncapi.NothingToImport {
		t.Errorf("import: %+v", more)
	}
}

// TestRulesAreListed holds the list of rules to the ids that the test data
// has; those of Complete have a test of their own.
func TestRulesAreListed(t *testing.T) {
	found := map[string]bool{asyncapi.UnknownOperation: true, asyncapi.Contradiction: true}
	for _, dir := range []string{"documents", "malformed"} {
		fsys := os.DirFS("testdata/" + dir)
		all, _ := fs.Glob(fsys, "*.*")
		for _, name := range all {
			d, findings := asyncapi.Load(fsys, name)
			_, more := asyncapi.Import(d)
			for _, f := range append(findings, more...) {
				if !strings.HasPrefix(f.ID, "file/") {
					found[f.ID] = true
				}
			}
		}
	}
	listed := map[string]bool{}
	for _, rule := range asyncapi.Rules() {
		listed[rule.ID] = true
	}
	if diff := cmp.Diff(listed, found); diff != "" {
		t.Errorf("-listed +found:\n%s", diff)
	}
}
