package match

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/live"
)

// DefaultWindow is how long HaveNoEvent watches, and HaveEventOnce after the
// first event.
const DefaultWindow = time.Second

// endTimeout bounds the reading of what is in a topic already; only this
// package's tests change it.
var endTimeout = 10 * time.Second

// Arrival is a matcher of a *harness.Cluster that waits for something.
type Arrival struct {
	name   string
	within time.Duration
	window time.Duration
	by     string
	// takes are the methods that mean something to the matcher.
	takes string
	// look waits within ctx and answers what it saw.
	look func(ctx context.Context, m *Arrival, c *harness.Cluster) (seen, error)
	seen seen
}

// seen is what a matcher saw: whether it is what was wanted, and the messages
// for either case.
type seen struct {
	ok         bool
	why, never string
}

// Within sets how long it waits, overriding the timeout of the cluster
// (harness.Timeout, Cluster.Within). HaveNoEvent has a window instead.
func (m *Arrival) Within(d time.Duration) *Arrival { m.within = d; return m }

// For sets how long HaveNoEvent watches, and HaveEventOnce after the first
// event, overriding DefaultWindow. The other matchers have no window.
func (m *Arrival) For(d time.Duration) *Arrival { m.window = d; return m }

// By names the consumer that HaveDeadLetter and HaveRetries are about, by its
// service, where the contracts of the test have several for the event. The
// other matchers ask nobody.
func (m *Arrival) By(service string) *Arrival { m.by = service; return m }

// Match waits. It errs, so that neither To nor NotTo is green, where it could
// not look: the topic was not read to its end, or a service died.
func (m *Arrival) Match(actual any) (bool, error) {
	c, ok := actual.(*harness.Cluster)
	if !ok || c == nil {
		return false, wrongType(m.name, "a *harness.Cluster", actual)
	}
	for _, used := range []struct {
		method string
		yes    bool
	}{{"Within", m.within != 0}, {"For", m.window != 0}, {"By", m.by != ""}} {
		if used.yes && !strings.Contains(m.takes, used.method) {
			return false, fmt.Errorf("%s matcher has no use for %s: it takes %s", m.name, used.method, m.takes)
		}
	}
	with := *m // it may be matched again, with another cluster
	with.within = cmp.Or(m.within, c.Timeout())
	with.window = cmp.Or(m.window, DefaultWindow)
	ctx, cancel := context.WithTimeout(c.Context(), with.within)
	defer cancel()
	var err error
	if m.seen, err = m.look(ctx, &with, c); err != nil {
		return false, fmt.Errorf("%s matcher: %w", m.name, err)
	}
	return m.seen.ok, nil
}

// FailureMessage says what was there instead.
func (m *Arrival) FailureMessage(any) string { return m.seen.why }

// NegatedFailureMessage shows what should not have been there.
func (m *Arrival) NegatedFailureMessage(any) string { return m.seen.never }

// HaveEvent matches a *harness.Cluster in which an event of a contract
// arrives, or has arrived since Run, with everything that is wanted:
//
//	Expect(c).To(match.HaveEvent("com.acme.payment.PaymentReceived", match.CausedBy(order), match.Fields{"$.amount": BeNumerically(">", 0)}).Within(2 * time.Second))
//
// Where it does not, the topic was read to the end that it had when the time
// was over. The message shows the record that comes nearest, compared field by
// field, and what else arrived.
func HaveEvent(event string, want ...Want) *Arrival {
	checks := wants(event, want)
	return &Arrival{name: "HaveEvent", takes: "Within", look: func(ctx context.Context, m *Arrival, c *harness.Cluster) (seen, error) {
		t, err := topicOf(c, event, checks)
		if err != nil {
			return seen{}, err
		}
		return arrives(ctx, m, c, t, fmt.Sprintf("%s to arrive in %s", event, t.Name()), checks)
	}}
}

// topicOf is the topic of an event, after a look at the checks.
func topicOf(c *harness.Cluster, event string, checks []check) (*live.Topic, error) {
	_, p, err := c.Flow().Producer(event)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", event, err)
	}
	if err := mistake(checks, func(at place.Place) error { return c.Flow().CheckPlace(event, at) }); err != nil {
		return nil, err
	}
	return c.Flow().Topic(p.TopicName())
}

