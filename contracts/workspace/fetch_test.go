package workspace

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts/internal/fixture"
)

// fetch fetches, and answers one line per repository, finding and error.
func fetch(t *testing.T, options FetchOptions) []string {
	t.Helper()
	done, findings, err := Fetch(t.Context(), ".", options)
	var lines []string
	for _, d := range done {
		line := fmt.Sprintf("%s %s", d.Name, d.Outcome)
		if d.Commit != "" {
			line += " " + d.Commit[:12]
		}
		if d.Was != "" {
			line += " was " + d.Was[:12]
		}
		lines = append(lines, line)
	}
	for _, f := range findings {
		line := fmt.Sprintf("%s %s: %s", f.Position, f.ID, f.Message)
		for _, r := range f.Related {
			line += fmt.Sprintf(" | %s %s", r.Position, r.Message)
		}
		lines = append(lines, line+" = "+f.Hint)
	}
	if err != nil {
		lines = append(lines, err.Error())
	}
	return lines
}

// open opens, and answers one line per member and finding.
func open(t *testing.T) []string {
	t.Helper()
	w, findings := Open(".")
	var lines []string
	for _, m := range w.Members {
		from := "here"
		if m.Repository != nil {
			from = m.Repository.String()
		}
		lines = append(lines, fmt.Sprintf("%s from %s", m.Service.Name, from))
	}
	for _, f := range findings {
		line := fmt.Sprintf("%s %s %s: %s", f.Position, f.Severity, f.ID, f.Message)
		for _, r := range f.Related {
			line += fmt.Sprintf(" | %s %s", r.Position, r.Message)
		}
		lines = append(lines, line+" = "+f.Hint)
	}
	return lines
}

const first = "6fd72f3ea5ac"

// TestFetch goes the whole way: not here, pinned, opened without the other
// repository, restored from a clean clone, moved.
func TestFetch(t *testing.T) {
	upstream := beside(t)
	equal(t, open(t), []string{
		"orders from here",
		"weir.work.yaml:3:12 error workspace/not-fetched: the contracts of payments are not here yet = run: weir fetch",
	})
	equal(t, fetch(t, FetchOptions{}), []string{"payments pinned " + first})
	lock, err := os.ReadFile(LockName)
	must(t, err)
	equal(t, string(lock), `weir lock/v1

payments
	git ../payments
	ref main
	path contracts
	commit `+fixture.Git(t, upstream, "rev-parse", "HEAD")+`
	file 711906603467f1b169e540d438a4fe4da0e3a0c66b8d29773515b2e30bb47962 contracts/weir.yaml
	file fc445710a2e2babb94c29a6abf483b05ea77805539c1581814d49606c054ebb4 schemas/id.json
	file 5ff6aab73eb502b2c8ca25c48d8f0e902c3c4a7cb6f3da2cc1bff5db58f43db2 schemas/payment.json
`)
	opened := []string{"orders from here", "payments from payments, commit " + first}
	equal(t, open(t), opened)

	// The other repository moves on; here nothing does.
	second := fixture.Commit(t, upstream, "-- schemas/id.json --\n{\"type\": \"string\", \"minLength\": 1}\n")[:12]
	equal(t, open(t), opened)
	equal(t, fetch(t, FetchOptions{}), []string{"payments unchanged " + first})

	// A clean clone without the fetched files.
	must(t, os.RemoveAll(".weir"))
	equal(t, open(t), []string{
		"orders from here",
		"weir.work.yaml:3:12 error workspace/not-fetched: the contracts of payments are pinned but not here = run: weir fetch",
	})
	equal(t, fetch(t, FetchOptions{Locked: true}), []string{"payments restored " + first})
	after, err := os.ReadFile(LockName)
	must(t, err)
	equal(t, string(after), string(lock))
	equal(t, open(t), opened)

	// Offline: the other repository is gone.
	must(t, os.Rename(upstream, upstream+".away"))
	equal(t, open(t), opened)
	equal(t, fetch(t, FetchOptions{}), []string{"payments unchanged " + first})
	must(t, os.Rename(upstream+".away", upstream))

	equal(t, fetch(t, FetchOptions{Update: true}), []string{"payments moved " + second + " was " + first})
	equal(t, fetch(t, FetchOptions{Update: true, Only: []string{"payments"}}), []string{"payments unchanged " + second})
	equal(t, fetch(t, FetchOptions{Update: true, Only: []string{"paymens"}}), []string{
		`weir.work.yaml:3:3 workspace/name: the workspace names no repository "paymens" = did you mean "payments"?`,
	})
	equal(t, open(t), []string{"orders from here", "payments from payments, commit " + second})
}

