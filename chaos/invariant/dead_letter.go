package invariant

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// dlqComplete: every poison record is in the dead-letter topic of each
// consumer that declares one, has no effect, and stands there with the key,
// value and headers that the contract says are kept. A dead letter that stands
// twice is legal under at-least-once and noted; it fails only where the
// contract promises exactly-once. A record is one problem with a consumer,
// whatever is wrong with it.
func dlqComplete(e *Evidence) run.Outcome {
	flows, untraced := e.traced(hasDLQ)
	d := deadLetters{e: e, spare: map[*Letters]uint64{}}
	// Flows and consumers may share a dead-letter topic.
	for _, r := range deadLettering(flows) {
		d.by.add(r.Consumer, 0, 0)
		if _, again := d.spare[r.DLQ.Letters]; !again {
			d.spare[r.DLQ.Letters] = r.DLQ.Letters.Untraced.Count()
			d.seen += r.DLQ.Letters.Seen
			d.wrong(r.DLQ.Letters)
		}
	}
	for _, f := range flows {
		// Poison that reached no log cannot be dead-lettered.
		_, poison := selectRefs(f, ledger.Received|ledger.IsPoison, 0)
		d.poison += poison
		for _, r := range deadLettering([]*Flow{f}) {
			d.Checked += poison
			d.by.add(r.Consumer, 0, poison)
			d.missing(f, r)
			d.poisoned(f, r)
			d.note(f, r)
		}
	}
	return unless(untraced, d.judge(flows))
}

func hasDLQ(f *Flow) bool { return len(deadLettering([]*Flow{f})) > 0 }

// deadLettering are the reactions of flows that have a dead-letter topic.
func deadLettering(flows []*Flow) (all []*Reaction) {
	for _, f := range flows {
		for _, r := range f.Reactions {
			if r.DLQ != nil {
				all = append(all, r)
			}
		}
	}
	return all
}

// deadLetters is the outcome of dlqComplete while it is made.
type deadLetters struct {
	run.Outcome
	e  *Evidence
	by shares
	// spare are the letters of a topic that lead back to no record: they are
	// reported once, as such, and stand for as many of those that are missed.
	spare map[*Letters]uint64
	// seen counts letters, poison records; unproven are missing while not
	// everything was read, unclaimed have a letter that may be another
	// consumer's.
	seen, poison, unproven, unclaimed uint64
}

func (d *deadLetters) judge(flows []*Flow) run.Outcome {
	switch {
	case d.Violations > 0:
		d.Verdict = finding.Fail
		d.Sentence = fmt.Sprintf("%s with the dead letters of %s%s", plural(d.Violations, "problem"), plural(d.poison, "poison record"), d.by)
	case d.Checked == 0:
		d.Verdict = finding.Vacuous
		d.Sentence = "no poison reached a consumer that declares a dead-letter topic"
	case d.unproven > 0 || !d.e.Drain.Complete:
		d.Verdict = finding.Inconclusive
		d.Sentence = fmt.Sprintf("%s without a dead letter, but not everything was read: %s", plural(d.unproven, "poison record"), d.e.open())
	case d.unclaimed > 0:
		d.Verdict = finding.Inconclusive
		d.Sentence = fmt.Sprintf("%s in, %s found, but whose they are is not known of %s: write the consumer's group or service into a header of the letter",
			plural(d.poison, "poison record"), plural(d.seen, "dead letter"), count(d.unclaimed))
	default:
		d.Verdict = finding.Pass
		d.Sentence = fmt.Sprintf("%s in, %s found", plural(d.poison, "poison record"), plural(d.seen, "dead letter"))
		if kept := preserved(flows); len(kept) > 0 {
			d.Sentence += " with " + strings.Join(kept, ", ") + " kept"
		}
		if len(d.by) > 1 {
			d.Sentence += " by each of " + d.by.names()
		}
	}
	return d.Outcome
}

func (s shares) names() string {
	names := make([]string, len(s))
	for i, x := range s {
		names[i] = x.consumer
	}
	return strings.Join(names, ", ")
}

// preserved is what every consumer keeps.
func preserved(flows []*Flow) []string {
	all := deadLettering(flows)
	kept := slices.Clone(all[0].DLQ.Preserve)
	for _, r := range all[1:] {
		kept = slices.DeleteFunc(kept, func(part string) bool { return !slices.Contains(r.DLQ.Preserve, part) })
	}
	return kept
}

// violated adds violations of a consumer; it is empty where that is not known.
func (d *deadLetters) violated(consumer string, n uint64, found []finding.Finding) {
	d.Violations += n
	d.Findings = append(d.Findings, found...)
	if consumer != "" {
		d.by.add(consumer, n, 0)
	}
}

