package html

import (
	"bytes"
	"cmp"
	"encoding/json"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// Bounds of what the page shows; results.json and the run directory have all.
const (
	maxOffenders = 50   // per invariant
	maxRows      = 1024 // of the table of partitions
	tailLines    = 60   // of a service's log, at its end or around a moment
)

// view is what the templates see.
type view struct {
	Rec      *run.Record
	Run      run.Run
	Results  *run.Results
	Verdict  finding.Verdict
	Sentence string
	Took     time.Duration
	Problems []string
	Facts    []fact
	Total    run.Sender

	charts

	Latencies  []latencyTable
	Partitions partitions
	Services   []service
	Scenario   string

	Policy string
	Style  template.CSS
	Plot   template.JS
	Code   template.JS
}

// fact is one of the figures below the verdict.
type fact struct {
	Label, Value, Note string
	Verdict            finding.Verdict
}

func newView(rec *run.Record) *view {
	v := &view{
		Rec: rec, Run: rec.Run, Results: rec.Results, Took: summary.Took(rec.Run),
		Problems: slices.Clone(rec.Problems),
		Policy:   policy, Style: template.CSS(style), Plot: template.JS(plot), Code: template.JS(code),
	}
	v.Verdict, v.Sentence = summary.Judge(rec)
	v.charts = newCharts(rec)
	v.Problems = append(v.Problems, v.unread...)
	if rec.Results != nil {
		v.Total = summary.Totals(rec.Results.Senders)
		v.Facts = facts(*rec.Results, v.Total)
		v.Latencies = latencyTables(rec.Results.Latencies)
		v.Partitions = newPartitions(rec.Results.Partitions, rec.Run)
	}
	moments := failing(rec)
	for _, s := range rec.Run.Services {
		v.Services = append(v.Services, newService(rec, s, moments, v.Data.Windows))
	}
	if len(rec.Scenario) > 0 {
		var b bytes.Buffer
		if json.Indent(&b, rec.Scenario, "", "  ") == nil { // it was checked when it was read
			v.Scenario = b.String()
		}
	}
	return v
}

// Balanced says whether the results say of any consumer what became of the
// events.
func (v *view) Balanced() bool {
	return slices.ContainsFunc(v.Results.Senders, func(s run.Sender) bool {
		return slices.ContainsFunc(s.Reactions, func(r run.Reaction) bool { return r.Balance != nil })
	})
}

// interest orders latency kinds: first what a user of the flow feels, last,
// from send on, what only explains it.
func interest(kind string) int {
	order := []string{run.Publish, run.EndToEnd, run.Effect, run.Send, run.ScheduleDelay}
	if i := slices.Index(order, kind); i >= 0 {
		return i
	}
	return len(order)
}

func byInterest(a, b string) int { return cmp.Compare(interest(a), interest(b)) }

// moments are those that the results name; a killed run has none.
func moments(rec *run.Record, kind string) (from, to string) {
	if rec.Results != nil {
		for _, l := range rec.Results.Latencies {
			if l.Kind == kind {
				return l.From, l.To
			}
		}
	}
	return summary.Moments(kind)
}

// facts are the figures that most readers look for.
func facts(res run.Results, n run.Sender) []fact {
	all := []fact{{Label: "Sent", Value: summary.Count(n.Sent), Note: summary.Count(n.Acked) + " acked, " + summary.Count(n.Unknown) + " unknown"}}
	all = append(all, judged(res, "no-loss", "Lost", summary.Lost(res), "acked and not delivered"))
	if n.Effects > 0 {
		all = append(all, judged(res, "no-duplicate-effect", "Second effects", n.EffectsTwice, "of "+summary.Count(n.Effects)+" effects"))
	}
	for _, kind := range []string{run.Publish, run.EndToEnd} {
		if f, ok := steadyP99(res.Latencies, kind); ok {
			all = append(all, f)
		}
	}
	var stall time.Duration
	for _, f := range res.Faults {
		stall = max(stall, f.PublishStall, f.ConsumeStall)
	}
	if stall > 0 {
		all = append(all, fact{Label: "Longest stall", Value: summary.Duration(stall), Note: "while a fault was open"})
	}
	return all
}

// judged is a count that means something only beside the verdict on it.
func judged(res run.Results, invariant, label string, n uint64, note string) fact {
	f := fact{Label: label, Value: summary.Count(n), Note: note}
	i := slices.IndexFunc(res.Invariants, func(o run.Outcome) bool { return o.Invariant == invariant })
	switch {
	case i < 0:
		f.Note = "not asked for"
	case res.Invariants[i].Verdict == finding.Fail:
		f.Verdict, f.Note = finding.Fail, "violations of "+invariant
		f.Value = summary.Count(max(n, res.Invariants[i].Violations))
	case res.Invariants[i].Verdict != finding.Pass:
		f.Verdict, f.Note = res.Invariants[i].Verdict, "not judged"
	}
	return f
}

// steadyP99 is the p99 of a kind without faults, or of the whole run where it
// had no steady phase.
func steadyP99(all []run.Latency, kind string) (fact, bool) {
	for _, phase := range []string{run.PhaseSteady, ""} {
		for _, l := range all {
			if l.Kind != kind || l.Phase != phase || l.Count == 0 {
				continue
			}
			for _, q := range l.Quantiles {
				if q.Q == 0.99 {
					f := fact{Label: upperFirst(summary.KindName(kind)) + " p99", Value: summary.Duration(q.Value), Note: summary.PhaseName(phase) + ", " + l.From + " → " + l.To}
					if !q.Judged {
						f.Value, f.Note = "–", summary.Quantile(q)
					}
					return f, true
				}
			}
		}
	}
	return fact{}, false
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
