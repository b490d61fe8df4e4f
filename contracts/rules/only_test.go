package rules_test

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

// TestCheckOnly: over all fixtures, what is found of one service is what the
// whole check finds of it, and all services together are the whole check.
func TestCheckOnly(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(len(files), err)
	}
	found, about := 0, 0
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all, err := txtar.FS(archive)
		if err != nil {
			t.Fatal(err)
		}
		fsys, err := fs.Sub(all, "fail")
		if err != nil {
			t.Fatal(err)
		}
		set, _ := contracts.LoadDir(fsys, ".")
		whole := lines(rules.Check(set, fsys, now))
		var names []string
		for _, c := range set {
			names = append(names, c.Service.Name)
			part := rules.CheckOnly(set, fsys, now, rules.Others{}, []string{c.Service.Name})
			for _, line := range lines(part) {
				found++
				if !slices.Contains(whole, line) {
					t.Errorf("%s: of %s alone is found, and not of all:\n%s", file, c.Service.Name, line)
				}
			}
			for _, f := range rules.Check(set, fsys, now) {
				if f.Position.File != c.Doc.File() {
					continue
				}
				about++
				if line := lines([]finding.Finding{f})[0]; !slices.Contains(lines(part), line) {
					t.Errorf("%s: of %s alone is not found:\n%s", file, c.Service.Name, line)
				}
			}
		}
		together := lines(rules.CheckOnly(set, fsys, now, rules.Others{}, names))
		slices.Sort(together)
		slices.Sort(whole)
		if !slices.Equal(together, whole) {
			t.Errorf("%s: all services find\n%s\nand the whole check\n%s", file, together, whole)
		}
	}
	if found < 100 || about < 100 {
		t.Errorf("%d findings were compared, %d of a contract", found, about)
	}
}

func lines(findings []finding.Finding) []string {
	var all []string
	for _, f := range findings {
		all = append(all, fmt.Sprintf("%s: %s: %s: %s", f.Position, f.Severity, f.ID, f.Message))
	}
	return all
}

// TestCheckOnlyKeepsOthers: what others found stays, with waivers applied.
func TestCheckOnlyKeepsOthers(t *testing.T) {
	owner := &contracts.Contract{Service: contracts.Service{Name: "a"}, Waive: []contracts.Waiver{{Rule: "x/y", Reason: "agreed", Until: "2026-12-31"}}}
	given := rules.Found{Finding: finding.Finding{ID: "x/y", Severity: finding.Error, Message: "m"}, Owner: owner}
	got := rules.CheckOnly([]*contracts.Contract{owner}, nil, now, rules.Others{Found: []rules.Found{given}}, []string{"b"})
	if len(got) != 1 || got[0].Severity != finding.Info {
		t.Errorf("%+v", got)
	}
}
