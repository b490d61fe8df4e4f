package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/summary"
)

func newBreaking(s *state) *cobra.Command {
	var against againstFlags
	cmd := &cobra.Command{
		Use:   "breaking [PATH...]",
		Short: "Say what contracts promise less than before; no broker",
		Long: `Breaking compares the contracts in and below the given directories, by default
this one, with their state before: schemas under the declared mode of
compatibility, and what contracts promise beside them. Each finding names the
contracts of the set that rely on what is broken; where none does, it is a
warning.

--against names the state before: a directory with the old contracts, if there
is one of that name; else, with the word registry, the latest versions in the
schema registry that WEIR_REGISTRY_URL or the workspace names; else a git
revision, which is read without a checkout. Write refs/heads/NAME for a branch
that has the name of a directory, and registry: where there is a directory
called registry.

A directory without contracts is refused; a state that has none of these services
and events is a warning, breaking/nothing-compared.

The exit code is 0 where nothing breaks, 1 where something does, 2 where a
contract of now cannot be read as it is, 3 where the registry of --against cannot
be asked, and 4 where all that was found is undecided. The document of --format
json has the fields format (weir/breaking/v1), result (compatible, incompatible or undecided),
against, contracts, errors, undecided, warnings and findings. weir explain RULE
says why something breaks and how to change it safely.`,
		Example: `  weir breaking --against main
  weir breaking order-service --against v1.4.0 --format github
  weir breaking --against ../released
  weir breaking --against registry --subject-strategy record`,
		Args: cobra.ArbitraryArgs,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		},
	}
	against.bind(cmd)
	format := findingsFormatFlag(cmd)
	cmd.RunE = func(c *cobra.Command, args []string) error {
		if err := against.usage(c); err != nil {
			return err
		}
		if against.against == "" {
			return usageError("weir breaking --against main", "weir breaking needs what to compare with")
		}
		return s.breaking(c.Context(), args, &against, format.value)
	}
	return readsRegistry(cmd)
}

// broken is the document of --format json.
type broken struct {
	Format    string        `json:"format"` // weir/breaking/v1
	Result    compat.Result `json:"result"`
	Against   string        `json:"against"`
	Contracts int           `json:"contracts"`
	counted
}

func (s *state) breaking(ctx context.Context, args []string, f *againstFlags, format string) error {
	in, err := gather(args)
	if err != nil {
		return err
	}
	in.leaveOut(f.against)
	if err := f.services(in); err != nil {
		return err
	}
	if finding.Errors(in.findings) > 0 {
		return s.unread("breaking", in, format)
	}
	reg, closeRegistry, err := s.registryOf(ctx, in.workspace)
	if err != nil {
		return err
	}
	defer closeRegistry()
	loader := versions.New(in.fsys, reg)
	if in.findings = append(in.findings, missingSchemas(in, loader)...); finding.Errors(in.findings) > 0 {
		return s.unread("breaking", in, format)
	}
	found, name, err := f.compareAgainst(ctx, in, loader, reg, s.now())
	if err != nil {
		return err
	}
	findings := s.waived(found)
	if in.workspace != nil {
		findings = in.workspace.Localize(findings)
	}
	result := broken{Format: "weir/breaking/v1", Against: name, Contracts: len(in.contracts), counted: count(findings)}
	result.Result = comparedAs[result.verdict()]
	err = s.printFindings(format, judged{
		verb: "breaking", verdict: result.verdict(), counted: result.counted, document: result, contracts: in.judged(f.only),
		sentence: fmt.Sprintf("%s against %s: %s, %s", summary.Plural(result.Contracts, "contract", "contracts"), name, result.Result, result.counted),
	})
	if err != nil {
		return err
	}
	return exit(verdictCodes[result.verdict()])
}

// missingSchemas are the schema files that contracts of now name and that are
// not there.
func missingSchemas(in *inputs, loader *versions.Loader) []finding.Finding {
	var all []finding.Finding
	for _, c := range in.contracts {
		for i, p := range c.Produces {
			declared := c.SchemaOf(p.Schema)
			if declared == nil || declared.Registry != nil {
				continue
			}
			if _, err := loader.Current(c, declared, ""); errors.Is(err, fs.ErrNotExist) {
				all = append(all, finding.Finding{
					ID: document.Unreadable, Severity: finding.Error, Position: c.Doc.Position("produces", i, "schema"),
					Message: fmt.Sprintf("the schema of %s is not there: %v", p.Event, err),
				})
			}
		}
	}
	return all
}

// comparedAs is what verdicts are called where versions are compared.
var comparedAs = map[finding.Verdict]compat.Result{
	finding.Pass: compat.Compatible, finding.Fail: compat.Incompatible, finding.Inconclusive: compat.Undecided,
}

// waived applies the waivers of contracts to what was found about them.
func (s *state) waived(found []rules.Found) []finding.Finding {
	findings := make([]finding.Finding, 0, len(found))
	for _, f := range found {
		waived, _ := rules.Waive(f, s.now())
		findings = append(findings, waived)
	}
	return findings
}

// unread prints why contracts were not compared.
func (s *state) unread(verb string, in *inputs, format string) error {
	found := count(in.findings)
	err := s.printFindings(format, judged{
		verb: verb, verdict: finding.Fail, counted: found,
		sentence: fmt.Sprintf("%s: %s; contracts are compared once all files can be read", summary.Plural(len(in.contracts), "contract", "contracts"), found),
	})
	if err != nil {
		return err
	}
	return exit(exitUsage)
}
