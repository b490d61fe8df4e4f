package harness

import (
	"context"
	"errors"
	"strings"

	"github.com/flowweir/weir/harness/live"
)

// Condition says which record is meant.
type Condition = live.Condition

// Where asks for a value at a place ($.a.b, header:name, key, envelope:id): of
// the data one of the same type, 13800 and not "13800"; elsewhere the same text.
//
//	c.Await("com.acme.payment.PaymentReceived", harness.Where("$.amount", 13800))
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
	return c.awaitLeading("AwaitDeadLetter", "dead-letter", "dead letter", c.flow.DeadLetterTopics, of, conditions)
}

// AwaitRetry waits for a retry of an event that was produced, in the retry
// topic that a consumer's contract declares for it.
func (c *Cluster) AwaitRetry(of *Record, conditions ...Condition) *Record {
	c.t.Helper()
	return c.awaitLeading("AwaitRetry", "retry", "retry", c.flow.RetryTopics, of, conditions)
}

func (c *Cluster) awaitLeading(name, kind, what string, declared func(event string) []string, of *Record, conditions []Condition) *Record {
	c.t.Helper()
	if of == nil {
		c.t.Fatalf("%s has no record to ask for: it was given nil", name)
	}
	topics := declared(of.Event)
	if len(topics) != 1 {
		c.t.Fatalf("%s: %d %s topics are declared for %s in the contracts of this test, want 1: name it with AwaitIn(topic, harness.LeadsBackTo(event))", name, len(topics), kind, of.Event)
	}
	return c.await(what, topics[0], append([]Condition{LeadsBackTo(of)}, conditions...))
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
	records := t.Records()
	c.flow.Ask(records...)
	return records
}

func (c *Cluster) await(what, topic string, conditions []Condition) *Record {
	c.t.Helper()
	r, err := c.flow.Await(c.t.Context(), live.Wanted{What: what, Topic: topic, Conditions: conditions, Within: c.timeout})
	if err != nil {
		c.failed(err)
	}
	return r
}

// failed ends the test with the error of a wait. One that was in vain gets
// what a reader needs: where its time is set, and how the services' logs end.
func (c *Cluster) failed(err error) {
	c.t.Helper()
	if missed := (*live.MissedError)(nil); !errors.As(err, &missed) {
		c.t.Fatal(err)
	}
	text := strings.Replace(err.Error(), "\n", " (harness.Timeout and Cluster.Within set it)\n", 1)
	c.t.Fatal(text + c.logs())
}
