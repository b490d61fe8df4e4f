package invariant

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// Owners is what was seen of which members of a group have which partitions,
// look by look. It is for one goroutine at a time.
type Owners struct {
	Group string
	looks looks
	// seconds says what was met in each second since the load began.
	seconds []met
	last    map[partition]string
	// stirred says that a rebalance was met since the last look.
	stirred bool
	// owned counts partitions with an owner, over all looks.
	owned uint64
	moves []move
	// missed are moves that were not kept.
	missed  uint64
	doubled map[partition]string
	doubles []double
	twice   uint64
}

// met is the most telling of what looks met.
type met uint8

const (
	metNothing met = iota
	metRebalance
	metOwners
)

// met notes what a look met.
func (g *Owners) met(at time.Duration, what met) {
	if at < 0 {
		return
	}
	i := int(at / time.Second)
	for i >= len(g.seconds) {
		g.seconds = append(g.seconds, metNothing)
	}
	g.seconds[i] = max(g.seconds[i], what)
}

// move is a rebalance between two looks.
type move struct {
	since, at time.Duration
	n         int // partitions that another member has now, or none
	partition
	from, to string // of the first of them
}

// double is a partition that several members have.
type double struct {
	partition
	at      time.Duration
	members string
}

// NewOwners returns Owners of a group that have seen no look.
func NewOwners(group string) *Owners {
	return &Owners{Group: group, last: map[partition]string{}, doubled: map[partition]string{}}
}

// Rebalancing says that the group was met in the midst of a rebalance: what it
// says then is neither what was nor what will be.
func (g *Owners) Rebalancing(at time.Duration) {
	g.stirred = true
	g.met(at, metRebalance)
}

// Look takes who had each partition at a time, by topic and number, in a group
// that was not in the midst of a rebalance.
func (g *Owners) Look(at time.Duration, owners map[string]map[int32][]string) {
	now := map[partition]string{}
	for topic, partitions := range owners {
		for id, members := range partitions {
			slices.Sort(members)
			p, has := partition{topic, id}, strings.Join(members, " and ")
			now[p] = has
			g.owned++
			if len(members) > 1 && g.doubled[p] != has {
				g.twice++
				if len(g.doubles) < maxFindings {
					g.doubles = append(g.doubles, double{p, at, has})
				}
				g.doubled[p] = has
			} else if len(members) == 1 {
				delete(g.doubled, p)
			}
		}
	}
	if g.looks.n > 0 {
		g.compare(at, now)
	}
	if len(now) > 0 {
		g.met(at, metOwners)
	}
	g.last, g.stirred = now, false
	g.looks.add(at)
}

// compare keeps a move where partitions changed hands since the last look, or a
// rebalance was met.
func (g *Owners) compare(at time.Duration, now map[partition]string) {
	var moved []partition
	for p, owner := range now {
		if g.last[p] != owner {
			moved = append(moved, p)
		}
	}
	for p := range g.last {
		if _, there := now[p]; !there {
			moved = append(moved, p)
		}
	}
	switch {
	case len(moved) == 0 && !g.stirred:
	case len(g.moves) == maxFindings:
		g.missed++
	case len(moved) == 0:
		g.moves = append(g.moves, move{since: g.looks.end, at: at})
	default:
		first := slices.MinFunc(moved, func(a, b partition) int { return cmp.Or(cmp.Compare(a.topic, b.topic), cmp.Compare(a.id, b.id)) })
		g.moves = append(g.moves, move{g.looks.end, at, len(moved), first, g.last[first], now[first]})
	}
}

// noDoubleOwner: at no time have two members of a group the same partition,
// whose records both would process.
func noDoubleOwner(e *Evidence) run.Outcome {
	var o run.Outcome
	var unseen []string
	for _, g := range e.Owners {
		o.Checked += g.owned
		o.Violations += g.twice
		for _, d := range g.doubles {
			o.Findings = append(o.Findings, finding.Finding{ID: NoDoubleOwner, Severity: finding.Error,
				Message: fmt.Sprintf("%s: %s/%d was of several members at %s: %s", g.Group, d.topic, d.id, round(d.at), d.members),
				Record:  &finding.Record{Topic: d.topic, Partition: d.id, Offset: -1}})
		}
		if why := g.unfinished(e.Load.To); why != "" {
			unseen = append(unseen, why)
		}
	}
	return conclude(o, unseen,
		fmt.Sprintf("%s had several owners at once", plural(o.Violations, "partition")),
		"no member of a group had a partition",
		fmt.Sprintf("no partition had several owners: seen %s times", count(o.Checked)))
}