// TestFilesThatAreNotPinned are refused, whatever was done to them, and
// restored.
func TestFilesThatAreNotPinned(t *testing.T) {
	beside(t)
	fetch(t, FetchOptions{})
	const dir = ".weir/contracts/payments/"
	must(t, os.WriteFile(dir+"schemas/id.json", []byte("{}"), 0o644))
	must(t, os.Remove(dir+"schemas/payment.json"))
	fixture.Write(t, dir, "-- contracts/more/weir.yaml --\nweir: contract/v1\n")
	equal(t, open(t), []string{
		"orders from here",
		"weir.work.yaml:3:12 error workspace/pin-mismatch: the files of payments are not those that weir.lock pins" +
			" | .weir/contracts/payments/contracts/more/weir.yaml is not pinned" +
			" | .weir/contracts/payments/schemas/id.json is another one than pinned" +
			" | .weir/contracts/payments/schemas/payment.json is not here" +
			" = run: weir fetch, which restores them; changes belong into the other repository",
	})
	equal(t, fetch(t, FetchOptions{}), []string{"payments restored " + first})
	equal(t, open(t), []string{"orders from here", "payments from payments, commit " + first})

	// A lock that was edited is not believed.
	lock, err := os.ReadFile(LockName)
	must(t, err)
	must(t, os.WriteFile(LockName, []byte(strings.Replace(string(lock), "schemas/id.json", "schemas/unused.json", 1)), 0o644))
	equal(t, fetch(t, FetchOptions{}), []string{
		"weir.work.yaml:3:12 workspace/pin-mismatch: commit " + first + " of payments does not hold the files that weir.lock pins = pin what is there now: weir fetch --update payments",
	})
}

