package summary

import (
	"fmt"
	"slices"
	"strings"

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
		for _, r := range s.Reasons {
			t.Reasons = because(t.Reasons, r)
		}
		for _, r := range s.Reactions {
			t.Reactions = react(t.Reactions, r)
		}
	}
	slices.SortFunc(t.Reasons, run.Reason.Compare)
	return t
}

// because adds a reason to those of the same words.
func because(all []run.Reason, r run.Reason) []run.Reason {
	for i := range all {
		if all[i].Reason == r.Reason {
			all[i].Count += r.Count
			return all
		}
	}
	return append(all, r)
}

// maxReasons is how many reasons a line names.
const maxReasons = 5

// Reasons says why records were not acknowledged, most frequent first; empty
// where nothing says so.
func Reasons(s run.Sender) string {
	shown := maxReasons
	if len(s.Reasons) == shown+1 {
		shown++ // rather than to say that there is one more
	}
	var parts []string
	for _, r := range s.Reasons[:min(len(s.Reasons), shown)] {
		parts = append(parts, Count(r.Count)+" "+r.Reason)
	}
	if rest := s.Reasons[len(parts):]; len(rest) > 0 {
		n := uint64(0)
		for _, r := range rest {
			n += r.Count
		}
		parts = append(parts, fmt.Sprintf("%s for %s", Count(n), Plural(len(rest), "other reason", "other reasons")))
	}
	return strings.Join(parts, " · ")
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
