package gate_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/gate"
)

// subject is a registry of one subject, by the contents of its versions.
type subject []string

func (s subject) FS() fs.FS {
	files := fstest.MapFS{}
	for i, content := range s {
		files[fmt.Sprintf("%d/schema.json", i+1)] = &fstest.MapFile{Data: []byte(content)}
	}
	return files
}

func (s subject) Versions(string) ([]int, error) {
	var numbers []int
	for i := range s {
		numbers = append(numbers, i+1)
	}
	return numbers, nil
}

func (s subject) Files(_ string, version int) ([]string, error) {
	if version < 0 {
		version = len(s)
	}
	return []string{path.Join(fmt.Sprint(version), "schema.json")}, nil
}

func (subject) Format(string, int) (string, error) { return contracts.FormatJSONSchema, nil }

func (subject) Mode(string) (compat.Mode, error) { return compat.Mode{}, nil }

// TestRegistry: with the registry that has them, schemas are compared in all
// versions, and what was unknown becomes yes or no.
func TestRegistry(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/25-registry.txtar")
	must(t, err)
	const (
		required = `{"type": "object", "required": ["order_id"], "properties": {"order_id": {"type": "string"}}}`
		optional = `{"type": "object", "properties": {"order_id": {"type": "string"}}}`
	)
	for _, tt := range []struct {
		registry subject
		want     string
	}{
		{subject{required, required}, "yes: order-service 1.4.0 can go to prod: 1 consumer and 1 producer agree"},
		{subject{required, optional}, "no: order-service 1.4.0 cannot go to prod: it would break on payment-service 2.0"},
		{subject{optional, required}, "no: order-service 1.4.0 cannot go to prod: it would break on payment-service 2.0"},
		{subject{"{"}, "unknown: whether order-service 1.4.0 can go to prod is not known: whether order-service 1.4.0 understands payment-service 2.0 is undecided"},
	} {
		if _, got := ask(t, archive, "error", func(q *gate.Question) { q.Registry = tt.registry }); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.registry, got, tt.want)
		}
	}
}

// BenchmarkAsk asks about a version that has events in common with three of
// 200 live services.
func BenchmarkAsk(b *testing.B) {
	b.Chdir(b.TempDir())
	write := func(service, text string) {
		must(b, os.MkdirAll(".deployed/"+service+"@1", 0o755))
		must(b, os.WriteFile(".deployed/"+service+"@1/weir.yaml", []byte(text), 0o644))
		must(b, os.WriteFile(".deployed/"+service+"@1/e.json", []byte(`{"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}`), 0o644))
	}
	q := question(b, ".")
	for i := range 200 {
		var text strings.Builder
		fmt.Fprintf(&text, "weir: contract/v1\nservice: {name: s%d}\nproduces:\n", i)
		for e := range 3 {
			fmt.Fprintf(&text, "  - {event: com.acme.E%d.%d, topic: t%d.%d, schema: e.json}\n", i, e, i, e)
		}
		text.WriteString("consumes:\n")
		for e := range 2 {
			fmt.Fprintf(&text, "  - {event: com.acme.E%d.%d, topic: t%d.%d, group: s%d, needs: {$.id: string}}\n", (i+1)%200, e, (i+1)%200, e, i)
		}
		write(fmt.Sprintf("s%d", i), text.String())
		record(b, q.Workspace.Deployments(), fmt.Sprintf("s%d", i), "1", nil)
	}
	c, findings := contracts.Load(q.Workspace.FS(), ".deployed/s7@1/weir.yaml")
	if len(findings) > 0 {
		b.Fatal(findings)
	}
	q.Candidates = []gate.Candidate{{Version: "2", Contract: c}}
	for b.Loop() {
		read(b, &q, "prod")
		answer, err := gate.Ask(q)
		if err != nil || answer.Result != gate.Yes || len(answer.Consumers) != 1 || len(answer.Producers) != 1 {
			b.Fatal(answer, err)
		}
	}
}
