package explain_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/baseline"
	"github.com/flowweir/weir/contracts/deployment"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/explain"
	"github.com/flowweir/weir/contracts/history"
	"github.com/flowweir/weir/contracts/internal/fixture"
	"github.com/flowweir/weir/contracts/workspace"
	"github.com/flowweir/weir/reports/finding"
)

var update = flag.Bool("update", false, "write what is found in the bad examples into the pages; read the diff before committing it")

// told are the rules that a repository's history breaks, or a registry: their
// examples are sessions at a terminal, which the scripts of the command run.
var told = []string{
	deployment.NoContract, deployment.BadContract, deployment.UnknownCommit, deployment.VersionUnknown, deployment.VersionDiffers,
	deployment.ForeignTag,
}

// TestExamples: every rule has a page; in its bad example the rule is what is
// found, and in its good one it is not.
func TestExamples(t *testing.T) {
	all := slices.Concat(document.Rules(), contracts.Rules(), asyncapi.Rules(), workspace.Rules(), deployment.Rules(), history.Rules(), baseline.Rules())
	if len(all) < 60 {
		t.Fatalf("only %d rules", len(all))
	}
	for _, r := range all {
		t.Run(r.ID, func(t *testing.T) {
			g, ok := explain.Rule(r.ID)
			if !ok || g.Why == "" || g.Fix == "" || g.Waive == "" {
				t.Fatalf("the page is not whole: %+v", g)
			}
			bad, good, _ := strings.Cut(g.Example, "## Good\n")
			if slices.Contains(told, r.ID) {
				if !strings.Contains(bad, "```console\n") || !strings.Contains(good, "```console\n") {
					t.Error("no session at a terminal")
				}
				return
			}
			files, found := blocks(bad)
			got := judge(t, r.ID, files)
			if *update {
				write(t, r.ID, got)
			} else if got != found || got == "" {
				t.Errorf("in the bad example is found:\n%s\nand the page says:\n%s", got, found)
			}
			files, _ = blocks(good)
			if got := judge(t, r.ID, files); got != "" || len(files) == 0 {
				t.Errorf("in the good example is found:\n%s", got)
			}
		})
	}
}

func TestUnknownRules(t *testing.T) {
	for _, id := range []string{"", "file", "file/", "file/emptiness", "check/need-missing", "../explain/x"} {
		if g, ok := explain.Rule(id); ok {
			t.Errorf("%q: %+v", id, g)
		}
	}
}

// judge is what a rule finds in files, and nothing of other rules.
func judge(t *testing.T, id string, files map[string]string) string {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		// A byte that is no UTF-8 cannot stand in a page.
		if err := os.WriteFile(name, []byte(strings.ReplaceAll(content, `\xe9`, "\xe9")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	family, _, _ := strings.Cut(id, "/")
	all := read(t, family, id, files)
	return strings.TrimSuffix(fixture.Lines(slices.DeleteFunc(all, func(f finding.Finding) bool { return f.ID != id })...), "\n")
}

// read reads files as the command does for which a family of rules is.
func read(t *testing.T, family, id string, files map[string]string) (findings []finding.Finding) {
	t.Helper()
	var err error
	here := os.DirFS(".")
	switch _, stands := files["weir.yaml"]; {
	case id == contracts.NoContract:
		_, findings = contracts.LoadDir(here, ".")
	case family == "asyncapi" && !stands:
		d, found := asyncapi.Load(here, "asyncapi.yaml")
		_, more := asyncapi.Import(d)
		findings = slices.Concat(found, more)
	case family == "asyncapi":
		_, findings = asyncapi.NewFiles(here).Load("weir.yaml")
	case family == "workspace":
		_, findings = workspace.Open(".")
	case family == "deployment":
		_, findings, err = deployment.Directory("environments").Read(t.Context(), "prod")
	case family == "history":
		_, findings, err = history.Versions(here, "history")
	case family == "baseline":
		var b *baseline.Baseline
		if b, findings = baseline.Read("weir.baseline"); b != nil {
			findings = b.Apply(nil, func(baseline.Entry) bool { return true })
		}
	default:
		_, findings = contracts.Load(here, "weir.yaml")
	}
	if err != nil {
		t.Fatal(err)
	}
	for i := range findings {
		if findings[i].Position == nil {
			findings[i].Position = &finding.Position{File: "environments"}
		}
	}
	return findings
}

// blocks are the files of an example, and the block without a name.
func blocks(section string) (files map[string]string, found string) {
	files = map[string]string{}
	for i, block := range strings.Split(section, "\n```") {
		if i%2 == 0 {
			continue
		}
		info, content, _ := strings.Cut(block, "\n")
		if _, name, named := strings.Cut(info, " "); named {
			files[name] = content + "\n"
		} else {
			found = content
		}
	}
	return files, found
}

// write puts what is found into a page, after the files of the bad example.
func write(t *testing.T, id, found string) {
	t.Helper()
	family, _, _ := strings.Cut(id, "/")
	file := filepath.Join(pagesDir, family+".md")
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(src), "\n## "+id+"\n")
	bad, tail, _ := strings.Cut(rest, "\n### Good\n")
	bad, _, _ = strings.Cut(bad, "\n```text\n")
	bad = strings.TrimRight(bad, "\n")
	if err := os.WriteFile(file, []byte(head+"\n## "+id+"\n"+bad+"\n\n```text\n"+found+"\n```\n\n### Good\n"+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}

// pagesDir is where the pages lie; examples are read in directories of their own.
var pagesDir = func() string {
	dir, err := filepath.Abs("pages")
	if err != nil {
		panic(err)
	}
	return dir
}()
