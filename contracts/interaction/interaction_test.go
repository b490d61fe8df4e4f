package interaction_test

import (
	"testing"
	"testing/fstest"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/interaction"
	"github.com/flowweir/weir/reports/finding"
)

const contract = `weir: contract/v1
service: {name: orders}
produces:
  - event: com.acme.Placed
    topic: orders
  - {event: com.acme.Sent, topic: orders, match: {header: kind}, headers: {kind: required}}
consumes:
  - event: com.acme.Paid
    topic: payments
    group: orders
    retry: {attempts: 3, topics: [payments.retry]}
    dlq: {topic: payments.dlq}
    needs: [$.id]
waive:
  - {rule: check/dlq-unowned, reason: r, until: 2999-12-31}
`

func TestAt(t *testing.T) {
	c, problems := contracts.Load(fstest.MapFS{"weir.yaml": {Data: []byte(contract)}}, "weir.yaml")
	if finding.Errors(problems) > 0 {
		t.Fatal(problems)
	}
	o := interaction.Of(c)
	for _, tt := range []struct {
		line, column int
		want         interaction.Interaction
	}{
		{1, 1, interaction.Interaction{}},
		{2, 17, interaction.Interaction{}},
		{4, 12, interaction.Interaction{List: interaction.Produces}},
		{5, 5, interaction.Interaction{List: interaction.Produces}},
		{6, 50, interaction.Interaction{List: interaction.Produces, Index: 1}},
		{7, 1, interaction.Interaction{}},
		{10, 12, interaction.Interaction{List: interaction.Consumes}},
		{11, 40, interaction.Interaction{List: interaction.Consumes, Part: "retry"}},
		{12, 11, interaction.Interaction{List: interaction.Consumes, Part: "dlq"}},
		{13, 13, interaction.Interaction{List: interaction.Consumes}},
		{15, 5, interaction.Interaction{}},
	} {
		got, ok := o.At(finding.Position{File: "weir.yaml", Line: tt.line, Column: tt.column})
		if got != tt.want || ok != (tt.want.List != "") {
			t.Errorf("%d:%d: %+v, %t; want %+v", tt.line, tt.column, got, ok, tt.want)
		}
	}
	if got, ok := o.At(finding.Position{File: "other.yaml", Line: 5, Column: 5}); ok {
		t.Errorf("in another file: %+v", got)
	}
	if got, ok := interaction.Of(&contracts.Contract{}).At(finding.Position{File: "weir.yaml", Line: 5}); ok {
		t.Errorf("of a contract without a file: %+v", got)
	}
}

// TestAtInADocument: what a contract takes from an AsyncAPI document stands
// there.
func TestAtInADocument(t *testing.T) {
	files := asyncapi.NewFiles(fstest.MapFS{
		"weir.yaml": {Data: []byte("weir: contract/v1\nservice: {name: orders}\nasyncapi: asyncapi.yaml\nproduces:\n  - {operation: publish, key: $.id}\n")},
		"asyncapi.yaml": {Data: []byte(`asyncapi: 3.0.0
info: {title: orders, version: 1.0.0}
channels:
  orders:
    address: orders
    messages: {Placed: {name: com.acme.Placed, payload: {type: object}}}
operations:
  publish:
    action: send
    channel: {$ref: '#/channels/orders'}
`)},
	})
	c, problems := files.Load("weir.yaml")
	if finding.Errors(problems) > 0 {
		t.Fatal(problems)
	}
	o := interaction.Of(c)
	want := interaction.Interaction{List: interaction.Produces}
	for _, p := range []*finding.Position{c.Doc.Position("produces", 0, "key"), c.Doc.Position("produces", 0, "event"), c.Doc.Position("produces", 0)} {
		if got, ok := o.At(*p); !ok || got != want {
			t.Errorf("%s: %+v, %t", p, got, ok)
		}
	}
}
