package invariant

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// commitAfterEffect: no group commits the offset of a record before its effect,
// dead letter or retry can be read. What is committed first is lost with the
// next crash.
//
// Only consumers that write their effect themselves are held to it: where
// another service writes it, it comes later as a matter of course.
func commitAfterEffect(e *Evidence) run.Outcome {
	var o run.Outcome
	var by shares
	var unseen []string
	var undecided uint64
	held := map[string]bool{}
	for _, p := range e.Progress {
		if !p.own() {
			continue
		}
		held[p.Group] = true
		o.Checked += p.compared
		o.Violations += p.aheads
		undecided += p.doubtful
		by.add(p.Group, p.aheads, p.compared)
		o.Findings = append(o.Findings, e.aheadOf(p)...)
		if n := p.looks.note(p.Group); n != "" && !slices.Contains(o.Notes, n) {
			o.Notes = append(o.Notes, n)
		}
		if why := p.unseen(e); why != "" {
			unseen = append(unseen, why)
		}
	}
	_, untraced := e.traced(hasWatched)
	switch {
	case len(held) == 0 && untraced == nil:
		o.Verdict = finding.Vacuous
		o.Sentence = "no consumer writes an effect of its own that its group could commit ahead of"
	case o.Violations > 0 && e.Deleted == 0:
		o.Verdict = finding.Fail
		o.Sentence = fmt.Sprintf("%s committed before there was an effect or a dead letter%s", plural(o.Violations, "record"), by)
	case len(unseen) > 0:
		o.Verdict = finding.Inconclusive
		o.Sentence = unseen[0]
	case o.Checked == 0 && untraced == nil:
		o.Verdict = finding.Vacuous
		o.Sentence = fmt.Sprintf("%s committed nothing of what was sent", strings.Join(slices.Sorted(maps.Keys(held)), ", "))
	case !e.Drain.Complete:
		o.Verdict = finding.Inconclusive
		o.Sentence = fmt.Sprintf("0 of %s ahead of its effect, but not everything was read: %s", plural(o.Checked, "commit"), e.open())
	case undecided > 0:
		o.Verdict = finding.Inconclusive
		o.Sentence = fmt.Sprintf("%s committed without an effect: a dead letter or a retry may be theirs, and leads back to no consumer or no record", plural(undecided, "record"))
	default:
		o.Verdict = finding.Pass
		o.Sentence = fmt.Sprintf("none of %s was committed before there was an effect, a dead letter or a retry of it%s", plural(o.Checked, "record"), by)
	}
	return unless(untraced, o)
}

// own says whether a consumer of the group writes its effects itself.
func (p *Progress) own() bool {
	for _, t := range p.Traces {
		if slices.ContainsFunc(t.Reactions, func(r *Reaction) bool { return r.Own }) {
			return true
		}
	}
	return false
}

// unseen says why looks at the group are no complete evidence; empty where they
// are.
func (p *Progress) unseen(e *Evidence) string {
	switch {
	case e.Deleted > 0:
		return fmt.Sprintf("%s deleted before they were read, where effects may have stood", plural(uint64(e.Deleted), "offset"))
	case p.Backlog.missed > 0:
		return fmt.Sprintf("%s was so far behind %s that %s were not compared", p.Group, p.Topic, plural(p.Backlog.missed, "record"))
	}
	return p.looks.unfinished(p.Group, e.Load.To)
}

// aheadOf are the findings of a group in a topic.
func (e *Evidence) aheadOf(p *Progress) []finding.Finding {
	refs := make([]Ref, len(p.ahead))
	for i := range p.ahead {
		refs[i] = p.ahead[i].Ref
	}
	found := e.findings(CommitAfterEffect, refs, "")
	for i := range found {
		a := &p.ahead[i]
		t := p.trace(a.Sender)
		r := t.Reactions[slices.IndexFunc(t.Reactions, func(r *Reaction) bool { return r.Own })]
		became := "none followed"
		if r.Ledger.Flags(t.Event(a.Sequence))&(ledger.Effect|ledger.Dead) != 0 {
			became = "one came later"
		}
		found[i].Message = fmt.Sprintf("%s committed it before it was processed: at %s %s/%d was committed to %d, and there was no %s and no dead letter of it; %s",
			r.Consumer, round(a.at), p.Topic, a.partition, a.committed, r.Effect, became)
		record := found[i].Record
		record.Topic, record.Partition, record.Offset = p.Topic, a.partition, a.offset
		record.Story = withStep(record.Story, finding.Step{At: a.at, What: fmt.Sprintf("%s had committed to %d", p.Group, a.committed)})
	}
	return found
}

// withStep puts a step into a story, in order of time.
func withStep(story []finding.Step, step finding.Step) []finding.Step {
	i := slices.IndexFunc(story, func(s finding.Step) bool { return s.At > step.At })
	if i < 0 {
		i = len(story)
	}
	return slices.Insert(story, i, step)
}
