package promise

import (
	"context"
	"errors"
	"fmt"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/harness/live"
)

// consumes lists what a consumer entry promises.
func (l *list) consumes(c *contracts.Consumes) {
	if c.Effect != nil {
		l.add("effect", "its effect follows it", in("effect"), j(c, hasEffect))
	}
	if c.Group != "" {
		l.add("commit", "the group "+c.Group+" commits it", in("group"), j(c, commits))
	}
	effects := len(l.promises)
	if c.Group != "" && c.Effect != nil {
		l.add("at-least-once", "it is committed after its effect", in("group"), j(c, atLeastOnce))
	}
	if said := saysNeeds(c); said != "" {
		l.add("needs", "it needs no more fields than it says", in(said), j(c, needs))
		l.add("tolerance", "a field that it does not know does not stop it", in(said), j(c, tolerates))
	}
	l.forms(c)
	if c.Idempotency != nil {
		l.add("dedupe", "a duplicate has no second effect", in("idempotency"), j(c, dedupe))
		l.add("dedupe:together", "duplicates that come together have one effect", in("idempotency"), j(c, together))
		l.add("distinct", "another event is no duplicate", in("idempotency"), j(c, distinct))
	}
	if c.Ordering == contracts.OrderingPerKey {
		l.add("order", "events of one key have their effects in their order", in("ordering"), j(c, effectOrder))
	}
	if c.ReadCommitted() {
		l.add("isolation", "an event of an aborted transaction has no effect", in("isolation"), j(c, isolation))
	}
	if c.Effect != nil {
		l.needs(effects, "effect")
	}
	if c.DLQ != nil {
		l.deadLetters(c)
	}
	if c.Retry != nil {
		l.add("retry", fmt.Sprintf("it is tried %d times, with its backoff", c.Retry.Attempts), in("retry"), j(c, retries))
	}
}

// saysNeeds is the field in which a consumer says what it needs of an event; ""
// where it does not.
func saysNeeds(c *contracts.Consumes) string {
	switch {
	case len(c.Needs) > 0:
		return "needs"
	case c.Schema != nil:
		return "schema"
	}
	return ""
}

// j gives a judge the entry that it judges.
func j(c *contracts.Consumes, judge func(context.Context, *consumer) Outcome) func(context.Context, *judgment) Outcome {
	return func(ctx context.Context, j *judgment) Outcome {
		// Without the producer's contract there is no event to judge by.
		if _, _, err := j.Flow.Producer(c.Event); err != nil {
			return inconclusive(err)
		}
		return judge(ctx, &consumer{j, c})
	}
}

// consumer is a judgment on a consumer entry.
type consumer struct {
	*judgment
	entry *contracts.Consumes
}

// send makes an event of the entry and sends it.
func (c *consumer) send(ctx context.Context, overrides ...live.Override) (*live.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Within)
	defer cancel()
	return c.Flow.Produce(ctx, c.entry.Event, overrides...)
}

// again sends records at once within the time.
func (c *consumer) again(ctx context.Context, records ...*live.Record) error {
	ctx, cancel := context.WithTimeout(ctx, c.Within)
	defer cancel()
	return c.Flow.Send(ctx, records...)
}

// applied sends an event and awaits its effect.
func (c *consumer) applied(ctx context.Context, overrides ...live.Override) (cause *live.Record, err error) {
	if cause, err = c.send(ctx, overrides...); err == nil {
		_, err = c.effectOf(ctx, cause)
	}
	return cause, err
}

func hasEffect(ctx context.Context, c *consumer) Outcome {
	if why := c.unobservable(); why != "" {
		return vacuous("%s", why)
	}
	cause, err := c.send(ctx)
	if err != nil {
		return inconclusive(err)
	}
	effects, err := c.effectOf(ctx, cause)
	if err != nil {
		return c.without(ctx, err, cause)
	}
	return pass(append([]*live.Record{cause}, effects...)...)
}

func commits(ctx context.Context, c *consumer) Outcome {
	sent, err := c.send(ctx)
	if err != nil {
		return inconclusive(err)
	}
	return c.done(ctx, sent)
}

// done judges that the group commits an event, and that it is no dead letter.
func (c *consumer) done(ctx context.Context, sent *live.Record) Outcome {
	done, err := c.committed(ctx, c.entry.Group, sent)
	switch {
	case err != nil:
		return inconclusive(err)
	case !done:
		return c.fail([]*live.Record{sent}, "%s", c.uncommitted(ctx, at(sent)))
	}
	if c.entry.DLQ == nil {
		return pass(sent)
	}
	dead, err := c.topic(ctx, c.entry.DLQ.Topic, live.LeadsBackTo(sent))
	switch {
	case err != nil:
		return inconclusive(err)
	case len(dead) > 0:
		return c.fail(dead, "the group %s committed a good event and did not process it: it is a dead letter", c.entry.Group)
	}
	return pass(sent)
}

