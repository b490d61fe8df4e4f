package rules_test

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/internal/fixture"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

// TestPages holds each page to what it says: its bad example breaks the rule
// as shown, and no other; its good example breaks none; a waiver accepts what
// is found. What rules of severity info find is passed over, unless the page
// is about it.
func TestPages(t *testing.T) {
	for _, r := range rules.Rules() {
		t.Run(path.Base(r.ID), func(t *testing.T) {
			page, ok := rules.Explain(r.ID)
			if !ok {
				t.Fatal("there is no page")
			}
			if page.Why == "" || page.Fix == "" || page.Waive == "" || !strings.HasPrefix(page.Text, "# "+r.ID+" (") {
				t.Errorf("the page lacks a section:\n%s", page.Text)
			}
			found := shown(r, example(t, page.Bad))
			if len(found) == 0 || slices.ContainsFunc(found, func(f finding.Finding) bool { return f.ID != r.ID }) {
				t.Errorf("the bad example is to break %s and nothing else:\n%s", r.ID, fixture.Lines(found...))
			}
			if passes := shown(r, example(t, page.Good)); len(passes) > 0 {
				t.Errorf("the good example has findings:\n%s", fixture.Lines(passes...))
			}
			if got := summary(found); got != page.Found {
				if *update {
					write(t, r, page.Found, got)
				} else {
					t.Errorf("findings of the bad example (-page +got):\n%s", cmp.Diff(page.Found, got))
				}
			}
			if r.ID != rules.WaiverExpired && r.ID != rules.WaiverUnused {
				waived(t, r, page.Bad, len(found))
			}
		})
	}
}

// TestPagesHaveRules: no page is left over.
func TestPagesHaveRules(t *testing.T) {
	files, err := filepath.Glob("pages/*.md")
	if err != nil || len(files) != len(rules.Rules()) {
		t.Errorf("%d pages for %d rules, %v", len(files), len(rules.Rules()), err)
	}
	if _, ok := rules.Explain("check/none"); ok {
		t.Error("a rule that is not there is explained")
	}
}

// shown are the findings of an example that its page answers for.
func shown(r rules.Rule, all []finding.Finding) []finding.Finding {
	return slices.DeleteFunc(all, func(f finding.Finding) bool { return f.ID != r.ID && f.Severity == finding.Info })
}

func example(t *testing.T, files []rules.File) []finding.Finding {
	t.Helper()
	fsys := fstest.MapFS{}
	for _, f := range files {
		fsys[f.Name] = &fstest.MapFile{Data: []byte(f.Content)}
	}
	set, problems := contracts.LoadDir(fsys, ".")
	if len(problems) > 0 {
		t.Fatalf("the contracts of the example do not load:\n%s", fixture.Lines(problems...))
	}
	return judge(set, fsys)
}

// waived adds a waiver to one contract after the other: each turns its own
// findings to info, and together they turn all.
func waived(t *testing.T, r rules.Rule, files []rules.File, want int) {
	t.Helper()
	got := 0
	for i, f := range files {
		if !strings.HasSuffix(f.Name, "weir.yaml") {
			continue
		}
		with := slices.Clone(files)
		with[i].Content += fmt.Sprintf("waive: [{rule: %s, reason: agreed, until: 2026-12-31}]\n", r.ID)
		for _, found := range example(t, with) {
			if found.ID == r.ID && found.Severity == finding.Info && strings.HasSuffix(found.Message, "(waived until 2026-12-31: agreed)") {
				got++
			}
		}
	}
	if got != want {
		t.Errorf("waivers accept %d of %d findings", got, want)
	}
}

// summary is findings as a page shows them.
func summary(findings []finding.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%s: %s: %s\n", f.Position, f.Severity, f.Message)
		if f.Hint != "" {
			fmt.Fprintf(&b, "    hint: %s\n", f.Hint)
		}
	}
	return b.String()
}

// write puts the findings into a page that has others, or none yet.
func write(t *testing.T, r rules.Rule, old, found string) {
	t.Helper()
	file := filepath.Join("pages", path.Base(r.ID)+".md")
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const fence = "```"
	if old == "" {
		src = bytes.Replace(src, []byte("\n## Good"), []byte("\n"+fence+"text\n"+found+fence+"\n\n## Good"), 1)
	} else {
		src = bytes.Replace(src, []byte(fence+"text\n"+old+fence), []byte(fence+"text\n"+found+fence), 1)
	}
	if err := os.WriteFile(file, src, 0o644); err != nil {
		t.Fatal(err)
	}
}
