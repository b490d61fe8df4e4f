package rules

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// Waive applies the waivers of a finding's owner to it, as Check does, for
// findings that are judged without the rules: a waived finding is information,
// and says until when and why. It reports whether there is such a waiver.
func Waive(f Found, now time.Time) (finding.Finding, bool) {
	if f.Owner == nil {
		return f.Finding, false
	}
	for _, w := range f.Owner.Waive {
		if w.Rule == f.ID && w.Until != "" && !w.HasExpired(now) {
			accept(&f.Finding, w)
			return f.Finding, true
		}
	}
	return f.Finding, false
}

func accept(f *finding.Finding, w contracts.Waiver) {
	f.Severity = finding.Info
	f.Message += fmt.Sprintf(" (waived until %s: %s)", w.Until, w.Reason)
}

// waived applies the waivers of each contract to the findings about it, and
// returns all findings in order. A waived finding stays visible as info; an
// expired waiver waives nothing and is an error itself. Waivers of rules that
// were not applied are left alone.
func (c *checker) waived() []finding.Finding {
	found, elsewhere := map[byRule][]int{}, map[string]*contracts.Contract{}
	for i, f := range c.found {
		found[byRule{f.Owner, f.ID}] = append(found[byRule{f.Owner, f.ID}], i)
		if elsewhere[f.ID] == nil {
			elsewhere[f.ID] = f.Owner
		}
	}
	for _, contract := range c.set {
		for i, w := range contract.Waive {
			if w.Rule == "" || w.Until == "" {
				continue // the loader has said so
			}
			c.waiver(contract, i, w, found, elsewhere)
		}
	}
	findings := make([]finding.Finding, len(c.found))
	for i, f := range c.found {
		findings[i] = f.Finding
	}
	finding.Sort(findings)
	return findings
}

// byRule are the findings of a rule about a contract, by their index.
type byRule struct {
	owner *contracts.Contract
	rule  string
}

func (c *checker) waiver(contract *contracts.Contract, i int, w contracts.Waiver, found map[byRule][]int, elsewhere map[string]*contracts.Contract) {
	at := contract.Doc.Position("waive", i)
	if w.HasExpired(c.now) {
		c.report(contract, WaiverExpired, at, fmt.Sprintf("the waiver of %s ended on %s", w.Rule, w.Until),
			"repair what it waives and remove it, or agree on a new date")
		return
	}
	if w.Rule == EventUnread && !c.others.AllContracted {
		return // it was not looked for
	}
	own := found[byRule{contract, w.Rule}]
	for _, j := range own {
		f := &c.found[j]
		if f.waived {
			continue
		}
		f.waived = true
		accept(&f.Finding, w)
	}
	if len(own) > 0 {
		return
	}
	if applied := c.knownRules(); !slices.Contains(applied, w.Rule) {
		known := applied
		if c.others.Known != nil {
			known = c.others.Known()
		}
		if c.others.Known != nil && !slices.Contains(known, w.Rule) || strings.HasPrefix(w.Rule, "check/") {
			c.report(contract, WaiverUnused, at, fmt.Sprintf("there is no rule %s, so the waiver does nothing", w.Rule), nearestRule(w.Rule, known))
		}
		return
	}
	hint := "remove it"
	if other := elsewhere[w.Rule]; other != nil {
		hint = fmt.Sprintf("a waiver holds for its own contract; %s has such findings, and its owner can waive them there", other.Doc.File())
	}
	c.report(contract, WaiverUnused, at, fmt.Sprintf("nothing in this contract is found by %s", w.Rule), hint)
}

// nearestRule is the hint for the id of a rule that is not there: the nearest
// one, by all of the id or by its part after the slash. There are too many to
// name all.
func nearestRule(id string, known []string) string {
	near := document.Nearest(id, known)
	if near == "" {
		byName := map[string]string{}
		for _, rule := range known {
			byName[path.Base(rule)] = rule
		}
		near = byName[document.Nearest(path.Base(id), slices.Collect(maps.Keys(byName)))]
	}
	if near == "" {
		return "weir explain lists the rules; name one of them, or remove the waiver"
	}
	return fmt.Sprintf("did you mean %q?", near)
}

// knownRules are the ids of all rules that were applied.
func (c *checker) knownRules() []string {
	var all []string
	for _, r := range slices.Concat(table, c.others.Rules) {
		all = append(all, r.ID)
	}
	return all
}