// uncommitted says that the group has not committed what it should, and how it
// is.
func (c *consumer) uncommitted(ctx context.Context, what string) string {
	return fmt.Sprintf("the group %s has not committed %s within %s; %s", c.entry.Group, what, c.Within, c.Flow.StateOf(ctx, c.entry.Group))
}

func at(r *live.Record) string { return fmt.Sprintf("%s/%d@%d", r.Topic, r.Partition, r.Offset) }

// duplicates is how many times an event comes again.
const duplicates = 3

// dedupe sends an event, waits for its effect and sends it again, in new
// records with the old id.
func dedupe(ctx context.Context, c *consumer) Outcome {
	if why := c.unobservable(); why != "" {
		return vacuous("%s", why)
	}
	cause, err := c.applied(ctx)
	if err != nil {
		return c.unmet(err, false)
	}
	last := cause
	for range duplicates {
		last = cause.Again()
		if err := c.again(ctx, last); err != nil {
			return inconclusive(err)
		}
	}
	return c.single(ctx, cause, last)
}

// together sends an event several times at once, before it can have its
// effect: a consumer that only looks whether it knows an event, and keeps it in
// mind when it is done, takes each of them for new.
func together(ctx context.Context, c *consumer) Outcome {
	if why := c.unobservable(); why != "" {
		return vacuous("%s", why)
	}
	cause, err := c.Flow.Make(c.entry.Event)
	if err != nil {
		return inconclusive(err)
	}
	all := []*live.Record{cause}
	for range duplicates {
		all = append(all, cause.Again())
	}
	if err := c.again(ctx, all...); err != nil {
		return inconclusive(err)
	}
	if _, err := c.effectOf(ctx, cause); err != nil {
		return c.unmet(err, false)
	}
	return c.single(ctx, cause, all[duplicates])
}

// single judges that an event had one effect, once the group has committed its
// last duplicate.
func (c *consumer) single(ctx context.Context, cause, last *live.Record) Outcome {
	if c.entry.Group != "" {
		done, err := c.committed(ctx, c.entry.Group, last)
		if err != nil {
			return inconclusive(err)
		}
		if !done {
			return c.fail([]*live.Record{last}, "%s", c.uncommitted(ctx, "a duplicate, "+at(last)+","))
		}
	}
	effects, n, err := c.effectsOf(ctx, cause, 1)
	switch {
	case err != nil:
		return inconclusive(err)
	case n > 1:
		return c.fail(append(effects, cause), "an event that came %d times had %d effects", duplicates+1, n)
	}
	return pass(append(effects, cause)...)
}

// commitTries is how often a commit is compared with its effect: the moment
// between the two may be short.
const commitTries = 3

// atLeastOnce looks at a commit the moment it is there: the effect must be in
// its topic by then, below the high watermark, be it in a transaction that is
// still open. A consumer that commits first loses the event if it crashes in
// between.
func atLeastOnce(ctx context.Context, c *consumer) Outcome {
	if why := c.unobservable(); why != "" {
		return vacuous("%s", why)
	}
	if c.entry.Effect.HTTP != "" {
		return moot("the effect is seen over HTTP, where an answer may be older than the commit")
	}
	var evidence []*live.Record
	for range commitTries {
		cause, err := c.send(ctx)
		if err != nil {
			return inconclusive(err)
		}
		done, err := c.committed(ctx, c.entry.Group, cause)
		if err != nil {
			return inconclusive(err)
		}
		if !done {
			return vacuous("%s: there is no commit to be compared", c.uncommitted(ctx, at(cause)))
		}
		effects, o := c.before(ctx, cause)
		if o.Verdict != "" {
			return o
		}
		evidence = append(append(evidence, cause), effects...)
	}
	return pass(evidence...)
}

