package breaking_test

import (
	"flag"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/breaking"
	"github.com/flowweir/weir/contracts/internal/fixture"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/versions"
)

var update = flag.Bool("update", false, "rewrite the expected findings in testdata; read the diff before committing it")

// TestCases runs the fixtures testdata/RULE.txtar: the trees fail/old and
// fail/new, between which the rule finds what the file want says, and
// pass/old and pass/new, between which nothing is found. Several cases of one
// rule are in fail.a, fail.b and so on.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	covered := map[string]bool{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			archive := fixture.Read(t, file)
			var failed strings.Builder
			for _, tree := range trees(archive) {
				found := compareTrees(t, archive, tree)
				if strings.HasPrefix(tree, "pass") {
					if len(found) > 0 {
						t.Errorf("%s has findings:\n%s", tree, text(found))
					}
					continue
				}
				for _, f := range found {
					covered[f.ID] = true
					if f.ID != "breaking/"+name && strings.HasPrefix(f.ID, "breaking/") {
						t.Errorf("%s breaks %s too", tree, f.ID)
					}
				}
				fmt.Fprintf(&failed, "# %s\n%s", tree, text(found))
			}
			fixture.Want(t, file, archive, failed.String(), *update)
		})
	}
	for _, r := range breaking.Rules() {
		if r.ID != breaking.Unregistered && !covered[r.ID] {
			t.Errorf("no fixture breaks %s", r.ID)
		}
	}
}

// TestFewerAcksDropIdempotence: a producer that waits for fewer brokers is not
// idempotent, unless it says so.
func TestFewerAcksDropIdempotence(t *testing.T) {
	archive := txtar.Parse([]byte(`-- a/old/weir.yaml --
weir: contract/v1
service: {name: orders}
produces: [{event: com.acme.OrderPlaced, topic: orders, key: $.id, ordering: per-key}]
-- a/new/weir.yaml --
weir: contract/v1
service: {name: orders}
produces: [{event: com.acme.OrderPlaced, topic: orders, key: $.id, ordering: per-key, delivery: {acks: leader}}]
`))
	var ids []string
	for _, f := range compareTrees(t, archive, "a") {
		ids = append(ids, f.ID)
	}
	if want := []string{breaking.AcksWeakened, breaking.IdempotenceDropped}; !slices.Equal(ids, want) {
		t.Errorf("found %q, want %q", ids, want)
	}
}

// TestConsumersOfAnExchange: what is sent to an exchange may come to any queue, and
// does not come to another exchange.
func TestConsumersOfAnExchange(t *testing.T) {
	const contract = `weir: contract/v1
service: {name: orders}
produces: [{event: com.acme.OrderPlaced, rabbitmq: {exchange: orders, routing-key: placed}, schema: s.json, compatibility: none}]
`
	for listens, want := range map[string][]string{
		"{exchange: orders, routing-key: placed}": {breaking.NeedWithdrawn},
		"{queue: billing}":                        {breaking.NeedWithdrawn},
		"{exchange: other, routing-key: placed}":  nil,
	} {
		billing := "weir: contract/v1\nservice: {name: billing}\nconsumes: [{event: com.acme.OrderPlaced, rabbitmq: " + listens + ", needs: [$.id]}]\n"
		archive := &txtar.Archive{Files: []txtar.File{
			{Name: "a/old/orders.weir.yaml", Data: []byte(contract)},
			{Name: "a/old/billing.weir.yaml", Data: []byte(billing)},
			{Name: "a/old/s.json", Data: []byte(`{"type": "object", "required": ["id"]}`)},
			{Name: "a/new/orders.weir.yaml", Data: []byte(contract)},
			{Name: "a/new/billing.weir.yaml", Data: []byte(billing)},
			{Name: "a/new/s.json", Data: []byte(`{"type": "object"}`)},
		}}
		var ids []string
		for _, f := range compareTrees(t, archive, "a") {
			ids = append(ids, f.ID)
		}
		if !slices.Equal(ids, want) {
			t.Errorf("%s: found %q, want %q", listens, ids, want)
		}
	}
}