// missing adds the poison that is in the log and of which the consumer has no
// dead letter, nor an effect, which is said of it as such.
func (d *deadLetters) missing(f *Flow, r *Reaction) {
	refs, n, claimable := r.claimable(f, r.Ledger.Select(ledger.Received|ledger.IsPoison, ledger.Dead|ledger.Effect))
	d.unclaimed += claimable
	spare := min(n, d.spare[r.DLQ.Letters])
	d.spare[r.DLQ.Letters] -= spare
	n -= spare
	switch {
	case n == 0:
		return
	case !d.e.Drain.Complete:
		d.unproven += n
		return
	}
	message := fmt.Sprintf("poison in the log, but no dead letter of %s in %s", r.Consumer, r.DLQ.Letters.Topic)
	if spare > 0 {
		message = fmt.Sprintf("poison in the log, and no dead letter of %s in %s leads back to it", r.Consumer, r.DLQ.Letters.Topic)
	}
	d.violated(r.Consumer, n, d.e.findings(DLQComplete, refs, message))
}

// wrong adds the dead letters that are not what was sent.
func (d *deadLetters) wrong(q *Letters) {
	for _, consumer := range slices.Sorted(maps.Keys(q.Altered.by)) {
		d.violated(consumer, q.Altered.by[consumer], nil)
	}
	altered := q.Altered.First()
	refs := make([]Ref, len(altered))
	for i, l := range altered {
		refs[i] = l.Ref
	}
	found := d.e.findings(DLQComplete, refs, "")
	for i := range found {
		found[i].Message = altered[i].place(q.Topic) + d.applied(altered[i])
	}
	for _, l := range q.Untraced.First() {
		found = append(found, finding.Finding{ID: DLQComplete, Severity: finding.Error, Message: l.place(q.Topic),
			Record: &finding.Record{Topic: q.Topic, Partition: l.Partition, Offset: l.Offset}})
	}
	d.violated("", q.Untraced.Count(), found)
}

func (l Letter) place(topic string) string {
	whose := ""
	if l.Consumer != "" {
		whose = " of " + l.Consumer
	}
	return fmt.Sprintf("dead letter%s at %s/%d@%d: %s", whose, topic, l.Partition, l.Offset, l.What)
}

// applied says that the consumer of a letter applied the poison that it is of.
func (d *deadLetters) applied(l Letter) string {
	for _, f := range d.e.Flows {
		if f.Sender.ID() != l.Sender {
			continue
		}
		for _, r := range f.Reactions {
			if r.Consumer == l.Consumer && r.applied(l.Sequence) {
				return fmt.Sprintf(", and %s applied the record: %s followed", r.Consumer, r.Effect)
			}
		}
	}
	return ""
}

// applied says of an event that it is poison with an effect.
func (r *Reaction) applied(event uint64) bool {
	const both = ledger.IsPoison | ledger.Effect
	return r.Ledger.Flags(event)&both == both
}

// altered says whether a letter of an event is not what was sent.
func (q *DLQ) altered(event uint64) bool {
	return q.Altered != nil && q.Altered.Flags(event)&ledger.Dead != 0
}

// poisoned adds effects of poison, and repetitions where none are promised.
func (d *deadLetters) poisoned(f *Flow, r *Reaction) {
	topic := r.DLQ.Letters.Topic
	effects := func(and, without ledger.Flags, then string) {
		refs, n := refsOf(f, except(r.Ledger.Select(ledger.IsPoison|ledger.Effect|and, without), r.DLQ.altered))
		d.violated(r.Consumer, n, d.e.findings(DLQComplete, refs, fmt.Sprintf("poison, but %s applied it: %s followed%s", r.Consumer, r.Effect, then)))
	}
	lacking := ", and no dead letter in " + topic
	if !d.e.Drain.Complete || r.DLQ.Unclaimed != nil || r.DLQ.Letters.Untraced.Count() > 0 {
		lacking = "" // as far as is known
	}
	effects(0, ledger.Dead, lacking)
	effects(ledger.Dead, 0, "")
	if r.DLQ.ExactlyOnce {
		twice := except(r.Ledger.Select(ledger.DeadTwice, 0), func(event uint64) bool { return r.DLQ.altered(event) || r.applied(event) })
		refs, n := refsOf(f, twice)
		d.violated(r.Consumer, n, d.e.findings(DLQComplete, refs,
			fmt.Sprintf("more than one dead letter of %s in %s, which promises exactly-once", r.Consumer, topic)))
	}
}

// except leaves out some of the sequences.
func except(sequences iter.Seq[uint64], some func(uint64) bool) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for seq := range sequences {
			if !some(seq) && !yield(seq) {
				return
			}
		}
	}
}

// note says what is legal and yet worth knowing.
func (d *deadLetters) note(f *Flow, r *Reaction) {
	if n := r.Ledger.Counts().DeadTwice; n > 0 && !r.DLQ.ExactlyOnce {
		d.Notes = append(d.Notes, fmt.Sprintf("%s of %s repeated by %s in %s: legal under at-least-once", plural(n, "dead letter"), f.Event, r.Consumer, r.DLQ.Letters.Topic))
	}
	if _, n := refsOf(f, r.Ledger.Select(ledger.Dead, ledger.IsPoison)); n > 0 {
		d.Notes = append(d.Notes, fmt.Sprintf("dead-lettered by %s without having been poisoned: %s of %s", r.Consumer, plural(n, "event"), f.Event))
	}
}
