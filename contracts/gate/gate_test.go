package gate_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/deployment"
	"github.com/flowweir/weir/contracts/gate"
	"github.com/flowweir/weir/contracts/internal/fixture"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/contracts/workspace"
	"github.com/flowweir/weir/reports/finding"
)

var update = flag.Bool("update", false, "rewrite what is expected in testdata, and the table of docs/deploy.md; read the diff before committing it")

// now is the moment at which everything is asked.
var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestEveryRuleHasAPage(t *testing.T) {
	for _, r := range gate.Rules() {
		page, ok := gate.Explain(r.ID)
		bad, good, _ := strings.Cut(page.Example, "\n## Good\n")
		if !ok || page.Why == "" || page.Fix == "" || page.Waive == "" || !strings.Contains(bad, "["+r.ID+"]") || !strings.Contains(good, "```yaml") {
			t.Errorf("%s: %+v", r.ID, page)
		}
	}
	if _, ok := gate.Explain("deploy/none"); ok {
		t.Error("a rule that is not there has a page")
	}
}

// TestSituations runs testdata: each archive is a workspace with records of
// what is deployed. The first line of its comment is its name, and lines of
// the form "record SERVICE VERSION", with "rolling" or "uncontracted" behind,
// say what is recorded in prod, with the contract in .deployed/SERVICE@VERSION.
// "ask SERVICE@VERSION" says what is asked, "pinned" that nobody assumed the
// contract. Each is asked under both policies; the answers and findings are in
// the file want.
func TestSituations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d situations, %v", len(files), err)
	}
	found := map[string]bool{}
	var rows []string
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		must(t, err)
		name, _, _ := strings.Cut(string(archive.Comment), "\n")
		abs, err := filepath.Abs(file)
		must(t, err)
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			byError, strict := ask(t, archive, workspace.PolicyError)
			byWarn, lax := ask(t, archive, workspace.PolicyWarn)
			for _, f := range slices.Concat(byError, byWarn) {
				found[f.ID] = true
			}
			got := fmt.Sprintf("%s\n\n%s", strict, fixture.Text(t, byError))
			row := fmt.Sprintf("| %s | %s | ", name, strict)
			if lax != strict {
				got += fmt.Sprintf("\n%s\n\n%s", lax, fixture.Text(t, byWarn))
				row += lax + " "
			}
			rows = append(rows, row+"|")
			fixture.Want(t, abs, archive, got, *update)
		})
	}
	for _, r := range gate.Rules() {
		if !found[r.ID] {
			t.Errorf("no situation has %s", r.ID)
		}
	}
	documented(t, strings.Join(rows, "\n")+"\n")
}

// documented compares the table of docs/deploy.md.
func documented(t *testing.T, table string) {
	t.Helper()
	const file, begin, end = "../../docs/deploy.md", "|---|---|---|\n", "\n\n"
	page, err := os.ReadFile(file)
	must(t, err)
	before, rest, found := strings.Cut(string(page), "| situation | answer | with `uncontracted: warn` |\n"+begin)
	if !found {
		t.Fatalf("%s has no table of situations", file)
	}
	head := string(page)[:len(page)-len(rest)]
	was, after, _ := strings.Cut(rest, end)
	if diff := cmp.Diff(was+"\n", table); diff != "" && !*update {
		t.Errorf("%s, %d bytes in (-docs +code):\n%s", file, len(before), diff)
	}
	if *update {
		must(t, os.WriteFile(file, []byte(head+strings.TrimSuffix(table, "\n")+end+after), 0o644))
	}
}

func ask(t *testing.T, archive *txtar.Archive, policy string, change ...func(*gate.Question)) ([]finding.Finding, string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, f := range archive.Files {
		must(t, os.MkdirAll(filepath.Dir(f.Name), 0o755))
		must(t, os.WriteFile(f.Name, []byte(strings.ReplaceAll(string(f.Data), "POLICY", policy)), 0o644))
	}
	q := question(t, ".")
	environment, assumed := "prod", true
	for line := range strings.Lines(string(archive.Comment)) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == "record":
			record(t, q.Workspace.Deployments(), words[1], words[2], words[3:])
		case words[0] == "to":
			environment = words[1]
		case words[0] == "pinned":
			assumed = false
		case words[0] == "ask":
			service, version, _ := strings.Cut(words[1], "@")
			q.Candidates = append(q.Candidates, gate.Candidate{Version: version, Contract: contractOf(t, q.Workspace, service), Assumed: assumed})
		}
	}
	read(t, &q, environment)
	for _, f := range change {
		f(&q)
	}
	answer, err := gate.Ask(q)
	var unreadable *gate.UnreadableError
	if errors.As(err, &unreadable) {
		return unreadable.Findings, "unreadable: " + unreadable.Error()
	}
	must(t, err)
	if word, _, _ := strings.Cut(answer.Sentence, ":"); word != string(answer.Result) {
		t.Errorf("%q is not %s", answer.Sentence, answer.Result)
	}
	errors, undecided := finding.Errors(answer.Findings), finding.Count(answer.Findings, finding.Undecided)
	if (answer.Result == gate.No) != (errors > 0) || (answer.Result == gate.Yes) != (errors+undecided == 0) {
		t.Errorf("%s with the findings\n%s", answer.Result, fixture.Text(t, answer.Findings))
	}
	finding.Sort(answer.Findings)
	return answer.Findings, answer.Sentence
}

// question is one about the workspace of a directory.
func question(t testing.TB, dir string) gate.Question {
	t.Helper()
	w, findings := workspace.Open(dir)
	if w.File.Doc != nil && finding.Errors(findings) > 0 {
		t.Fatal(fixture.Text(t, findings))
	}
	return gate.Question{Workspace: w, Now: now}
}

// read reads what is recorded of an environment.
func read(t testing.TB, q *gate.Question, environment string) {
	t.Helper()
	var err error
	q.Environment, q.Found, err = q.Workspace.Deployments().Read(context.Background(), environment)
	must(t, err)
	q.FS = q.Environment.FS(source.Host())
}

func record(t testing.TB, store *deployment.Store, service, version string, how []string) {
	t.Helper()
	d := deployment.Deployment{Service: service, Version: version, At: now.Add(-time.Hour), Rolling: slices.Contains(how, "rolling")}
	if !slices.Contains(how, "uncontracted") {
		d.Contract, d.Embed = path.Join(".deployed", service+"@"+version, "weir.yaml"), true
	}
	_, err := store.Record(context.Background(), "prod", d)
	must(t, err)
}

func contractOf(t *testing.T, w *workspace.Workspace, service string) *contracts.Contract {
	t.Helper()
	for _, m := range w.Members {
		if m.Service.Name == service {
			return m.Contract
		}
	}
	t.Fatalf("there is no contract of %s", service)
	return nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
