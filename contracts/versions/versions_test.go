package versions_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/history"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/versions"
)

var total = place.Field(place.Name("total"))

const (
	one = `{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}]}`
	two = `{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}, {"name": "total", "type": "long"}]}`
)

// subjects is a registry of the subject orders-value, with two versions.
type subjects struct{}

func (subjects) Versions(subject string) ([]int, error) {
	if subject != "orders-value" {
		return nil, errors.New("there is no subject " + subject)
	}
	return []int{1, 2}, nil
}

func (s subjects) Files(subject string, version int) ([]string, error) {
	if _, err := s.Versions(subject); err != nil {
		return nil, err
	}
	return []string{map[int]string{1: "1.avsc", 2: "2.avsc", -1: "2.avsc"}[version]}, nil
}

func (subjects) FS() fs.FS {
	return fstest.MapFS{"1.avsc": {Data: []byte(one)}, "2.avsc": {Data: []byte(two)}}
}

func (subjects) Format(string, int) (string, error) { return contracts.FormatAvro, nil }

func (subjects) Mode(string) (compat.Mode, error) { return compat.Mode{Backward: true}, nil }

// TestNames opens a schema by every form of name.
func TestNames(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git := func(args ...string) {
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	write("order.avsc", one)
	git("init", "-q", "-b", "main")
	git("add", ".")
	git("commit", "-q", "-m", "one")
	write("order.avsc", two)
	write("history/0001-20260101T000000Z.avsc", one)
	write("history/0002-20260201T000000Z.avsc", two)
	write("broken.avsc", `{"type": "recrd"}`)
	write("odd:name.avsc", one)
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)

	n := &versions.Named{Registry: subjects{}}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, tt := range []struct {
		name string
		want []string // name of the version, and how many fields it has
		err  string
	}{
		{"order.avsc", []string{"order.avsc 2"}, ""},
		{"main:order.avsc", []string{"main:order.avsc 1"}, ""},
		{"odd:name.avsc", []string{"odd:name.avsc 1"}, ""},
		{"history", []string{"version 1 (2026-01-01 00:00:00Z) 1", "version 2 (2026-02-01 00:00:00Z) 2"}, ""},
		{"registry:orders-value", []string{"version latest of orders-value 2"}, ""},
		{"registry:orders-value/1", []string{"version 1 of orders-value 1"}, ""},
		{"registry:orders-value/all", []string{"version 1 of orders-value 1", "version 2 of orders-value 2"}, ""},
		{"registry:none", nil, "there is no subject none"},
		{"broken.avsc", nil, `there is no type "recrd" here or in the references`},
		{"empty", nil, "empty has no published version of a schema: weir history add keeps the first"},
		{"none.avsc", nil, "stat none.avsc: no such file or directory"},
		{"main:none.avsc", nil, ") has no file none.avsc; the path is relative to the working directory, as for files here"},
		{"main:ordr.avsc", nil, "did you mean main:order.avsc?"},
		{"other:order.avsc", nil, "git knows no revision other in .; this repository has no remote to fetch it from"},
	} {
		got, err := n.Open(context.Background(), tt.name)
		if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.err)
		}
		var names []string
		for _, v := range got {
			fields := "1"
			if v.Schema.Lookup(total).Presence.String() == "always" {
				fields = "2"
			}
			names = append(names, v.Name+" "+fields)
		}
		if diff := cmp.Diff(tt.want, names); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	var invalid *versions.FindingsError
	if _, err := n.Open(context.Background(), "broken.avsc"); !errors.As(err, &invalid) || invalid.Findings[0].Position.String() != "broken.avsc:1:10" {
		t.Errorf("a broken schema has no place: %v", err)
	}
	if _, err := (&versions.Named{}).Open(context.Background(), "registry:orders-value"); !errors.Is(err, versions.ErrNoRegistry) {
		t.Errorf("without a registry: %v", err)
	}
}