// trees are the cases of an archive.
func trees(archive *txtar.Archive) []string {
	var names []string
	for _, f := range archive.Files {
		if name, _, ok := strings.Cut(f.Name, "/"); ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// today is when fixtures are compared: 2026-06-20 is less than a topic's week
// and its segment's ago, 2026-06-01 is more.
var today = time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)

func compareTrees(t *testing.T, archive *txtar.Archive, tree string) []rules.Found {
	t.Helper()
	return breaking.Compare(side(t, archive, tree+"/old"), side(t, archive, tree+"/new"), breaking.Options{Now: today})
}

// side is the state of the contracts below a folder of an archive, which must
// load without findings.
func side(t *testing.T, archive *txtar.Archive, dir string) breaking.Side {
	t.Helper()
	fsys := fixture.Tree(t, archive, dir)
	set, problems := contracts.LoadDir(fsys, ".")
	for _, p := range problems {
		t.Errorf("%s: %s: %s", path.Join(dir, p.Position.String()), p.ID, p.Message)
	}
	return breaking.Side{Name: path.Base(dir), Contracts: set, FS: fsys, Loader: versions.New(fsys, nil)}
}

func text(found []rules.Found) string {
	var b strings.Builder
	for _, f := range found {
		owner := "nobody"
		if f.Owner != nil {
			owner = f.Owner.Service.Name
		}
		b.WriteString(fixture.Lines(f.Finding) + "\towner: " + owner + "\n")
	}
	return b.String()
}

// TestNothingBreaksItself: a state compared with itself has no findings, not
// even the one in which everything fails.
func TestNothingBreaksItself(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		archive := fixture.Read(t, file)
		if filepath.Base(file) == "unread.txtar" {
			continue
		}
		for _, tree := range trees(archive) {
			for _, state := range []string{"old", "new"} {
				s := side(t, archive, path.Join(tree, state))
				if found := breaking.Compare(s, s, breaking.Options{}); len(found) > 0 {
					t.Errorf("%s, %s/%s breaks itself:\n%s", file, tree, state, text(found))
				}
			}
		}
	}
}

func TestEveryRuleHasAPage(t *testing.T) {
	for _, r := range breaking.Rules() {
		page, ok := breaking.Explain(r.ID)
		if !ok || page.Why == "" || page.Fix == "" || page.Waive == "" || r.Severity == "" || r.Summary == "" {
			t.Errorf("%s: %+v", r.ID, page)
		}
		if r.ID != breaking.Unregistered && (!strings.Contains(page.Example, r.ID+": ") || !strings.Contains(page.Example, "## Good\n\n```yaml")) {
			t.Errorf("%s has no example:\n%s", r.ID, page.Example)
		}
	}
	if _, ok := breaking.Explain("breaking/none"); ok {
		t.Error("a rule that is not there has a page")
	}
}

// TestOnly: what is asked for one service is found about that one alone, the
// topics that it states included.
func TestOnly(t *testing.T) {
	archive := fixture.Read(t, "testdata/retention-shortened.txtar")
	old, latest := side(t, archive, "fail/old"), side(t, archive, "fail/new")
	for _, tt := range []struct {
		only []string
		want int
	}{{nil, 1}, {[]string{"orders"}, 1}, {[]string{"billing"}, 0}, {[]string{}, 0}} {
		if found := breaking.Compare(old, latest, breaking.Options{Only: tt.only}); len(found) != tt.want {
			t.Errorf("only %v: %s", tt.only, text(found))
		}
	}
}

