package summary

import (
	"fmt"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// Totals adds the counts of all senders, and of each of their consumers.
func Totals(senders []run.Sender) run.Sender {
	t := run.Sender{Unread: len(senders) > 0}
	for _, s := range senders {
		t.Unread = t.Unread && s.Unread
		t.Due += s.Due
		t.Sent += s.Sent
		t.Acked += s.Acked
		t.Failed += s.Failed
		t.Aborted += s.Aborted
		t.Unknown += s.Unknown
		t.UnknownSeen += s.UnknownSeen
		t.Received += s.Received
		t.ReceivedTwice += s.ReceivedTwice
		t.Lost += s.Lost
		t.Poison += s.Poison
		t.Duplicates += s.Duplicates
		t.Effects += s.Effects
		t.EffectsTwice += s.EffectsTwice
		t.DeadLettered += s.DeadLettered
		t.DeadLetteredTwice += s.DeadLetteredTwice
		t.DeadLettersUnclaimed += s.DeadLettersUnclaimed
		t.Bytes += s.Bytes
		for _, r := range s.Reactions {
			t.Reactions = react(t.Reactions, r)
		}
	}
	return t
}

// Lost is how many events were lost: those that no-loss found, which are also
// those in the log that a consumer never processed; without its verdict, the
// acknowledged records that are not in the log.
func Lost(res run.Results) uint64 {
	for _, o := range res.Invariants {
		if o.Invariant == "no-loss" && o.Verdict == finding.Fail {
			return o.Violations
		}
	}
	return Totals(res.Senders).Lost
}

// react adds a reaction to those of its consumer. What differs between them
// is of no single one, and left out, as is what became of a sender's events.
func react(all []run.Reaction, r run.Reaction) []run.Reaction {
	for i := range all {
		t := &all[i]
		if t.Consumer != r.Consumer {
			continue
		}
		for _, same := range []struct {
			of *string
			is string
		}{{&t.Group, r.Group}, {&t.Effect, r.Effect}, {&t.DLQ, r.DLQ}} {
			if *same.of != same.is {
				*same.of = ""
			}
		}
		t.Effects += r.Effects
		t.EffectsTwice += r.EffectsTwice
		t.DeadLettered += r.DeadLettered
		t.DeadLetteredTwice += r.DeadLetteredTwice
		return all
	}
	r.Balance = nil
	return append(all, r)
}

// Reactions says what each consumer did, a line for each; none where there are
// not several.
func Reactions(t run.Sender) []string {
	if len(t.Reactions) < 2 {
		return nil
	}
	var lines []string
	for _, r := range t.Reactions {
		lines = append(lines, r.Consumer+": "+Reaction(r))
	}
	if t.DeadLettersUnclaimed > 0 {
		lines = append(lines, fmt.Sprintf("of no consumer that is known: dead-lettered %s", Count(t.DeadLettersUnclaimed)))
	}
	return lines
}

// Reaction says what a consumer did.
func Reaction(r run.Reaction) string {
	s := fmt.Sprintf("%s · twice %s", Count(r.Effects), Count(r.EffectsTwice))
	if r.Effect == "" && r.Effects == 0 {
		s = "not watched"
	}
	if r.DLQ != "" || r.DeadLettered > 0 {
		s += " · dead-lettered " + Count(r.DeadLettered)
	}
	return s
}
