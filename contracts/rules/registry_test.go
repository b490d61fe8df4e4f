package rules_test

import (
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/internal/fixture"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
)

// registered is a registry in files: SUBJECT/NUMBER.json.
type registered struct{ fsys fs.FS }

func (r registered) FS() fs.FS { return r.fsys }

func (r registered) Versions(subject string) ([]int, error) {
	entries, err := fs.ReadDir(r.fsys, subject)
	numbers := make([]int, len(entries))
	for i := range entries {
		numbers[i] = i + 1
	}
	return numbers, err
}

func (r registered) Files(subject string, version int) ([]string, error) {
	if version < 0 {
		all, err := r.Versions(subject)
		if err != nil {
			return nil, err
		}
		version = len(all)
	}
	return []string{path.Join(subject, strconv.Itoa(version)+".json")}, nil
}

func (registered) Format(string, int) (string, error) { return contracts.FormatJSONSchema, nil }

func (registered) Mode(string) (compat.Mode, error) { return compat.Mode{Backward: true}, nil }

// TestSchemasOfARegistry: what a subject's schema promises is asked as that of a
// file is, for keys, needs, examples and envelopes. Without a registry, and of a
// subject that it does not have, nothing is said but that.
func TestSchemasOfARegistry(t *testing.T) {
	fsys := fstest.MapFS{
		"orders.weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: orders, owner: t}
produces:
  - {event: com.acme.order.OrderPlaced, topic: orders, schema: {registry: {subject: orders-value}}, key: $.order_id, examples: [placed.json], headers: {traceparent: required}}
  - {event: com.acme.order.OrderPaid, topic: paid, schema: {registry: {subject: paid-value, version: 1}}, examples: [placed.json], headers: {traceparent: required}}
`)},
		"billing.weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: billing, owner: t}
consumes:
  - {event: com.acme.order.OrderPlaced, topic: orders, group: billing, needs: {$.id: string, $.total: string, $.none: string}, idempotency: {key: $.event_id, window: 1d}}
`)},
		"placed.json": {Data: []byte(`{"id": 7}`)},
	}
	set, problems := contracts.LoadDir(fsys, ".")
	if len(problems) > 0 {
		t.Fatal(fixture.Lines(problems...))
	}
	found := func(registry versions.Registry) []string {
		var got []string
		for _, f := range rules.CheckWith(set, fsys, time.Now(), rules.Others{Loader: versions.New(fsys, registry)}) {
			if f.Severity != finding.Info || f.ID == rules.NeedUnchecked {
				got = append(got, fmt.Sprintf("%s:%d %s", f.Position.File, f.Position.Line, f.ID))
			}
		}
		return got
	}
	has := registered{fstest.MapFS{
		"orders-value/1.json": {Data: []byte(`false`)},
		"orders-value/2.json": {Data: []byte(`{"type": "object", "required": ["id", "total"], "properties": {"id": {"type": "string"}, "total": {"type": "integer"}}, "additionalProperties": false}`)},
	}}
	want := []string{
		"billing.weir.yaml:4 check/need-type", "billing.weir.yaml:4 check/need-missing", "billing.weir.yaml:4 check/idempotency-unpromised",
		"orders.weir.yaml:4 check/key-absent", "placed.json:1 check/example-invalid", "placed.json:1 check/example-invalid",
	}
	if diff := cmp.Diff(want, found(has)); diff != "" {
		t.Errorf("with a registry (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"billing.weir.yaml:4 check/need-unchecked"}, found(nil)); diff != "" {
		t.Errorf("without one (-want +got):\n%s", diff)
	}
}
