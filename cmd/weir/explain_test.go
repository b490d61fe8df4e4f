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
