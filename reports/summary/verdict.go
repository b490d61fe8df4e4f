// Package summary holds the words of a run in one place: its verdict in a
// sentence, the summary that a terminal shows, summary.json, and how times,
// rates, counts and sizes are written. Every view takes its words from here,
// so that the report, the ticket and the terminal never disagree.
//
// It decides nothing: verdicts are those of the run directory, except that a
// run without an end or without results is inconclusive whatever else it
// says.
package summary

import (
	"fmt"
	"strings"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// Judge gives the verdict of a run that was read, and the sentence that says
// it in plain words. A run that was compared with a baseline is no better than
// that comparison.
func Judge(rec *run.Record) (finding.Verdict, string) {
	v, sentence := judge(rec)
	if b := rec.Baseline; b != nil && b.Code != 0 && finding.Worst(v, b.Verdict) != v {
		return b.Verdict, "against its baseline: " + b.Reason
	}
	return v, sentence
}

func judge(rec *run.Record) (finding.Verdict, string) {
	r := rec.Run
	switch {
	case !rec.Ended():
		return finding.Inconclusive, "The run did not end: weir was killed, or is still running. Nothing is judged" + measuredUntil(rec) + "."
	case r.Status == run.Broken:
		reason := r.Reason
		if reason == "" {
			reason = "The run broke before anything could be judged" + colon(r.Error) + "."
		}
		return worse(r.Verdict), reason
	case rec.Results == nil && r.Reason != "" && r.Verdict != finding.Pass:
		return worse(r.Verdict), r.Reason
	case rec.Results == nil:
		return finding.Inconclusive, "The run has no results.json that can be read: nothing is judged" + measuredUntil(rec) + "."
	case r.Verdict == "":
		return finding.Inconclusive, "The run carries no verdict."
	case r.Verdict == finding.Pass && failed(*rec.Results) != "":
		return finding.Inconclusive, "run.json says that the run passed, and results.json that " + failed(*rec.Results) + " failed: one of them was changed. Nothing is judged."
	case r.Reason == "":
		return r.Verdict, Sentence(r, *rec.Results, r.Verdict)
	}
	return r.Verdict, r.Reason
}

// failed names the first invariant or objective that did not hold.
func failed(res run.Results) string {
	for _, o := range res.Invariants {
		if o.Verdict == finding.Fail {
			return o.Invariant
		}
	}
	for _, o := range res.Objectives {
		if o.Verdict == finding.Fail {
			return ObjectiveName(o)
		}
	}
	return ""
}

// ExitCode is the code with which a command that shows the run ends: that of
// its verdict, or 3 if infrastructure broke it before anything was judged.
func ExitCode(rec *run.Record) int {
	v, _ := Judge(rec)
	if rec.Run.Status == run.Broken && v != finding.Fail {
		return 3
	}
	return v.ExitCode()
}

// worse keeps a broken run from reading green.
func worse(v finding.Verdict) finding.Verdict {
	if v == finding.Fail || v == finding.Vacuous {
		return v
	}
	return finding.Inconclusive
}

func measuredUntil(rec *run.Record) string {
	if len(rec.Intervals) == 0 {
		return ", and nothing was measured"
	}
	last := rec.Intervals[len(rec.Intervals)-1]
	return "; what was measured until " + Moment(last.Start+last.Length) + " is shown"
}

// Word is a verdict as banners and tables show it.
func Word(v finding.Verdict) string { return strings.ToUpper(string(v)) }

// Sentence says a verdict on results in plain words, for runs that bring no
// reason of their own.
func Sentence(r run.Run, res run.Results, v finding.Verdict) string {
	switch v {
	case finding.Pass:
		return "The flow held: " + strings.Join(held(r, res), ", ") + "."
	case finding.Fail:
		return "The flow did not hold: " + listed(failures(r, res), "see the findings") + "."
	case finding.Vacuous:
		return "Nothing was proven: " + listed(emptiness(res), "nothing was exercised") + "."
	}
	return "There is not enough evidence: " + listed(gaps(r, res), "see the notes") + "."
}

// listed joins at most three clauses and says how many more there are.
func listed(clauses []string, none string) string {
	const most = 3
	switch n := len(clauses); {
	case n == 0:
		return none
	case n > most:
		return fmt.Sprintf("%s; and %d more", strings.Join(clauses[:most], "; "), n-most)
	}
	return strings.Join(clauses, "; ")
}

// held says what a pass rests on, and no more: nothing is called kept that no
// invariant looked at.
func held(r run.Run, res run.Results) []string {
	total := Totals(res.Senders)
	sent := Plural(total.Sent, "event was sent", "events were sent")
	for _, o := range res.Invariants {
		if o.Invariant == "no-loss" && o.Verdict == finding.Pass {
			sent += " and none was lost"
		}
	}
	clauses := []string{sent}
	if n := len(res.Faults); n > 0 {
		clauses = append(clauses, fmt.Sprintf("%d of %s bit", bitten(res.Faults), Plural(n, "fault", "faults")))
	}
	if n := len(res.Objectives); n > 0 {
		clauses = append(clauses, fmt.Sprintf("%d of %s met", passed(res.Objectives), Plural(n, "objective was", "objectives were")))
	}
	if !r.Cluster.Durable {
		clauses = append(clauses, "broker durability was not exercised")
	}
	return clauses
}

func failures(r run.Run, res run.Results) []string {
	var clauses []string
	for _, o := range res.Invariants {
		if o.Verdict == finding.Fail {
			clauses = append(clauses, fmt.Sprintf("%s failed (%s)", o.Invariant, Plural(o.Violations, "violation", "violations")))
		}
	}
	for _, o := range res.Objectives {
		if o.Verdict == finding.Fail {
			clauses = append(clauses, fmt.Sprintf("%s was %s, wanted %s", ObjectiveName(o), o.Got, o.Want))
		}
	}
	for _, s := range r.Services {
		if s.Died != "" {
			clauses = append(clauses, fmt.Sprintf("%s ended by itself (%s)", s.Name, s.Died))
		}
	}
	return clauses
}

func emptiness(res run.Results) []string {
	var clauses []string
	for _, f := range res.Faults {
		switch {
		case f.Bit:
		case f.Always && len(f.Brokers) == 0 && len(f.Evidence) > 0: // in the load
			clauses = append(clauses, fmt.Sprintf("the fault %q never bit (%s)", f.What, strings.Join(f.Evidence, "; ")))
		default:
			clauses = append(clauses, fmt.Sprintf("the fault %q never bit", f.What))
		}
	}
	for _, o := range res.Invariants {
		if o.Verdict == finding.Vacuous {
			clauses = append(clauses, o.Invariant+" had nothing to check")
		}
	}
	return clauses
}

func gaps(r run.Run, res run.Results) []string {
	var clauses []string
	if r.Status == run.Interrupted {
		clauses = append(clauses, "the run was interrupted")
	}
	if !res.Drain.Complete {
		clauses = append(clauses, "the drain did not complete")
	}
	if res.Generator.Bound {
		clauses = append(clauses, "the generator and not the flow limited a result")
	}
	for _, o := range res.Invariants {
		if o.Verdict == finding.Inconclusive {
			clauses = append(clauses, o.Invariant+" could not be judged")
		}
	}
	for _, o := range res.Objectives {
		if o.Verdict == finding.Inconclusive {
			clauses = append(clauses, ObjectiveName(o)+" could not be judged")
		}
	}
	return clauses
}

// ObjectiveName names an objective with the phase that it is of.
func ObjectiveName(o run.Objective) string {
	if o.Phase == "" {
		return o.Name
	}
	return o.Name + " (" + PhaseName(o.Phase) + ")"
}

// Cluster says in a few words on what a run was measured.
func Cluster(c run.Cluster) string {
	s := c.Kind + ", " + Plural(c.Brokers, "broker", "brokers")
	if c.Kind == "" {
		return "no cluster was started"
	}
	if c.Version != "" && c.Kind != "embedded" {
		s += ", Kafka " + strings.TrimPrefix(c.Version, "v")
	}
	return s
}

// Plural writes a count with its noun.
func Plural[T ~int | ~int64 | ~uint64](n T, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

func bitten(faults []run.Fault) int {
	n := 0
	for _, f := range faults {
		if f.Bit {
			n++
		}
	}
	return n
}

func passed(objectives []run.Objective) int {
	n := 0
	for _, o := range objectives {
		if o.Verdict == finding.Pass {
			n++
		}
	}
	return n
}

func colon(s string) string {
	if s == "" {
		return ""
	}
	return ": " + strings.TrimSuffix(s, ".")
}

// Place says which record it is: where it stands, its key and its identity.
func Place(r finding.Record) string {
	var parts []string
	switch {
	case r.Topic != "" && r.Offset >= 0:
		parts = append(parts, fmt.Sprintf("%s/%d@%d", r.Topic, r.Partition, r.Offset))
	case r.Topic != "":
		parts = append(parts, r.Topic+", never seen at an offset")
	}
	if r.Key != "" {
		parts = append(parts, "key "+r.Key)
	}
	if r.Sender != "" {
		parts = append(parts, fmt.Sprintf("%s #%d", r.Sender, r.Sequence))
	}
	if r.EventID != "" {
		parts = append(parts, "event "+r.EventID)
	}
	return strings.Join(parts, " · ")
}