func TestVersionsOfContracts(t *testing.T) {
	fsys := fstest.MapFS{
		"shop/weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: shop}
schemas:
  Kept: {file: order.avsc, history: history}
  Registered: {registry: {subject: orders-value, version: "1"}}
  Alone: {file: order.avsc}
produces:
  - {event: Kept, topic: a, schema: Kept}
  - {event: Registered, topic: b, schema: Registered}
  - {event: Alone, topic: c, schema: Alone}
`)},
		"shop/order.avsc":                         {Data: []byte(two)},
		"shop/history/0001-20260101T000000Z.avsc": {Data: []byte(one)},
		"shop/history/0002-20260201T000000Z.avsc": {Data: []byte(two)},
	}
	c, findings := contracts.Load(fsys, "shop/weir.yaml")
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	l := versions.New(fsys, subjects{})
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		schema              string
		published, retained int
	}{{"Kept", 2, 1}, {"Registered", 1, 1}, {"Alone", 0, 0}} {
		s := c.SchemaOf(contracts.SchemaRef{Ref: tt.schema})
		published, _, err := l.Published(c, s, "")
		if err != nil || len(published) != tt.published {
			t.Errorf("%s: %d published, %v; want %d", tt.schema, len(published), err, tt.published)
		}
		retained, _, err := l.Retained(c, s, "", history.Retention{Period: 24 * time.Hour}, now)
		if err != nil || len(retained) != tt.retained {
			t.Errorf("%s: %d retained, %v; want %d", tt.schema, len(retained), err, tt.retained)
		}
		first, err := l.Current(c, s, "")
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := l.Current(c, s, ""); again != first {
			t.Errorf("%s was read twice", tt.schema)
		}
		mode, known, err := l.Mode(s)
		if want := tt.schema == "Registered"; err != nil || known != want || mode.Backward != want {
			t.Errorf("%s: mode %s, %v, %v", tt.schema, mode, known, err)
		}
	}
	asserted := c.SchemaOf(contracts.SchemaRef{Ref: "Registered"})
	asserted.Formats = contracts.FormatsAssert
	const nothing = "formats says nothing to avro, the format of orders-value"
	if _, err := l.Current(c, asserted, ""); err == nil || err.Error() != nothing {
		t.Errorf("formats of Avro: %v, want %s", err, nothing)
	}
	encoded := c.SchemaOf(contracts.SchemaRef{Ref: "Registered"})
	encoded.Encoding = contracts.EncodingJSON
	if _, err := l.Current(c, encoded, ""); err == nil || err.Error() != "encoding says nothing to avro, the format of orders-value" {
		t.Errorf("encoding of Avro: %v", err)
	}
	formats(t, l)
	if text, err := l.Text(c.SchemaOf(contracts.SchemaRef{Ref: "Registered"})); err != nil || !strings.Contains(string(text), "record") {
		t.Errorf("%s, %v", text, err)
	}
	alone := versions.New(fsys, nil)
	if _, err := alone.Text(encoded); !errors.Is(err, versions.ErrNoRegistry) {
		t.Errorf("text: %v", err)
	}
	s := c.SchemaOf(contracts.SchemaRef{Ref: "Registered"})
	if _, err := alone.Current(c, s, ""); !errors.Is(err, versions.ErrNoRegistry) {
		t.Errorf("current: %v", err)
	}
	if _, _, err := alone.Published(c, s, ""); !errors.Is(err, versions.ErrNoRegistry) {
		t.Errorf("published: %v", err)
	}
	if _, _, err := alone.Mode(s); !errors.Is(err, versions.ErrNoRegistry) {
		t.Errorf("mode: %v", err)
	}
}

// formats: what a contract says of a subject's format is held against the
// registry, which has Avro, wherever it stands.
func formats(t *testing.T, l *versions.Loader) {
	t.Helper()
	fsys := fstest.MapFS{"formats.yaml": {Data: []byte(`weir: contract/v1
service: {name: shop}
schemas:
  Right: {registry: {subject: orders-value}, format: avro}
  Wrong: {registry: {subject: orders-value, version: 1}, format: protobuf}
produces:
  - {event: A, topic: a, schema: {registry: {subject: a-value}, format: jsonschema}}
  - {event: B, topic: b, key: {place: $.id, schema: {registry: {subject: b-key}, format: jsonschema}}, schema: Right}
consumes:
  - {event: C, topic: c, group: g, schema: {registry: {subject: c-value}, format: jsonschema}}
`)}}
	c, findings := contracts.Load(fsys, "formats.yaml")
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	const hint = " (leave format out: the registry says it)"
	for want, ref := range map[string]contracts.SchemaRef{
		"": {Ref: "Right"},
		"formats.yaml:5:66: the format is protobuf, and version 1 of orders-value in the registry is avro" + hint:        {Ref: "Wrong"},
		"formats.yaml:7:73: the format is jsonschema, and the latest version of a-value in the registry is avro" + hint:  c.Produces[0].Schema,
		"formats.yaml:8:90: the format is jsonschema, and the latest version of b-key in the registry is avro" + hint:    *c.Produces[1].Key.Schema,
		"formats.yaml:10:83: the format is jsonschema, and the latest version of c-value in the registry is avro" + hint: *c.Consumes[0].Schema,
	} {
		got := ""
		if _, err := l.Current(c, c.SchemaOf(ref), ""); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
