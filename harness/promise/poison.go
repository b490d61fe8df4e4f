package promise

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/harness/live"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/reports/finding"
)

// goesOn sends what cannot be decoded.
func goesOn(ctx context.Context, c *consumer) Outcome {
	bad, err := c.undecodable()
	if err != nil {
		return inconclusive(err)
	}
	return c.behind(ctx, bad)
}

// behind sends poison and then a good event into the same partition, which must
// be processed.
func (c *consumer) behind(ctx context.Context, poison ...*live.Record) Outcome {
	good, err := c.Flow.Make(c.entry.Event)
	if err != nil {
		return inconclusive(err)
	}
	for _, r := range append(slices.Clone(poison), good) {
		r.Key = poison[0].Key
		if err := c.again(ctx, r); err != nil {
			return inconclusive(err)
		}
	}
	evidence := append(slices.Clone(poison), good)
	switch {
	case slices.ContainsFunc(poison, func(r *live.Record) bool { return r.Partition != good.Partition }):
		return vacuous("the events have no key, which would put them into one partition")
	case c.unobservable() == "":
		if _, err = c.effectOf(ctx, good); err == nil {
			return pass(evidence...)
		}
	case c.entry.Group == "":
		return vacuous("the contract declares neither an effect nor a group: nothing shows that an event was processed")
	default:
		done, err := c.committed(ctx, c.entry.Group, good)
		switch {
		case err != nil:
			return inconclusive(err)
		case done:
			return pass(evidence...)
		}
		return c.fail(evidence, "%s", c.uncommitted(ctx, at(good)+", which came after poison,"))
	}
	if missed := (*live.MissedError)(nil); errors.As(err, &missed) {
		return c.fail(evidence, "a good event that came after poison, %s, was not processed: %v%s", at(poison[0]), err, c.whereabouts(ctx, good))
	}
	return inconclusive(err)
}

// spoilt is poison of a kind: what it is, in words that follow "an event".
type spoilt struct {
	*live.Record
	what string
	// leads finds its dead letter.
	leads live.Condition
}

// refused sends what is well-formed, and what the schema refuses.
func refused(ctx context.Context, c *consumer) Outcome {
	forms, err := c.Flow.Wrong(c.contract(), c.entry)
	switch {
	case err != nil:
		return moot("%v", err)
	case len(forms) == 0:
		return moot("the schema, or the consumer's own, takes all that was tried as an event")
	}
	var all []spoilt
	for _, f := range forms {
		r, err := c.Flow.Make(c.entry.Event, f.Override)
		if err != nil {
			return inconclusive(err)
		}
		if !c.entry.DLQ.Preserves("headers") && (r.ID() == "" || !bytes.Contains(r.Value, []byte(r.ID()))) {
			continue // nothing would lead back to it
		}
		all = append(all, spoilt{r, f.Name, live.LeadsBackTo(r)})
	}
	if len(all) == 0 {
		return moot("nothing would lead back to its dead letter: data that is wrong has no room for the event's id, and headers need not be kept")
	}
	return c.deadLettered(ctx, all)
}

// headless sends events without the headers that the consumer says it needs:
// without others it may process them.
func headless(ctx context.Context, c *consumer) Outcome {
	_, p, err := c.Flow.Producer(c.entry.Event)
	if err != nil {
		return inconclusive(err)
	}
	var all []spoilt
	for _, name := range neededHeaders(c.entry) {
		good, err := c.Flow.Make(c.entry.Event)
		if err != nil {
			return inconclusive(err)
		}
		if _, there := good.Header(name); !there || name == p.Recognition().Header {
			continue // without that by which it is known a record is rightly left alone
		}
		bad := good.Without(name)
		leads := live.LeadsBackTo(good)
		if !carries(bad, good.ID()) {
			if !c.entry.DLQ.Preserves("headers") {
				continue // nothing would lead back to it
			}
			leads = marked(bad)
		}
		all = append(all, spoilt{bad, "without the header " + name, leads})
	}
	if len(all) == 0 {
		return moot("the event has none of the headers that the contract needs, or nothing would lead back to its dead letter without it")
	}
	return c.deadLettered(ctx, all)
}

