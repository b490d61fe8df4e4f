package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Wanted is a record to wait for.
type Wanted struct {
	// What it is called where it is missed: an event's name.
	What string
	// Topic is where it is to appear.
	Topic string
	// Conditions must all hold.
	Conditions []Condition
	// Within is how long it may take.
	Within time.Duration
}

// MissedError is a record that did not come in time.
type MissedError struct {
	// Text says what was wanted, what is in the topic instead, and which dead
	// letters lead back to the cause.
	Text string
	// Before is how many events of the same type were waited for and came.
	Before int
}

func (e *MissedError) Error() string { return e.Text }

// Await waits for a record: the first, of those read before and of what comes,
// that meets all conditions. One that does not come is a *MissedError; conditions
// that no record can meet are another error, at once.
func (f *Flow) Await(ctx context.Context, w Wanted) (*Record, error) {
	if err := f.possible(w.Conditions); err != nil {
		return nil, fmt.Errorf("awaiting %s: %w", w.What, err)
	}
	t, err := f.Topic(w.Topic)
	if err != nil {
		return nil, fmt.Errorf("awaiting %s: %w", w.What, err)
	}
	waiting, cancel := context.WithTimeout(ctx, w.Within)
	defer cancel()
	r, err := t.Await(waiting, func(r *Record) bool { return Holds(r, w.Conditions) })
	switch {
	case err == nil:
		f.Ask(r)
		return r, nil
	case waiting.Err() == nil || ctx.Err() != nil:
		return nil, fmt.Errorf("awaiting %s: %w", w.What, err)
	}
	if r := t.unread(ctx, w.Conditions); r != nil {
		f.Ask(r)
		return r, nil
	}
	return nil, &MissedError{Text: f.missed(ctx, w, t)}
}

// unread is a record that was there when the time was over, and had not been
// read by then.
func (t *Topic) unread(ctx context.Context, conditions []Condition) *Record {
	ctx, cancel := context.WithTimeout(ctx, stateTimeout)
	defer cancel()
	_, _ = t.ReadToEnd(ctx) // what cannot be read is missed
	records := t.Records()
	if i := slices.IndexFunc(records, func(r *Record) bool { return Holds(r, conditions) }); i >= 0 {
		return records[i]
	}
	return nil
}

// AwaitEvent is Await for an event of a contract.
func (f *Flow) AwaitEvent(ctx context.Context, event string, within time.Duration, conditions ...Condition) (*Record, error) {
	_, p, err := f.Producer(event)
	if err != nil {
		return nil, fmt.Errorf("awaiting %s: %w", event, err)
	}
	r, err := f.Await(ctx, Wanted{event, p.TopicName(), append([]Condition{Of(event)}, conditions...), within})
	f.mu.Lock()
	defer f.mu.Unlock()
	if missed := (*MissedError)(nil); errors.As(err, &missed) {
		missed.Before = f.met[event]
	} else if err == nil {
		f.met[event]++
	}
	return r, err
}

// maxMissed bounds the records that a failed wait shows.
const maxMissed = 5

// missed says what was there instead of what was awaited.
func (f *Flow) missed(ctx context.Context, w Wanted, t *Topic) string {
	var b strings.Builder
	b.WriteString("no " + w.What)
	for _, cond := range w.Conditions {
		if cond.what != "" {
			b.WriteString(" " + cond.what)
		}
	}
	fmt.Fprintf(&b, " within %s", w.Within)
	records := t.Records()
	for _, cond := range w.Conditions {
		if cond.of != nil {
			b.WriteString(f.instead(ctx, cond.of, t.Name()))
		}
	}
	b.WriteString(nearly(records, w.Conditions))
	some := fmt.Sprintf("%d records", len(records))
	if len(records) == 1 {
		some = "1 record"
	}
	fmt.Fprintf(&b, "\n%s holds %s since the test began", t.Name(), some)
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
	return b.String()
}

// nearly says what the last record lacks that nearly meets a condition, and
// which cannot be told of from what was asked for.
func nearly(records []*Record, conditions []Condition) string {
	var out string
	for _, cond := range conditions {
		last := ""
		for _, r := range records {
			if err := cond.Undecided(r); err != nil {
				last = err.Error()
			} else if cond.but != nil {
				last = cmp.Or(cond.but(r), last)
			}
		}
		if last != "" {
			out += "\n" + last
		}
	}
	return out
}

// instead shows the dead letters that lead back to a record.
func (f *Flow) instead(ctx context.Context, of *Record, except string) string {
	var b strings.Builder
	for _, dead := range f.DeadLetters(ctx, of) {
		if dead.Topic != except {
			b.WriteString("\n" + dead.Explained())
		}
	}
	return b.String()
}

// DeadLetters are the dead letters that lead back to an event, in the topics
// that contracts declare for it, to their present ends. A topic that cannot be
// read is left out: they explain, and prove nothing.
func (f *Flow) DeadLetters(ctx context.Context, of *Record) []*Record {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	var out []*Record
	for _, topic := range f.DeadLetterTopics(of.Event) {
		t, err := f.Topic(topic)
		if err != nil {
			continue
		}
		if _, err := t.ReadToEnd(ctx); err != nil {
			continue
		}
		for _, r := range t.Records() {
			if r.LeadsBackTo(of) {
				out = append(out, r)
			}
		}
	}
	return out
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
