package harness

import (
	"strings"
	"testing"
	"time"
)

func TestAwaitFailsWhere(t *testing.T) {
	parcels := func(t testing.TB) *Cluster {
		return Run(t, Contracts("match/testdata/parcels"), Brokers(1), Seed(7)).Within(100 * time.Millisecond)
	}
	for name, test := range map[string]struct {
		do   func(c *Cluster)
		want []string
	}{
		"a number is awaited and text is there": {
			func(c *Cluster) {
				c.Produce("parcel.Routed", Set("$.cents", "120"), Set("$.parcel", "p-1"))
				c.Await("parcel.Routed", Where("$.cents", 120))
			},
			[]string{"no parcel.Routed with $.cents = 120 within 100ms (harness.Timeout and Cluster.Within set it)\nroutes/", `@0 has $.cents: "120" (text), wanted 120 (number)` + "\nroutes holds 1 record since the test began"},
		},
		"text is awaited and a number is there": {
			func(c *Cluster) {
				c.Produce("parcel.Routed", Set("$.cents", 120), Set("$.parcel", "p-1"))
				c.Await("parcel.Routed", Where("$.cents", "120"))
			},
			[]string{`@0 has $.cents: 120 (number), wanted "120" (text)` + "\nroutes holds 1 record since the test began"},
		},
		"the cause is poison that may have led to what is there": {
			func(c *Cluster) {
				poison := c.Produce("parcel.Dropped", Poison([]byte("{{{")))
				route := c.Produce("parcel.Routed")
				route.Headers = nil
				c.Send(route)
				c.Await("parcel.Routed", CausedBy(poison))
			},
			[]string{" or not: that was sent without its event's id, which its envelope would have, and the record has neither the header weir-id nor the causation id of another event to tell: compare its key or its data\nroutes holds 2 records since the test began"},
		},
		"the cause is nil": {
			func(c *Cluster) { c.Await("parcel.Routed", CausedBy(nil)) },
			[]string{"awaiting parcel.Routed: CausedBy has no record to ask for: it was given nil"},
		},
		"what it leads back to is nil": {
			func(c *Cluster) { c.AwaitIn("routes", LeadsBackTo(nil)) },
			[]string{"awaiting record in routes: LeadsBackTo has no record to ask for: it was given nil"},
		},
		"no valid event has the place": {
			func(c *Cluster) { c.Await("parcel.Routed", Where("$.depot.nam", "north")) },
			[]string{`awaiting parcel.Routed: $.depot.nam: no parcel.Routed that is valid under its schema (match/testdata/parcels/routed.json:9:5) has anything there: did you mean "$.depot.name"?`},
		},
		"what is asked is nil": {
			func(c *Cluster) { c.Await("parcel.Routed", That("odd", nil)) },
			[]string{"awaiting parcel.Routed: That has nothing to ask: it was given nil"},
		},
		"what is dead is nil": {
			func(c *Cluster) { c.AwaitDeadLetter(nil) },
			[]string{"AwaitDeadLetter has no record to ask for: it was given nil"},
		},
		"what is retried is nil": {
			func(c *Cluster) { c.AwaitRetry(nil) },
			[]string{"AwaitRetry has no record to ask for: it was given nil"},
		},
		"what is sent is nil": {
			func(c *Cluster) { c.Send(nil) },
			[]string{"Send has nothing to send: it was given nil"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			said := failing(t, func(t testing.TB) { test.do(parcels(t)) }).said()
			for _, want := range test.want {
				if !strings.Contains(said, want) {
					t.Errorf("said:\n%s\nwant in it:\n%s", said, want)
				}
			}
		})
	}
}