// TestWorkspaceChanges: another ref, another repository, none.
func TestWorkspaceChanges(t *testing.T) {
	upstream := beside(t)
	fixture.Git(t, upstream, "tag", "v1")
	second := fixture.Commit(t, upstream, "-- schemas/id.json --\n{}\n")
	fetch(t, FetchOptions{})

	entry := func(text string) {
		t.Helper()
		must(t, os.WriteFile(FileName, []byte("weir: workspace/v1\ncontracts:\n"+text), 0o644))
	}
	const changed = "run weir fetch without --locked and commit weir.lock"
	entry("  - {name: payments, git: ../payments, ref: v1, path: contracts}\n")
	equal(t, open(t), []string{
		"orders from here",
		"weir.work.yaml:3:12 error workspace/lock-outdated: payments has changed here since weir.lock was written: ref is v1 and was main = run: weir fetch",
	})
	equal(t, fetch(t, FetchOptions{Locked: true}), []string{
		"weir.work.yaml:3:12 workspace/lock-outdated: payments has changed here since weir.lock was written: ref is v1 and was main = " + changed,
	})
	equal(t, fetch(t, FetchOptions{}), []string{"payments pinned " + first})

	// A commit id, by a URL; and a second repository.
	entry("  - {name: payments, git: \"file://" + filepath.ToSlash(upstream) + "\", ref: " + second + ", path: contracts/weir.yaml}\n  - {name: more, git: " + filepath.ToSlash(upstream) + "}\n")
	equal(t, fetch(t, FetchOptions{Locked: true}), []string{
		"weir.work.yaml:3:12 workspace/lock-outdated: payments has changed here since weir.lock was written: git is file://" + filepath.ToSlash(upstream) + " and was ../payments = " + changed,
		"weir.work.yaml:4:12 workspace/lock-outdated: more is not pinned = " + changed,
	})
	equal(t, fetch(t, FetchOptions{}), []string{"more pinned " + second[:12], "payments pinned " + second[:12]})
	equal(t, open(t), []string{
		"orders from here", "payments from payments, commit " + second[:12], "payments from more, commit " + second[:12],
	})

	entry("  - {name: payments, git: \"file://" + filepath.ToSlash(upstream) + "\", ref: " + second + ", path: contracts/weir.yaml}\n")
	equal(t, open(t), []string{
		"orders from here", "payments from payments, commit " + second[:12],
		"weir.lock warning workspace/lock-outdated: the lock pins more, which weir.work.yaml does not name = run: weir fetch",
	})
	equal(t, fetch(t, FetchOptions{Locked: true}), []string{
		"payments unchanged " + second[:12],
		"weir.lock workspace/lock-outdated: the lock pins more, which weir.work.yaml does not name = " + changed,
	})
	equal(t, fetch(t, FetchOptions{}), []string{"more removed " + second[:12], "payments unchanged " + second[:12]})
	left, err := os.ReadDir(".weir/contracts")
	must(t, err)
	equal(t, slices.IndexFunc(left, func(e os.DirEntry) bool { return e.Name() == "more" }), -1)
	equal(t, open(t), []string{"orders from here", "payments from payments, commit " + second[:12]})
}

// TestPinnedCommits are brought where the branch has gone on, and are missed
// where its history was rewritten.
func TestPinnedCommits(t *testing.T) {
	upstream := beside(t)
	fetch(t, FetchOptions{})
	for i := range 3 {
		fixture.Commit(t, upstream, fmt.Sprintf("-- schemas/id.json --\n{\"minLength\": %d}\n", i))
	}
	for _, allowed := range []string{"true", "false"} {
		fixture.Git(t, upstream, "config", "uploadpack.allowAnySHA1InWant", allowed)
		fixture.Git(t, upstream, "config", "protocol.version", "0")
		t.Setenv("GIT_CONFIG_COUNT", "1")
		t.Setenv("GIT_CONFIG_KEY_0", "protocol.version") // version 2 gives any commit
		t.Setenv("GIT_CONFIG_VALUE_0", "0")
		must(t, os.RemoveAll(".weir"))
		equal(t, fetch(t, FetchOptions{}), []string{"payments restored " + first})
	}

	fixture.Git(t, upstream, "checkout", "--quiet", "--orphan", "next")
	fixture.Commit(t, upstream, "-- schemas/id.json --\n{\"minLength\": 9}\n")
	fixture.Git(t, upstream, "branch", "--quiet", "--move", "--force", "next", "main")
	fixture.Git(t, upstream, "reflog", "expire", "--expire=now", "--all")
	fixture.Git(t, upstream, "gc", "--quiet", "--prune=now")
	must(t, os.RemoveAll(".weir"))
	equal(t, fetch(t, FetchOptions{}), []string{
		"fetch payments: the pinned commit " + first + " is not in the history of main any more; it was moved. Pin what it names now: weir fetch --update payments",
	})
}

