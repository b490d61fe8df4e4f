package compare

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// The ids of the findings of a comparison.
const (
	idIncomplete     = "compare/incomplete-run"
	idGeneratorBound = "compare/generator-bound"
	idNoSteady       = "compare/no-steady-phase"
	idFailed         = "compare/failed-run"
	idWorkload       = "compare/workload"
	idClusterKind    = "compare/cluster-kind"
	idCluster        = "compare/cluster"
	idTopics         = "compare/topics"
	idProducer       = "compare/producer"
	idServices       = "compare/services"
	idScenario       = "compare/scenario"
	idHost           = "compare/host"
	idWeir           = "compare/weir-version"
	idSeed           = "compare/seed"
	idOverlap        = "compare/overlap"
	idOrder          = "compare/not-interleaved"
)

// Rules are the ids of the findings of a comparison. Those that forbid a
// judgement have severity error, the others are warnings.
func Rules() []finding.Rule {
	return []finding.Rule{
		{ID: idIncomplete, Summary: "A run did not come to its planned end."},
		{ID: idGeneratorBound, Summary: "The generator and not the flow limited what a run measured."},
		{ID: idNoSteady, Summary: "A run has no steady phase to compare."},
		{ID: idFailed, Summary: "A run failed by its own verdict."},
		{ID: idWorkload, Summary: "The runs were given different work: load, faults or consumers."},
		{ID: idClusterKind, Summary: "The runs used different kinds of cluster."},
		{ID: idCluster, Summary: "Brokers differ in number, version, image or configuration."},
		{ID: idTopics, Summary: "Topics differ."},
		{ID: idProducer, Summary: "Producer settings differ."},
		{ID: idServices, Summary: "Services under test differ."},
		{ID: idScenario, Summary: "The runs are of scenarios with different names."},
		{ID: idHost, Summary: "The runs were made on different machines."},
		{ID: idWeir, Summary: "The runs were made by different versions of Weir."},
		{ID: idSeed, Summary: "The sides took their seeds in different ways."},
		{ID: idOverlap, Summary: "Two runs on one machine overlapped in time."},
		{ID: idOrder, Summary: "The runs of the sides were not interleaved."},
	}
}

// inspect finds what else differs, or disturbs, beside what is to be compared.
func inspect(base, candidate []*run.Record) []finding.Finding {
	var all []finding.Finding
	runs := slices.Concat(base, candidate)
	for _, rec := range runs {
		all = append(all, inspectRun(rec)...)
	}
	all = append(all, differences(base, candidate)...)
	all = append(all, seeds(base, candidate)...)
	all = append(all, overlaps(runs)...)
	if min(len(base), len(candidate)) >= MinRuns && !interleaved(base, candidate) {
		all = append(all, finding.Finding{
			ID: idOrder, Severity: finding.Warning,
			Message: "the runs of the two sides were not made in turn: what changed on the machine between them looks like a difference of the flow",
			Hint:    "weir compare --run makes the runs in turn",
		})
	}
	return all
}

func at(rec *run.Record, file string) *finding.Position {
	return &finding.Position{File: path.Join(rec.Root, file)}
}

func inspectRun(rec *run.Record) []finding.Finding {
	var all []finding.Finding
	add := func(id string, severity finding.Severity, file, hint, format string, args ...any) {
		all = append(all, finding.Finding{ID: id, Severity: severity, Position: at(rec, file), Hint: hint, Message: fmt.Sprintf(format, args...)})
	}
	switch {
	case rec.Run.Status != run.Complete:
		add(idIncomplete, finding.Error, "run.json", "leave the run out, and make another", "the run %s did not come to its planned end: its status is %s", rec.Run.ID, rec.Run.Status)
	case rec.Results == nil:
		add(idIncomplete, finding.Error, "run.json", "leave the run out, and make another", "the run %s has no results.json", rec.Run.ID)
	case rec.Results.Generator.Bound:
		add(idGeneratorBound, finding.Error, "results.json", "lower the rate, or use a larger machine", "the generator limited the run %s: its numbers are not those of the flow", rec.Run.ID)
	case rec.Run.Verdict == finding.Fail:
		add(idFailed, finding.Warning, "results.json", "weir report DIR shows why", "the run %s failed by its own verdict: %s", rec.Run.ID, rec.Run.Reason)
	}
	for _, s := range rec.Defects {
		if strings.HasPrefix(s.Path, "histograms/") || s.Path == "series.jsonl" {
			add(idIncomplete, finding.Error, s.Path, "restore the file, or leave the run out", "the run %s is not whole any more: %s", rec.Run.ID, s)
		}
	}
	if !slices.ContainsFunc(rec.Intervals, func(in run.Interval) bool { return in.Phase == run.PhaseSteady }) {
		add(idNoSteady, finding.Error, "series.jsonl", "only the steady phase is compared: make the load longer than its warm-up and its faults", "the run %s has no interval of the steady phase", rec.Run.ID)
	}
	return all
}

// seeds compares how the sides took their seeds: one for all runs, or one for
// each.
func seeds(base, candidate []*run.Record) []finding.Finding {
	policy := func(runs []*run.Record) string {
		first := runs[0].Run.Seed
		if slices.ContainsFunc(runs, func(r *run.Record) bool { return r.Run.Seed != first }) {
			return "another seed in each run"
		}
		return fmt.Sprintf("seed %d", first)
	}
	a, b := policy(base), policy(candidate)
	if a == b || len(candidate) == 1 && !strings.HasPrefix(a, "seed") { // one run has but one seed
		return nil
	}
	return []finding.Finding{{
		ID: idSeed, Severity: finding.Warning, Position: at(candidate[0], "run.json"),
		Message: fmt.Sprintf("the base has %s, the candidate %s: keys and payloads are not drawn alike", a, b),
		Hint:    "give both sides the same --seed",
	}}
}

// interleaved says whether the runs, in order of their start, are pairs of one
// of each side.
func interleaved(base, candidate []*run.Record) bool {
	if len(base) != len(candidate) {
		return false
	}
	for i := range base { // both in order of their start
		first, second := base[i].Run, candidate[i].Run
		if second.Started.Before(first.Started) {
			first, second = second, first
		}
		if i == 0 {
			continue
		}
		before := base[i-1].Run.Started
		if later := candidate[i-1].Run.Started; later.After(before) {
			before = later
		}
		if !first.Started.After(before) {
			return false
		}
	}
	return true
}

// overlaps finds runs that began before another one on their machine ended.
func overlaps(runs []*run.Record) []finding.Finding {
	var all []finding.Finding
	latest := map[string]run.Run{} // by host: of those that began, the one that ended last
	for _, rec := range byStart(runs) {
		host := rec.Run.Host.Name
		if before := latest[host]; rec.Run.Started.Before(before.Ended) {
			all = append(all, finding.Finding{
				ID: idOverlap, Severity: finding.Warning, Position: at(rec, "run.json"),
				Message: fmt.Sprintf("the run %s began %s before %s ended, on the same machine: they took from each other", rec.Run.ID, before.Ended.Sub(rec.Run.Started).Round(time.Millisecond), before.ID),
				Hint:    "make the runs one after another",
			})
		}
		if rec.Run.Ended.After(latest[host].Ended) {
			latest[host] = rec.Run
		}
	}
	return all
}

// shown bounds a value in a message.
func shown(s string) string {
	const longest = 80
	if s == "" {
		return "absent"
	}
	if r := []rune(strings.ToValidUTF8(s, "\uFFFD")); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return s
}
