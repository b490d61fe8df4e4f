package harness

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/flowweir/weir/harness/live"
)

// Condition says which record is meant.
type Condition = live.Condition

// Where asks for a value at a place ($.a.b, header:name, key), compared as
// text: Where("$.amount", 13800).
func Where(at string, value any) Condition { return live.Where(at, value) }

// CausedBy asks for the id of an earlier event as causation id: the
// envelope's, or the header causation_id.
func CausedBy(cause *Record) Condition { return live.CausedBy(cause) }

// LeadsBackTo asks for the id of an earlier event anywhere in the record:
// retries and dead letters carry the original.
func LeadsBackTo(cause *Record) Condition { return live.LeadsBackTo(cause) }

// That asks whatever ok asks; what describes it when it is not found.
func That(what string, ok func(*Record) bool) Condition { return live.That(what, ok) }

// Holds says whether a record meets all conditions.
func Holds(r *Record, conditions ...Condition) bool { return live.Holds(r, conditions) }

// Await waits for an event of a contract, and returns the first that meets all
// conditions. It looks at everything that was published since Run, so that an
// event which came before the call is found, and found again. Only committed
// records are seen (isolation.level=read_committed).
func (c *Cluster) Await(event string, conditions ...Condition) *Record {
	c.t.Helper()
	_, p, err := c.flow.Producer(event)
	if err != nil {
		c.t.Fatalf("Await %s: %v", event, err)
	}
	return c.await(event, p.TopicName(), append([]Condition{live.Of(event)}, conditions...))
}

// AwaitIn is Await for any record of a topic: a retry topic, a dead-letter
// topic or one that no contract names.
func (c *Cluster) AwaitIn(topic string, conditions ...Condition) *Record {
	c.t.Helper()
	return c.await("record in "+topic, topic, conditions)
}

// AwaitDeadLetter waits for the dead letter of an event that was produced, in
// the dead-letter topic that a consumer's contract declares for it.
func (c *Cluster) AwaitDeadLetter(of *Record, conditions ...Condition) *Record {
	c.t.Helper()
	topics := c.flow.DeadLetterTopics(of.Event)
	if len(topics) != 1 {
		c.t.Fatalf("AwaitDeadLetter: %d dead-letter topics are declared for %s in the contracts of this test, want 1: name it with AwaitIn(topic, harness.LeadsBackTo(event))", len(topics), of.Event)
	}
	return c.await("dead letter", topics[0], append([]Condition{LeadsBackTo(of)}, conditions...))
}

// Records are all records of a topic since Run, to its present end.
func (c *Cluster) Records(topic string) []*Record {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), c.timeout)
	defer cancel()
	t, err := c.flow.Topic(topic)
	if err == nil {
		_, err = t.ReadToEnd(ctx)
	}
	if err != nil {
		c.t.Fatalf("reading %s to its end, for at most %s (harness.Timeout and Cluster.Within set it): %v", topic, c.timeout, err)
	}
	return t.Records()
}

func (c *Cluster) await(what, topic string, conditions []Condition) *Record {
	c.t.Helper()
	for _, cond := range conditions {
		if cond.Err() != nil {
			c.t.Fatalf("awaiting %s: %v", what, cond.Err())
		}
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), c.timeout)
	defer cancel()
	t, err := c.flow.Topic(topic)
	if err != nil {
		c.t.Fatalf("awaiting %s: %v", what, err)
	}
	r, err := t.Await(ctx, func(r *Record) bool { return live.Holds(r, conditions) })
	if err != nil && ctx.Err() == nil {
		c.t.Fatalf("awaiting %s: %v", what, err)
	}
	if err != nil {
		c.t.Fatal(c.missed(what, conditions, t))
	}
	return r
}

// maxMissed bounds the records that a failed wait shows.
const maxMissed = 5

// missed says what was there instead of what was awaited.
func (c *Cluster) missed(what string, conditions []Condition, t *live.Topic) string {
	var b strings.Builder
	b.WriteString("no " + what)
	for _, cond := range conditions {
		if text := cond.String(); text != "" {
			b.WriteString(" " + text)
		}
	}
	fmt.Fprintf(&b, " within %s (harness.Timeout and Cluster.Within set it)", c.timeout)
	records := t.Records()
	fmt.Fprintf(&b, "\n%s holds %d records since the test began", t.Name(), len(records))
	if len(records) > maxMissed {
		fmt.Fprintf(&b, ", the last %d of them", maxMissed)
		records = records[len(records)-maxMissed:]
	}
	for _, r := range records {
		b.WriteString("\n" + indent(r.String()))
	}
	if t.Err() != nil {
		fmt.Fprintf(&b, "\nthe last error of reading it: %v", t.Err())
	}
	for _, cond := range conditions {
		if cond.Cause() != nil {
			b.WriteString(c.instead(cond.Cause(), t.Name()))
		}
	}
	b.WriteString(c.logs())
	return b.String()
}

// instead shows the dead letters that lead back to a record.
func (c *Cluster) instead(of *Record, except string) string {
	var b strings.Builder
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for _, topic := range c.flow.DeadLetterTopics(of.Event) {
		if topic == except {
			continue
		}
		t, err := c.flow.Topic(topic)
		if err != nil {
			continue // an explanation that cannot be had
		}
		if _, err := t.ReadToEnd(ctx); err != nil {
			continue
		}
		for _, r := range t.Records() {
			if r.LeadsBackTo(of) {
				b.WriteString("\na dead letter leads back to it:\n" + indent(r.String()))
			}
		}
	}
	return b.String()
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
