package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/history"
	"github.com/flowweir/weir/contracts/matrix"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/versions"
)

const contract = `weir: contract/v1
service: {name: orders}
schemas:
  Placed: {file: schemas/placed.json, history: history/placed}
  Shipped: {file: protos/acme/shipped.proto, history: history/shipped}
  Unkept: {file: schemas/placed.json}
produces:
  - {event: OrderPlaced, topic: orders, schema: Placed}
  - {event: OrderPlacedAgain, topic: audit, schema: Placed}
  - {event: OrderShipped, topic: shipments, schema: Shipped, match: {name: acme.Shipped}}
  - {event: OrderSeen, topic: seen, schema: {file: seen.avsc, history: history/seen}}
consumes:
  - {event: Paid, topic: payments, group: orders, schema: {file: paid.avsc, history: history/paid}}
`

func repository() fstest.MapFS {
	f := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		"services/orders/weir.yaml":                 f(contract),
		"services/orders/schemas/placed.json":       f(`{"properties": {"a": {"$ref": "parts/a.json"}, "b": {"$ref": "../../common/b.json"}}}`),
		"services/orders/schemas/parts/a.json":      f(`{"type": "string"}`),
		"services/orders/schemas/parts/unused.json": f(`{"type": "string"}`),
		"services/common/b.json":                    f(`{"type": "string"}`),
		"services/orders/protos/acme/shipped.proto": f("syntax = \"proto3\";\npackage acme;\nimport \"acme/money.proto\";\nmessage Other {}\nmessage Shipped { Money cost = 1; }\n"),
		"services/orders/protos/acme/money.proto":   f("syntax = \"proto3\";\npackage acme;\nmessage Money { int64 cents = 1; }\n"),
		"services/orders/seen.avsc":                 f(`{"type": "record", "name": "Seen", "fields": []}`),
		"services/orders/paid.avsc":                 f(`"strng"`),
	}
}

func targets(t *testing.T, fsys fs.FS) map[string]*Target {
	t.Helper()
	c, findings := contracts.Load(fsys, "services/orders/weir.yaml")
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	byName := map[string]*Target{}
	for _, target := range Targets(c) {
		byName[target.Name] = target
	}
	return byName
}

// TestCurrent: a schema is kept with what it refers to and nothing else, under
// paths from which it is read again.
func TestCurrent(t *testing.T) {
	repo := repository()
	all := targets(t, repo)
	for name, want := range map[string]struct {
		topics, files []string
		main          string
	}{
		"Placed":    {[]string{"audit", "orders"}, []string{"common/b.json", "orders/schemas/parts/a.json", "orders/schemas/placed.json"}, "orders/schemas/placed.json"},
		"Shipped":   {[]string{"shipments"}, []string{"acme/money.proto", "acme/shipped.proto"}, "acme/shipped.proto"},
		"OrderSeen": {[]string{"seen"}, []string{"seen.avsc"}, "seen.avsc"},
	} {
		target := all[name]
		s, err := target.Current(repo)
		if err != nil {
			t.Fatal(err)
		}
		var files []string
		for file := range s.Files {
			files = append(files, file)
		}
		slices.Sort(files)
		if diff := cmp.Diff(want.files, files); diff != "" || s.Main != want.main || !slices.Equal(target.Topics, want.topics) {
			t.Errorf("%s of %v: main %s, files (-want +got):\n%s", name, target.Topics, s.Main, diff)
		}
	}
	if len(all) != 4 {
		t.Errorf("%d targets", len(all))
	}
}

