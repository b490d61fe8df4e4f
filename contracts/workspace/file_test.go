package workspace

import (
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/internal/fixture"
	"github.com/flowweir/weir/reports/finding"
)

var update = flag.Bool("update", false, "rewrite what the archives of testdata want; read the diff before committing it")

func equal(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestFiles loads the workspace files of testdata/file and compares all that
// is said about them.
func TestFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/file/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			src := archive.Files[0].Data
			_, findings := parse(FileName, src)
			checkFindings(t, findings)
			fixture.Want(t, file, archive, fixture.Text(t, findings), *update)
		})
	}
}

// checkFindings asserts what holds for every finding about a file.
func checkFindings(t *testing.T, findings []finding.Finding) {
	t.Helper()
	known := append(document.Rules(), Rules()...)
	for _, f := range findings {
		if !slices.ContainsFunc(known, func(r finding.Rule) bool { return r.ID == f.ID }) {
			t.Errorf("the id %s is in no table", f.ID)
		}
		if p := f.Position; p == nil || p.Line < 1 || p.Column < 1 || p.Column > len(p.Source)+1 || f.Message == "" {
			t.Errorf("incomplete: %+v at %+v", f, p)
		}
		if strings.Contains(fmt.Sprintf("%+v %+v", f, f.Position), "s3cret") {
			t.Errorf("%s shows a secret: %+v %+v", f.ID, f, f.Position)
		}
	}
}

func TestEveryField(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/file/everything.txtar")
	if err != nil {
		t.Fatal(err)
	}
	f, findings := parse(FileName, archive.Files[0].Data)
	equal(t, fixture.Text(t, findings), "")
	want := &File{
		Weir:  Version,
		Paths: []string{"services", "tools/audit/weir.yaml"},
		Contracts: []Source{
			{Name: "payments", Git: "https://git.example.com/acme/payments.git", Ref: "v1.2.0", Path: "contracts"},
			{Name: "shipping", Git: "ssh://git@git.example.com/acme/shipping.git", Ref: "HEAD", Path: "."},
			{Name: "crm", Dir: "../crm", Path: "."},
		},
		Registry:     &Registry{URL: "https://registry.example.com:8081"},
		Environments: Environments{Tags: "deploy"},
		Uncontracted: Uncontracted{Policy: PolicyWarn, Known: []Known{
			{Service: "legacy-billing"},
			{Service: "crm-core", Produces: []string{"com.acme.crm.*"}, Consumes: []string{"com.acme.order.OrderPlaced"}},
		}},
	}
	if diff := cmp.Diff(want, f, cmpopts.IgnoreFields(File{}, "Doc")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDefaults(t *testing.T) {
	f, findings := parse(FileName, []byte("weir: workspace/v1\n"))
	equal(t, fixture.Text(t, findings), "")
	want := &File{
		Weir: Version, Paths: []string{"."},
		Environments: Environments{Dir: "environments"}, Uncontracted: Uncontracted{Policy: PolicyError},
	}
	if diff := cmp.Diff(want, f, cmpopts.IgnoreFields(File{}, "Doc")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	f, _ = parse(FileName, []byte("weir: workspace/v1\nuncontracted: warn\nenvironments: envs\n"))
	equal(t, f.Uncontracted.Policy, PolicyWarn)
	equal(t, f.Environments, Environments{Dir: "envs"})
}

func TestRulesAreDistinctAndDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, rule := range Rules() {
		if seen[rule.ID] || !strings.HasPrefix(rule.ID, "workspace/") || !strings.HasSuffix(rule.Summary, ".") {
			t.Errorf("%+v", rule)
		}
		seen[rule.ID] = true
	}
}

func FuzzFile(f *testing.F) {
	files, err := filepath.Glob("testdata/file/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file, findings := parse(FileName, src)
		if file.Doc == nil {
			t.Fatal("no document")
		}
		for _, f := range findings {
			if p := f.Position; p == nil || p.Line < 1 || p.Column < 1 || p.Column > len(p.Source)+1 {
				t.Errorf("%+v at %+v", f, p)
			}
		}
		if len(findings) > 0 {
			return
		}
		for _, s := range file.Contracts {
			if s.Name == "" || (s.Git == "") == (s.Dir == "") || strings.HasPrefix(s.Git, "-") || strings.HasPrefix(s.Ref, "-") {
				t.Errorf("accepted: %+v", s)
			}
		}
	})
}
