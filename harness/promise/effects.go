package promise

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flowweir/weir/harness/effect"
	"github.com/flowweir/weir/harness/live"
)

// askEvery is the pause between two questions for an effect.
const askEvery = 20 * time.Millisecond

// unobservable says why effects of the entry cannot be seen; "" where they can.
func (c *consumer) unobservable() string {
	if c.entry.Effect == nil {
		return fmt.Sprintf("the contract declares no effect of %s: add effect: {event: NAME, correlate: envelope:causationid}", c.entry.Event)
	}
	if !c.asked() {
		return ""
	}
	s, err := c.source()
	if nowhere := (*effect.NowhereError)(nil); errors.As(err, &nowhere) {
		return fmt.Sprintf("%v: %s", err, c.Flow.Advice().Ask(nowhere.SQL))
	}
	if err == nil {
		s.Close()
	}
	return ""
}

// asked says that effects of the entry are asked for, by sql or http.
func (c *consumer) asked() bool { return c.entry.Effect.Event == "" }

func (c *consumer) source() (*effect.Source, error) {
	return c.Places.Source(c.promise.Service, c.entry.Effect)
}

// count asks how many effects an event has had, until more than so many are
// there or the time is over.
func (c *consumer) count(ctx context.Context, cause *live.Record, most int, within time.Duration) (n int, err error) {
	s, err := c.source()
	if err != nil {
		return 0, err
	}
	defer s.Close()
	for over := time.Now().Add(within); ; {
		answer, err := s.Of(ctx, cause.ID())
		if err != nil {
			return 0, fmt.Errorf("asking %s: %w", s, err)
		}
		if dead := c.Flow.Alive(); dead != nil {
			return answer.N, dead
		}
		if answer.N > most || !time.Now().Before(over) {
			return answer.N, nil
		}
		select {
		case <-ctx.Done():
			return answer.N, context.Cause(ctx)
		case <-time.After(min(askEvery, time.Until(over))):
		}
	}
}

// of are the conditions of an effect of an event.
func (c *consumer) of(cause *live.Record) []live.Condition {
	correlate, err := c.entry.Effect.CorrelatePlace()
	if err != nil {
		return []live.Condition{live.Where(c.entry.Effect.Correlate, cause.ID())} // which says it
	}
	return []live.Condition{live.Where(correlate.String(), cause.ID()), live.LeadsBackTo(cause)}
}

// effectOf awaits the effect of an event, and answers its record, if it is
// one. An effect that does not come is a *live.MissedError.
func (c *consumer) effectOf(ctx context.Context, cause *live.Record) ([]*live.Record, error) {
	if !c.asked() {
		r, err := c.Flow.AwaitEvent(ctx, c.entry.Effect.Event, c.Within, c.of(cause)...)
		if missed := (*live.MissedError)(nil); errors.As(err, &missed) {
			return nil, &live.MissedError{Text: missed.Text + c.elsewhere(ctx, cause), Before: missed.Before}
		}
		if err != nil {
			return nil, err
		}
		return []*live.Record{r}, nil
	}
	n, err := c.count(ctx, cause, 0, c.Within)
	if err == nil && n == 0 {
		err = &live.MissedError{Text: c.none(cause)}
	}
	return nil, err
}

// elsewhere names an event that leads back to its cause, and not at the place
// where the contract says so.
func (c *consumer) elsewhere(ctx context.Context, cause *live.Record) string {
	correlate, err := c.entry.Effect.CorrelatePlace()
	if err != nil {
		return ""
	}
	found, err := c.events(ctx, c.entry.Effect.Event, live.LeadsBackTo(cause))
	if err != nil || len(found) == 0 {
		return ""
	}
	says := fmt.Sprintf("the contract says correlate: %s", correlate)
	contract := c.contract()
	for i := range contract.Consumes {
		if contract.Consumes[i].Event == c.entry.Event {
			says += fmt.Sprintf(" (%s)", contract.Doc.Position("consumes", i, "effect", "correlate"))
		}
	}
	return fmt.Sprintf("\n%s leads back to it by %s, and %s", at(found[0]), found[0].PlaceOf(cause.ID()), says)
}

// none says that an event has no effect.
func (c *consumer) none(cause *live.Record) string {
	question := c.entry.Effect.SQL
	if question == "" {
		question = c.entry.Effect.HTTP
	}
	return fmt.Sprintf("no effect of %s, %s, within %s: %s answers 0 for %s", c.entry.Event, at(cause), c.Within, question, cause.ID())
}

// without is the outcome where an effect did not come that must, as missing.
func (c *consumer) without(ctx context.Context, err error, cause *live.Record) Outcome {
	if !c.asked() {
		return c.missing(ctx, err, c.entry.Effect.Event, c.of(cause)...)
	}
	if missed := (*live.MissedError)(nil); errors.As(err, &missed) {
		if n, asked := c.count(ctx, cause, 0, c.Within); asked == nil && n > 0 {
			return c.fail([]*live.Record{cause}, "it came late: the effect is there, and was not within %s", c.Within)
		}
	}
	return c.unmet(err, true)
}

// effectsOf watches for a time that an event has no more than so many effects,
// and answers how many it has then, and those that are records.
func (c *consumer) effectsOf(ctx context.Context, cause *live.Record, most int) (records []*live.Record, n int, err error) {
	if c.asked() {
		n, err = c.count(ctx, cause, most, c.Settle)
		return nil, n, err
	}
	records, err = c.settled(ctx, c.entry.Effect.Event, most, c.of(cause)...)
	return records, len(records), err
}
