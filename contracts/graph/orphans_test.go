package graph_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/graph"
)

// TestOrphansElsewhere: an event that is sent to another topic than it is read
// from is not said to be produced, or consumed, by nobody.
func TestOrphansElsewhere(t *testing.T) {
	fsys := fstest.MapFS{
		"a/weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: a}
produces:
  - {event: com.acme.OrderPlaced, topic: orders}
  - {event: com.acme.OrderPaid, topic: orders}
  - {event: com.acme.OrderShipped, topic: shipped}
`)},
		"b/weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: b}
consumes:
  - {event: com.acme.OrderPlaced, topic: ordes, group: g}
  - {event: com.acme.OrderPaid, topic: orders, group: g}
  - {event: com.acme.OrderLost, topic: shipped, group: g}
`)},
	}
	set, findings := contracts.LoadDir(fsys, ".")
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	var got []string
	for _, o := range graph.Build(set, nil).Orphans {
		got = append(got, o.String())
	}
	want := []string{
		"a/weir.yaml:4:13: nobody consumes com.acme.OrderPlaced from the topic orders, to which a produces it; it is consumed by b from the topic ordes",
		"a/weir.yaml:6:13: nobody consumes com.acme.OrderShipped, which a produces to the topic shipped",
		"b/weir.yaml:6:13: nobody produces com.acme.OrderLost, which b consumes from the topic shipped",
		"b/weir.yaml:4:13: nobody produces com.acme.OrderPlaced to the topic ordes, from which b consumes it; it is produced by a to the topic orders",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
