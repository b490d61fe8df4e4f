package promise

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/harness/live"
	"github.com/flowweir/weir/reports/finding"
)

// causationID is the header that names the event which caused another.
const causationID = "causation_id"

// produces lists what a producer entry promises.
func (l *list) produces(p *contracts.Produces) {
	l.add("emitted", "it follows its trigger", in("trigger"), emitted)
	l.add("once", "one event follows one trigger", in("trigger"), once)
	l.schema(p, registry.Value)
	if kind := p.EnvelopeName(); envelope.Kind(kind) != envelope.None {
		l.looks("envelope", "its envelope is "+kind, in("envelope"), obeys(live.BrokenEnvelope, ""))
	}
	if p.Key != nil {
		l.looks("key", "its key is "+keyText(p.Key), in("key"), obeys(live.BrokenKey, ""))
		l.schema(p, registry.Key)
	}
	l.headers(p)
	if causes(p) {
		l.add("causation", "its causation id is that of its trigger", in("trigger"), causation)
	}
	if p.OrderedPerKey() {
		l.add("order", "events of one key are in one partition, in their order", in("ordering"), ordered)
	}
	l.delivery(p)
	l.needs(1, "emitted")
}

func keyText(k *contracts.Key) string {
	if k.Template != "" {
		return k.Template
	}
	return k.Place
}

func (l *list) headers(p *contracts.Produces) {
	names := make([]string, 0, len(p.Headers))
	for name := range p.Headers {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		h := p.Headers[name]
		text := fmt.Sprintf("it has the header %s", name)
		if !h.Required && h.Pattern == "" {
			continue // nothing is promised of it
		}
		if !h.Required {
			text = fmt.Sprintf("its header %s is of its form, where it is there", name)
		}
		l.looks("header:"+name, text, in("headers", name), obeys(live.BrokenHeader, name))
	}
}

// causes says whether a trigger is an event whose id can be asked for.
func causes(p *contracts.Produces) bool {
	_, header := p.Headers[causationID]
	return p.Trigger != nil && p.Trigger.Event != "" && (header || envelope.Kind(p.EnvelopeName()) == envelope.Standard)
}

func (l *list) delivery(p *contracts.Produces) {
	if p.Delivery.Acks != "" {
		l.unseen("acks", "it is sent with acks="+p.Delivery.RequiredAcks(), in("delivery", "acks"),
			"what a producer waits for is not seen in its records; weir run sees what it loses")
	}
	if p.Delivery.Idempotent != nil && *p.Delivery.Idempotent {
		l.looks("idempotent", "it is sent by an idempotent producer", in("delivery", "idempotent"),
			sent("no producer id: it was not sent by an idempotent producer", func(r *live.Record) bool { return r.ProducerID >= 0 }))
	}
	if p.Delivery.Transactional {
		l.looks("transactional", "it is sent in a transaction", in("delivery", "transactional"),
			sent("not sent in a transaction", func(r *live.Record) bool { return r.Attrs.IsTransactional() }))
	}
}

// triggered drives the trigger of the promise's event and answers the record
// that followed. Where none leads back to the trigger, one that was published
// since is judged in its place; the promise causation is about that.
func (j *judgment) triggered(ctx context.Context) (*live.Record, live.Driven, error) {
	driven, err := j.Flow.Drive(ctx, j.promise.Event, j.Within)
	if err != nil {
		return nil, driven, err
	}
	r, err := j.Flow.AwaitEvent(ctx, j.promise.Event, j.Within, driven.Follows)
	if missed := (*live.MissedError)(nil); errors.As(err, &missed) {
		others, readErr := j.events(ctx, j.promise.Event, driven.Since)
		if readErr == nil && len(others) > 0 {
			return others[0], driven, nil
		}
	}
	return r, driven, err
}

// unmet is the outcome where no record came to be judged. only is the promise
// that the record comes at all. To others that was not exercised, unless records
// of the same kind did come: then this one was lost.
func (j *judgment) unmet(err error, only bool) Outcome {
	if none := (*live.NoTriggerError)(nil); errors.As(err, &none) {
		return vacuous("%v", err)
	}
	missed := (*live.MissedError)(nil)
	switch {
	case errors.As(err, &missed) && only:
		return j.fail(nil, "%v", err)
	case errors.As(err, &missed) && missed.Before > 0:
		return j.fail(nil, "lost, where %d others came: %v", missed.Before, err)
	case errors.As(err, &missed):
		first, _, _ := strings.Cut(missed.Text, "\n")
		return vacuous("%s: nothing came that would show it", first)
	}
	return inconclusive(err)
}

func emitted(ctx context.Context, j *judgment) Outcome {
	r, driven, err := j.triggered(ctx)
	if err != nil {
		return j.missing(ctx, err, j.promise.Event, driven.Follows)
	}
	return pass(r)
}

// missing is the outcome where a record did not come that must. It is waited
// for as long again: one that comes late is another fault than one that is
// lost.
func (j *judgment) missing(ctx context.Context, err error, event string, conditions ...live.Condition) Outcome {
	if missed := (*live.MissedError)(nil); errors.As(err, &missed) {
		if late, awaited := j.Flow.AwaitEvent(ctx, event, j.Within, conditions...); awaited == nil {
			return j.fail([]*live.Record{late}, "it came late: %s is there, and was not within %s", at(late), j.Within)
		}
	}
	return j.unmet(err, true)
}

