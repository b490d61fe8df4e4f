package invariant

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// Commits is what was seen of the offsets that a group commits, look by look.
// It is for one goroutine at a time.
type Commits struct {
	Group string
	looks looks
	last  map[partition]int64
	// compared are offsets that were compared with those of the look before.
	compared, regressions uint64
	first                 []regression
}

type partition struct {
	topic string
	id    int32
}

// regression is a committed offset that went back. To is -1 where there was
// none any more.
type regression struct {
	partition
	from, to int64
	// since is the look that saw from, at the one that saw to, and regained
	// the first one since then that saw from, or more, again; zero is none.
	since, at, regained time.Duration
}

// NewCommits returns Commits of a group that have seen no look.
func NewCommits(group string) *Commits {
	return &Commits{Group: group, last: map[partition]int64{}}
}

// Look takes all that the group had committed at a time, by topic and
// partition.
func (c *Commits) Look(at time.Duration, committed map[string]map[int32]int64) {
	for p, last := range c.last {
		offset, ok := committed[p.topic][p.id]
		if !ok {
			offset = -1
		}
		c.compared++
		if offset < last {
			c.regressions++
			if len(c.first) < maxFindings {
				c.first = append(c.first, regression{p, last, offset, c.looks.end, at, 0})
			}
		}
		c.last[p] = offset
	}
	for topic, partitions := range committed {
		for id, offset := range partitions {
			if p := (partition{topic, id}); offset >= 0 {
				c.last[p] = offset
			}
		}
	}
	for i := range c.first {
		if r := &c.first[i]; r.regained == 0 && c.last[r.partition] >= r.from {
			r.regained = at
		}
	}
	c.looks.add(at)
}

// noCommitRegression: what a group has committed of a partition never goes
// back. A consumer that starts there would process again what it was done with.
//
// A broker that was paused or cut off may for a moment tell what it knew
// before. So an offset that is there again within staleFor, near a fault on
// brokers, is noted and no violation. Where the log itself lost its end the
// offsets must go back, and no-loss says so.
func noCommitRegression(e *Evidence) run.Outcome {
	var o run.Outcome
	var unseen []string
	for _, c := range e.Commits {
		c.judge(e, &o)
		if c.looks.n < 2 {
			unseen = append(unseen, fmt.Sprintf("what %s committed was seen %s, and not compared", c.Group, times(c.looks.n)))
		} else if why := c.looks.unfinished(c.Group, e.Load.To); why != "" {
			unseen = append(unseen, why)
		}
	}
	return conclude(o, unseen,
		fmt.Sprintf("%s went back", plural(o.Violations, "committed offset")),
		"no group committed anything",
		fmt.Sprintf("no committed offset went back: %s compared", plural(o.Checked, "offset")))
}

// conclude gives an outcome the verdict that its counts and what was not seen
// call for: a violation is one whatever else was not seen.
func conclude(o run.Outcome, unseen []string, failed, vacuous, passed string) run.Outcome {
	switch {
	case o.Violations > 0:
		o.Verdict, o.Sentence = finding.Fail, failed
	case len(unseen) > 0:
		o.Verdict, o.Sentence = finding.Inconclusive, unseen[0]
	case o.Checked == 0:
		o.Verdict, o.Sentence = finding.Vacuous, vacuous
	default:
		o.Verdict, o.Sentence = finding.Pass, passed
	}
	return o
}

// judge adds what was seen of one group.
func (c *Commits) judge(e *Evidence, o *run.Outcome) {
	stale, truncated := uint64(0), uint64(0)
	slices.SortFunc(c.first, func(a, b regression) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.topic, b.topic), cmp.Compare(a.id, b.id))
	})
	for _, r := range c.first {
		switch {
		case e.truncated(r):
			truncated++
		case r.stale() && e.brokersDisturbed(r.at):
			stale++
		default:
			o.Findings = append(o.Findings, r.finding(c.Group))
		}
	}
	o.Checked += c.compared
	o.Violations += c.regressions - stale - truncated
	if stale > 0 {
		o.Notes = append(o.Notes, fmt.Sprintf("%s seen behind what %s had committed for less than %s, near a fault on brokers: a broker that was away may tell what it knew before", plural(stale, "offset"), c.Group, staleFor))
	}
	if truncated > 0 {
		o.Notes = append(o.Notes, fmt.Sprintf("%s of %s went back with the end of the log", plural(truncated, "committed offset"), c.Group))
	}
	if n := c.looks.note(c.Group); n != "" {
		o.Notes = append(o.Notes, n)
	}
}

func times(n uint64) string {
	if n == 1 {
		return "once"
	}
	return "never"
}

// staleFor is for how long a broker that was away may tell what it knew
// before: it learns of its successor with its first heartbeat.
const staleFor = 3 * time.Second

func (r regression) stale() bool { return r.regained > 0 && r.regained-r.at < staleFor }

// truncated says whether the log lost what had been committed.
func (e *Evidence) truncated(r regression) bool {
	return slices.ContainsFunc(e.Truncated, func(t Truncation) bool {
		return t.Topic == r.topic && t.Partition == r.id && t.From < r.from
	})
}

// brokersDisturbed says whether a fault on brokers, or on connections to them,
// was open at a time or not long before.
func (e *Evidence) brokersDisturbed(at time.Duration) bool {
	return slices.ContainsFunc(e.Faults, func(f run.Fault) bool {
		kind := fault.Kind(f.Kind)
		return (kind.OnBrokers() || kind.OnLinks()) && f.Start <= at && (f.Healed == 0 || at <= f.Healed+settleFor)
	})
}

func (r regression) finding(group string) finding.Finding {
	name := fmt.Sprintf("%s/%d", r.topic, r.id)
	offset := r.to // of the first record that is processed again
	message := fmt.Sprintf("%s committed %s to %d, and from %s on to %d: what is between is processed again", group, name, r.from, round(r.at), r.to)
	if r.to < 0 {
		offset = r.from
		message = fmt.Sprintf("%s had committed %s to %d, and from %s on to nothing: a consumer that starts begins anywhere", group, name, r.from, round(r.at))
	}
	record := finding.Record{Topic: r.topic, Partition: r.id, Offset: offset, Story: []finding.Step{
		{At: r.since, What: fmt.Sprintf("%s had committed %d", group, r.from)},
		{At: r.at, What: fmt.Sprintf("%s had committed %d", group, r.to)},
	}}
	if r.regained > 0 {
		record.Story = append(record.Story, finding.Step{At: r.regained, What: fmt.Sprintf("%s had committed %d again", group, r.from)})
	}
	return finding.Finding{ID: NoCommitRegression, Severity: finding.Error, Message: message, Record: &record}
}
