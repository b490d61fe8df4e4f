package rules

import (
	"fmt"
	"time"

	"github.com/flowweir/weir/reports/finding"
)

// Waive applies the waivers of a finding's owner to it, as Check does, for
// findings that are judged without the rules: a waived finding is information,
// and says until when and why.
func Waive(f Found, now time.Time) finding.Finding {
	if f.Owner == nil {
		return f.Finding
	}
	for _, w := range f.Owner.Waive {
		if w.Rule == f.ID && w.Until != "" && !w.HasExpired(now) {
			f.Severity = finding.Info
			f.Message += fmt.Sprintf(" (waived until %s: %s)", w.Until, w.Reason)
			break
		}
	}
	return f.Finding
}
