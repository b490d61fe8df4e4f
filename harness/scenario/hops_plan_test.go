package scenario

import (
	"fmt"
	"testing"
)

// hopsOf describes the hops of a plan, one a line.
func hopsOf(p *Plan) (lines []string) {
	for _, f := range p.Flows {
		for _, h := range f.Hops {
			line := fmt.Sprintf("%d after %d: %s reads %s, makes %s", h.id, h.After, h.Consumer, h.Topic, h.Produces.Event)
			if h.Last {
				line += ", the last"
			}
			if h.dead != noMeasure {
				line += ", dead letters in " + p.measures[h.dead].To
			}
			if h.retried != nil {
				line += fmt.Sprintf(", retries in %s", h.retried)
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// TestHops finds the chains of a load: of the services that take part, as far as
// something tells what they make apart.
func TestHops(t *testing.T) {
	const chain = "contracts: [bare.yaml, ../run/chain/pay.yaml, ../run/chain/ship.yaml, hops/circle.yaml, hops/bill.yaml]\n"
	service := func(name string) string { return "  - {name: " + name + ", command: [x]}\n" }
	for _, tt := range []struct {
		name        string
		parts       []string
		want, notes []string
	}{
		{"none takes part", []string{chain, load10}, nil, []string{
			"pay consumes OrderPlaced but is not part of this run: its effects and dead letters are not watched",
			"bill consumes OrderPlaced but is not part of this run: its effects and dead letters are not watched",
		}},
		{"two in a row", []string{chain, "services:\n", service("pay"), service("ship"), load10}, []string{
			"1 after -1: pay reads order.events, makes Paid, dead letters in pay.dlq, retries in [pay.retry]",
			"3 after 0: ship reads paid.events, makes Shipped, the last, dead letters in ship.dlq",
		}, []string{
			"bill consumes OrderPlaced but is not part of this run: its effects and dead letters are not watched",
		}},
		{"one that makes what another makes, and one that shows nothing", []string{chain, "services:\n", service("pay"), service("ship"), service("circle"), load10}, []string{
			"1 after -1: pay reads order.events, makes Paid, dead letters in pay.dlq, retries in [pay.retry]",
			"3 after 0: ship reads paid.events, makes Shipped, the last, dead letters in ship.dlq",
		}, []string{
			"bill consumes OrderPlaced but is not part of this run: its effects and dead letters are not watched",
			"the hop of circle from Paid is not measured: its contract declares no event as its effect",
			"the hop of circle from Shipped is not measured: nothing tells the Paid that it makes from what pay makes",
		}},
		{"shared topics", []string{chain, "services:\n", service("pay"), service("ship"), service("bill"), load10}, []string{
			"1 after -1: pay reads order.events, makes Paid, dead letters in pay.dlq",
			"3 after -1: bill reads order.events, makes Billed, the last",
			"4 after 0: ship reads paid.events, makes Shipped, the last",
		}, []string{
			"pay shares the retry topic pay.retry: its hop does not say which events were retried",
			"bill shares the dead-letter topic ship.dlq: its dead letters are no hop",
			"bill shares the retry topic pay.retry: its hop does not say which events were retried",
			"ship shares the dead-letter topic ship.dlq: its dead letters are no hop",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := planOf(t, tt.parts...)
			equal(t, hopsOf(p), tt.want)
			equal(t, p.Notes, tt.notes)
		})
	}
}
