package rules

import (
	"fmt"
	"slices"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/reports/finding"
)

// Other is what another package found about contracts, with the contract
// whose waivers apply to it; nil where there is none.
type Other struct {
	finding.Finding
	Owner *contracts.Contract
}

// Waive applies the waivers of a finding's owner to it, as Check does to its
// own: a waived finding is information, and says until when and why.
func Waive(o Other, now time.Time) finding.Finding {
	waivers := waiversOf(o, now)
	if len(waivers) == 0 {
		return o.Finding
	}
	w := o.Owner.Waive[waivers[0]]
	o.Severity = finding.Info
	o.Message += fmt.Sprintf(" (waived until %s: %s)", w.Until, w.Reason)
	return o.Finding
}

// Join is what Check found together with what other packages found about the
// same contracts, sorted by place. Waivers apply to all of it, and one that
// waives another package's finding is not unused.
func Join(checked []finding.Finding, others []Other, now time.Time) []finding.Finding {
	used := map[finding.Position]bool{}
	all := make([]finding.Finding, 0, len(checked)+len(others))
	for _, o := range others {
		all = append(all, Waive(o, now))
		for _, i := range waiversOf(o, now) {
			if at := o.Owner.Doc.Position("waive", i); at != nil {
				used[*at] = true
			}
		}
	}
	all = append(all, slices.DeleteFunc(slices.Clone(checked), func(f finding.Finding) bool {
		return f.ID == WaiverUnused && f.Position != nil && used[*f.Position]
	})...)
	finding.Sort(all)
	return all
}

// waiversOf are the indexes of the waivers that hold for a finding.
func waiversOf(o Other, now time.Time) []int {
	if o.Owner == nil {
		return nil
	}
	var all []int
	for i, w := range o.Owner.Waive {
		if w.Rule == o.ID && w.Until != "" && !w.HasExpired(now) {
			all = append(all, i)
		}
	}
	return all
}