// before answers the effect of an event that was committed a moment ago, if it
// was there by then, and else the outcome that is not a pass.
func (c *consumer) before(ctx context.Context, cause *live.Record) (effects []*live.Record, not Outcome) {
	if c.asked() {
		n, err := c.count(ctx, cause, 0, 0)
		switch {
		case err != nil:
			return nil, inconclusive(err)
		case n == 0:
			return nil, c.fail([]*live.Record{cause}, "the group %s had committed %s before its effect was in the database", c.entry.Group, at(cause))
		}
		return nil, Outcome{}
	}
	_, p, err := c.Flow.Producer(c.entry.Effect.Event)
	if err != nil {
		return nil, inconclusive(err)
	}
	ends, err := c.Flow.Ends(ctx, p.TopicName())
	if err != nil {
		return nil, inconclusive(err)
	}
	if effects, err = c.effectOf(ctx, cause); err != nil {
		return nil, c.unmet(err, false)
	}
	if effect := effects[0]; effect.Offset >= ends[effect.Partition] {
		return nil, c.fail([]*live.Record{cause, effect}, "the group %s had committed %s before its effect was in %s", c.entry.Group, at(cause), p.TopicName())
	}
	return effects, Outcome{}
}

// distinct sends two events that differ in the key of idempotency, and whose data
// differs in nothing else.
func distinct(ctx context.Context, c *consumer) Outcome {
	if why := c.unobservable(); why != "" {
		return vacuous("%s", why)
	}
	first, err := c.applied(ctx)
	if err != nil {
		return c.unmet(err, false)
	}
	known, err := c.entry.Idempotency.KeyPlace()
	if err != nil {
		return inconclusive(err)
	}
	second, why, err := c.other(first, known)
	switch {
	case err != nil:
		return inconclusive(err)
	case why != "":
		return vacuous("%s", why)
	}
	if err = c.again(ctx, second); err == nil {
		_, err = c.effectOf(ctx, second)
	}
	if missed := (*live.MissedError)(nil); errors.As(err, &missed) {
		return c.fail([]*live.Record{first, second}, "an event was taken for a duplicate of another one, which differs in %s: %v", known, err)
	}
	if err != nil {
		return inconclusive(err)
	}
	return pass(first, second)
}

// effectOrder sends events of one key, one after the other without a wait.
func effectOrder(ctx context.Context, c *consumer) Outcome {
	if why := c.unobservable(); why != "" {
		return vacuous("%s", why)
	}
	if c.asked() {
		return moot("effects that are counted show no order")
	}
	first, err := c.send(ctx)
	if err != nil {
		return inconclusive(err)
	}
	same, err := c.sameKey(first)
	if err != nil {
		return vacuous("%v", err)
	}
	causes := []*live.Record{first}
	for len(causes) < orderEvents {
		next, err := c.send(ctx, same...)
		if err != nil {
			return inconclusive(err)
		}
		causes = append(causes, next)
	}
	var effects []*live.Record
	for _, cause := range causes {
		e, err := c.effectOf(ctx, cause)
		if err != nil {
			return c.unmet(err, false)
		}
		effects = append(effects, e...)
	}
	_, p, err := c.Flow.Producer(c.entry.Effect.Event)
	if err != nil {
		return inconclusive(err)
	}
	inLog, err := c.topic(ctx, p.TopicName(), live.Of(c.entry.Effect.Event))
	if err != nil {
		return inconclusive(err)
	}
	return c.order(live.OrderOf(inLog, causes), effects, "effects")
}

// isolation sends an event in a transaction that is aborted, and then a good
// one into the same partition, whose effect shows that the first was passed.
func isolation(ctx context.Context, c *consumer) Outcome {
	if why := c.unobservable(); why != "" {
		return vacuous("%s", why)
	}
	aborted, err := c.Flow.Make(c.entry.Event)
	if err != nil {
		return inconclusive(err)
	}
	limit, cancel := context.WithTimeout(ctx, c.Within)
	defer cancel()
	if err := c.Flow.SendAborted(limit, aborted); err != nil {
		return inconclusive(err)
	}
	good, err := c.Flow.Make(c.entry.Event)
	if err != nil {
		return inconclusive(err)
	}
	// The same key leads to the same partition.
	good.Key = aborted.Key
	if err := c.again(ctx, good); err != nil {
		return inconclusive(err)
	}
	if good.Partition != aborted.Partition {
		return vacuous("the events have no key, which would put them into one partition")
	}
	if _, err := c.effectOf(ctx, good); err != nil {
		return c.unmet(err, false)
	}
	effects, n, err := c.effectsOf(ctx, aborted, 0)
	switch {
	case err != nil:
		return inconclusive(err)
	case n > 0:
		return c.fail(append(effects, aborted), "an event whose transaction was aborted, %s, had an effect: it is read uncommitted", at(aborted))
	}
	return pass(aborted, good)
}
