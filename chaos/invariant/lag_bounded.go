package invariant

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// LagBound is how far a group may be behind.
type LagBound struct {
	Group string
	// Records is the most that it may be behind, over all partitions, and Age
	// how old the first record of a partition that is not committed may be,
	// since it was due; 0 is no bound. Source is the file that says so.
	Records int64
	Age     time.Duration
	Source  string
}

// excursion is a span in which a lag is above its bound.
type excursion struct {
	from, to time.Duration
	// worst is the highest lag, in records or nanoseconds, and where the most
	// of it was.
	worst     int64
	topic     string
	partition int32
	// offset and ref are of the record that is too old.
	offset int64
	ref    Ref
}

// lagBounded: while the load goes on, no group is further behind than its
// bound, and after a fault it comes back below it.
func lagBounded(e *Evidence) run.Outcome {
	j := lags{e: e, disturbed: e.disturbed()}
	for _, b := range e.LagBounds {
		if b.Records > 0 {
			j.records(b)
		}
		if b.Age > 0 {
			j.age(b)
		}
	}
	return j.judge()
}

// lags is the outcome of lagBounded while it is made.
type lags struct {
	run.Outcome
	e         *Evidence
	disturbed []Span
	unknown   []string // what is not known
	open      []string // excursions that a fault excuses until the load's end
	most      []string
	by        shares
}

// records judges the lag of each second of the load.
func (j *lags) records(b LagBound) {
	all, s := excursions(j.e.Intervals, b, j.e.Load)
	j.Checked += s.known
	j.by.add(b.Group, 0, s.known)
	switch {
	case s.known == 0:
		j.unknown = append(j.unknown, fmt.Sprintf("the lag of %s was never known", b.Group))
	case !s.assigned:
		j.unknown = append(j.unknown, fmt.Sprintf("%s was assigned nothing and committed nothing", b.Group))
	}
	for _, gap := range s.gaps {
		if c := calm(gap, j.disturbed); c.To-c.From > longGap {
			j.unknown = append(j.unknown, fmt.Sprintf("the lag of %s was not known for %s from %s on", b.Group, round(c.To-c.From), round(c.From)))
			break
		}
	}
	j.most = append(j.most, fmt.Sprintf("%s was %s behind at most", b.Group, plural(s.most, "record")))
	for _, x := range all {
		if j.excused(b.Group, x) {
			continue
		}
		j.violated(b.Group, finding.Finding{ID: LagBounded, Severity: finding.Error,
			Message: fmt.Sprintf("%s was more than %s behind (%s) for %s from %s on: %s at most, the most of it in %s/%d",
				b.Group, plural(uint64(b.Records), "record"), b.Source, round(x.to-x.from), round(x.from), count(uint64(x.worst)), x.topic, x.partition)})
	}
}

// age judges how old the lag was at each look.
func (j *lags) age(b LagBound) {
	seen := false
	for _, p := range j.e.Progress {
		if p.Group != b.Group || p.Age == 0 {
			continue
		}
		seen = true
		j.Checked += p.looks.n
		j.by.add(b.Group, 0, p.looks.n)
		if why := p.unseen(j.e); why != "" {
			j.unknown = append(j.unknown, why)
		}
		for _, s := range p.unaged {
			if c := calm(Span{max(s.From, j.e.Load.From), min(s.To, j.e.Load.To)}, j.disturbed); c.To > c.From {
				j.unknown = append(j.unknown, fmt.Sprintf("how old what %s had not committed was is not known for %s from %s on", b.Group, round(c.To-c.From), round(c.From)))
				break
			}
		}
		var late []excursion
		for _, x := range p.tooOld() {
			if x.from = max(x.from, j.e.Load.From); x.from <= x.to && x.from < j.e.Load.To && !j.excused(b.Group, x) {
				late = append(late, x)
			}
		}
		refs := make([]Ref, len(late))
		for i := range late {
			refs[i] = late[i].ref
		}
		for i, f := range j.e.findings(LagBounded, refs, "") {
			x := late[i]
			f.Record.Topic, f.Record.Partition, f.Record.Offset = x.topic, x.partition, x.offset
			f.Message = fmt.Sprintf("%s had not committed what was due more than %s before (%s), for %s from %s on: this record was %s old",
				b.Group, b.Age, b.Source, round(x.to-x.from), round(x.from), round(time.Duration(x.worst)))
			j.violated(b.Group, f)
		}
	}
	if !seen {
		j.unknown = append(j.unknown, fmt.Sprintf("nothing shows how old what %s had not committed was", b.Group))
	}
}

