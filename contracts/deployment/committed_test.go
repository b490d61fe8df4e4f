package deployment

import (
	"errors"
	"io/fs"
	"os"
	"testing"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/internal/fixture"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/source"
)

// TestAtCommit: the contract is the one of the commit, with its files, however
// the working tree is now; what cannot be read says what to change.
func TestAtCommit(t *testing.T) {
	enter(t)
	first := fixture.Git(t, ".", "rev-parse", "HEAD")
	fixture.Commit(t, ".", "\n-- services/order/weir.yaml --\nweir: contract/v1\nservice: {name: order-service}\nproduces: [{event: com.acme.Other, topic: other}]\n")

	c, err := AtCommit(t.Context(), "order-service", "services/order/weir.yaml", "HEAD~1")
	must(t, err)
	if c.Commit != first || c.Produces[0].Event != "com.acme.OrderPlaced" {
		t.Errorf("commit %s produces %s", c.Commit, c.Produces[0].Event)
	}
	if want := "order-service@" + first[:12] + "/services/order/weir.yaml"; c.Doc.File() != want {
		t.Errorf("it is in %s, want %s", c.Doc.File(), want)
	}
	for _, f := range rules.Check([]*contracts.Contract{c.Contract}, c.FS(source.Host()), time.Time{}) {
		if f.ID == rules.SchemaMissing || f.ID == rules.SchemaInvalid {
			t.Error(f.Message)
		}
	}
	for _, tt := range []struct{ service, file, revision, want string }{
		{"mail", "services/order/weir.yaml", "HEAD", "services/order/weir.yaml is the contract of order-service, not of mail at commit " + fixture.Git(t, ".", "rev-parse", "HEAD")[:12]},
		{"mail", "services/gone/weir.yaml", "HEAD~1", "the contract services/gone/weir.yaml cannot be read at commit " + first[:12]},
	} {
		_, err := AtCommit(t.Context(), tt.service, tt.file, tt.revision)
		if invalid := (*InputError)(nil); !errors.As(err, &invalid) || invalid.Message != tt.want {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
	if _, err := AtCommit(t.Context(), "mail", "services/mail/weir.yaml", "no-such"); !errors.As(err, new(*InputError)) {
		t.Errorf("%v", err)
	}
	t.Chdir(t.TempDir())
	if _, err := AtCommit(t.Context(), "mail", "weir.yaml", "HEAD"); !errors.As(err, new(*InputError)) {
		t.Errorf("%v", err)
	}
}

// TestDocuments: contracts that stand on AsyncAPI documents are complete,
// whether they are read from a commit, from a copy, or as they lie there, and
// are judged by what their own document says.
func TestDocuments(t *testing.T) {
	enter(t)
	const document = `asyncapi: 3.1.0
info: {title: Orders, version: 1.0.0}
channels:
  orders: {address: order.events, messages: {placed: {name: com.acme.OrderPlaced, payload: {type: object, properties: {order_id: {$ref: "types.yaml#/id"}}}}}}
operations:
  publish: {action: send, channel: {$ref: "#/channels/orders"}}
`
	fixture.Commit(t, ".", "-- services/order/weir.yaml --\nweir: contract/v1\nservice: {name: order-service}\nasyncapi: ../../asyncapi.yaml\n"+
		"-- asyncapi.yaml --\n"+document+"-- types.yaml --\nid: {type: string}\n")

	committed, err := AtCommit(t.Context(), "order-service", "services/order/weir.yaml", "HEAD")
	must(t, err)
	whole := func(c *contracts.Contract, fsys fs.FS, file string) {
		t.Helper()
		if len(c.Produces) != 1 || c.Produces[0].Topic != "order.events" {
			t.Fatalf("%+v", c.Produces)
		}
		s, err := schema.Load(fsys, c.Resolve(c.SchemaOf(c.Produces[0].Schema).File), "jsonschema", schema.Options{})
		must(t, err)
		equal(t, s.Position().String(), file+":4:92")
	}
	whole(committed.Contract, committed.FS(source.Host()), committed.mount+"/asyncapi.yaml")

	for _, embed := range []bool{false, true} {
		s := Directory("environments")
		d := order("1.0")
		d.Embed = embed
		equal(t, record(t, s, d), "1.0 in environments/prod/order-service.yaml, before "+map[bool]string{true: "1.0"}[embed])
		e, lines := read(t, s, "prod")
		equal(t, lines, []string{"order-service 1.0 2026-11-26T10:46:17Z prod/order-service@1.0/services/order/weir.yaml"})
		whole(e.Live()[0].Contract, e.FS(source.Host()), "prod/order-service@1.0/asyncapi.yaml")
	}

	must(t, os.Remove("asyncapi.yaml"))
	d := order("1.1")
	d.Embed = true
	equal(t, record(t, Directory("environments"), d), "the contract services/order/weir.yaml cannot be read | services/order/weir.yaml:3:11 cannot read ../../asyncapi.yaml: no such file or directory")
}
