package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/baseline"
	"github.com/flowweir/weir/contracts/breaking"
	"github.com/flowweir/weir/contracts/deployment"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/gate"
	"github.com/flowweir/weir/contracts/history"
	"github.com/flowweir/weir/contracts/matrix"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/workspace"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

func newExplain(s *state) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [RULE]",
		Short: "Say what a rule or an invariant finds; list all without an argument",
		Example: `  weir explain
  weir explain check/need-missing
  weir explain no-duplicate-effect`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) <= 1 {
				return nil
			}
			return oneArg("a rule")(c, args)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var out []string
			for _, p := range pages() {
				out = append(out, cobra.CompletionWithDesc(p.id, p.why))
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return s.explainAll()
			}
			return s.explain(args[0])
		},
	}
}

// page explains one id.
type page struct {
	id       string
	severity finding.Severity
	why      string
	// where says when it is found; next what to do about it.
	where, next string
	// more is a paragraph on why, or "".
	more string
}

// pages are those of all ids, in the order of a list.
func pages() []page {
	var all []page
	add := func(rs []finding.Rule, where, next string) {
		for _, r := range rs {
			all = append(all, page{id: r.ID, severity: finding.Error, why: r.Summary, where: where, next: next})
		}
	}
	add(document.Rules(), "When a contract or scenario file is read; exit code 2.", "Change the file at the place that the finding shows.")
	add(contracts.Rules(), "When a contract is read; exit code 2.", "Change the contract at the place that the finding shows.")
	for _, r := range asyncapi.Rules() {
		p := page{id: r.ID, severity: finding.Error, why: r.Summary,
			where: "When the AsyncAPI document of a contract is read, or one is imported; exit code 2 where it is an error.",
			next:  "Change the document or the contract at the place that the finding shows."}
		if r.ID == asyncapi.NotCarried || r.ID == asyncapi.UnknownFormat {
			p.severity, p.next = finding.Info, "Nothing has to change: it is what a contract does not take over."
		}
		all = append(all, p)
	}
	for _, r := range rules.Rules() {
		all = append(all, page{r.ID, r.Severity, r.Summary, "By weir check, over all contracts together; errors give exit code 1.",
			"Change the contract or its schema, or waive the rule there until a date: waive: [{rule, reason, until}].", ""})
	}
	for _, r := range matrix.Rules() {
		all = append(all, page{r.ID, r.Severity, r.Summary, "By weir check, for each consumer and each version of the producer's schema; errors give exit code 1.",
			"Change the contract or the schema, or waive the rule in the contract until a date: waive: [{rule, reason, until}].", ""})
	}
	for _, r := range breaking.Rules() {
		p, _ := breaking.Explain(r.ID)
		all = append(all, page{r.ID, r.Severity, r.Summary, "By weir breaking and weir check --against; an error where a contract relies on it, which gives exit code 1.",
			p.Safely + "\nWaive: " + p.Waive, p.Why})
	}
	add(workspace.Rules(), "When a workspace is read; exit code 2 where it is an error.", "Change weir.work.yaml at the place that the finding shows, or run what the hint says.")
	add(baseline.Rules(), "By weir check --baseline.", "Change the line of the baseline that the finding shows, or write the file again with --write-baseline.")
	add(schema.Rules(), "By weir compat, weir breaking and weir check, where one version of a schema is read with another; exit code 1.",
		"Look at the counter-example: either keep what it shows valid, or move readers first. A waiver in the contract accepts the break until a date.")
	for _, r := range gate.Rules() {
		all = append(all, page{id: r.ID, severity: r.Severity, why: r.Summary,
			where: "By weir can-i-deploy, between a version and what is live; exit code 1, or 4 where it leaves the answer open.",
			next:  "Change the version, deploy the other side first, or ask for both together with --also."})
	}
	add(deployment.Rules(), "When records of deployments are read; exit code 2, or 4 where the contract of one version is not known.",
		"Record the deployment again with weir record-deploy, or restore its record from git.")
	add(history.Rules(), "When a folder of published versions is read; exit code 2.", "Rename or remove the file that the finding shows; weir history add writes such files.")
	add(scenario.Rules(), "When a scenario is read and joined with its contracts; exit code 2.", "Change the scenario at the place that the finding shows.")
	add(invariant.Rules(), "By weir run, over the ledger of the run; a violation gives exit code 1, missing evidence 4.",
		"Read the stories of the offending records in the report; weir journal DIR has all of them.")
	return all
}

func (s *state) explainAll() error {
	var b strings.Builder
	all := pages()
	widest := 0
	for _, p := range all {
		widest = max(widest, len(p.id))
	}
	for _, p := range all {
		fmt.Fprintf(&b, "%-*s %-8s %s\n", widest, p.id, p.severity, p.why)
	}
	_, err := fmt.Fprint(s.stdout, b.String())
	return err
}

func (s *state) explain(id string) error {
	if p, ok := rules.Explain(id); ok {
		_, err := fmt.Fprint(s.stdout, p.Text)
		return err
	}
	var ids []string
	for _, p := range pages() {
		if p.id == id {
			if p.more != "" {
				p.why += "\n\n" + p.more
			}
			_, err := fmt.Fprintf(s.stdout, "%s (%s)\n\n%s\n\nFound: %s\nNext:  %s\n", p.id, p.severity, p.why, p.where, p.next)
			return err
		}
		ids = append(ids, p.id)
	}
	return usageError(nearest(id, ids), "there is no rule or invariant %q", id)
}

// nearest suggests ids: people often leave out the part before the slash.
func nearest(id string, ids []string) string {
	var same []string
	for _, known := range ids {
		if _, last, ok := strings.Cut(known, "/"); ok && last == id {
			same = append(same, known)
		}
	}
	switch {
	case len(same) > 0:
		return "did you mean " + strings.Join(same, " or ") + "?"
	case document.Nearest(id, ids) != "":
		return document.Suggest(id, ids)
	}
	return "weir explain lists all"
}
