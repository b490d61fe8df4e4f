package breaking

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/reports/finding"
)

// reading is one consumer as it was and as it is.
type reading struct {
	*pass
	was, now consumer
}

// consumes compares what a consumer promises about its work.
func (p *pass) consumes(was, now consumer) {
	r := reading{p, was, now}
	r.group()
	r.retry()
	r.deadLetters()
	r.idempotency()
	r.isolation()
	p.effectLost(was, &now)
}

func (r *reading) tell(id string, s finding.Severity, path []any, message, hint string, more ...finding.Related) {
	r.report(r.now.contract, finding.Finding{
		ID: id, Severity: s, Position: r.now.at(path...), Message: message, Hint: hint,
		Related: append(related(r.was.at(path...), "before, in %s", r.oldSide.Name), more...),
	})
}

// who is a consumer of an event, for the beginning of a sentence.
func (r *reading) who() string {
	return fmt.Sprintf("%s, consuming %s,", r.now.service(), r.now.promise().Event)
}

func (r *reading) group() {
	was, is := r.was.promise(), r.now.promise()
	if was.Group != is.Group && was.Group != "" {
		r.tell(GroupChanged, "", steps("group"),
			fmt.Sprintf("%s was in the group %s and is in %s, which has no offsets: it skips what it has not read yet, or does all of the topic again", r.who(), was.Group, is.Group),
			"keep the group, or copy its offsets while nobody runs: kafka-consumer-groups.sh --reset-offsets")
	}
}

// attempts are how often a record is tried; without a policy once.
func attempts(in *contracts.Consumes) int {
	if in.Retry == nil {
		return 1
	}
	return in.Retry.Attempts
}

func horizon(in *contracts.Consumes) time.Duration {
	if in.Retry == nil {
		return 0
	}
	return in.Retry.Horizon()
}

// long is a horizon in words; the longest stands for all that are longer.
func long(horizon time.Duration) string {
	if horizon == forever {
		return "292 years and more"
	}
	return length(horizon)
}

// policy is a retry policy in words.
func policy(in *contracts.Consumes) string {
	if n := attempts(in); n != 1 {
		return fmt.Sprintf("%d times within %s", n, long(horizon(in)))
	}
	return "once"
}

func (r *reading) retry() {
	was, is := r.was.promise(), r.now.promise()
	before, now := horizon(was), horizon(is)
	switch {
	case attempts(was) != attempts(is):
		r.tell(AttemptsChanged, "", steps("retry", "attempts"),
			fmt.Sprintf("%s tried %s and tries %s", r.who(), policy(was), policy(is)),
			"look whether idempotency window, retention and those who wait for the effect agree")
	case before != now:
		r.tell(RetryHorizonChanged, "", steps("retry", "backoff"),
			fmt.Sprintf("%s tried for up to %s and tries for up to %s", r.who(), long(before), long(now)),
			"look whether idempotency window, retention and those who wait for the effect agree")
	}
	if was.Retry == nil {
		return
	}
	for i, topic := range was.Retry.Topics {
		if is.Retry != nil && slices.Contains(is.Retry.Topics, topic) {
			continue
		}
		r.report(r.now.contract, finding.Finding{
			ID: RetryTopicRemoved, Position: r.now.at("retry", "topics"),
			Message: fmt.Sprintf("%s no longer reads the retry topic %s: records that wait there are never tried again", r.who(), topic),
			Hint:    "read it until it is empty, then let it go",
			Related: related(r.was.at("retry", "topics", i), "before, in %s", r.oldSide.Name),
		})
	}
}

func (r *reading) deadLetters() {
	was, is := r.was.promise().DLQ, r.now.promise().DLQ
	switch {
	case was == nil:
		return
	case is == nil:
		r.tell(DLQRemoved, "", steps("dlq"), fmt.Sprintf("%s sent what it cannot process to %s and sends it nowhere: it is lost, or holds up what follows", r.who(), was.Topic), "keep the dead letters")
		return
	case was.Topic != is.Topic:
		r.dlqMoved(was.Topic, is.Topic)
	}
	for _, part := range []string{"key", "value", "headers"} {
		if was.Preserves(part) && !is.Preserves(part) {
			r.tell(DLQWeakened, "", steps("dlq", "preserve"), fmt.Sprintf("dead letters of %s in %s no longer keep the original's %s: they cannot be sent again as they were", r.now.service(), is.Topic, part), "keep key, value and headers")
		}
	}
	if was.Guarantee() == contracts.DeliveryExactlyOnce && is.Guarantee() != contracts.DeliveryExactlyOnce {
		r.tell(DLQWeakened, "", steps("dlq", "delivery"), fmt.Sprintf("dead letters of %s in %s came exactly once and can come twice", r.now.service(), is.Topic), "")
	}
}

// dlqMoved is an error where a contract consumes the old dead letters.
func (r *reading) dlqMoved(from, to string) {
	var rely []consumer
	for _, c := range r.newSide.Contracts {
		for i := range c.Consumes {
			if c.Consumes[i].TopicName() == from {
				rely = append(rely, consumer{c, i})
			}
		}
	}
	var more []finding.Related
	for _, in := range rely {
		more = append(more, related(in.at("event"), "%s reads %s", in.service(), from)...)
	}
	r.tell(DLQChanged, severity(rely), steps("dlq", "topic"),
		fmt.Sprintf("%s sent dead letters to %s and sends them to %s: whoever looks after the former sees no more", r.who(), from, to),
		"tell its owner, and let what lies there be worked off", more...)
}

