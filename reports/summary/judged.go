package summary

import (
	"strings"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// besideDrain is a sentence without a long list of what the drain left open,
// which has a line of its own.
func besideDrain(sentence string, d run.Drain) string {
	const short = 30
	open := listed(d.Open, "")
	if d.Complete || len(open) < short {
		return sentence
	}
	return strings.Replace(sentence, open, "see drain", 1)
}

// invariants has those of which the same is said in one line.
func (t *text) invariants(res run.Results) {
	var green []string
	said := map[string]bool{}
	label := "invariants"
	for i, o := range res.Invariants {
		if o.Verdict == finding.Pass {
			green = append(green, o.Invariant)
			continue
		}
		names, sentence := o.Invariant, string(o.Verdict)+o.Sentence
		if said[sentence] {
			continue
		}
		said[sentence] = true
		for _, other := range res.Invariants[i+1:] {
			if other.Verdict == o.Verdict && other.Sentence == o.Sentence {
				names += ", " + other.Invariant
			}
		}
		t.row(label, "%s %s: %s", t.mark(o.Verdict, Sign(o.Verdict)), names, besideDrain(o.Sentence, res.Drain))
		label = ""
		if place := firstPlace(o.Findings); place != "" {
			t.row("", "  first: %s", place)
		}
	}
	if len(green) > 0 {
		t.row(label, "%s %s", t.mark(finding.Pass, "✓"), strings.Join(green, ", "))
	}
}

// firstPlace is the place of the first record that was found; empty without one.
func firstPlace(findings []finding.Finding) string {
	for _, f := range findings {
		if f.Severity == finding.Error && f.Record != nil {
			return Place(*f.Record)
		}
	}
	return ""
}

// objectives has those that were not judged for the same reason in one line.
func (t *text) objectives(all []run.Objective) {
	green := 0
	label := "objectives"
	alike := map[string][]run.Objective{}
	for _, o := range all {
		if o.Verdict == finding.Inconclusive {
			alike[unjudged(o)] = append(alike[unjudged(o)], o)
		}
	}
	for _, o := range all {
		if o.Verdict == finding.Pass {
			green++
			continue
		}
		same := alike[unjudged(o)]
		if o.Verdict != finding.Inconclusive || len(same) == 1 {
			t.row(label, "%s %s: %s, wanted %s", t.mark(o.Verdict, Sign(o.Verdict)), ObjectiveName(o), unjudged(o), o.Want)
			label = ""
			continue
		}
		if len(same) == 0 {
			continue // said with an earlier one
		}
		names := make([]string, len(same))
		for i, o := range same {
			names[i] = ObjectiveName(o) + " " + o.Want
		}
		t.row(label, "%s %s: %s", t.mark(o.Verdict, Sign(o.Verdict)), strings.Join(names, ", "), unjudged(o))
		label, alike[unjudged(o)] = "", nil
	}
	if green > 0 {
		t.row(label, "%s %d of %d met", t.mark(finding.Pass, "✓"), green, len(all))
	}
}

// unjudged is what came of an objective that did not pass.
func unjudged(o run.Objective) string {
	return strings.TrimSpace(strings.TrimPrefix(o.Got, nothing) + " " + o.Note)
}

// nothing is what an objective got of which nothing was measured.
const nothing = "—"