// unfinished says what keeps the looks at a group from being evidence.
func (g *Owners) unfinished(loadEnd time.Duration) string {
	switch {
	case g.looks.n == 0:
		return fmt.Sprintf("which member of %s has what was never seen", g.Group)
	case g.looks.end < loadEnd-longGap:
		return fmt.Sprintf("which member of %s has what was not seen from %s on, and the load ended at %s", g.Group, round(g.looks.end), round(loadEnd))
	}
	return ""
}

// noNeedlessRebalance: while nothing is broken, no partition of a group changes
// hands. Each rebalance stops its consumers, and repeats what was not committed.
//
// Faults but those in the load excuse rebalances until settleFor after they
// were healed, whether or not the flow recovered sooner: a member that is gone
// is missed only when its session ends. A rebalance that gives every partition
// back before the next look is not seen.
func noNeedlessRebalance(e *Evidence) run.Outcome {
	var o run.Outcome
	var unknown []string
	excused := e.shaken()
	for _, g := range e.Owners {
		checked, unseen := g.calmSeconds(e.Load, excused)
		o.Checked += checked
		if g.missed > 0 {
			unseen = fmt.Sprintf("%s rebalanced more than %d times", g.Group, maxFindings)
		}
		if unseen != "" {
			unknown = append(unknown, unseen)
		}
		for _, m := range g.moves {
			if m.since < e.Load.From || m.at > e.Load.To || calm(Span{m.since, m.at}, excused) != (Span{m.since, m.at}) {
				continue
			}
			o.Violations++
			o.Findings = append(o.Findings, m.finding(g.Group))
		}
	}
	return conclude(o, unknown,
		plural(o.Violations, "rebalance")+" while nothing was broken",
		"no group had a member while nothing was broken",
		fmt.Sprintf("no rebalance in %s in which nothing was broken", plural(o.Checked, "second")))
}

// shaken are the spans in which faults excuse rebalances.
func (e *Evidence) shaken() []Span {
	var spans []Span
	for _, f := range e.Faults {
		if fault.Kind(f.Kind).InLoad() {
			continue
		}
		s := Span{f.Start, 1<<63 - 1}
		if f.Healed > 0 {
			s.To = max(f.Healed, f.StoodUntil) + settleFor
		}
		spans = append(spans, s)
	}
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	return spans
}

// calmSeconds counts the whole seconds of the load in which nothing excused a
// rebalance and the group was seen with members, and says where it was not.
func (g *Owners) calmSeconds(load Span, excused []Span) (seen uint64, unseen string) {
	gap := time.Duration(0)
	for at := load.From.Truncate(time.Second); at+time.Second <= load.To; at += time.Second {
		second := Span{max(at, load.From), at + time.Second}
		if calm(second, excused) != second {
			gap = 0
			continue
		}
		if g.metIn(at) == metOwners {
			seen, gap = seen+1, 0
		} else if gap += time.Second; gap > longGap {
			unseen = g.unseenBefore(second.To, g.metIn(at))
		}
	}
	return seen, unseen
}

// metIn is what was met in the second that begins at a time.
func (g *Owners) metIn(at time.Duration) met {
	if i := int(at / time.Second); i < len(g.seconds) {
		return g.seconds[i]
	}
	return metNothing
}

func (g *Owners) unseenBefore(at time.Duration, what met) string {
	s := fmt.Sprintf("which member of %s has what was not seen for more than %s before %s", g.Group, longGap, round(at))
	if what == metRebalance {
		s += ": it was in the midst of a rebalance"
	}
	return s
}

func (m move) finding(group string) finding.Finding {
	has := func(member string) string {
		if member == "" {
			return "nobody"
		}
		return member
	}
	f := finding.Finding{ID: NoNeedlessRebalance, Severity: finding.Error,
		Message: fmt.Sprintf("%s rebalanced between %s and %s, while nothing was broken: ", group, round(m.since), round(m.at))}
	if m.n == 0 {
		f.Message += "every partition is of whom it was"
		return f
	}
	f.Message += fmt.Sprintf("%s changed hands, %s/%d from %s to %s", plural(uint64(m.n), "partition"), m.topic, m.id, has(m.from), has(m.to))
	f.Record = &finding.Record{Topic: m.topic, Partition: m.id, Offset: -1}
	return f
}