func TestCurrentThatIsNoSchema(t *testing.T) {
	repo := repository()
	_, err := targets(t, repo)["Paid"].Current(repo)
	var invalid *schema.Error
	if !errors.As(err, &invalid) {
		t.Errorf("%v", err)
	}
	delete(repo, "services/orders/seen.avsc")
	if _, err := targets(t, repo)["OrderSeen"].Current(repo); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// TestAddedIsRead: what history.Add writes of it is what the loader of
// versions reads, and a second time nothing has changed.
func TestAddedIsRead(t *testing.T) {
	repo := repository()
	target := targets(t, repo)["Shipped"]
	s, err := target.Current(repo)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := history.Add(dir, s, now, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := history.Add(dir, s, now, ""); !errors.Is(err, history.ErrUnchanged) {
		t.Errorf("%v", err)
	}
}

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// TestVersionsAsCompared: the versions that count are those that package
// matrix compares consumers with, whatever is stated of the topic.
func TestVersionsAsCompared(t *testing.T) {
	f := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for _, tt := range []struct {
		facts string
		want  []int
	}{
		{"", []int{1, 2, 3}},
		{"orders: {partitions: 3}", []int{1, 2, 3}},
		{"orders: {retention: 7d}", []int{3}},
		{"orders: {retention: 30d}", []int{2, 3}},
		{"orders: {config: {retention.ms: '2592000000'}}", []int{2, 3}},
		{"orders: {config: {retention.ms: '-1'}}", []int{1, 2, 3}},
		{"orders: {retention: 1d, config: {segment.ms: '3600000'}}", []int{3}},
		{"orders: {retention: 1d, config: {segment.ms: '3456000000'}}", []int{2, 3}},
		{"orders: {retention: 1d, config: {cleanup.policy: compact}}", []int{1, 2, 3}},
		{"orders: {retention: 1d, config: {cleanup.policy: delete}}", []int{3}},
	} {
		repo := fstest.MapFS{
			"a/weir.yaml": f("weir: contract/v1\nservice: {name: orders}\ntopics: {" + tt.facts + "}\n" +
				"produces:\n  - {event: E, topic: orders, compatibility: none, schema: {file: e.json, history: history}}\n"),
			"a/e.json": f(`{"type": "object", "properties": {"a": true}}`),
			"b/weir.yaml": f("weir: contract/v1\nservice: {name: billing}\n" +
				"consumes:\n  - {event: E, topic: orders, group: g, needs: [$.v1, $.v2, $.v3]}\n"),
		}
		for i, published := range []string{"20260101", "20260901", "20261101"} {
			// Each version lacks the one field that has its number.
			fields := strings.Split("v1 v2 v3", " ")
			fields = slices.Delete(fields, i, i+1)
			repo[fmt.Sprintf("a/history/000%d-%sT000000Z.json", i+1, published)] =
				f(fmt.Sprintf(`{"type": "object", "required": [%q, %q], "properties": {%q: true, %q: true}}`, fields[0], fields[1], fields[0], fields[1]))
		}
		set, findings := contracts.LoadDir(repo, ".")
		if len(findings) > 0 {
			t.Fatal(findings)
		}
		all, err := Targets(set[0])[0].Versions(repo, set, now)
		if err != nil {
			t.Fatal(err)
		}
		var counting, compared []int
		for _, v := range all {
			if slices.Equal(v.Topics, []string{"orders"}) {
				counting = append(counting, v.Number)
			}
		}
		for _, found := range matrix.Check(set, versions.New(repo, nil), matrix.Options{Now: now}) {
			var number int
			_, after, _ := strings.Cut(found.Message, "records of version ")
			if _, err := fmt.Sscanf(after, "%d", &number); err != nil {
				t.Fatal(found.Message)
			}
			compared = append(compared, number)
		}
		if !slices.Equal(counting, tt.want) || !slices.Equal(compared, tt.want) {
			t.Errorf("%s: versions %v count and %v are compared, want %v", tt.facts, counting, compared, tt.want)
		}
	}
}

func TestVersionsOfNone(t *testing.T) {
	repo := repository()
	target := targets(t, repo)["Placed"]
	if all, err := target.Versions(repo, nil, now); err != nil || all != nil {
		t.Errorf("%v, %v", all, err)
	}
	repo["services/orders/history/placed/x.json"] = &fstest.MapFile{Data: []byte("{}")}
	if _, err := target.Versions(repo, nil, now); err == nil || !strings.HasPrefix(err.Error(), "services/orders/history/placed/x.json: ") {
		t.Errorf("%v", err)
	}
}

// TestKeys: schemas of keys are kept and held to what was published, as those of
// events are.
func TestKeys(t *testing.T) {
	f := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	fsys := fstest.MapFS{
		"services/orders/weir.yaml": f(`weir: contract/v1
service: {name: orders}
produces:
  - {event: Placed, topic: orders, key: {place: $.id, schema: {file: key.avsc, history: keys}}}
`),
		"services/orders/key.avsc":                        f(`"long"`),
		"services/orders/keys/0001-20260101T000000Z.avsc": f(`"string"`),
	}
	key := targets(t, fsys)["the key of Placed"]
	if key == nil || key.Folder != "services/orders/keys" || !slices.Equal(key.Topics, []string{"orders"}) {
		t.Fatalf("%+v", key)
	}
	var got []string
	for _, f := range key.Breaks(versions.New(fsys, nil), matrix.Options{}) {
		got = append(got, f.ID)
	}
	if diff := cmp.Diff([]string{"compat/avro-type"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
