package match

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/live"
	"github.com/flowweir/weir/loadgen/kafka"
)

// HaveDeadLetter matches a *harness.Cluster in which a dead letter of an event
// arrives, in the dead-letter topic that its consumer's contract declares,
// with everything that is wanted:
//
//	Expect(c).To(match.HaveDeadLetter(order, match.Reason(ContainSubstring("order_id"))))
func HaveDeadLetter(of *harness.Record, want ...Want) *Arrival {
	checks := wants("", append([]Want{LeadsBackTo(of)}, want...))
	return &Arrival{name: "HaveDeadLetter", takes: "Within and By", look: func(ctx context.Context, m *Arrival, c *harness.Cluster) (seen, error) {
		if err := mistake(checks, nil); err != nil {
			return seen{}, err
		}
		by, err := m.consumer(c, of, func(c *contracts.Consumes) bool { return c.DLQ != nil }, "a dead-letter topic")
		if err != nil {
			return seen{}, err
		}
		t, err := c.Flow().Topic(by.DLQ.Topic)
		if err != nil {
			return seen{}, err
		}
		s, err := arrives(ctx, m, c, t, fmt.Sprintf("a dead letter of %s/%d@%d to arrive in %s", of.Topic, of.Partition, of.Offset, t.Name()), checks)
		if err == nil && !s.ok && len(all(t, checks[:1])) == 0 {
			s.why += committedPast(ctx, c, by, of)
		}
		return s, err
	}}
}

// errNil is a matcher's that asks for a record.
var errNil = errors.New("there is no record to ask for: it was given nil")

// committedPast says whether a group has gone past a record: it lost it, where
// it should have been a dead letter.
func committedPast(ctx context.Context, c *harness.Cluster, by *contracts.Consumes, of *harness.Record) string {
	if by.Group == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	switch at, err := c.Flow().Committed(ctx, by.Group, of); {
	case err != nil:
		return fmt.Sprintf("\nwhat the group %s has committed is not known: %v", by.Group, err)
	case at > of.Offset:
		return fmt.Sprintf("\nThe group %s has committed %s/%d@%d: it has gone past the event", by.Group, of.Topic, of.Partition, at)
	case at < 0:
		return fmt.Sprintf("\nThe group %s has committed nothing of its partition; %s", by.Group, c.Flow().StateOf(ctx, by.Group))
	}
	return fmt.Sprintf("\nThe group %s has not committed the event", by.Group)
}

// consumer is the one of an event that has what is asked for.
func (m *Arrival) consumer(c *harness.Cluster, of *harness.Record, has func(*contracts.Consumes) bool, what string) (*contracts.Consumes, error) {
	event := of.Event
	if event == "" {
		return nil, fmt.Errorf("%s/%d@%d is no event of the contracts of this test, which could declare %s for it: give what Produce returned", of.Topic, of.Partition, of.Offset, what)
	}
	var found []*contracts.Consumes
	var services []string
	for _, contract := range c.Contracts() {
		consumes := contract.Consumer(event)
		if consumes == nil || !has(consumes) || m.by != "" && m.by != contract.Service.Name {
			continue
		}
		found, services = append(found, consumes), append(services, contract.Service.Name)
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, fmt.Errorf("%s declare %s for %s: choose one with By", strings.Join(services, " and "), what, event)
	case m.by != "":
		return nil, fmt.Errorf("no contract of %s in this test declares %s for %s", m.by, what, event)
	}
	return nil, fmt.Errorf("no contract of this test declares %s for %s", what, event)
}

// HaveRetries matches a *harness.Cluster in which an event that its consumer
// cannot process is retried as the consumer's contract says, and then
// dead-lettered: as many records in the retry topics as attempts are declared
// after the first, in the declared topics, none earlier than the backoff.
// Attempts without retry topics are not seen from outside; that is an error.
func HaveRetries(of *harness.Record) *Arrival {
	return &Arrival{name: "HaveRetries", takes: "Within and By", look: func(ctx context.Context, m *Arrival, c *harness.Cluster) (seen, error) {
		if of == nil {
			return seen{}, errNil
		}
		by, err := m.consumer(c, of, func(c *contracts.Consumes) bool { return c.Retry != nil }, "a retry")
		if err != nil {
			return seen{}, err
		}
		r, err := c.Flow().Retries(ctx, of, by)
		if err != nil {
			return seen{}, err
		}
		what := fmt.Sprintf("Expected %s/%d@%d", of.Topic, of.Partition, of.Offset)
		policy := fmt.Sprintf("to be retried by the policy of %s (attempts: %d) within %s", cmp.Or(by.Group, "its consumer"), r.Policy.Attempts, m.within)
		trail := trail(r)
		if problems := r.Problems(); len(problems) > 0 {
			return seen{why: fmt.Sprintf("%s %s, but\n%s\n%s", what, policy, indent(strings.Join(problems, "\n")), trail)}, nil
		}
		return seen{ok: true, never: fmt.Sprintf("%s not %s, but it was\n%s", what, policy, trail)}, nil
	}}
}

