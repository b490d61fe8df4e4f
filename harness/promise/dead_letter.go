package promise

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/harness/live"
)

// deadLetters lists what the dead-letter topic of an entry promises.
func (l *list) deadLetters(c *contracts.Consumes) {
	l.add("dead-letter", "what it cannot read is in "+c.DLQ.Topic, in("dlq"), j(c, deadLetter))
	for _, part := range []string{"key", "value", "headers"} {
		if c.DLQ.Preserves(part) {
			l.add("dead-letter:"+part, "a dead letter keeps its "+part, in("dlq", "preserve"), j(c, preserves(part)))
		}
	}
	if c.DLQ.Guarantee() == contracts.DeliveryExactlyOnce {
		l.add("dead-letter:once", "a dead letter is there once", in("dlq", "delivery"), j(c, deadOnce))
	}
	l.add("poison", "what it cannot read does not stop what comes after it", in("dlq"), j(c, goesOn))
	l.add("poison:wrong-schema", "what its schema refuses is a dead letter, and does not stop what comes after it", in("dlq"), j(c, refused))
	if len(neededHeaders(c)) > 0 {
		l.add("poison:missing-header", "what lacks a header that it needs is a dead letter, and does not stop what comes after it", in("dlq"), j(c, headless))
	}
	l.add("poison:tombstone", "a tombstone does not stop what comes after it", in("dlq"), j(c, tombstone))
}

// undecodable is an event with a value that no reader can decode. Its key and
// its headers are those of a good event, and the value carries the event's id,
// so that a dead letter without headers leads back.
func (c *consumer) undecodable() (*live.Record, error) {
	r, err := c.Flow.Make(c.entry.Event)
	if err != nil {
		return nil, err
	}
	r.Data = nil
	r.Value, err = c.Flow.Undecodable(r)
	return r, err
}

// poisoned sends what cannot be decoded.
func (c *consumer) poisoned(ctx context.Context) (*live.Record, error) {
	r, err := c.undecodable()
	if err != nil {
		return nil, err
	}
	return r, c.again(ctx, r)
}

// letter sends poison and awaits its dead letter.
func (c *consumer) letter(ctx context.Context) (sent, dead *live.Record, err error) {
	if sent, err = c.poisoned(ctx); err == nil {
		dead, err = c.letterOf(ctx, sent)
	}
	return sent, dead, err
}

func (c *consumer) letterOf(ctx context.Context, sent *live.Record) (*live.Record, error) {
	return c.Flow.Await(ctx, live.Wanted{What: "dead letter", Topic: c.entry.DLQ.Topic, Conditions: []live.Condition{live.LeadsBackTo(sent)}, Within: c.Within})
}

func deadLetter(ctx context.Context, c *consumer) Outcome {
	sent, dead, err := c.letter(ctx)
	missed := (*live.MissedError)(nil)
	switch {
	case errors.As(err, &missed):
		return c.fail([]*live.Record{sent}, "%v%s", err, c.whereabouts(ctx, sent))
	case err != nil:
		return inconclusive(err)
	}
	if c.unobservable() == "" {
		effects, n, err := c.effectsOf(ctx, sent, 0)
		if err != nil {
			return inconclusive(err)
		}
		if n > 0 {
			return c.fail(append(effects, dead), "poison is a dead letter and had an effect, too")
		}
	}
	return pass(sent, dead)
}

// whereabouts says what became of a record that was not dealt with as it
// should: what leads back to it, and whether its group went past it.
func (c *consumer) whereabouts(ctx context.Context, sent *live.Record) string {
	seen := c.traces(ctx, sent)
	if c.entry.Group == "" {
		return seen
	}
	committed, err := c.Flow.Committed(ctx, c.entry.Group, sent)
	switch {
	case err != nil:
		return seen + fmt.Sprintf("\nwhat the group %s has committed is not known: %v", c.entry.Group, err)
	case committed > sent.Offset && seen == "":
		return fmt.Sprintf("\nthe group %s has committed %s and gone on, and nothing leads back to it: it was swallowed", c.entry.Group, at(sent))
	case committed > sent.Offset:
		return seen + fmt.Sprintf("\nthe group %s has committed %s and gone on", c.entry.Group, at(sent))
	}
	return seen + fmt.Sprintf("\nthe group %s has not committed %s: it stands before it", c.entry.Group, at(sent))
}

