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

// retryPolicy: what stood in a retry topic was tried no more often and no
// sooner than its consumer declares, no fewer times before it was given up,
// and has an effect or a dead letter in the end.
//
// A dead letter that was never retried is none of its business: not every
// failure is worth another attempt.
func retryPolicy(e *Evidence) run.Outcome {
	p := policies{e: e}
	flows, untraced := e.traced(hasRetries)
	for _, f := range flows {
		for _, r := range f.Reactions {
			if r.Retries != nil {
				p.declared++
				p.reaction(f, r)
			}
		}
	}
	return unless(untraced, p.judge())
}

func hasRetries(f *Flow) bool {
	return slices.ContainsFunc(f.Reactions, func(r *Reaction) bool { return r.Retries != nil })
}

// policies is the outcome of retryPolicy while it is made.
type policies struct {
	run.Outcome
	e  *Evidence
	by shares
	// declared counts consumers; blind says of some why nothing can be judged.
	declared int
	blind    []string
	// unproven are problems that may be none; open are events without an end yet.
	unproven, open uint64
}

// problem is what is wrong with the retries of an event.
type problem struct {
	ref  Ref
	what string
}

func (p *policies) reaction(f *Flow, r *Reaction) {
	x := r.Retries
	switch {
	case len(x.Policy.Topics) == 0:
		p.blind = append(p.blind, r.Consumer+" declares no retry topics, and attempts in place leave no trace")
		return
	case x.Policy.Shared:
		p.blind = append(p.blind, fmt.Sprintf("%s shares %s with another consumer, and nothing says whose retries they are", r.Consumer, strings.Join(x.Policy.Topics, ", ")))
		return
	case x.uncounted > 0:
		p.blind = append(p.blind, fmt.Sprintf("%s retried more than %s: the attempts of the others were not counted", r.Consumer, plural(uint64(x.max), "event")))
	case x.untimed > 0:
		p.blind = append(p.blind, fmt.Sprintf("the brokers stamp the retries of %s with a time of their own, so that its waits are not known", r.Consumer))
	}
	var problems []problem
	violations, repeated := uint64(0), uint64(0)
	for _, seq := range slices.Sorted(maps.Keys(x.events)) {
		a := x.events[seq]
		if int(a.n) >= x.Policy.Attempts && uint64(a.n) <= x.Policy.most() {
			repeated++
		}
		for _, what := range p.wrong(f, r, seq, a) {
			violations++
			if len(problems) < maxFindings {
				problems = append(problems, problem{Ref{f.Sender.ID(), seq}, what})
			}
		}
	}
	if repeated > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("%s of %s tried more than %d times by %s: legal under at-least-once, as faults have records delivered again",
			plural(repeated, "event"), f.Event, x.Policy.Attempts, r.Consumer))
	}
	p.Checked += uint64(len(x.events))
	p.Violations += violations
	p.by.add(r.Consumer, violations, uint64(len(x.events)))
	refs := make([]Ref, len(problems))
	for i := range problems {
		refs[i] = problems[i].ref
	}
	found := p.e.findings(RetryPolicyHeld, refs, "")
	for i := range found {
		found[i].Message = problems[i].what
	}
	p.Findings = append(p.Findings, found...)
}

// wrong says what is proven to be wrong with the attempts of a record.
func (p *policies) wrong(f *Flow, r *Reaction, seq uint64, a attempts) (what []string) {
	policy, flags := r.Retries.Policy, r.Ledger.Flags(a.event)
	// What the log holds twice was rightly tried twice.
	blurred := a.blurred || f.Sender.Flags(seq)&ledger.ReceivedTwice != 0
	suspect := func(message string) {
		if blurred {
			p.unproven++
		} else {
			what = append(what, message)
		}
	}
	if uint64(a.n) > policy.most() {
		suspect(fmt.Sprintf("tried more often than declared: %s put it into a retry topic %d times, and declares %s in all", r.Consumer, a.n, plural(uint64(policy.Attempts), "attempt")))
	}
	if a.waits > 0 {
		suspect(fmt.Sprintf("tried again too soon: %s ended attempt %d within %v after the first had failed, and declares to wait for %v", r.Consumer, a.waits+1, round(max(0, a.took)), policy.declared(a.waits)))
	}
	dead := flags&ledger.Dead != 0 || r.DLQ != nil && r.DLQ.Unclaimed != nil && r.DLQ.Unclaimed.Flags(a.event)&ledger.Dead != 0
	switch applied := flags&ledger.Effect != 0; {
	case !p.e.Drain.Complete:
		p.open++
	case dead && !applied && int(a.n) < policy.Attempts-1:
		suspect(fmt.Sprintf("given up too early: %s dead-lettered it after %s, and declares %d", r.Consumer, plural(uint64(a.n)+1, "attempt"), policy.Attempts))
	case !dead && !applied && r.DLQ != nil && r.watched():
		what = append(what, fmt.Sprintf("retried by %s, but no %s and no dead letter in %s followed", r.Consumer, r.Effect, r.DLQ.Letters.Topic))
	}
	return what
}

func (p *policies) judge() run.Outcome {
	switch {
	case p.Violations > 0:
		p.Verdict = finding.Fail
		p.Sentence = fmt.Sprintf("%s with the retries of %s%s", plural(p.Violations, "problem"), plural(p.Checked, "event"), p.by)
	case p.declared == 0:
		p.Verdict = finding.Vacuous
		p.Sentence = "no consumer declares a retry policy"
	case len(p.blind) > 0:
		p.Verdict = finding.Inconclusive
		p.Sentence = strings.Join(p.blind, "; ")
	case p.open > 0 || !p.e.Drain.Complete:
		p.Verdict = finding.Inconclusive
		p.Sentence = fmt.Sprintf("%s retried, but not everything was read: %s", plural(p.Checked, "event"), p.e.open())
	case p.unproven > 0:
		p.Verdict = finding.Inconclusive
		p.Sentence = fmt.Sprintf("%s with retries that may be of several records of one event: keep the header weir-id in retries", plural(p.unproven, "problem"))
	case p.Checked == 0:
		p.Verdict = finding.Vacuous
		p.Sentence = "no event was retried"
	default:
		p.Verdict = finding.Pass
		p.Sentence = fmt.Sprintf("%s retried: none too often, too soon or given up too early, and each has an effect or a dead letter%s", plural(p.Checked, "event"), p.by)
	}
	return p.Outcome
}