// TestLoad: what is not there is new; what cannot be read is said, at the
// contract that took its place, and is not compared.
func TestLoad(t *testing.T) {
	archive := txtar.Parse([]byte(`
-- old/a/weir.yaml --
weir: contract/v1
service: {name: a}
produces: [{event: com.acme.A, topic: a}]
-- old/b/weir.yaml --
weir: contract/v1
service: {name: b}
produces: [{event: com.acme.B, topc: b}]
-- old/c.weir.yaml --
nonsense
-- new/b/weir.yaml --
weir: contract/v1
service: {name: b}
produces: [{event: com.acme.B, topic: b}]
`))
	old := fixture.Tree(t, archive, "old")
	latest := side(t, archive, "new")
	was, found := breaking.Load(old, "main", []string{"a", "a/weir.yaml", "b", "c.weir.yaml", "d", "d/weir.yaml"}, latest, nil)
	if len(was.Contracts) != 1 || was.Contracts[0].Service.Name != "a" || was.Name != "main" {
		t.Errorf("read %d contracts", len(was.Contracts))
	}
	const want = `b/weir.yaml:2:17: undecided: breaking/unread: b/weir.yaml is not compared: in main it cannot be read: produces[0] has no field "topc"
	b/weir.yaml:3:32: in main
	owner: b
c.weir.yaml:1:1: undecided: breaking/unread: c.weir.yaml is not compared: in main it cannot be read: the file must be a map, not the text "nonsense"
	owner: nobody
`
	if diff := cmp.Diff(want, text(found)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLoadIncomplete: a contract that stands on a document that cannot be read
// has no events of its own to compare; another one of the state has.
func TestLoadIncomplete(t *testing.T) {
	archive := txtar.Parse([]byte(`
-- old/a/weir.yaml --
weir: contract/v1
service: {name: a}
asyncapi: asyncapi.yaml
produces: [{operation: publishA, key: $.id}]
-- old/a/asyncapi.yaml --
asyncapi: 2.6.0
-- old/b/weir.yaml --
weir: contract/v1
service: {name: b}
produces: [{event: com.acme.B, topic: b}]
-- new/a/weir.yaml --
weir: contract/v1
service: {name: a}
produces: [{event: com.acme.A, topic: a, key: $.id}]
`))
	latest := side(t, archive, "new")
	for _, paths := range [][]string{{"."}, {"a/weir.yaml", "b"}, {".", "a"}} {
		was, found := breaking.Load(fixture.Tree(t, archive, "old"), "main", paths, latest, nil)
		found = append(found, breaking.Compare(was, latest, breaking.Options{})...)
		const want = `a/weir.yaml:2:17: undecided: breaking/unread: a/weir.yaml is not compared: in main it cannot be read: AsyncAPI 2.6.0 is not read
	a/asyncapi.yaml:1:11: in main
	owner: a
b/weir.yaml:2:17: warning: breaking/service-removed: b is gone with its contract, and with it com.acme.B, which no contract here consumes
	hint: let its consumers go first; where another service takes the events over, let it produce them at the same address
	owner: nobody
`
		if diff := cmp.Diff(want, text(found)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", paths, diff)
		}
	}
}

// TestLoadUnchanged: a contract that is the same to the byte is the same
// contract; one that differs, or lies elsewhere, is read.
func TestLoadUnchanged(t *testing.T) {
	archive := txtar.Parse([]byte(`
-- old/a/weir.yaml --
weir: contract/v1
service: {name: a}
produces: [{event: com.acme.A, topic: a}]
-- old/b/weir.yaml --
weir: contract/v1
service: {name: b}
produces: [{event: com.acme.B, topic: b}]
-- new/a/weir.yaml --
weir: contract/v1
service: {name: a}
produces: [{event: com.acme.A, topic: a}]
-- new/b/weir.yaml --
weir: contract/v1
service: {name: b}
produces: [{event: com.acme.B, topic: c}]
`))
	latest := side(t, archive, "new")
	was, found := breaking.Load(side(t, archive, "old").FS, "main", []string{".", "a"}, latest, nil)
	if len(was.Contracts) != 2 || len(found) > 0 {
		t.Fatalf("%d contracts, %v", len(was.Contracts), found)
	}
	if was.Contracts[0] != latest.Contracts[0] {
		t.Error("a was parsed again")
	}
	if topic := was.Contracts[1].Produces[0].Topic; topic != "b" {
		t.Errorf("b is that of now: topic %s", topic)
	}
}

// TestLoadNothing: where there was no contract, a finding says that nothing
// was compared; not where one could not be read, which is said already.
func TestLoadNothing(t *testing.T) {
	archive := txtar.Parse([]byte(`
-- old/README.md --
Nothing.
-- broken/b/weir.yaml --
nonsense
-- new/b/weir.yaml --
weir: contract/v1
service: {name: b}
consumes: [{event: com.acme.B, topic: b, group: b}]
`))
	latest := side(t, archive, "new")
	for tree, want := range map[string]string{
		"old": `b/weir.yaml:2:17: warning: breaking/nothing-compared: nothing was compared: old has no contract
	hint: name the state that has the old contracts, at the paths where they are now; a first contract has none before it
	owner: nobody
`, "broken": "",
	} {
		was, _ := breaking.Load(fixture.Tree(t, archive, tree), tree, []string{"."}, latest, nil)
		if diff := cmp.Diff(want, text(breaking.Compare(was, latest, breaking.Options{}))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tree, diff)
		}
	}
}