// TestWhatCannotBeFetched leaves what was pinned as it was.
func TestWhatCannotBeFetched(t *testing.T) {
	upstream := beside(t)
	fetch(t, FetchOptions{})
	lock, err := os.ReadFile(LockName)
	must(t, err)

	third := fixture.Commit(t, upstream, "-- contracts/weir.yaml --\nweir: contract/v1\nservice: {nam: payments}\nproduces: []\n")[:12]
	equal(t, fetch(t, FetchOptions{Update: true}), []string{
		"weir.work.yaml:3:12 workspace/not-fetched: the contracts of payments at commit " + third + " cannot be read" +
			" | contracts/weir.yaml:1:1 the contract neither produces nor consumes an event" +
			` | contracts/weir.yaml:2:11 service has no field "nam" = what is pinned stays as it is`,
	})
	fixture.Git(t, upstream, "rm", "--quiet", "-r", "contracts")
	fixture.Git(t, upstream, "commit", "--quiet", "--message=m")
	fourth := fixture.Git(t, upstream, "rev-parse", "HEAD")[:12]
	equal(t, fetch(t, FetchOptions{Update: true}), []string{
		"weir.work.yaml:3:12 workspace/not-fetched: the contracts of payments at commit " + fourth + " cannot be read" +
			" | contracts cannot read the file: at " + fourth + ": file does not exist = what is pinned stays as it is",
	})
	fixture.Git(t, upstream, "branch", "--quiet", "--move", "main", "trunk")
	equal(t, fetch(t, FetchOptions{Update: true}), []string{"fetch payments: git fetch: couldn't find remote ref main"})
	must(t, os.RemoveAll(upstream))
	equal(t, fetch(t, FetchOptions{Update: true}), []string{
		"fetch payments: git fetch: '" + upstream + "' does not appear to be a git repository; Could not read from remote repository.",
	})
	after, err := os.ReadFile(LockName)
	must(t, err)
	equal(t, string(after), string(lock))
	equal(t, open(t), []string{"orders from here", "payments from payments, commit " + first})
}

// TestSecretsAreNotShown: neither by errors nor by the lock.
func TestSecretsAreNotShown(t *testing.T) {
	upstream := beside(t)
	must(t, os.WriteFile(FileName, []byte("weir: workspace/v1\ncontracts: [{name: payments, git: 'http://s3cret-token@127.0.0.1:1/payments.git', path: contracts}]\n"), 0o644))
	got := fetch(t, FetchOptions{})
	if len(got) != 1 || !strings.HasPrefix(got[0], "fetch payments: git fetch: unable to access 'http://127.0.0.1:1/payments.git/'") {
		t.Errorf("%q", got)
	}
	// The user's git leads the URL to a place that can be reached.
	t.Setenv("GIT_CONFIG_COUNT", "1")
	t.Setenv("GIT_CONFIG_KEY_0", "url.file://"+filepath.ToSlash(upstream)+".insteadOf")
	t.Setenv("GIT_CONFIG_VALUE_0", "http://s3cret-token@127.0.0.1:1/payments.git")
	equal(t, fetch(t, FetchOptions{}), []string{"payments pinned " + first})
	lock, err := os.ReadFile(LockName)
	must(t, err)
	if !strings.Contains(string(lock), "\tgit http://***@127.0.0.1:1/payments.git\n") || strings.Contains(string(lock), "s3cret") {
		t.Errorf("%s", lock)
	}
	equal(t, open(t), []string{"orders from here", "payments from payments, commit " + first})
}

