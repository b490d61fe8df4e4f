package scenario

import (
	"fmt"
	"time"

	"github.com/flowweir/weir/reports/run"
)

// within says that an interval lies in a phase from its beginning to its end.
// One in which another phase began is of neither: nobody knows which of the two
// its counts and the lag at its end belong to. The one that ends with the load
// is of the load's last phase, though the clock ended it a moment later.
func (m *measured) within(in run.Interval, phase string) bool {
	for _, p := range m.phases {
		if p.Name == phase && p.Start <= in.Start && in.Start < p.End && (in.Start+in.Length <= p.End || p.End == m.length) {
			return true
		}
	}
	return false
}

// achievedIn bounds the share of what was due in the seconds within a phase
// that was acknowledged in them.
func achievedIn(phase string) func(bound float64, source string, own bool) objective {
	return func(bound float64, source string, own bool) objective {
		o := achievedBound(bound, source, own)
		o.phase, o.generator = phase, nil
		judge := o.judge
		o.judge = func(m *measured) (string, string, bool, bool, string) {
			of := &measured{unanswered: m.unanswered}
			for _, in := range m.intervals {
				if m.within(in, phase) {
					of.generator.Offered += float64(in.Due)
					of.generator.Achieved += float64(in.Acked + in.Aborted)
				}
			}
			return judge(of)
		}
		return o
	}
}

// errorsIn bounds the share of the records due in a phase that failed or had no
// outcome.
func errorsIn(phase string) func(bound float64, source string, own bool) objective {
	return func(bound float64, source string, own bool) objective {
		o := errorsBound(bound, source, own)
		o.phase = phase
		judge := o.judge
		o.judge = func(m *measured) (string, string, bool, bool, string) {
			of := &measured{unanswered: m.unanswered}
			for _, l := range m.latencies {
				if l.Kind == run.Publish && l.Phase == phase {
					of.failed = uint64(l.Failed + l.Unfinished)
					of.due = uint64(l.Count+l.Negative+l.OutOfRange) + of.failed
				}
			}
			return judge(of)
		}
		return o
	}
}

// inPhase names a phase, or the whole run where it is empty.
func inPhase(phase string) string {
	if phase == "" {
		return "run"
	}
	return phase + " phase"
}

// partitionNeeds is how many samples a percentile of a partition needs, as
// everywhere 100/(1−q).
var partitionNeeds = map[string]int64{"p50": 200, "p99": 10_000}

// partitionBound bounds the publish latency of each partition. One that fails
// decides; one of which too little is known leaves the rest undecided.
func partitionBound(q string, bound time.Duration, source string) objective {
	return objective{name: "partitions.publish." + q, source: source, own: true,
		judge: func(m *measured) (string, string, bool, bool, string) {
			want := "≤ " + bound.String()
			var worst, unknown run.Partition
			undecided := 0
			value := func(p run.Partition) time.Duration {
				if q == "p50" {
					return p.PublishP50
				}
				return p.PublishP99
			}
			for _, p := range m.partitions {
				if p.Acked < partitionNeeds[q] || value(p) == 0 {
					if undecided++; undecided == 1 {
						unknown = p
					}
				} else if value(p) > value(worst) {
					worst = p
				}
			}
			got := value(worst).Round(10 * time.Microsecond).String()
			switch {
			case value(worst) > bound:
				return want, got, false, true, partitionName(worst.Topic, worst.Partition)
			case len(m.partitions) == 0:
				return want, "—", false, false, "not judged (n = 0)"
			case undecided > 0:
				why := fmt.Sprintf("n = %d < %d", unknown.Acked, partitionNeeds[q])
				if unknown.Acked >= partitionNeeds[q] {
					why = "it is not among the 64 busiest, which are measured apart"
				}
				return want, "—", false, false, fmt.Sprintf("%d of %d partitions not judged, such as %s (%s)", undecided, len(m.partitions), partitionName(unknown.Topic, unknown.Partition), why)
			}
			return want, got, true, true, partitionName(worst.Topic, worst.Partition)
		}}
}

// loadedPartitions are the partitions that the load goes to, also those that
// got nothing.
func (x *execution) loadedPartitions() []run.Partition {
	var all []run.Partition
	for _, t := range x.info.Topics {
		if t.Role != RoleInput {
			continue
		}
		for id := range int32(t.Partitions) {
			p := run.Partition{Topic: t.Name, Partition: id}
			for _, known := range x.results.Partitions {
				if known.Topic == t.Name && known.Partition == id {
					p = known
				}
			}
			all = append(all, p)
		}
	}
	return all
}
