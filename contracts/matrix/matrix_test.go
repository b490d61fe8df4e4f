package matrix_test

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/internal/fixture"
	"github.com/flowweir/weir/contracts/matrix"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
)

var update = flag.Bool("update", false, "rewrite the expected findings in testdata; read the diff before committing it")

// now is the day on which the fixtures are judged.
var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// TestCases runs the fixtures: a tree under fail/ with the findings in the
// file want, and one under pass/ that has none. A tree's folder registry/ is a
// schema registry; a fixture whose name begins with "no-" has none, and with a file
// down.txt it answers nothing but that.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 7 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	covered := map[string]bool{}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive := fixture.Read(t, file)
			found := check(t, archive, "fail", nil)
			for _, f := range found {
				covered[f.ID] = true
			}
			fixture.Want(t, file, archive, fixture.Lines(found...), *update)
			if passed := fixture.Lines(check(t, archive, "pass", nil)...); passed != "" {
				t.Errorf("the tree pass/ has findings:\n%s", passed)
			}
		})
	}
	for _, r := range matrix.Rules() {
		if !covered[r.ID] {
			t.Errorf("no fixture breaks %s", r.ID)
		}
	}
}

func TestEveryRuleHasAPage(t *testing.T) {
	for _, r := range matrix.Rules() {
		page, ok := matrix.Explain(r.ID)
		if !ok || page.Why == "" || page.Fix == "" || page.Waive == "" || !strings.Contains(page.Example, r.ID+": ") || !strings.Contains(page.Example, "## Good\n\n```yaml") {
			t.Errorf("%s: %+v", r.ID, page)
		}
	}
	if _, ok := matrix.Explain("check/none"); ok {
		t.Error("a rule that is not there has a page")
	}
}

func TestOnlyPairsOfOneService(t *testing.T) {
	archive := fixture.Read(t, "testdata/need-retained.txtar")
	for _, tt := range []struct {
		only []string
		want int
	}{{nil, 3}, {[]string{"billing"}, 2}, {[]string{"orders"}, 3}, {[]string{"shipping"}, 1}, {[]string{}, 0}} {
		if got := check(t, archive, "fail", tt.only); len(got) != tt.want {
			t.Errorf("only %q: %d findings, want %d", tt.only, len(got), tt.want)
		}
	}
}

// TestRegistryThatCannotBeAsked: that is undecided, and a subject that is not
// there is an error.
func TestRegistryThatCannotBeAsked(t *testing.T) {
	fsys := fstest.MapFS{"weir.yaml": {Data: []byte("weir: contract/v1\nservice: {name: orders}\nproduces: [{event: Placed, topic: t, schema: {registry: {subject: s}}}]\n")}}
	set, problems := contracts.LoadDir(fsys, ".")
	if len(problems) > 0 {
		t.Fatal(fixture.Lines(problems...))
	}
	for _, tt := range []struct {
		want    finding.Severity
		err     error
		message string
	}{
		{finding.Undecided, errors.New("connection refused"), "the schema of Placed is not compared with its other versions: connection refused"},
		{finding.Error, fmt.Errorf("no subject s: %w", fs.ErrNotExist), "the schema of Placed cannot be read: no subject s: file does not exist"},
	} {
		found := matrix.Check(set, versions.New(fsys, silent{folder{fsys}, tt.err}), matrix.Options{Now: now})
		if len(found) != 1 || found[0].ID != matrix.VersionInvalid || found[0].Severity != tt.want || found[0].Message != tt.message {
			t.Errorf("%v: %+v", tt.err, found)
		}
	}
}

// TestWhatMeets: a consumer's schema is held against a producer that its records
// can come from. What binds a queue of RabbitMQ to an exchange is not known.
func TestWhatMeets(t *testing.T) {
	for _, tt := range []struct {
		sends, listens string
		want           int
	}{
		{"rabbitmq: {exchange: orders, routing-key: placed}", "rabbitmq: {exchange: orders, routing-key: placed}", 1},
		{"rabbitmq: {exchange: orders, routing-key: placed}", "rabbitmq: {queue: billing}", 1},
		{"rabbitmq: {exchange: orders, routing-key: placed}", "rabbitmq: {exchange: other, routing-key: placed}", 0},
		{"rabbitmq: {exchange: orders, routing-key: placed}", "topic: orders, group: b", 0},
		{"eventbridge: {bus: a, detail-type: x}", "eventbridge: {bus: b, detail-type: x}", 0},
		{"redis: {stream: a}", "redis: {stream: b}, group: b", 0},
		{"redis: {stream: a}", "redis: {stream: a}, group: b", 1},
		{"topic: orders", "topic: orders, group: b", 1},
		{"topic: orders", "topic: others, group: b", 0},
	} {
		fsys := fstest.MapFS{
			"a/weir.yaml": {Data: []byte("weir: contract/v1\nservice: {name: a}\nproduces: [{event: Placed, " + tt.sends + ", schema: s.json}]\n")},
			"a/s.json":    {Data: []byte(`{"type": "string"}`)},
			"b/weir.yaml": {Data: []byte("weir: contract/v1\nservice: {name: b}\nconsumes: [{event: Placed, " + tt.listens + ", schema: s.json}]\n")},
			"b/s.json":    {Data: []byte(`{"type": "number"}`)},
		}
		set, problems := contracts.LoadDir(fsys, ".")
		if len(problems) > 0 {
			t.Fatal(fixture.Lines(problems...))
		}
		if found := matrix.Check(set, versions.New(fsys, nil), matrix.Options{Now: now}); len(found) != tt.want {
			t.Errorf("%s and %s: %+v, want %d findings", tt.sends, tt.listens, found, tt.want)
		}
	}
}

