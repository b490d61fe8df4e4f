package invariant

import (
	"fmt"
	"strings"
	"time"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// recoveredFor is how long everything must be good.
const recoveredFor = 3 * time.Second

// lagEvery is the time from one look at the lag to the next.
const lagEvery = time.Second

// recovery: after each fault the flow came back. See Recovered for the
// definition. A partition without a leader 30 s after healing is a failed
// recovery whatever the rest does.
func recovery(e *Evidence) run.Outcome {
	o := run.Outcome{}
	var slowest time.Duration
	var open []string
	for _, f := range e.Faults {
		if fault.Kind(f.Kind).InLoad() || !f.Bit {
			continue
		}
		o.Checked++
		switch {
		case f.Recovered:
			slowest = max(slowest, f.Recovery)
		default:
			open = append(open, f.What)
		}
	}
	if len(e.Leaderless) > 0 {
		o.Violations = uint64(len(e.Leaderless))
		o.Verdict = finding.Fail
		o.Sentence = fmt.Sprintf("%s without a leader 30 s after healing: %s", plural(o.Violations, "partition"), strings.Join(e.Leaderless, ", "))
		for _, p := range e.Leaderless {
			o.Findings = append(o.Findings, finding.Finding{ID: Recovery, Severity: finding.Error,
				Message: p + " has no leader 30 s after the last fault was healed",
				Hint:    "an election of the last known leader is up to an operator (KIP-966); elect: {unclean: " + p + "} forces one and may lose records"})
		}
		return o
	}
	switch {
	case o.Checked == 0:
		o.Verdict = finding.Vacuous
		o.Sentence = "no fault bit, so there was nothing to recover from"
	case len(open) > 0:
		o.Verdict = finding.Inconclusive
		o.Sentence = fmt.Sprintf("the run ended before the flow was seen to recover from: %s", strings.Join(open, "; "))
		o.Notes = append(o.Notes, "let the load go on for longer after the fault is healed")
	default:
		o.Verdict = finding.Pass
		o.Sentence = fmt.Sprintf("recovered from %s, at the slowest in %s", plural(o.Checked, "fault"), round(slowest))
	}
	return o
}

// Recovered is the time from a fault to the first of 3 consecutive seconds
// in which acks are at least 95% of what was offered and the lag of each of
// the groups is known and no higher than its maximum before the fault. What an
// earlier fault of the run piled up does not raise that maximum: seconds from
// the one on in which the run's first fault came, at the time first, are not
// among those before this one.
//
// Lag rises between two commits to what was due meanwhile and falls at once, and
// is looked at once in a second: the highest that was seen can lie below the
// highest that there was by what was due in a second. So much more counts as no
// higher. Where a group is known to take some time between two commits, what was
// due in that time counts as its maximum, if history shows less: groups says so
// of each.
//
// Seconds after the load's end count only once at most 5% of what was due since
// the fault is without an outcome. The second in which the fault came counts
// neither as before it nor as after; nor does one that began before the flow
// stood still for the last time, at the time until: the backlog that is acked
// in the rest of such a second is no sign that it was a good one.
//
// The intervals of long runs take longer, and show what they show at their end:
// when within one the flow recovered is not known, and its last second counts.
func Recovered(intervals []run.Interval, at, until, first time.Duration, groups map[string]time.Duration) (time.Duration, bool) {
	before := map[string]int64{}
	var open, due int64 // without an outcome; due since the fault
	var good, since, end time.Duration
	for _, in := range intervals {
		open += in.Due - in.Acked - in.Failed - in.Aborted
		if in.Start < at {
			if in.Start+in.Length <= min(at, first) {
				for group, lag := range totalLag(in) {
					before[group] = max(before[group], lag)
				}
			}
			continue
		}
		due += in.Due
		if in.Start != end {
			good = 0 // a hole in the series proves nothing
		}
		end = in.Start + in.Length
		if in.Start < until || !goodAcks(in, open, due) || !goodLag(in, before, groups) {
			good = 0
			continue
		}
		if good == 0 {
			since = in.Start + in.Length - min(in.Length, lagEvery)
		}
		if good += in.Length; good >= recoveredFor {
			return since - at, true
		}
	}
	return 0, false
}

func goodAcks(in run.Interval, open, due int64) bool {
	if in.Due == 0 {
		return float64(open) <= 0.05*float64(due)
	}
	return float64(in.Acked+in.Aborted) >= 0.95*float64(in.Due)
}

func goodLag(in run.Interval, before map[string]int64, groups map[string]time.Duration) bool {
	rate := float64(in.Due) / in.Length.Seconds()
	lags := totalLag(in)
	for group, commits := range groups {
		lag, known := lags[group]
		if !known || float64(lag) > max(float64(before[group]), rate*commits.Seconds())+rate {
			return false
		}
	}
	return true
}

// totalLag is the lag of each group of which anything is known.
func totalLag(in run.Interval) map[string]int64 {
	total := make(map[string]int64, len(in.Lag))
	for group, partitions := range in.Lag {
		for _, lag := range partitions {
			total[group] += lag
		}
	}
	return total
}
