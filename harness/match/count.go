package match

import (
	"context"
	"fmt"

	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/live"
)

// HaveNoEvent matches a *harness.Cluster in which no event of a contract with
// everything that is wanted arrives, nor has arrived since Run: it watches the
// topic for a window (For), and then reads it to the end that it has at that
// moment. Where that end is not reached it errs; it cannot match by not having
// looked.
func HaveNoEvent(event string, want ...Want) *Arrival {
	checks := wants(event, want)
	return &Arrival{name: "HaveNoEvent", takes: "For", look: func(ctx context.Context, m *Arrival, c *harness.Cluster) (seen, error) {
		t, err := topicOf(c, event, checks)
		if err != nil {
			return seen{}, err
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.window)
		defer cancel()
		r, ends, err := await(ctx, t, checks)
		if err != nil {
			return seen{}, err
		}
		what := described("no "+event+" in "+t.Name(), m.window, checks)
		if r != nil {
			return seen{why: fmt.Sprintf("Expected %s\nbut there is\n%s", what, indent(r.String()))}, nil
		}
		return seen{ok: true, never: fmt.Sprintf("Expected not: %s\nbut of %s, read to the end (%s), none was one",
			what, counted(len(t.Records()), "record"), ends)}, nil
	}}
}

// HaveEventOnce matches a *harness.Cluster in which an event of a contract
// arrives exactly once since Run: it waits for the first one (Within), watches
// for a second one (For), and then reads the topic to the end that it has at
// that moment.
func HaveEventOnce(event string, want ...Want) *Arrival {
	checks := wants(event, want)
	return &Arrival{name: "HaveEventOnce", takes: "Within and For", look: func(ctx context.Context, m *Arrival, c *harness.Cluster) (seen, error) {
		t, err := topicOf(c, event, checks)
		if err != nil {
			return seen{}, err
		}
		what := fmt.Sprintf("%s to arrive exactly once in %s", event, t.Name())
		first, err := arrives(ctx, m, c, t, what, checks)
		if err != nil || !first.ok {
			return first, err
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.window)
		defer cancel()
		_, err = t.Await(ctx, func(*harness.Record) bool { return len(all(t, checks)) > 1 })
		if err != nil && ctx.Err() == nil {
			return seen{}, err
		}
		ends, err := readToEnd(ctx, t)
		if err != nil {
			return seen{}, err
		}
		what = described(what, m.within, checks)
		found := all(t, checks)
		if len(found) > 1 {
			more := ""
			if n := len(found) - maxShown; n > 0 {
				more, found = fmt.Sprintf(" (the first %d)", maxShown), found[:maxShown]
			}
			return seen{why: fmt.Sprintf("Expected %s\nbut %d did%s:\n%s", what, len(all(t, checks)), more, indent(lines(found)))}, nil
		}
		return seen{ok: true, never: fmt.Sprintf("Expected not: %s\nbut it did, and no other followed within %s, read to the end (%s):\n%s",
			what, m.window, ends, indent(found[0].String()))}, nil
	}}
}

func all(t *live.Topic, checks []check) (out []*harness.Record) {
	for _, r := range t.Records() {
		if differences(r, checks) == 0 {
			out = append(out, r)
		}
	}
	return out
}
