package history_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/history"
)

func single(file, content string) history.Schema {
	return history.Schema{Main: file, Files: map[string][]byte{file: []byte(content)}}
}

// tree is the folder's files and their content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(dir, file))
		files[file] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestAdd(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "history", "order")
	now := at(t, "2026-11-24T10:00:00.9+01:00")
	add := func(s history.Schema, published time.Time) history.Version {
		t.Helper()
		v, err := history.Add(dir, s, published, "")
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	first := add(single("schemas/order.json", `{"type": "object"}`), now)
	if want := filepath.ToSlash(dir) + "/0001-20261124T090000Z.json"; first.File != want || first.Root != filepath.ToSlash(dir) {
		t.Errorf("got %s in %s, want %s", first.File, first.Root, want)
	}
	bundle := history.Schema{Main: "order.json", Files: map[string][]byte{
		"order.json": []byte(`{"$ref": "money/amount.json"}`), "money/amount.json": []byte(`{"type": "number"}`),
	}}
	second := add(bundle, now.Add(time.Hour))
	if want := filepath.ToSlash(dir) + "/0002-20261124T100000Z"; second.File != want+"/order.json" || second.Root != want {
		t.Errorf("got %s in %s", second.File, second.Root)
	}
	add(single("order.json", `{"type": "array"}`), now.Add(time.Hour)) // at the same second
	want := map[string]string{
		"0001-20261124T090000Z.json":              `{"type": "object"}`,
		"0002-20261124T100000Z/main":              "order.json\n",
		"0002-20261124T100000Z/order.json":        `{"$ref": "money/amount.json"}`,
		"0002-20261124T100000Z/money/amount.json": `{"type": "number"}`,
		"0003-20261124T100000Z.json":              `{"type": "array"}`,
	}
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	versions, findings, err := history.Versions(os.DirFS(dir), ".")
	if err != nil || len(findings) > 0 || len(versions) != 3 || versions[1].File != "0002-20261124T100000Z/order.json" {
		t.Errorf("read back: %v, %v, %v", versions, findings, err)
	}
}