// arrives waits for a record in a topic.
func arrives(ctx context.Context, m *Arrival, c *harness.Cluster, t *live.Topic, what string, checks []check) (seen, error) {
	r, ends, err := await(ctx, t, checks)
	if err != nil {
		return seen{}, err
	}
	if r != nil {
		c.Flow().Ask(r)
		return seen{ok: true, never: fmt.Sprintf("Expected not: %s\nbut it did:\n%s", described(what, m.within, checks), indent(r.String()))}, nil
	}
	return seen{why: fmt.Sprintf("Expected %s\n%s", described(what, m.within, checks), instead(ctx, c, t, ends, checks))}, nil
}

// described says what is wanted and for how long it is awaited.
func described(what string, within time.Duration, checks []check) string {
	text := fmt.Sprintf("%s within %s", what, within)
	var more []check
	for _, c := range checks {
		if c.at != "event" {
			more = append(more, c)
		}
	}
	if len(more) > 0 {
		text += " with\n" + indent(listed(more))
	}
	return text
}

// await waits for a record. Without one it has read the topic to its end, and
// says where that is.
func await(ctx context.Context, t *live.Topic, checks []check) (*harness.Record, live.Ends, error) {
	ok := func(r *harness.Record) bool { return differences(r, checks) == 0 }
	r, err := t.Await(ctx, ok)
	if err == nil {
		return r, nil, nil
	}
	if ctx.Err() == nil || errors.Is(context.Cause(ctx), context.Canceled) {
		return nil, nil, err
	}
	ends, err := readToEnd(ctx, t)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range t.Records() {
		if ok(r) {
			return r, nil, nil
		}
	}
	for _, r := range t.Records() {
		if err := undecided(r, checks); err != nil {
			return nil, nil, err
		}
	}
	return nil, ends, nil
}

// readToEnd reads to where a topic ends now, also when the time to wait is
// over.
func readToEnd(ctx context.Context, t *live.Topic) (live.Ends, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	ends, err := t.ReadToEnd(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s was not read to its end within %s, so that nothing is known of what is not there: %w", t.Name(), endTimeout, err)
	}
	return ends, nil
}

// maxShown bounds the records that a message shows beside the nearest.
const maxShown = 5

// instead shows what is there: dead letters of what was to lead to the record,
// and of the topic the nearest record, then the others.
func instead(ctx context.Context, c *harness.Cluster, t *live.Topic, ends live.Ends, checks []check) string {
	records := t.Records()
	var b strings.Builder
	fmt.Fprintf(&b, "but of %s in %s since the test began, read to the end (%s), none did", counted(len(records), "record"), t.Name(), ends)
	for _, check := range checks {
		if check.of == nil {
			continue
		}
		for _, dead := range c.Flow().DeadLetters(context.WithoutCancel(ctx), check.of) {
			if dead.Topic != t.Name() {
				b.WriteString("\n" + dead.Explained())
			}
		}
	}
	if len(records) == 0 {
		return b.String()
	}
	nearest := 0
	for i, r := range records {
		// Of records that are as near, the last.
		if differences(r, checks) <= differences(records[nearest], checks) {
			nearest = i
		}
	}
	fmt.Fprintf(&b, "\nThe nearest:\n%s\n%s", indent(records[nearest].String()), indent(compared(records[nearest], checks)))
	others := slices.Delete(slices.Clone(records), nearest, nearest+1)
	if len(others) == 0 {
		return b.String()
	}
	b.WriteString("\nThe others")
	if len(others) > maxShown {
		fmt.Fprintf(&b, ", the last %d of them", maxShown)
		others = others[len(others)-maxShown:]
	}
	b.WriteString(":\n" + indent(lines(others)))
	return b.String()
}

// lines are records in one line each.
func lines(records []*harness.Record) string {
	out := make([]string, len(records))
	for i, r := range records {
		key, keyed := r.At("key")
		switch {
		case !keyed:
			key = "no key"
		case key == "":
			key = `key ""`
		default:
			key = "key " + key
		}
		out[i] = strings.Join(strings.Fields(fmt.Sprintf("%s/%d@%d %s %s %s", r.Topic, r.Partition, r.Offset, r.Event, key, r.Value)), " ")
		out[i] = cut(out[i])
	}
	return strings.Join(out, "\n")
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