// once judges a second event as one that leads back to the trigger, too, or as
// any that was published since: where triggers carry no identity, and where
// nobody else triggers any (live.Driven.Counts).
func once(ctx context.Context, j *judgment) Outcome {
	_, driven, err := j.triggered(ctx)
	if err != nil {
		return j.unmet(err, false)
	}
	found, err := j.settled(ctx, j.promise.Event, 1, driven.Counts)
	switch {
	case err != nil:
		return inconclusive(err)
	case len(found) > 1:
		return j.fail(found, "%d events followed one trigger", len(found))
	}
	return pass(found...)
}

// one is the judge of a promise that any record keeps or breaks: it triggers
// one.
func one(look func(*judgment, *live.Record) Outcome) func(context.Context, *judgment) Outcome {
	return func(ctx context.Context, j *judgment) Outcome {
		r, _, err := j.triggered(ctx)
		if err != nil {
			return j.unmet(err, false)
		}
		return look(j, r)
	}
}

// obeys judges a record by what it does wrong with its contract.
func obeys(id, header string) func(*judgment, *live.Record) Outcome {
	return func(j *judgment, r *live.Record) Outcome {
		if header != "" {
			_, produces, err := j.Flow.Producer(j.promise.Event)
			if err != nil {
				return inconclusive(err)
			}
			if _, there := r.Header(header); !there && !produces.Headers[header].Required {
				return vacuous("the record has no header %s", header)
			}
		}
		found := slices.DeleteFunc(r.Problems(), func(f finding.Finding) bool {
			return f.ID != id && f.ID != live.Unjudged || header != "" && !j.at(f)
		})
		wrong := slices.DeleteFunc(slices.Clone(found), func(f finding.Finding) bool { return f.ID == live.Unjudged })
		if len(wrong) > 0 {
			return Outcome{Verdict: finding.Fail, Reason: "the record breaks its contract", Findings: wrong, Records: []*live.Record{r}}
		}
		for _, f := range found {
			if j.at(f) {
				return vacuous("%s", f.Message)
			}
		}
		return pass(r)
	}
}

// at says whether a finding is about the promise's own field.
func (j *judgment) at(f finding.Finding) bool {
	return f.Position != nil && j.promise.Position != nil && *f.Position == *j.promise.Position
}

// sent judges how a record was sent.
func sent(not string, ok func(*live.Record) bool) func(*judgment, *live.Record) Outcome {
	return func(j *judgment, r *live.Record) Outcome {
		if !ok(r) {
			return j.fail([]*live.Record{r}, "%s", not)
		}
		return pass(r)
	}
}

func causation(ctx context.Context, j *judgment) Outcome {
	r, driven, err := j.triggered(ctx)
	if err != nil {
		return j.unmet(err, false)
	}
	if driven.Cause == nil {
		return vacuous("the trigger of this test is no event, whose id could be asked for")
	}
	if r.Attributes.CausationID != driven.Cause.ID() {
		return j.fail([]*live.Record{r}, "the causation id is %q, and the id of the event that caused it %q", r.Attributes.CausationID, driven.Cause.ID())
	}
	return pass(r)
}

// orderEvents is how many events show an order.
const orderEvents = 8

// ordered triggers several events of one key. Only an event as trigger lets
// the key be chosen, and lets events follow each other closely; other triggers
// may give one key by themselves.
func ordered(ctx context.Context, j *judgment) Outcome {
	var follow []live.Condition
	var records []*live.Record
	var same []live.Override
	for range orderEvents {
		driven, err := j.Flow.Drive(ctx, j.promise.Event, j.Within, same...)
		if err != nil {
			return j.unmet(err, false)
		}
		follow = append(follow, driven.Follows)
		if driven.Cause == nil { // its event is known only as the next one
			r, err := j.Flow.AwaitEvent(ctx, j.promise.Event, j.Within, driven.Follows)
			if err != nil {
				return j.unmet(err, false)
			}
			records = append(records, r)
		} else if same == nil {
			if same, err = j.sameKey(driven.Cause); err != nil {
				return vacuous("%v", err)
			}
		}
	}
	for _, c := range follow[len(records):] {
		r, err := j.Flow.AwaitEvent(ctx, j.promise.Event, j.Within, c)
		if err != nil {
			return j.unmet(err, false)
		}
		records = append(records, r)
	}
	inLog := slices.Clone(records)
	slices.SortFunc(inLog, func(a, b *live.Record) int {
		return cmp.Or(cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	order := live.OrderIn(inLog, func(r *live.Record) int { return slices.Index(records, r) })
	return j.order(order, inLog, "events that were triggered")
}

// order is the outcome of a look at an order.
func (j *judgment) order(order live.KeyOrder, records []*live.Record, what string) Outcome {
	switch {
	case order.Pairs == 0:
		return vacuous("no two of %d %s have the same key", len(records), what)
	case len(order.Problems) > 0:
		return j.fail(records, "%s", order.Problems[0])
	}
	return pass(records...)
}
