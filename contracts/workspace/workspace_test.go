package workspace

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/contracts/internal/fixture"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

// TestFindingsAreHere: what is wrong between repositories stands in a file of
// this one, with the far place beside it.
func TestFindingsAreHere(t *testing.T) {
	file, err := filepath.Abs("testdata/open/here.txtar")
	must(t, err)
	archive, err := txtar.ParseFile(file)
	must(t, err)
	beside(t)
	fetch(t, FetchOptions{})
	w, findings := Open("orders") // from below
	equal(t, fixture.Text(t, findings), "")
	checked := rules.Check(w.Contracts(), w.FS(), now)
	before := fixture.Text(t, checked)
	found := w.Localize(w.ApplyPolicy(checked))
	found = slices.DeleteFunc(found, func(f finding.Finding) bool { return f.ID != rules.NeedMissing })
	fixture.Want(t, file, archive, fixture.Text(t, found), *update)
	equal(t, fixture.Text(t, checked), before) // what was given is not changed
}

// TestPolicy holds one workspace to both policies.
func TestPolicy(t *testing.T) {
	const file = "testdata/open/uncontracted.txtar"
	abs, err := filepath.Abs(file)
	must(t, err)
	archive, err := txtar.ParseFile(file)
	must(t, err)
	t.Chdir(t.TempDir())
	var got strings.Builder
	for _, policy := range []string{PolicyWarn, PolicyError} {
		for _, f := range archive.Files {
			must(t, os.MkdirAll(filepath.Dir(f.Name), 0o755))
			must(t, os.WriteFile(f.Name, []byte(strings.ReplaceAll(string(f.Data), "POLICY", policy)), 0o644))
		}
		w, findings := Open(".")
		all := rules.CheckWith(w.Contracts(), w.FS(), now, rules.Others{AllContracted: w.AllContracted()})
		checked := slices.DeleteFunc(all, func(f finding.Finding) bool { return f.ID != rules.EventUnproduced && f.ID != rules.EventUnread })
		fmt.Fprintf(&got, "%s\n\n%s\n", policy, fixture.Text(t, append(findings, w.ApplyPolicy(checked)...)))
		if w.Known("ledger") == nil || w.Known("shipping") != nil {
			t.Error("known services")
		}
		// A rule that is not named is none of the policy's business.
		equal(t, fixture.Text(t, w.ApplyPolicy(checked, "check/other")), fixture.Text(t, checked))
	}
	fixture.Want(t, abs, archive, got.String(), *update)
}

// TestPolicyForProducers: the other side of an event is also who consumes it.
func TestPolicyForProducers(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/open/uncontracted.txtar")
	must(t, err)
	t.Chdir(t.TempDir())
	fixture.Write(t, ".", strings.Replace(string(txtar.Format(archive)), "POLICY", "warn", 1))
	w, _ := Open(".")
	orders := w.Members[0]
	unconsumed := finding.Finding{
		ID: "check/unconsumed", Severity: finding.Error, Message: "nobody consumes com.acme.Placed", Hint: "h",
		Position: orders.Doc.Position("produces", 0, "event"),
	}
	elsewhere, nowhere, known := unconsumed, unconsumed, unconsumed
	elsewhere.Position, elsewhere.Severity = orders.Doc.Position("service"), finding.Warning
	nowhere.Position, nowhere.Severity = nil, finding.Warning
	known.Severity, known.Hint = finding.Info, ""
	known.Message += "; crm-core consumes it, which is known to have no contract"
	other := finding.Finding{ID: "check/unconsumed", Severity: finding.Error, Position: &finding.Position{File: "else"}}
	judged := other
	judged.Severity = finding.Warning
	equal(t, w.ApplyPolicy([]finding.Finding{unconsumed, elsewhere, nowhere, other}, "check/unconsumed"), []finding.Finding{known, elsewhere, nowhere, judged})
}

// TestRoots: paths in findings begin like the directory that was asked for.
func TestRoots(t *testing.T) {
	dir := t.TempDir()
	fixture.Write(t, dir, orders)
	must(t, os.MkdirAll(filepath.Join(dir, "orders", "deep", "er"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, FileName), []byte("weir: workspace/v1\npaths: [orders, orders/weir.yaml, none]\n"), 0o644))
	for _, tt := range []struct{ cwd, open, root, file, missing string }{
		{".", ".", ".", "orders/weir.yaml", "none"},
		{".", "orders/deep/er", ".", "orders/weir.yaml", "none"},
		{"orders/deep", ".", "../..", "../../orders/weir.yaml", "../../none"},
		{"orders/deep", "er/..", "../..", "../../orders/weir.yaml", "../../none"},
		{"orders", dir, dir, dir + "/orders/weir.yaml", dir + "/none"},
	} {
		t.Chdir(filepath.Join(dir, tt.cwd))
		w, findings := Open(filepath.ToSlash(tt.open))
		if w.Root != filepath.ToSlash(tt.root) || len(w.Members) != 1 || w.Members[0].Doc.File() != filepath.ToSlash(tt.file) {
			t.Errorf("%s in %s: root %s, %+v", tt.open, tt.cwd, w.Root, w.Members)
		}
		if len(findings) != 1 || findings[0].Message != filepath.ToSlash(tt.missing)+": cannot read the file: no such file or directory" ||
			findings[0].Position.String() != w.Path(FileName)+":2:35" {
			t.Errorf("%s in %s: %s", tt.open, tt.cwd, fixture.Text(t, findings))
		}
	}
}

// TestUnreadable: a workspace file or a lock that is wrong is all that is
// said.
func TestUnreadable(t *testing.T) {
	beside(t)
	must(t, os.WriteFile(LockName, []byte("nonsense\n"), 0o644))
	equal(t, open(t), []string{
		"orders from here",
		"weir.lock:1:1 error workspace/lock-syntax: the first line of a lock is: weir lock/v1 = restore the file from git, or remove it and run: weir fetch",
	})
	equal(t, fetch(t, FetchOptions{}), []string{
		"weir.lock:1:1 workspace/lock-syntax: the first line of a lock is: weir lock/v1 = restore the file from git, or remove it and run: weir fetch",
	})
	must(t, os.WriteFile(FileName, []byte("weir: workspace/v2\n"), 0o644))
	want := `workspace/version: "workspace/v2" is no version of a workspace; this one is "workspace/v1" = did you mean "workspace/v1"?`
	equal(t, open(t), []string{"weir.work.yaml:1:7 error " + want})
	equal(t, fetch(t, FetchOptions{}), []string{"weir.work.yaml:1:7 " + want})
}
