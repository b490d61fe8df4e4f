package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/baseline"
	"github.com/flowweir/weir/contracts/breaking"
	"github.com/flowweir/weir/contracts/deployment"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/explain"
	"github.com/flowweir/weir/contracts/gate"
	"github.com/flowweir/weir/contracts/history"
	"github.com/flowweir/weir/contracts/matrix"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/workspace"
	"github.com/flowweir/weir/harness/promise"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/compare"
	"github.com/flowweir/weir/reports/finding"
)

// page explains one id.
type page struct {
	id       string
	severity finding.Severity
	why      string
	// where says when it is found; next what to do about it.
	where, next string
	// guide is of a rule that a waiver can accept.
	guide rules.Guide
}

func (p page) text() string {
	if own, ok := rules.Explain(p.id); ok {
		return own.Text
	}
	if p.guide.Fix == "" {
		return fmt.Sprintf("%s (%s)\n\n%s\n\nFound: %s\nNext:  %s\n", p.id, p.severity, p.why, p.where, p.next)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s (%s)\n\n%s\n", p.id, p.severity, p.why)
	for _, more := range []string{p.guide.Why, p.where, p.guide.Example} {
		if more != "" {
			fmt.Fprintf(&b, "\n%s\n", strings.TrimSuffix(more, "\n"))
		}
	}
	fmt.Fprintf(&b, "\n## Fix\n\n%s\n\n## Waive\n\n%s\n", p.guide.Fix, p.guide.Waive)
	if !p.waivable() {
		return b.String()
	}
	fmt.Fprintf(&b, "\n```yaml\nwaive:\n  - {rule: %s, reason: why it is accepted, until: 2027-03-31}\n```\n", p.id)
	return b.String()
}

// waivable reports whether a contract can accept what the rule finds: what is
// found about another file than contracts and their schemas, it cannot.
func (p page) waivable() bool {
	_, file := explain.Rule(p.id)
	return !file && !strings.Contains(p.guide.Waive, "cannot be waived")
}

// pageGroup are pages that lists show together.
type pageGroup struct {
	title string
	pages []page
}

// pages are those of all ids that any verb prints.
func pages() []page {
	var all []page
	for _, g := range groups() {
		all = append(all, g.pages...)
	}
	return all
}

// ruleIDs are the ids of all rules.
func ruleIDs() []string {
	var all []string
	for _, p := range pages() {
		all = append(all, p.id)
	}
	return all
}

// milder are the ids whose findings are no errors, among those that are
// listed without a severity.
var milder = map[string]finding.Severity{
	asyncapi.NotCarried: finding.Info, asyncapi.UnknownFormat: finding.Info, asyncapi.NoGroup: finding.Warning,
	workspace.KnownContracted: finding.Warning, baseline.Removable: finding.Warning, deployment.VersionUnknown: finding.Warning,
	deployment.ForeignTag: finding.Warning,
}

// undecided are the rules between versions of schemas that leave the answer
// open, with how to write a schema that can be compared.
var undecided = map[string]string{
	"compat/json-undecided": "let no reference lead back to itself on the same value, and a $dynamicRef or $recursiveRef to one place only; write a pattern without back-references; ask for fewer elements or members that must all be there. docs/compatibility-json.md lists what is not compared.",
	"compat/avro-depth":     "let types that differ nest less deep, or give both versions the same ones below.",
}

// ungrouped are rules without pages of their own: next says what to do.
func ungrouped(title string, rs []finding.Rule, where, next string) pageGroup {
	g := pageGroup{title: title}
	for _, r := range rs {
		g.pages = append(g.pages, page{id: r.ID, severity: severity(r.ID), why: r.Summary, where: where, next: next})
	}
	return g
}

// explained are rules that contracts/explain has pages of.
func explained(title string, rs []finding.Rule, where string) pageGroup {
	g := ungrouped(title, rs, where, "")
	for i := range g.pages {
		g.pages[i].guide, _ = explain.Rule(g.pages[i].id)
	}
	return g
}

func severity(id string) finding.Severity {
	switch milder := milder[id]; {
	case milder != "":
		return milder
	case undecided[id] != "":
		return finding.Undecided
	}
	return finding.Error
}

// grouped are rules in the groups that they have; title is that of those that
// have none.
func grouped(title string, rs []rules.Rule, explain func(rules.Rule) page) []pageGroup {
	var all []pageGroup
	for _, r := range rs {
		name := title
		if r.Group != "" {
			name += ": " + r.Group
		}
		if len(all) == 0 || all[len(all)-1].title != name {
			all = append(all, pageGroup{title: name})
		}
		p := explain(r)
		p.id, p.severity, p.why = r.ID, r.Severity, r.Summary
		all[len(all)-1].pages = append(all[len(all)-1].pages, p)
	}
	return all
}

// foundBy is an explain of grouped for rules that share what is said of them.
func foundBy(where, next string) func(rules.Rule) page {
	return func(rules.Rule) page { return page{where: where, next: next} }
}

// guided is an explain of grouped for rules that have pages.
func guided(where string, explain func(id string) (rules.Guide, bool)) func(rules.Rule) page {
	return func(r rules.Rule) page {
		guide, _ := explain(r.ID)
		return page{where: where, guide: guide}
	}
}

// breaksOf are the rules between versions of schemas in one format.
func breaksOf(format string, rs []finding.Rule) pageGroup {
	const found = "Found by weir compat, weir breaking, weir check, weir history add and weir can-i-deploy, where one version of a schema is read with another; exit code "
	g := ungrouped("Versions of a schema: "+format, rs, found+"1, or 4 where it is undecided.", "")
	for i := range g.pages {
		if rewrite := undecided[g.pages[i].id]; rewrite != "" {
			g.pages[i].where = found + "4, or 1 where something else breaks."
			g.pages[i].guide = rules.Guide{
				Example: schema.Example(g.pages[i].id),
				Fix:     "There is no counter-example: none was found, and it was not shown that there is none. The message says what could not be compared, and the position where it stands. Rewrite that place, in both versions where both have it: " + rewrite,
				Waive:   "When people have looked at the place and found that every reader takes what writers write. The waiver stands in the contract that has the new schema. weir history add --allow-breaking REASON keeps the version without one, with the reason beside it; weir compat has no such flag.",
			}
			continue
		}
		g.pages[i].guide = rules.Guide{
			Example: schema.Example(g.pages[i].id),
			Fix:     "Look at the counter-example: either keep what it shows valid, or let readers take both forms before the first writer writes the new one. What can do neither is another event, on a topic of its own.",
			Waive:   "When every reader is known to cope, or when no record of the other version is left to read. The waiver stands in the contract that has the new schema.",
		}
	}
	return g
}

const waivable = "or waive the rule in the contract until a date: waive: [{rule, reason, until}]."

func groups() []pageGroup {
	var all []pageGroup
	add := func(more ...pageGroup) { all = append(all, more...) }
	add(grouped("Contracts", rules.Rules(), foundBy("By weir check, over all contracts together; errors give exit code 1.",
		"Change the contract or its schema, "+waivable))...)
	add(grouped("Consumers and the versions of schemas", matrix.Rules(),
		guided("Found by weir check, for each consumer and each version of the producer's schema; errors give exit code 1.", matrix.Explain))...)
	add(grouped("Promises that are broken", breaking.Rules(),
		guided("Found by weir breaking and weir check --against; an error where a contract relies on it, which gives exit code 1.", breaking.Explain))...)
	breaks := schema.Rules()
	for _, format := range []struct{ prefix, title string }{
		{"compat/json-", "JSON Schema"}, {"compat/avro-", "Avro"}, {"compat/proto-", "Protobuf"}, {"", "any format"},
	} {
		is := func(r finding.Rule) bool { return strings.HasPrefix(r.ID, format.prefix) }
		not := func(r finding.Rule) bool { return !is(r) }
		add(breaksOf(format.title, slices.DeleteFunc(slices.Clone(breaks), not)))
		breaks = slices.DeleteFunc(breaks, is)
	}
	add(grouped("Deployments", gate.Rules(),
		guided("Found by weir can-i-deploy, between a version and what is live; exit code 1, or 4 where it leaves the answer open.", gate.Explain))...)
	add(
		explained("Records of deployments", deployment.Rules(), "Found when records of deployments are read or written; exit code 2, or 4 where the contract of one version is not known."),
		explained("Published versions", history.Rules(), "Found when a folder of published versions is read; exit code 2."),
		explained("Workspaces", workspace.Rules(), "Found when a workspace is read; exit code 2 where it is an error."),
		explained("Baselines", baseline.Rules(), "Found by weir check --baseline."),
		explained("Files", document.Rules(), "Found when a contract, a scenario or another of Weir's files is read; exit code 2."),
		explained("Files: contracts", contracts.Rules(), "Found when a contract is read; exit code 2."),
		explained("Files: AsyncAPI", asyncapi.Rules(), "Found when the AsyncAPI document of a contract is read, or one is imported; exit code 2 where it is an error."),
		ungrouped("Files: scenarios", scenario.Rules(), "When a scenario is read and joined with its contracts; exit code 2.", "Change the scenario at the place that the finding shows."),
		ungrouped("Invariants of a run", invariant.Rules(), "By weir run, over the ledger of the run; a violation gives exit code 1, missing evidence 4.",
			"Read the stories of the offending records in the report; weir journal DIR has all of them."),
		ungrouped("Promises that are judged on a running service", promise.Rules(), "By weir verify, and under the promise's name in go test; a broken promise gives exit code 1, one that was not exercised 4.",
			"Look at the record and the place that the finding shows; docs/verify.md says what each judge does."),
		ungrouped("Comparisons of runs", compare.Rules(), "By weir compare; an error forbids a judgement, which gives exit code 4, a warning is context.",
			"Do what the hint says, and make the runs again where they cannot be compared."),
	)
	return all
}
