package rules

import (
	"fmt"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// waived applies the waivers of each contract to the findings about it, and
// returns all findings in order. A waived finding stays visible as info; an
// expired waiver waives nothing and is an error itself. Waivers of rules of
// other packages are left alone.
func (c *checker) waived() []finding.Finding {
	for _, contract := range c.set {
		for i, w := range contract.Waive {
			if w.Rule == "" || w.Until == "" {
				continue // the loader has said so
			}
			c.waiver(contract, i, w)
		}
	}
	findings := make([]finding.Finding, len(c.found))
	for i, f := range c.found {
		findings[i] = f.Finding
	}
	finding.Sort(findings)
	return findings
}

func (c *checker) waiver(contract *contracts.Contract, i int, w contracts.Waiver) {
	at := contract.Doc.Position("waive", i)
	if w.HasExpired(c.now) {
		c.report(contract, WaiverExpired, at, fmt.Sprintf("the waiver of %s ended on %s", w.Rule, w.Until),
			"repair what it waives and remove it, or agree on a new date")
		return
	}
	used := false
	for j := range c.found {
		f := &c.found[j]
		if f.owner != contract || f.ID != w.Rule {
			continue
		}
		used = true
		if f.waived {
			continue
		}
		f.waived = true
		f.Severity = finding.Info
		f.Message += fmt.Sprintf(" (waived until %s: %s)", w.Until, w.Reason)
	}
	if used || !strings.HasPrefix(w.Rule, "check/") {
		return
	}
	hint := "remove it"
	if _, known := severities[w.Rule]; !known {
		hint = document.Suggest(w.Rule, ids())
	}
	c.report(contract, WaiverUnused, at, fmt.Sprintf("nothing in this contract is found by %s", w.Rule), hint)
}

func ids() []string {
	var all []string
	for _, r := range table {
		all = append(all, r.ID)
	}
	return all
}
