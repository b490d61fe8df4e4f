package html

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// moment is when something went wrong, since the load began, and what.
type moment struct {
	At  time.Duration
	Why []string
	// Bad says that it failed the run; where publishing stood still, it may have
	// been borne.
	Bad bool
	// of is the service that ended, if one did: its last lines are shown anyhow.
	of string
}

// oneMoment is how close two moments are that are shown as one.
const oneMoment = time.Second

// failing lists the moments around which logs are shown, the gravest first:
// services that ended, invariants and objectives that failed, and faults that
// made publishing stand still.
func failing(rec *run.Record) []moment {
	res := rec.Results
	if res == nil {
		return nil
	}
	var all []moment
	add := func(m moment) {
		i := slices.IndexFunc(all, func(o moment) bool { return o.of == m.of && (o.At-m.At).Abs() <= oneMoment })
		if i < 0 {
			all = append(all, m)
		} else if !slices.Contains(all[i].Why, m.Why[0]) {
			all[i].Why = append(all[i].Why, m.Why[0])
		}
	}
	for _, s := range rec.Run.Services {
		if s.DiedAt != 0 {
			add(moment{At: s.DiedAt, Why: []string{s.Name + " ended by itself"}, Bad: true, of: s.Name})
		}
	}
	for _, o := range res.Invariants {
		if at, ok := firstOffender(o); ok {
			add(moment{At: at, Why: []string{o.Invariant + " failed"}, Bad: true})
		}
	}
	for _, o := range res.Objectives {
		if at, ok := missed(rec, o); ok {
			add(moment{At: at, Why: []string{summary.ObjectiveName(o) + " was missed"}, Bad: true})
		}
	}
	for _, f := range res.Faults {
		if f.Bit && !f.Always && f.PublishStall > 0 {
			add(moment{At: f.Start, Why: []string{"publishing stood still for " + summary.Duration(f.PublishStall)}})
		}
	}
	return all
}

// firstOffender is when the first record was due of which an invariant that
// failed tells the story.
func firstOffender(o run.Outcome) (first time.Duration, ok bool) {
	if o.Verdict != finding.Fail {
		return 0, false
	}
	for _, f := range o.Findings {
		if f.Record == nil || len(f.Record.Story) == 0 {
			continue
		}
		if at := f.Record.Story[0].At; !ok || at < first {
			first, ok = at, true
		}
	}
	return first, ok
}

// missed is when an objective that failed was: the beginning of the fault that
// it failed by, or of the interval that was worst in its phase.
func missed(rec *run.Record, o run.Objective) (time.Duration, bool) {
	if o.Verdict != finding.Fail {
		return 0, false
	}
	name := o.Name
	for _, prefix := range []string{"run.", "fault.", "healed.", "partitions."} {
		name = strings.TrimPrefix(name, prefix)
	}
	switch name {
	case "unavailable":
		return worstFault(rec, func(f run.Fault) time.Duration { return f.PublishStall })
	case "within", "recovery":
		return worstFault(rec, func(f run.Fault) time.Duration { return f.Recovery })
	case "lag":
		return worstInterval(rec, o.Phase, mostLag)
	case "errors":
		return worstInterval(rec, o.Phase, func(in run.Interval) int64 { return in.Failed })
	case "achieved":
		return worstInterval(rec, o.Phase, func(in run.Interval) int64 { return in.Due - in.Acked - in.Aborted })
	}
	kind, _, _ := strings.Cut(name, ".")
	return slowest(rec, kind, o.Phase)
}

// worstFault is when the fault that bit and has most of something began.
func worstFault(rec *run.Record, of func(run.Fault) time.Duration) (at time.Duration, ok bool) {
	var most time.Duration
	for _, f := range rec.Results.Faults {
		if f.Bit && !f.Always && of(f) > most {
			at, most, ok = f.Start, of(f), true
		}
	}
	return at, ok
}

// worstInterval is when the interval of a phase, or of the run where it is
// empty, began that has most of something.
func worstInterval(rec *run.Record, phase string, of func(run.Interval) int64) (at time.Duration, ok bool) {
	var most int64
	for _, in := range rec.Intervals {
		if measuredIn(in.Phase, phase) && of(in) > most {
			at, most, ok = in.Start, of(in), true
		}
	}
	return at, ok
}

// mostLag is that of the group that lags most.
func mostLag(in run.Interval) (most int64) {
	for _, partitions := range in.Lag {
		var sum int64
		for _, n := range partitions {
			sum += n
		}
		most = max(most, sum)
	}
	return most
}

// slowest is when the interval of a phase began in which the highest latency
// was due.
func slowest(rec *run.Record, kind, phase string) (at time.Duration, ok bool) {
	if !slices.Contains(rec.Kinds, kind) {
		return 0, false
	}
	var most time.Duration
	for span, err := range rec.Spans(kind) {
		if err != nil {
			break // the chart of the kind says so
		}
		if measuredIn(span.Tag, phase) && span.Max > most {
			at, most, ok = span.Start, span.Max, true
		}
	}
	return at, ok
}

// measuredIn says whether what is of one phase counts in another, or in the
// run without its warm-up where that is empty.
func measuredIn(of, phase string) bool {
	return of == phase || phase == "" && of != run.PhaseWarmup
}

// shownMoments are those around which the log of a service is shown, in order
// of time.
func shownMoments(all []moment, service string) []moment {
	shown := slices.DeleteFunc(slices.Clone(all), func(m moment) bool { return m.of == service })
	shown = shown[:min(len(shown), maxMoments)]
	slices.SortStableFunc(shown, func(a, b moment) int { return cmp.Compare(a.At, b.At) })
	return shown
}