// TestRegistryIsAskedSideBySide: a registry that answers no question before it has
// eight at once ends in no deadlock, on however few cores.
func TestRegistryIsAskedSideBySide(t *testing.T) {
	const contracted = 8
	fsys := fstest.MapFS{}
	for i := range contracted {
		fsys[fmt.Sprintf("s%d/weir.yaml", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, "weir: contract/v1\nservice: {name: s%d}\nproduces: [{event: Placed%d, topic: t%d, schema: {registry: {subject: s%d}}}]\n", i, i, i, i)}
	}
	set, problems := contracts.LoadDir(fsys, ".")
	if len(problems) > 0 {
		t.Fatal(fixture.Lines(problems...))
	}
	synctest.Test(t, func(t *testing.T) {
		asking := gathering{silent: silent{folder{fsys}, fs.ErrNotExist}, missing: new(atomic.Int32), all: make(chan struct{})}
		asking.missing.Store(contracted)
		if found := matrix.Check(set, versions.New(fsys, asking), matrix.Options{Now: now}); len(found) != contracted {
			t.Errorf("%d findings, want %d", len(found), contracted)
		}
	})
}

// gathering answers once all are there who ask.
type gathering struct {
	silent
	missing *atomic.Int32
	all     chan struct{}
}

func (g gathering) Mode(subject string) (compat.Mode, error) {
	if g.missing.Add(-1) == 0 {
		close(g.all)
	}
	<-g.all
	return g.silent.Mode(subject)
}

// silent is a registry that answers nothing but an error.
type silent struct {
	folder
	err error
}

func (s silent) Mode(string) (compat.Mode, error) { return compat.Mode{}, s.err }

func (s silent) Versions(string) ([]int, error) { return nil, s.err }

func (s silent) Files(string, int) ([]string, error) { return nil, s.err }

func (s silent) Format(string, int) (string, error) { return "", s.err }

func check(t *testing.T, archive *txtar.Archive, tree string, only []string) []finding.Finding {
	t.Helper()
	fsys := fixture.Tree(t, archive, tree)
	set, problems := contracts.LoadDir(fsys, ".")
	if len(problems) > 0 {
		t.Fatalf("the contracts of %s/ do not load:\n%s", tree, fixture.Lines(problems...))
	}
	var given versions.Registry
	if _, err := fs.Stat(fsys, "registry"); err == nil {
		registered, err := fs.Sub(fsys, "registry")
		if err != nil {
			t.Fatal(err)
		}
		given = folder{registered}
		if why, err := fs.ReadFile(registered, "down.txt"); err == nil {
			given = silent{folder{registered}, &registry.Unanswered{Registry: "https://registry.acme.example", What: "ask", Err: errors.New(strings.TrimSpace(string(why)))}}
		}
	}
	var findings []finding.Finding
	for _, f := range matrix.Check(set, versions.New(fsys, given), matrix.Options{Now: now, Only: only}) {
		if f.Owner == nil {
			t.Errorf("nobody owns %s", f.Message)
		}
		findings = append(findings, f.Finding)
	}
	return findings
}

// folder is a registry in files: SUBJECT/NUMBER/schema.avsc, SUBJECT/mode.
type folder struct{ fsys fs.FS }

func (f folder) FS() fs.FS { return f.fsys }

func (f folder) Versions(subject string) ([]int, error) {
	entries, err := fs.ReadDir(f.fsys, subject)
	var numbers []int
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, err
}

func (f folder) Files(subject string, version int) ([]string, error) {
	if version < 0 {
		numbers, err := f.Versions(subject)
		if err != nil || len(numbers) == 0 {
			return nil, errors.Join(err, fs.ErrNotExist)
		}
		version = numbers[len(numbers)-1]
	}
	return []string{path.Join(subject, strconv.Itoa(version), "schema.avsc")}, nil
}

func (folder) Format(string, int) (string, error) { return contracts.FormatAvro, nil }

func (f folder) Mode(subject string) (compat.Mode, error) {
	name, err := fs.ReadFile(f.fsys, path.Join(subject, "mode"))
	if err != nil {
		return compat.Mode{}, err
	}
	return compat.ParseMode(strings.TrimSpace(string(name)))
}