// neededHeaders are those that the consumer says it needs, or knows duplicates
// by.
func neededHeaders(c *contracts.Consumes) []string {
	var places []string
	for _, n := range c.Needs {
		places = append(places, n.Place)
	}
	if c.Idempotency != nil {
		places = append(places, c.Idempotency.Key)
	}
	var names []string
	for _, p := range places {
		if name, is := strings.CutPrefix(p, "header:"); is && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// carries says whether a record still has an id anywhere.
func carries(r *live.Record, id string) bool {
	of := live.Record{}
	of.Attributes.ID = id
	return r.LeadsBackTo(&of)
}

// marked asks for the mark of a record, which stays where its event has no id.
func marked(sent *live.Record) live.Condition {
	mark, _ := sent.Header(identity.Header)
	return live.That("with the header "+identity.Header+" of "+sent.Event, func(r *live.Record) bool {
		got, there := r.Header(identity.Header)
		return there && got == mark
	})
}

// tombstone sends an event without a value. A consumer may pass over it.
func tombstone(ctx context.Context, c *consumer) Outcome {
	contract, p, err := c.Flow.Producer(c.entry.Event)
	if err != nil {
		return inconclusive(err)
	}
	if strings.Contains(contract.Topics[p.TopicName()].Config["cleanup.policy"], "compact") {
		return moot("the topic is compacted: a tombstone is no poison in it")
	}
	if format, err := c.Flow.Format(c.entry.Event); err != nil || format == contracts.FormatProtobuf {
		return moot("in protobuf no bytes are an event of empty fields")
	}
	r, err := c.Flow.Make(c.entry.Event)
	if err != nil {
		return inconclusive(err)
	}
	r.Value, r.Data = nil, nil
	o := c.behind(ctx, r)
	if o.Verdict != finding.Pass {
		return o
	}
	return c.unapplied(ctx, spoilt{r, "without a value", live.LeadsBackTo(r)}, o)
}

// portion is how much poison comes before a good event: a consumer that tries
// each several times still has the time for one.
const portion = 4

// deadLettered sends poison in portions, and judges that what comes after each
// is processed, that each is a dead letter, and that none has an effect.
func (c *consumer) deadLettered(ctx context.Context, all []spoilt) Outcome {
	var evidence []*live.Record
	for some := range slices.Chunk(all, portion) {
		o := c.deadLetters(ctx, some)
		if o.Verdict != finding.Pass {
			return o
		}
		evidence = append(evidence, o.Records...)
	}
	return pass(evidence...)
}

func (c *consumer) deadLetters(ctx context.Context, all []spoilt) Outcome {
	var records []*live.Record
	for _, s := range all {
		records = append(records, s.Record)
	}
	o := c.behind(ctx, records...)
	if o.Verdict != finding.Pass {
		return o
	}
	for _, s := range all {
		if applied := c.unapplied(ctx, s, o); applied.Verdict != finding.Pass {
			return applied
		}
		dead, err := c.Flow.Await(ctx, live.Wanted{What: "dead letter", Topic: c.entry.DLQ.Topic, Conditions: []live.Condition{s.leads}, Within: c.Within})
		if missed := (*live.MissedError)(nil); errors.As(err, &missed) {
			return c.fail([]*live.Record{s.Record}, "an event %s: %v%s", s.what, err, c.whereabouts(ctx, s.Record))
		}
		if err != nil {
			return inconclusive(err)
		}
		o.Records = append(o.Records, dead)
	}
	return o
}

// unapplied judges that poison has no effect by the time that the event behind
// it had its own. Without an id none can be told.
func (c *consumer) unapplied(ctx context.Context, s spoilt, pass Outcome) Outcome {
	if c.unobservable() != "" || s.ID() == "" {
		return pass
	}
	if c.asked() {
		n, err := c.count(ctx, s.Record, 0, 0)
		switch {
		case err != nil:
			return inconclusive(err)
		case n > 0:
			return c.fail([]*live.Record{s.Record}, "an event %s had an effect", s.what)
		}
		return pass
	}
	effects, err := c.events(ctx, c.entry.Effect.Event, c.of(s.Record)...)
	switch {
	case err != nil:
		return inconclusive(err)
	case len(effects) > 0:
		return c.fail(append(effects, s.Record), "an event %s had an effect", s.what)
	}
	return pass
}

// contract is that of the consumer.
func (c *consumer) contract() *contracts.Contract {
	all := c.Flow.Contracts()
	i := slices.IndexFunc(all, func(k *contracts.Contract) bool { return k.Service.Name == c.promise.Service })
	if i < 0 {
		return nil
	}
	return all[i]
}
