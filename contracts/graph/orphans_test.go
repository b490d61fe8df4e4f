package graph_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/graph"
	"github.com/flowweir/weir/contracts/rules"
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

// TestOrphansAreUnread: the events that nobody consumes are those that
// check/event-unread finds. One that is read elsewhere than it is sent is an
// orphan of its topic alone, and check/topic-mismatch is about it.
func TestOrphansAreUnread(t *testing.T) {
	fsys := fstest.MapFS{
		"a/weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: a}
produces:
  - {event: com.acme.OrderPlaced, topic: orders, envelope: cloudevents-binary}
  - {event: com.acme.OrderPaid, topic: orders, envelope: cloudevents-binary}
  - {event: com.acme.OrderShipped, topic: shipped}
  - {event: com.acme.OrderMoved, topic: orders, envelope: cloudevents-binary}
  - {event: com.acme.OrderLost, topic: lost}
`)},
		"b/weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: b}
consumes:
  - {event: com.acme.OrderPlaced, topic: orders, group: g, retry: {attempts: 2, topics: [again]}}
  - {event: com.acme.OrderMoved, topic: elsewhere, group: g}
  - {event: com.acme.OrderLost, topic: lost, group: g, dlq: {topic: dead}}
  - {event: com.acme.OrderLost, topic: dead, group: g}
`)},
	}
	set, findings := contracts.LoadDir(fsys, ".")
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	var orphans, unread []string
	for _, o := range graph.Build(set, nil).Orphans {
		if o.Position.File == "a/weir.yaml" && !strings.Contains(o.Message, "it is consumed by") {
			orphans = append(orphans, o.Position.String())
		}
	}
	for _, f := range rules.CheckWith(set, fsys, time.Time{}, rules.Others{AllContracted: true}) {
		if f.ID == rules.EventUnread {
			unread = append(unread, f.Position.String())
		}
	}
	slices.Sort(orphans)
	want := []string{"a/weir.yaml:5:13", "a/weir.yaml:6:13"}
	if diff := cmp.Diff(want, unread); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, orphans); diff != "" {
		t.Errorf("orphans (-want +got):\n%s", diff)
	}
}