// TestNote: a note is beside its version, and is there only with it.
func TestNote(t *testing.T) {
	dir := t.TempDir()
	now := at(t, "2026-11-24T10:00:00Z")
	if latest, unchanged, err := history.Unchanged(os.DirFS(dir), "none", single("a.json", "{}")); unchanged || err != nil {
		t.Errorf("no folder: %v, %v", latest, err)
	}
	if _, err := history.Add(dir, single("a.json", "{}"), now, " why\n"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"0001-20261124T100000Z.json": "{}", "0001-20261124T100000Z.md": "why\n"}, tree(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for content, want := range map[string]bool{"{ }": true, "[]": false} {
		latest, unchanged, err := history.Unchanged(os.DirFS(dir), ".", single("b.json", content))
		if latest.Note != "why" || unchanged != want || err != nil {
			t.Errorf("%s: %v, %t, %v", content, latest, unchanged, err)
		}
	}
	taken := filepath.Join(dir, "0002-20261124T100000Z.md")
	if err := os.WriteFile(taken, []byte("of somebody"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := history.Add(dir, single("a.json", "[]"), now, "why"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file that is there: %v", err)
	}
	if content, err := os.ReadFile(taken); err != nil || string(content) != "of somebody" {
		t.Errorf("%s, %v", content, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "order.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const want = `put the folder right first: order.json: "order.json" is no version`
	if _, _, err := history.Unchanged(os.DirFS(dir), ".", single("a.json", "{}")); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("a folder that is not sound: %v", err)
	}
}

func TestAddRefusesWhatDidNotChange(t *testing.T) {
	now := at(t, "2026-11-24T10:00:00Z")
	pair := func(main, other, content string) history.Schema {
		return history.Schema{Main: main, Files: map[string][]byte{main: []byte("{}"), other: []byte(content)}}
	}
	for _, tt := range []struct {
		name      string
		old, next history.Schema
		changed   bool
	}{
		{"nothing", single("a.json", `{}`), single("a.json", `{}`), false},
		{"the name of the only file", single("a.json", `{}`), single("b/c.json", `{}`), false},
		{"white space and order in JSON", single("a.json", `{"type": "object", "title": "A"}`), single("a.json", "{\n\"title\":\"A\",\"type\":\"object\"}\n"), false},
		{"order in an array", single("a.json", `{"enum": [1, 2]}`), single("a.json", `{"enum": [2, 1]}`), true},
		{"a number beyond float64", single("a.avsc", `[9007199254740992]`), single("a.avsc", `[9007199254740993]`), true},
		{"a default in Avro", single("a.avsc", `{"default": null}`), single("a.avsc", `{}`), true},
		{"the kind", single("a.json", `{}`), single("a.avsc", `{}`), true},
		{"white space in what is no JSON", single("a.json", `{`), single("a.json", `{ `), true},
		{"a second JSON text", single("a.json", `{}`), single("a.json", `{} {}`), true},
		{"comments and white space in Protobuf", single("a.proto", "message A { // a\n  int32 x = 1; }"), single("a.proto", "/* b */ message A{int32/**/x=1;}"), false},
		{"two words joined in Protobuf", single("a.proto", "message A { int32 x = 1; }"), single("a.proto", "message A { int32x = 1; }"), true},
		{"white space in a string in Protobuf", single("a.proto", `option p = "a b";`), single("a.proto", `option p = "a  b";`), true},
		{"a comment in a string in Protobuf", single("a.proto", `option p = "a//b";`), single("a.proto", `option p = "a";`), true},
		{"an escaped quote in Protobuf", single("a.proto", `option p = 'it\'s  //'; int32 x = 1;`), single("a.proto", `option p = 'it\'s  //'; int32 x = 2;`), true},
		{"nothing in two files", pair("a.json", "b.json", "{}"), pair("a.json", "b.json", "{ }"), false},
		{"what is referred to", pair("a.json", "b.json", "{}"), pair("a.json", "b.json", "true"), true},
		{"the name of what is referred to", pair("a.json", "b.json", "{}"), pair("a.json", "c.json", "{}"), true},
		{"which file is the schema", pair("a.json", "b.json", "{}"), pair("b.json", "a.json", "{}"), true},
		{"the number of files", pair("a.json", "b.json", "{}"), single("a.json", "{}"), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if _, err := history.Add(dir, tt.old, now, ""); err != nil {
				t.Fatal(err)
			}
			before := tree(t, dir)
			v, err := history.Add(dir, tt.next, now, "")
			if tt.changed {
				if err != nil || v.Number != 2 {
					t.Fatalf("got %s, %v; want version 2", v, err)
				}
				return
			}
			if want := "nothing has changed: version 1 (2026-11-24 10:00:00Z) in " + dir + " says the same"; !errors.Is(err, history.ErrUnchanged) || err.Error() != want {
				t.Errorf("got %v\nwant %s", err, want)
			}
			if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAddErrorsLeaveNothing(t *testing.T) {
	now := at(t, "2026-11-24T10:00:00Z")
	long := strings.Repeat("x", 300) + ".json" // no file system takes it
	for _, tt := range []struct {
		name   string
		schema history.Schema
		at     time.Time
		want   string
	}{
		{"no schema", history.Schema{Main: "a.json"}, now, `the schema's files lack the schema itself, "a.json"`},
		{"no ending", single("order", "{}"), now, "order has no ending that says what kind of schema it is, such as .json, .avsc or .proto"},
		{"a path out of the folder", history.Schema{Main: "a.json", Files: map[string][]byte{"a.json": nil, "../b.json": nil}}, now, `"../b.json" cannot be kept: give paths relative to the folder that holds all files of the schema`},
		{"the name that the folder needs", history.Schema{Main: "a.json", Files: map[string][]byte{"a.json": nil, "main": nil}}, now, `"main" cannot be kept: give paths relative to the folder that holds all files of the schema`},
		{"before the latest", single("a.json", "[]"), now.Add(-time.Second), "2026-11-24T09:59:59Z is before version 1 (2026-11-24 10:00:00Z) was published: is the clock right?"},
		{"not writable", history.Schema{Main: "a.json", Files: map[string][]byte{"a.json": nil, long: nil}}, now, "file name too long"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if _, err := history.Add(dir, single("a.json", "{}"), now, ""); err != nil {
				t.Fatal(err)
			}
			if v, err := history.Add(dir, tt.schema, tt.at, ""); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %s, %v; want %s", v, err, tt.want)
			}
			entries, err := os.ReadDir(dir)
			if err != nil || !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == "0001-20261124T100000Z.json" }) || len(entries) != 1 {
				t.Errorf("left behind: %v, %v", entries, err)
			}
		})
	}
}

// TestAKilledAddLeavesNothingForLong: what a process that was killed left is
// passed over, by git too, and the next Add removes it, whatever it adds.
func TestAKilledAddLeavesNothingForLong(t *testing.T) {
	dir, now := t.TempDir(), at(t, "2026-11-24T10:00:00Z")
	for file, content := range map[string]string{
		".adding-1/.gitignore": "*\n", ".adding-1/version/order.json": "{", ".adding-2-left/a/b.json": "{}", ".keep": "",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if versions, findings, err := history.Versions(os.DirFS(dir), "."); len(versions)+len(findings) > 0 || err != nil {
		t.Errorf("%v, %v, %v", versions, findings, err)
	}
	if _, err := history.Add(dir, single("a.json", "{}"), now, ""); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"0001-20261124T100000Z.json": "{}", ".keep": ""}, tree(t, dir)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := history.Tidy(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestAddRefusesAFolderWithFindings(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "order.json"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	want := "put the folder right first: " + filepath.Join(dir, "order.json") + `: "order.json" is no version: a number, a hyphen and the time of publishing are missing; a version is named like 0003-20261124T100000Z.json; weir history add names it`
	if _, err := history.Add(dir, single("a.json", "{}"), time.Now(), ""); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}
