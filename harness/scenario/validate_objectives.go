package scenario

import (
	"fmt"
	"slices"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
)

func (v *validator) objectives() {
	path, o := document.Path{"objectives"}, v.s.Objectives
	for field, bounds := range map[string]*contracts.Objectives{"steady": o.Steady, "run": o.Run} {
		if bounds != nil {
			v.bounds(path.Add(field), bounds)
		}
	}
	if o.Fault != nil {
		at := path.Add("fault")
		v.bounds(at, &o.Fault.Objectives)
		v.some(at, "unavailable", "the longest time that publishing may stand still")
		v.Positive(at.Add("unavailable"), o.Fault.Unavailable > 0)
	}
	if o.Healed != nil {
		at := path.Add("healed")
		v.bounds(at, &o.Healed.Objectives)
		v.some(at, "within", "the longest time from a fault to recovery")
		v.Positive(at.Add("within"), o.Healed.Within > 0)
	}
	if o.Partitions != nil {
		at := path.Add("partitions")
		if len(o.Partitions.Publish) == 0 {
			v.Missing(at, "publish", "write partitions: {publish: {p99: 50ms}}")
		}
		known := true
		for q := range o.Partitions.Publish {
			if q != "p50" && q != "p99" {
				v.ErrorAtKey(document.UnknownValue, at.Add("publish", q), q+" is not measured by partition", "p50 and p99 are")
				known = false
			}
		}
		if known {
			(&contracts.Objectives{Publish: o.Partitions.Publish}).Check(v.Checker, at)
		}
	}
}

// some wants an objective of a phase.
func (v *validator) some(path document.Path, field, hint string) {
	for _, f := range []string{field, "publish", "send", "end-to-end", "effect", "lag", "achieved", "errors", "recovery"} {
		if v.s.Doc.Has(path.Add(f)...) || v.s.Doc.Misspelt(path, f) {
			return
		}
	}
	v.Missing(path, field, hint)
}

// bounds checks objectives of a phase, or of the whole run, and refuses those
// that are not judged there.
func (v *validator) bounds(path document.Path, o *contracts.Objectives) {
	o.Check(v.Checker, path)
	if o.Lag != nil && o.Lag.Age > 0 && !v.boundsLag(path) {
		v.notBuilt(path.Add("lag", "age"), "judging the age of the lag in a phase is", "the invariant lag-bounded judges that of steady, over the whole load; or bound it in records: lag: {records: 10000}")
	}
	if o.Recovery > 0 {
		v.ErrorAtKey(document.Conflicting, path.Add("recovery"), fmt.Sprintf("recovery is no objective of %s", inWords(path)), "write healed: {within: 30s}")
	}
}

// boundsLag says whether lag-bounded holds a run to the objectives at a path.
func (v *validator) boundsLag(path document.Path) bool {
	phase := path[len(path)-1]
	return (phase == "steady" || phase == "run") && slices.Contains(v.s.Invariants, invariant.LagBounded)
}

// inWords names the phase at the end of a path.
func inWords(path document.Path) string {
	if path[len(path)-1] == "run" {
		return "the whole run"
	}
	return fmt.Sprintf("the %s phase", path[len(path)-1])
}
