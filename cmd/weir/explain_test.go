package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/flowweir/weir/chaos/invariant"
)

// TestEveryIDIsExplained: each id that stands in the source is in the list, and
// each that is listed is explained, once. An id is a text like check/need-missing
// whose first part is that of another one.
func TestEveryIDIsExplained(t *testing.T) {
	known, families := map[string]bool{}, map[string]bool{}
	for _, p := range pages() {
		if known[p.id] || p.severity == "" || p.why == "" || p.where == "" || p.next == "" && p.guide.Fix == "" {
			t.Errorf("%+v is there twice, or not whole", p)
		}
		known[p.id] = true
		if family, _, ok := strings.Cut(p.id, "/"); ok {
			families[family] = true
		}
	}
	if len(known) < 250 || len(families) < 14 {
		t.Fatalf("%d ids in %d families", len(known), len(families))
	}
	for _, name := range invariant.Names {
		if !known[name] {
			t.Errorf("%s is not explained", name)
		}
	}
	form := regexp.MustCompile(`^([a-z]+)/[a-z]+(-[a-z]+)*$`)
	seen := map[string]bool{}
	for _, root := range []string{"../../contracts", "../../harness", "../../chaos", "../../reports", "."} {
		for _, text := range literals(t, root) {
			if m := form.FindStringSubmatch(text); m != nil && families[m[1]] {
				seen[text] = true
				if !known[text] {
					t.Errorf("weir explain does not know %s", text)
				}
			}
		}
	}
	for id := range known {
		if strings.Contains(id, "/") && !seen[id] {
			t.Errorf("%s is listed and in no source", id)
		}
	}
}

// TestEveryRuleHasExamples: the page of each rule of contracts, schemas and
// the files beside them shows a bad and a good example, how to fix and when to
// waive it. What a run or its comparison finds has its page in docs/.
func TestEveryRuleHasExamples(t *testing.T) {
	least := map[string]int{
		"asyncapi": 12, "baseline": 2, "breaking": 39, "check": 60, "compat": 66, "contract": 9, "deploy": 6, "deployment": 11, "file": 16, "history": 4, "workspace": 9,
	}
	seen := map[string]int{}
	for _, p := range pages() {
		family, _, slash := strings.Cut(p.id, "/")
		if _, ours := least[family]; !slash || !ours {
			continue
		}
		seen[family]++
		page := p.text()
		for _, section := range []string{"Bad", "Good", "Fix", "Waive"} {
			_, text, ok := strings.Cut(page, "\n## "+section+"\n\n")
			if text, _, _ = strings.Cut(text, "\n## "); !ok || strings.TrimSpace(text) == "" {
				t.Errorf("%s has no section %s:\n%s", p.id, section, page)
			}
		}
	}
	for family, n := range least {
		if seen[family] < n {
			t.Errorf("%d rules of %s, fewer than %d", seen[family], family, n)
		}
	}
}

// literals are the string literals of the Go files below a directory, tests
// and generated samples aside.
func literals(t *testing.T, root string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.Contains(filepath.ToSlash(name), "internal/sample") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil {
					all = append(all, text)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