// TestDirectories are copied and pinned like refs; no link leads out of them.
func TestDirectories(t *testing.T) {
	upstream := beside(t)
	must(t, os.WriteFile(FileName, []byte("weir: workspace/v1\ncontracts: [{name: payments, dir: ../payments, path: contracts}]\n"), 0o644))
	equal(t, fetch(t, FetchOptions{}), []string{"payments pinned"})
	opened := []string{"orders from here", "payments from payments"}
	equal(t, open(t), opened)
	must(t, os.WriteFile(filepath.Join(upstream, "schemas", "id.json"), []byte("{}"), 0o644))
	equal(t, open(t), opened)
	equal(t, fetch(t, FetchOptions{}), []string{"payments unchanged"})
	must(t, os.RemoveAll(".weir"))
	equal(t, fetch(t, FetchOptions{}), []string{
		"weir.work.yaml:2:20 workspace/pin-mismatch: ../payments has changed since it was pinned = pin what is there now: weir fetch --update payments",
	})
	equal(t, fetch(t, FetchOptions{Update: true}), []string{"payments moved"})
	equal(t, open(t), opened)

	must(t, os.WriteFile("secret", []byte("{}"), 0o644))
	must(t, os.Remove(filepath.Join(upstream, "schemas", "id.json")))
	if err := os.Symlink("../../orders/secret", filepath.Join(upstream, "schemas", "id.json")); err != nil {
		if runtime.GOOS == "windows" {
			return // which lets few users make links
		}
		t.Fatal(err)
	}
	fetch(t, FetchOptions{Update: true})
	if _, err := os.Stat(".weir/contracts/payments/schemas/id.json"); err == nil {
		t.Error("a file from outside was copied")
	}
	must(t, os.RemoveAll(upstream))
	if got := fetch(t, FetchOptions{Update: true}); len(got) != 1 || !strings.HasPrefix(got[0], "fetch payments: open ") {
		t.Errorf("%q", got)
	}
}

// TestDocuments: contracts of others that stand on AsyncAPI documents are
// complete, from the files that were fetched.
func TestDocuments(t *testing.T) {
	upstream := beside(t)
	must(t, os.WriteFile(FileName, []byte("weir: workspace/v1\ncontracts: [{name: payments, dir: ../payments, path: contracts}]\n"), 0o644))
	must(t, os.WriteFile(filepath.Join(upstream, "contracts", "refunds.weir.yaml"), []byte("weir: contract/v1\nservice: {name: refunds}\nasyncapi: ../asyncapi.yaml\n"), 0o644))
	must(t, os.WriteFile(filepath.Join(upstream, "asyncapi.yaml"), []byte(`asyncapi: 3.1.0
info: {title: Refunds, version: 1.0.0}
channels:
  refunds: {address: refund.events, messages: {refunded: {name: Refunded, payload: {$ref: "types.yaml#/refund"}}}}
operations:
  publish: {action: send, channel: {$ref: "#/channels/refunds"}}
`), 0o644))
	must(t, os.WriteFile(filepath.Join(upstream, "types.yaml"), []byte("refund: {type: object}\n"), 0o644))
	equal(t, fetch(t, FetchOptions{}), []string{"payments pinned"})
	equal(t, open(t), []string{"orders from here", "refunds from payments", "payments from payments"})
	w, _ := Open(".")
	refunds := w.Members[1]
	if len(refunds.Produces) != 1 || refunds.Produces[0].Topic != "refund.events" {
		t.Fatalf("%+v", refunds.Produces)
	}
	s := refunds.SchemaOf(refunds.Produces[0].Schema)
	if _, err := fs.ReadFile(w.FS(), refunds.Resolve(s.File)); err != nil {
		t.Error(err)
	}

	must(t, os.Remove(filepath.Join(upstream, "types.yaml")))
	equal(t, fetch(t, FetchOptions{Update: true}), []string{
		"weir.work.yaml:2:20 workspace/not-fetched: the contracts of payments cannot be read | asyncapi.yaml:4:91 there is no file types.yaml = what is pinned stays as it is",
	})
}

// TestWithoutAWorkspace there is nothing to fetch, and the contracts below
// the directory are judged.
func TestWithoutAWorkspace(t *testing.T) {
	beside(t)
	must(t, os.Remove(FileName))
	equal(t, fetch(t, FetchOptions{}), []string{
		". file/unreadable: there is no weir.work.yaml here or in a directory above = it names the repositories whose contracts are fetched",
	})
	equal(t, open(t), []string{"orders from here"})
	t.Chdir(t.TempDir())
	equal(t, open(t), []string{". error contract/none-found: no contract in . = contracts are files named weir.yaml or *.weir.yaml"})
}