// traces are the effects, the retries and the dead letters of a record that
// are there now, a line each. What cannot be read is left out: they explain,
// and prove nothing.
func (c *consumer) traces(ctx context.Context, sent *live.Record) string {
	var b strings.Builder
	if c.entry.Effect != nil && !c.asked() {
		effects, err := c.events(ctx, c.entry.Effect.Event, c.of(sent)...)
		if err == nil && len(effects) > 0 {
			fmt.Fprintf(&b, "\nits effect is %s", places(effects))
		}
	}
	if c.entry.Retry != nil {
		for _, topic := range c.entry.Retry.Topics {
			if again, err := c.topic(ctx, topic, live.LeadsBackTo(sent)); err == nil && len(again) > 0 {
				fmt.Fprintf(&b, "\nit was retried: %s", places(again))
			}
		}
	}
	if c.entry.DLQ == nil {
		return b.String()
	}
	dead, err := c.topic(ctx, c.entry.DLQ.Topic, live.LeadsBackTo(sent))
	if err == nil && len(dead) > 0 {
		fmt.Fprintf(&b, "\nit is a dead letter, %s%s", at(dead[0]), reason(sent, dead[0]))
	}
	return b.String()
}

// reason is what the headers of a dead letter say that the record did not.
func reason(sent, dead *live.Record) string {
	var added []string
	for _, h := range dead.Headers {
		if was, there := sent.Header(h.Key); !there || was != string(h.Value) {
			added = append(added, fmt.Sprintf("%s: %s", h.Key, h.Value))
		}
	}
	if len(added) == 0 {
		return ""
	}
	return " (" + strings.Join(added, ", ") + ")"
}

// preserves judges one part of a dead letter.
func preserves(part string) func(context.Context, *consumer) Outcome {
	return func(ctx context.Context, c *consumer) Outcome {
		sent, dead, err := c.letter(ctx)
		if err != nil {
			return c.unmet(err, false)
		}
		if lost := lost(part, sent, dead); lost != "" {
			return c.fail([]*live.Record{sent, dead}, "the dead letter %s", lost)
		}
		return pass(sent, dead)
	}
}

// lost says what a dead letter does not keep; "" for nothing. It may carry
// further headers.
func lost(part string, sent, dead *live.Record) string {
	switch part {
	case "key":
		if !bytes.Equal(sent.Key, dead.Key) {
			return fmt.Sprintf("has the key %q, and the event had %q", dead.Key, sent.Key)
		}
	case "value":
		if !bytes.Equal(sent.Value, dead.Value) {
			return fmt.Sprintf("has another value: %d bytes, of %d that were sent", len(dead.Value), len(sent.Value))
		}
	case "headers":
		for _, h := range sent.Headers {
			switch got, there := dead.Header(h.Key); {
			case !there:
				return fmt.Sprintf("lacks the header %s", h.Key)
			case got != string(h.Value):
				return fmt.Sprintf("has the header %s: %q, and the event had %q", h.Key, got, h.Value)
			}
		}
	}
	return ""
}

func deadOnce(ctx context.Context, c *consumer) Outcome {
	sent, _, err := c.letter(ctx)
	if err != nil {
		return c.unmet(err, false)
	}
	dead, err := c.settledIn(ctx, c.entry.DLQ.Topic, 1, live.LeadsBackTo(sent))
	switch {
	case err != nil:
		return inconclusive(err)
	case len(dead) > 1:
		return c.fail(dead, "one event has %d dead letters", len(dead))
	}
	return pass(append(dead, sent)...)
}

// retries sends an event that the service fails to process.
func retries(ctx context.Context, c *consumer) Outcome {
	overrides, given := c.Failing[c.entry.Event]
	switch {
	case !given:
		return vacuous("nothing makes the service fail: %s", c.Flow.Advice().Fail(c.entry.Event))
	case len(c.entry.Retry.Topics) == 0:
		return moot("the retry declares no topics, and attempts inside the service are not seen from outside")
	case c.entry.DLQ == nil:
		return vacuous("the contract declares no dlq, which would show that the retries are over")
	}
	sent, err := c.send(ctx, overrides...)
	if err != nil {
		return inconclusive(err)
	}
	limit, cancel := context.WithTimeout(ctx, c.Within)
	defer cancel()
	trail, err := c.Flow.Retries(limit, sent, c.entry)
	if err != nil {
		return inconclusive(err)
	}
	evidence := append([]*live.Record{sent}, trail.Records...)
	if trail.Dead != nil {
		evidence = append(evidence, trail.Dead)
	}
	if problems := trail.Problems(); len(problems) > 0 {
		return c.fail(evidence, "%s", strings.Join(problems, "; "))
	}
	if c.unobservable() == "" {
		if _, n, err := c.effectsOf(ctx, sent, 0); err != nil {
			return inconclusive(err)
		} else if n > 0 {
			return vacuous("the event that was made to fail had an effect: the service does not fail to process it at each attempt")
		}
	}
	return pass(evidence...)
}
