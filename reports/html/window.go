package html

import (
	"time"

	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// window is a span of the run that charts shade.
type window struct {
	// Kind is fault, warmup or drain.
	Kind  string  `json:"kind"`
	Label string  `json:"label"`
	Start float64 `json:"start"` // seconds since the load began
	End   float64 `json:"end"`
}

// endOf is the end of what was measured, since the load began.
func endOf(rec *run.Record) time.Duration {
	var end time.Duration
	for _, in := range rec.Intervals {
		end = max(end, in.Start+in.Length)
	}
	for _, p := range rec.Run.Phases {
		end = max(end, p.End)
	}
	return end
}

// windows lists what is shaded: warm-up and drain, then the faults.
func windows(rec *run.Record, end time.Duration) []window {
	all := []window{}
	for _, p := range phases(rec) {
		if p.Name == run.PhaseWarmup || p.Name == run.PhaseDrain {
			all = append(all, window{p.Name, summary.PhaseName(p.Name), p.Start.Seconds(), p.End.Seconds()})
		}
	}
	if rec.Results == nil {
		return append(all, faultEvents(rec, end)...)
	}
	for _, f := range rec.Results.Faults {
		if f.Always || f.Never != "" {
			continue
		}
		healed := f.Healed
		if healed <= f.Start { // nothing to heal: what it stopped is its window
			healed = f.Start + max(f.PublishStall, f.ConsumeStall)
		}
		all = append(all, window{"fault", f.What, f.Start.Seconds(), min(healed, end).Seconds()})
	}
	return all
}

// phases are those of the run, or, where it did not come to write them, those
// that its intervals name.
func phases(rec *run.Record) []run.Phase {
	if len(rec.Run.Phases) > 0 {
		return rec.Run.Phases
	}
	var all []run.Phase
	for _, in := range rec.Intervals {
		if n := len(all); n > 0 && all[n-1].Name == in.Phase {
			all[n-1].End = in.Start + in.Length
			continue
		}
		all = append(all, run.Phase{Name: in.Phase, Start: in.Start, End: in.Start + in.Length})
	}
	return all
}

// faultEvents finds the faults of a run without results in its timeline. One
// that was not healed lasts to the end.
func faultEvents(rec *run.Record, end time.Duration) []window {
	var all []window
	at := map[int]int{} // index of fault to index of window
	for _, e := range rec.Events {
		switch e.Kind {
		case "fault":
			at[e.Fault] = len(all)
			all = append(all, window{"fault", e.What, e.At.Seconds(), max(end, e.At).Seconds()})
		case "heal":
			if i, ok := at[e.Fault]; ok {
				all[i].End = e.At.Seconds()
			}
		}
	}
	return all
}
