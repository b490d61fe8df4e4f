package invariant

import (
	"fmt"
	"strings"
	"time"

	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// healthyKeysFlow: while a record that cannot be processed is at the head of
// its partition, those of other keys behind it go on.
//
// A partition is held up while its first record that is neither committed nor
// has an effect, a dead letter or a retry is poison, records of other keys wait
// behind it, and nothing becomes of any of them. It fails where that lasts for
// longer than the consumer may take, apart from what faults disturb: where they
// may be why, the other poison shows how it is, if there is any. What is held up
// for ever never drains, so it fails whatever the drain says.
func healthyKeysFlow(e *Evidence) run.Outcome {
	var o run.Outcome
	var by shares
	var unseen []string
	var longest, excused time.Duration
	disturbed := e.disturbed()
	judged, hidden := 0, uint64(0)
	for _, p := range e.Progress {
		if p.Patience == 0 {
			continue
		}
		judged++
		var tooLong []block
		for _, b := range p.blocked() {
			stretch := calm(Span{b.from, b.to}, disturbed)
			if stretch.To-stretch.From > p.Patience {
				b.from, b.to = stretch.From, stretch.To
				tooLong = append(tooLong, b)
			} else {
				hidden++
				excused = max(excused, b.to-b.from)
			}
		}
		longest = max(longest, p.longest)
		o.Checked += p.poison + uint64(len(tooLong))
		o.Violations += uint64(len(tooLong))
		by.add(p.Group, uint64(len(tooLong)), p.poison+uint64(len(tooLong)))
		o.Findings = append(o.Findings, e.heldUp(p, tooLong)...)
		if why := p.unseen(e); why != "" {
			unseen = append(unseen, why)
		}
	}
	_, untraced := e.traced(func(f *Flow) bool { return f.Sender.Counts().Poison > 0 })
	switch {
	case o.Violations > 0 && e.Deleted == 0:
		o.Verdict = finding.Fail
		o.Sentence = fmt.Sprintf("%s held up records of other keys for too long%s", plural(o.Violations, "poison record"), by)
	case judged > 0 && len(unseen) > 0:
		o.Verdict = finding.Inconclusive
		o.Sentence = unseen[0]
	case o.Checked == 0:
		o.Verdict = finding.Vacuous
		o.Sentence = "no poison came before a consumer"
	case !e.Drain.Complete:
		o.Verdict = finding.Inconclusive
		o.Sentence = fmt.Sprintf("%s passed, but not everything was processed: %s", plural(o.Checked, "poison record"), e.open())
	case hidden >= o.Checked:
		o.Verdict = finding.Inconclusive
		o.Sentence = fmt.Sprintf("poison held up records of other keys for %s, while a fault disturbed the flow", round(excused))
		o.Notes = append(o.Notes, "let poison come while nothing else is broken, or in a scenario of its own")
	default:
		o.Verdict = finding.Pass
		o.Sentence = fmt.Sprintf("%s passed, and held up records of other keys for %s at most%s", plural(o.Checked-hidden, "poison record"), round(longest), by)
		if hidden > 0 {
			o.Notes = append(o.Notes, fmt.Sprintf("%s more held them up for %s at most, while faults disturbed the flow", count(hidden), round(excused)))
		}
	}
	return unless(untraced, o)
}

// heldUp are the findings of blocks.
func (e *Evidence) heldUp(p *Progress, blocks []block) []finding.Finding {
	refs := make([]Ref, len(blocks))
	for i := range blocks {
		refs[i] = blocks[i].Ref
	}
	found := e.findings(HealthyKeysFlow, refs, "")
	for i := range found {
		b, t := &blocks[i], p.trace(blocks[i].Sender)
		record := found[i].Record
		record.Topic, record.Partition, record.Offset = p.Topic, b.partition, b.offset
		record.Story = withStep(record.Story, finding.Step{At: b.from, What: fmt.Sprintf("is the first of %s/%d that %s is not done with", p.Topic, b.partition, p.Group)})
		record.Story = withStep(record.Story, finding.Step{At: b.to, What: "held up others until here"})
		var names []string
		then := "and is still there"
		for _, r := range t.Reactions {
			names = append(names, r.Consumer)
			if r.Ledger.Flags(b.Sequence)&ledger.Dead != 0 {
				then = "and was dead-lettered then"
			}
		}
		found[i].Message = fmt.Sprintf("%s stood still at it for %s with %s of other keys right behind it, %s; it may take %s",
			strings.Join(names, ", "), round(b.to-b.from), plural(uint64(b.waiting), "record"), then, p.Patience)
	}
	return found
}