// trail shows the records of retries with the time between them.
func trail(r live.Retries) string {
	records := r.Records
	if r.Dead != nil {
		records = append(records[:len(records):len(records)], r.Dead)
	}
	if len(records) == 0 {
		return "Nothing of it is in the retry topics nor in the dead-letter topic"
	}
	shown := make([]string, len(records))
	for i, rec := range records {
		after := "first"
		if i > 0 {
			after = rec.Timestamp.Sub(records[i-1].Timestamp).String() + " later"
		}
		shown[i] = fmt.Sprintf("%s/%d@%d %s", rec.Topic, rec.Partition, rec.Offset, after)
	}
	return "What led back to it:\n" + indent(strings.Join(shown, "\n"))
}

// groupPoll is the pause between two looks at a group.
const groupPoll = 50 * time.Millisecond

// HaveCommitted matches a *harness.Cluster in which a consumer group commits
// its way past a record.
func HaveCommitted(group string, of *harness.Record) *Arrival {
	return &Arrival{name: "HaveCommitted", takes: "Within", look: func(ctx context.Context, m *Arrival, c *harness.Cluster) (seen, error) {
		if of == nil {
			return seen{}, errNil
		}
		what := fmt.Sprintf("the group %s to commit %s/%d@%d within %s", group, of.Topic, of.Partition, of.Offset, m.within)
		var at int64
		ok, err := look(ctx, c, func(ctx context.Context) (ok bool, err error) {
			at, err = c.Flow().Committed(ctx, group, of)
			return at > of.Offset, err
		})
		if err != nil {
			return seen{}, err
		}
		has := fmt.Sprintf("it has committed %d, the next offset that it reads", at)
		if at < 0 {
			has = "it has committed nothing of that partition; " + c.Flow().StateOf(ctx, group)
		}
		return seen{ok, "Expected " + what + "\nbut " + has, "Expected not: " + what + "\nbut " + has}, nil
	}}
}

// look asks until the answer is yes or the time is over; an error counts as no
// until then.
func look(ctx context.Context, c *harness.Cluster, ask func(context.Context) (bool, error)) (bool, error) {
	for {
		ok, err := ask(ctx)
		if ok && err == nil {
			return true, nil
		}
		if dead := c.Flow().Alive(); dead != nil {
			return false, dead
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return false, errors.Join(ctx.Err(), err)
			}
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
			defer cancel()
			return ask(last) // the answer that the message shows is a whole one
		case <-time.After(groupPoll):
		}
	}
}

// HaveLag matches a *harness.Cluster in which a consumer group comes to a lag
// in records, a number or a matcher: HaveLag("payment-service", 0). Lag is
// what is between its commits and the ends of the partitions, over all
// partitions that it has committed or is assigned. A group that has neither, or
// is rebalancing, has no lag that is known: it does not match.
func HaveLag(group string, records any) *Arrival {
	return &Arrival{name: "HaveLag", takes: "Within", look: func(ctx context.Context, m *Arrival, c *harness.Cluster) (seen, error) {
		var state kafka.GroupState
		var got string
		ok, err := look(ctx, c, func(ctx context.Context) (ok bool, err error) {
			if state, err = c.Flow().Group(ctx, group); err != nil {
				return false, err
			}
			got, ok, err = lag(state, records)
			return ok, err
		})
		if err != nil {
			return seen{}, err
		}
		if !ok && state.Unknown() {
			got = "not known: " + c.Flow().StateOf(ctx, group)
		}
		wanted := text(records)
		if _, matcher := records.(Matcher); matcher {
			wanted = "as its matcher says"
		}
		what := fmt.Sprintf("the lag of the group %s to be %s within %s", group, wanted, m.within)
		return seen{ok, "Expected " + what + "\nbut it is " + got, "Expected not: " + what + "\nbut it is " + got}, nil
	}}
}

// lag compares a group's lag, and describes it.
func lag(state kafka.GroupState, wanted any) (got string, ok bool, err error) {
	// While a group rebalances its partitions are nobody's.
	if len(state.Partitions) == 0 || (state.State != "Stable" && state.State != "Empty") {
		return fmt.Sprintf("not known: the group is %s with %s", state.State, counted(state.Members, "member")), false, nil
	}
	var behind []string
	for _, p := range state.Partitions {
		switch {
		case p.Err != nil:
			return fmt.Sprintf("not known of %s/%d: %v", p.Topic, p.Partition, p.Err), false, nil
		case p.Lag > 0:
			behind = append(behind, fmt.Sprintf("%s/%d by %d (committed %d, end %d)", p.Topic, p.Partition, p.Lag, p.Committed, p.End))
		}
	}
	total := int(state.Lag())
	got = fmt.Sprint(total)
	if m, matcher := wanted.(Matcher); matcher {
		if ok, err = m.Match(total); err == nil && !ok {
			got += ", wanted " + said(m.FailureMessage(total))
		}
	} else {
		ok = got == text(wanted)
	}
	got += "; it is " + state.State + " with " + counted(state.Members, "member")
	if len(behind) > 0 {
		got += ", behind in\n" + indent(strings.Join(behind, "\n"))
	}
	return got, ok, err
}
