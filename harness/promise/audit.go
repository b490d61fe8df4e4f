package promise

import (
	"context"
	"fmt"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/harness/live"
	"github.com/flowweir/weir/reports/finding"
)

// Observable says whether records that come by themselves keep or break the
// promise: see Audit.
func (p Promise) Observable() bool {
	return p.look != nil || p.Side == Produces && (p.Name == "emitted" || p.Name == "order")
}

// Audited says whether records that came while other promises were judged may
// break the promise, too: see Audit.
func (p Promise) Audited() bool {
	return p.Side == Produces && (p.Name == "once" || p.Observable() && p.Name != "emitted")
}

// Audit judges an observable or audited promise by every record of its event to
// the present end of the topic, but for those that the flow itself has sent. It
// drives nothing: where no record came the promise is vacuous. What a judge has
// found by a record of its own, Audit finds in all others.
func (p Promise) Audit(ctx context.Context, s Subject) Outcome {
	return p.audit(ctx, s, func(r *live.Record) bool { return !s.Flow.Sent(r) })
}

// AuditUnasked is Audit of the records that nobody asked for (live.Flow.Asked):
// what a test has looked at is its own to judge.
func (p Promise) AuditUnasked(ctx context.Context, s Subject) Outcome {
	return p.audit(ctx, s, func(r *live.Record) bool { return !s.Flow.Sent(r) && !s.Flow.Asked(r) })
}

// OfRecords says whether the promise is about each record for itself.
func (p Promise) OfRecords() bool { return p.look != nil }

func (p Promise) audit(ctx context.Context, s Subject, of func(*live.Record) bool) Outcome {
	j := &judgment{Subject: s, promise: p}
	records, err := j.events(ctx, p.Event, live.That("", of))
	switch {
	case err != nil:
		return inconclusive(err)
	case len(records) == 0:
		return vacuous("no %s came", p.Event)
	case p.Name == "envelope":
		return j.identities(records)
	case p.look != nil:
		return j.all(records)
	case p.Name == "order":
		return j.apart(records)
	case p.Name == "once":
		return j.single(records)
	}
	return pass(records...)
}

// all looks at each record. One that shows nothing, such as one without an
// optional header, counts for nothing where others do.
func (j *judgment) all(records []*live.Record) Outcome {
	var kept, broken []*live.Record
	var found []finding.Finding
	var why string
	for _, r := range records {
		switch o := j.promise.look(j, r); o.Verdict {
		case finding.Pass:
			kept = append(kept, r)
		case finding.Fail:
			if broken = append(broken, r); len(broken) <= maxRecords {
				found = append(found, o.Findings...)
			}
			why = o.Reason
		case finding.Vacuous, finding.Inconclusive:
			if len(broken) == 0 {
				why = o.Reason
			}
		}
	}
	switch {
	case len(broken) > 0:
		return Outcome{Verdict: finding.Fail, Reason: fmt.Sprintf("%d of %d records: %s", len(broken), len(records), why), Findings: found, Records: broken}
	case len(kept) > 0:
		return pass(kept...)
	}
	return Outcome{Verdict: finding.Vacuous, Reason: why}
}

// apart judges that each key is in one partition. In which order its events
// happened nobody can tell who has not triggered them.
func (j *judgment) apart(records []*live.Record) Outcome {
	order := live.OrderIn(records, func(*live.Record) int { return 0 })
	switch {
	case len(order.Problems) > 0:
		return j.fail(records[:min(len(records), maxRecords)], "%s", order.Problems[0])
	case order.Pairs == 0:
		return vacuous("no two of %d records have the same key", len(records))
	}
	return pass(records...)
}

// Dead is a dead letter with the event that became it.
type Dead struct{ Letter, Of *live.Record }

// DeadLettered are the dead letters of a service's consumers to the present ends
// of their topics, of events that obey their contracts, but for those that the
// flow has sent itself or was asked for (live.Flow.Asked).
func DeadLettered(ctx context.Context, s Subject, c *contracts.Contract) ([]Dead, error) {
	j := &judgment{Subject: s}
	var out []Dead
	for i := range c.Consumes {
		entry := &c.Consumes[i]
		if _, _, err := s.Flow.Producer(entry.Event); err != nil || entry.DLQ == nil {
			continue // what obeys is not known, or nothing is dead-lettered
		}
		letters, err := j.topic(ctx, entry.DLQ.Topic, live.That("", func(r *live.Record) bool {
			return !s.Flow.Sent(r) && !s.Flow.Asked(r) && r.Value != nil
		}))
		if err != nil {
			return out, err
		}
		if len(letters) == 0 {
			continue
		}
		events, err := j.events(ctx, entry.Event, live.That("", func(r *live.Record) bool { return len(r.Problems()) == 0 }))
		if err != nil {
			return out, err
		}
		for _, l := range letters {
			if at := slices.IndexFunc(events, l.LeadsBackTo); at >= 0 {
				out = append(out, Dead{l, events[at]})
			}
		}
	}
	return out, nil
}

// Unknown are the records in the topics of a service's events, to their present
// ends, that are no event of any contract of the flow, but for those that the
// flow itself has sent.
func Unknown(ctx context.Context, s Subject, c *contracts.Contract) ([]*live.Record, error) {
	j := &judgment{Subject: s}
	var topics []string
	for i := range c.Produces {
		topics = append(topics, c.Produces[i].TopicName())
	}
	slices.Sort(topics)
	var out []*live.Record
	for _, topic := range slices.Compact(topics) {
		found, err := j.topic(ctx, topic, live.That("", func(r *live.Record) bool { return r.Event == "" && !s.Flow.Sent(r) }))
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}
