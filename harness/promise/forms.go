package promise

import (
	"context"
	"errors"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/harness/live"
	"github.com/flowweir/weir/reports/finding"
)

// forms lists that an entry processes every form in which its producer may
// write the event.
func (l *list) forms(c *contracts.Consumes) {
	if c.Effect == nil && c.Group == "" {
		return // nothing shows that an event was processed
	}
	for _, kind := range []struct {
		name, text, none string
		of               func(*live.Flow, string) ([]live.Variant, error)
	}{
		{"boundary", "it processes events at the bounds of their schema", "the producer gives no schema, whose bounds there are", (*live.Flow).Corners},
		{"versions", "it processes events of each version that may still be on the topic", "the producer keeps no versions of the schema", (*live.Flow).Versions},
		{"examples", "it processes the producer's examples", "the producer gives no examples", (*live.Flow).Examples},
	} {
		l.add(kind.name, kind.text, nil, j(c, func(ctx context.Context, c *consumer) Outcome {
			forms, err := kind.of(c.Flow, c.entry.Event)
			switch {
			case err != nil:
				return inconclusive(err)
			case len(forms) == 0:
				return moot("%s", kind.none)
			}
			return c.processes(ctx, forms...)
		}))
	}
	l.add("late", "it processes an event that comes late", nil, j(c, late))
}

// form is an event as one of processes.
func form(name string, override live.Override) live.Variant {
	return live.Variant{Name: name, Override: override}
}

// processes sends an event in several forms, each of which must have its
// effect as a good event has; where effects cannot be seen, each must be
// committed and be no dead letter.
func (c *consumer) processes(ctx context.Context, forms ...live.Variant) Outcome {
	if c.unobservable() != "" && c.entry.Group == "" {
		return vacuous("%s", c.unobservable())
	}
	var sent []*live.Record
	for _, f := range forms {
		r, err := c.send(ctx, f.Override)
		if err != nil {
			return inconclusive(err)
		}
		sent = append(sent, r)
	}
	var evidence []*live.Record
	for i, r := range sent {
		seen, o := c.processed(ctx, r, forms[i].Name)
		if o.Verdict != "" {
			return o
		}
		evidence = append(append(evidence, r), seen...)
	}
	return pass(evidence...)
}

// processed awaits that an event was processed, and answers its effect if that
// shows it; else the outcome that is not a pass.
func (c *consumer) processed(ctx context.Context, sent *live.Record, name string) (effects []*live.Record, not Outcome) {
	if c.unobservable() != "" {
		if o := c.done(ctx, sent); o.Verdict != finding.Pass {
			o.Reason = "an event " + name + ": " + o.Reason
			return nil, o
		}
		return nil, Outcome{}
	}
	effects, err := c.effectOf(ctx, sent)
	if missed := (*live.MissedError)(nil); errors.As(err, &missed) {
		return nil, c.fail([]*live.Record{sent}, "an event %s was not processed: %v%s", name, err, c.whereabouts(ctx, sent))
	}
	if err != nil {
		return nil, inconclusive(err)
	}
	return effects, Outcome{}
}

// lateness is how late an event comes at most: as after an outage of a
// consumer.
const lateness = time.Hour

// late sends an event whose time is long ago, but within what the topic keeps.
func late(ctx context.Context, c *consumer) Outcome {
	contract, p, err := c.Flow.Producer(c.entry.Event)
	if err != nil {
		return inconclusive(err)
	}
	by := lateness
	if kept, stated := versions.Retention(contract.Topics[p.TopicName()]); stated && !kept.Forever {
		by = min(by, kept.Period/2)
	}
	return c.processes(ctx, form("that comes "+by.String()+" late", live.At(time.Now().Add(-by))))
}