func (j *lags) violated(group string, f finding.Finding) {
	j.Violations++
	j.by.add(group, 1, 0)
	j.Findings = append(j.Findings, f)
}

// excused says whether faults excuse all of an excursion. One that a fault
// excuses and that the load's end cut off says nothing.
func (j *lags) excused(group string, x excursion) bool {
	to := max(min(x.to, j.e.Load.To), x.from+1) // one look is no span
	if c := calm(Span{x.from, to}, j.disturbed); c.To > c.From {
		return false
	}
	if x.to >= j.e.Load.To {
		j.open = append(j.open, group)
	}
	return true
}

func (j *lags) judge() run.Outcome {
	switch {
	case j.Violations > 0:
		j.Verdict = finding.Fail
		j.Sentence = fmt.Sprintf("above its bound %s%s", timesOf(j.Violations), j.by)
	case j.Checked == 0 && len(j.unknown) == 0:
		j.Verdict = finding.Vacuous
		j.Sentence = "no group with a bound was watched"
	case len(j.unknown) > 0:
		j.Verdict = finding.Inconclusive
		j.Sentence = j.unknown[0]
	case len(j.open) > 0:
		j.Verdict = finding.Inconclusive
		j.Sentence = fmt.Sprintf("the load ended before %s was back below its bound after a fault", strings.Join(slices.Compact(j.open), ", "))
		j.Notes = append(j.Notes, "let the load go on for longer after the fault is healed")
	default:
		j.Verdict = finding.Pass
		j.Sentence = "within its bound"
		if len(j.most) > 0 {
			j.Sentence += ": " + strings.Join(j.most, ", ")
		}
	}
	return j.Outcome
}

func timesOf(n uint64) string {
	if n == 1 {
		return "once"
	}
	return count(n) + " times"
}

// lagSeries is what the seconds of a load say of a group.
type lagSeries struct {
	known, most uint64
	// assigned says that a partition of the group was ever known.
	assigned bool
	// gaps are the spans in which the lag was not known.
	gaps []Span
}

// excursions are the spans of a load in which the lag of a group was above its
// bound in records. A second that does not know it ends none.
func excursions(intervals []run.Interval, b LagBound, load Span) (all []excursion, s lagSeries) {
	var x excursion
	end := load.From
	for _, in := range intervals {
		if in.Start < load.From || in.Start >= load.To {
			continue
		}
		partitions, known := in.Lag[b.Group]
		if !known {
			continue
		}
		if in.Start > end {
			s.gaps = append(s.gaps, Span{end, in.Start})
		}
		end = in.Start + in.Length
		s.known++
		s.assigned = s.assigned || len(partitions) > 0
		var total, most int64
		where := ""
		for name, lag := range partitions {
			if total += lag; lag > most || lag == most && name < where {
				most, where = lag, name
			}
		}
		s.most = max(s.most, uint64(total))
		if total <= b.Records {
			if x.worst > 0 {
				all, x = append(all, x), excursion{}
			}
			continue
		}
		if x.worst == 0 {
			x.from = in.Start
		}
		x.to = end
		if total > x.worst {
			x.worst = total
			x.topic, x.partition = parsePartition(where)
		}
	}
	if load.To > end {
		s.gaps = append(s.gaps, Span{end, load.To})
	}
	if x.worst > 0 {
		all = append(all, x)
	}
	return all, s
}

// parsePartition reads topic/partition.
func parsePartition(name string) (topic string, partition int32) {
	i := strings.LastIndexByte(name, '/')
	n, err := strconv.ParseInt(name[i+1:], 10, 32)
	if err != nil {
		return name, -1
	}
	return name[:max(i, 0)], int32(n)
}