func (r *reading) idempotency() {
	was, is := r.was.promise().Idempotency, r.now.promise().Idempotency
	switch {
	case was == nil:
	case is == nil:
		// Its effect comes twice, to others if they consume it.
		rely := r.audience(r.now.promise().Effect)
		r.tell(IdempotencyWeakened, severity(rely), steps("idempotency"), fmt.Sprintf("%s no longer says how it knows an event again: one that comes twice has two effects", r.who()), "keep it", r.named(rely)...)
	case anotherPlace(was.KeyPlace, is.KeyPlace):
		before, _ := was.KeyPlace()
		after, _ := is.KeyPlace()
		r.tell(IdempotencyWeakened, finding.Warning, steps("idempotency", "key"), fmt.Sprintf("%s knew events again by %s and knows them by %s: those that come again across the change are new to it", r.who(), before, after), "look for both until the window has passed")
	case was.Window != 0 && is.Window == 0:
		r.tell(IdempotencyWeakened, finding.Warning, steps("idempotency", "window"), fmt.Sprintf("%s knew events again for %s, and no longer says for how long", r.who(), was.Window), "keep the window")
	case is.Window < was.Window:
		r.tell(IdempotencyWeakened, finding.Warning, steps("idempotency", "window"), fmt.Sprintf("%s knew events again for %s and knows them for %s", r.who(), was.Window, is.Window), "keep the window")
	}
}

// anotherPlace says whether a place is another one than before. A header of a binary
// CloudEvent is the attribute that it has.
func anotherPlace(was, is func() (place.Place, error)) bool {
	attribute := func(p place.Place, _ error) string { // the loader has said what is no place
		if name, ok := strings.CutPrefix(p.HeaderName(), "ce_"); ok {
			return place.Attribute(name).String()
		}
		return p.String()
	}
	return attribute(was()) != attribute(is())
}

// isolation is an error where a producer of the event sends in transactions.
func (r *reading) isolation() {
	if !r.was.promise().ReadCommitted() || r.now.promise().ReadCommitted() {
		return
	}
	s, more := finding.Warning, []finding.Related(nil)
	for _, sender := range r.producers[r.now.promise().Event] {
		if sender.promise().Delivery.Transactional && sender.promise().Channel() == r.now.promise().Channel() {
			s = finding.Error
			more = append(more, related(sender.at("delivery"), "%s sends in transactions", sender.service())...)
		}
	}
	r.tell(IsolationWeakened, s, steps("isolation"), fmt.Sprintf("%s read committed records only, and now reads those of transactions that were aborted too", r.who()), "keep isolation: read-committed", more...)
}

// audience are the consumers of an effect.
func (p *pass) audience(effect *contracts.Effect) []consumer {
	if effect == nil || effect.Event == "" {
		return nil
	}
	return p.consumers[effect.Event]
}

func (p *pass) named(rely []consumer) []finding.Related {
	var all []finding.Related
	for _, in := range rely {
		all = append(all, related(in.at("event"), "%s consumes the effect", in.service())...)
	}
	return all
}

// effectLost reports how the outside no longer sees that an event was
// processed; now is nil where the consumer itself is gone.
func (p *pass) effectLost(was consumer, now *consumer) {
	effect := was.promise().Effect
	if effect == nil {
		return
	}
	f := finding.Finding{ID: EffectChanged, Position: p.latest.Doc.Position("service", "name"), Hint: "keep the effect until nobody waits for it"}
	var is *contracts.Effect
	if now != nil {
		is, f.Position = now.promise().Effect, now.at("effect")
	}
	who, event := was.service(), was.promise().Event
	switch {
	case effect.Event == "" && is == nil:
		f.Message = fmt.Sprintf("nothing shows any more that %s processed %s", who, event)
	case effect.Event == "":
		return // how to look is for those who test it
	case now == nil:
		f.Message = fmt.Sprintf("%s no longer consumes %s, of which %s was the effect", who, event, effect.Event)
	case is == nil || is.Event != effect.Event:
		f.Message = fmt.Sprintf("%s showed by %s that it processed %s, and no longer does", who, effect.Event, event)
	case anotherPlace(effect.CorrelatePlace, is.CorrelatePlace):
		before, _ := effect.CorrelatePlace()
		after, _ := is.CorrelatePlace()
		f.Message = fmt.Sprintf("%s of %s had the id of its cause in %s and has it in %s", effect.Event, who, before, after)
	default:
		return
	}
	rely := p.audience(effect)
	f.Severity = severity(rely)
	if effect.Event != "" && len(rely) > 0 {
		f.Message += fmt.Sprintf("; %s wait%s for it", finding.List(services(rely)), plural(services(rely)))
	}
	f.Related = slices.Concat(related(was.at("effect"), "before, in %s", p.oldSide.Name), p.named(rely))
	p.report(p.latest, f)
}

// plural is the ending of a verb in the third person.
func plural(subjects []string) string {
	if len(subjects) == 1 {
		return "s"
	}
	return ""
}
