package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/contracts/baseline"
	"github.com/flowweir/weir/contracts/breaking"
	"github.com/flowweir/weir/contracts/matrix"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/summary"
)

// checkFlags are the flags of weir check.
type checkFlags struct {
	againstFlags
	baseline      string
	writeBaseline bool
	format        *choice
}

func newCheck(s *state) *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check [PATH...]",
		Short: "Check contracts alone and against each other; no broker",
		Long: `Check reads the contracts (weir.yaml, *.weir.yaml) in and below the given
directories, by default this one, and reports what is wrong in each and between
them: by the rules, and by holding each consumer against every version of its
producers' schemas that may still be on the topic. A file that is given by
itself is read as what it says it is: a contract, or a scenario with its
contracts. A path in a workspace (weir.work.yaml there or above) stands for all
of the workspace's contracts.

--only limits it to what concerns some services: their contracts, and what
others consume of them. Schemas that this does not need are not read.

With --against a git revision, a directory or registry, what contracts promise
less than before is found too; see weir help breaking. --baseline accepts what
is in its file, so that only new findings count, and says what in it can go;
with --write-baseline the file is written first.

The exit code is 1 where a rule of severity error found something, 4 where
nothing else is in the way than what could not be decided, such as schemas in a
registry that cannot be asked, 3 where that is the one of --against, and 2 where
a contract, a scenario or the workspace cannot be read as it is; nothing is then
compared. A schema, an example or a body that cannot be read is a finding like
others: what does not need it is compared. weir explain RULE says what a rule is
for.

The document of --format json has the fields format (weir/check/v1), contracts,
scenarios, compared, against (where it is given), errors, undecided, warnings
and findings; a finding has id, severity and message and, where there are such,
position, related, hint and counterexample.`,
		Example: `  weir check
  weir check order-service payment-service/weir.yaml
  weir check --against main                    # on a pull request
  weir check --only order-service --against main
  weir check --baseline weir.baseline          # only what is new counts
  weir check --baseline weir.baseline --write-baseline
  weir check --format json > findings.json
  weir check --format github                   # annotations, in GitHub Actions
  weir check --format sarif > weir.sarif       # for code scanning
  weir check --format junit > weir.xml
  weir check --format markdown > comment.md    # for a pull request`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		},
	}
	f.bind(cmd)
	cmd.Flags().StringVar(&f.baseline, "baseline", "", "a file of accepted findings")
	cmd.Flags().BoolVar(&f.writeBaseline, "write-baseline", false, "accept all that is found now, in the file of --baseline")
	f.format = findingsFormatFlag(cmd)
	cmd.RunE = func(c *cobra.Command, args []string) error {
		switch err := f.usage(c); {
		case err != nil:
			return err
		case f.writeBaseline && f.baseline == "":
			return usageError("weir check --baseline weir.baseline --write-baseline", "--write-baseline needs the file to write")
		case f.writeBaseline && f.only != nil:
			return usageError("leave out --only", "--write-baseline would drop what is accepted of the services that --only does not name")
		}
		return s.check(c.Context(), args, &f)
	}
	return readsRegistry(cmd)
}

// checked is the document of --format json.
type checked struct {
	Format    string `json:"format"` // weir/check/v1
	Contracts int    `json:"contracts"`
	Scenarios int    `json:"scenarios"`
	Compared  bool   `json:"compared"` // false where files could not be read
	Against   string `json:"against,omitempty"`
	counted
}

func (s *state) check(ctx context.Context, args []string, f *checkFlags) error {
	in, err := gather(args)
	if err != nil {
		return err
	}
	in.leaveOut(f.against)
	if err := f.services(in); err != nil {
		return err
	}
	accepted := f.accepted(in)
	result := checked{
		Format: "weir/check/v1", Contracts: len(in.contracts), Scenarios: in.scenarios,
		Compared: finding.Errors(in.findings) == 0,
	}
	if result.Compared {
		found, err := s.judge(ctx, in, f)
		if err != nil {
			return err
		}
		findings, err := f.accept(accepted, found)
		if err != nil {
			return err
		}
		result.Against = found.against
		in.findings = append(in.findings, findings...)
	}
	result.counted = count(in.findings)
	j := judged{verb: "check", verdict: result.verdict(), sentence: result.sentence(), counted: result.counted, document: result}
	if result.Compared {
		j.contracts = in.judged(f.only)
	}
	err = s.printFindings(f.format.value, j)
	switch {
	case err != nil:
		return err
	case !result.Compared:
		return exit(exitUsage)
	}
	return exit(verdictCodes[result.verdict()])
}

func (c *checked) sentence() string {
	what := summary.Plural(c.Contracts, "contract", "contracts")
	if c.Scenarios > 0 {
		what += ", " + summary.Plural(c.Scenarios, "scenario", "scenarios")
	}
	if c.Against != "" {
		what += " against " + c.Against
	}
	sentence := what + ": " + c.String()
	if !c.Compared {
		sentence += "; contracts are compared once all files can be read"
	}
	return sentence
}

// judgement is all that is wrong with contracts that were read.
type judgement struct {
	findings []finding.Finding
	against  string // what the state before is called, "" where none was looked at
	before   []rules.Found
}

// isBefore says that a finding is about a difference from the state before.
func (j judgement) isBefore(f finding.Finding) bool {
	return slices.ContainsFunc(j.before, func(b rules.Found) bool { return b.ID == f.ID && b.Message == f.Message })
}

// judge finds all that is wrong with contracts that were read: by rules, of
// consumers with the versions of what they read, and against the state before.
func (s *state) judge(ctx context.Context, in *inputs, f *checkFlags) (j judgement, err error) {
	reg, closeRegistry, err := s.registryOf(ctx, in.workspace)
	if err != nil {
		return j, err
	}
	defer closeRegistry()
	loader := versions.New(in.fsys, reg)
	others := rules.Others{Rules: f.applied(), ReadersCompared: true, Loader: loader, Known: ruleIDs}
	others.AllContracted = in.workspace != nil && in.workspace.AllContracted()
	others.Found = matrix.Check(in.contracts, loader, matrix.Options{Dialect: dialectOf(f.dialect), Now: s.now(), Only: f.only})
	if f.against != "" {
		found, name, err := f.compareAgainst(ctx, in, loader, reg, s.now())
		if err != nil {
			return j, err
		}
		j.against, j.before = name, beside(others.Found, found)
		others.Found = append(others.Found, j.before...)
	}
	if f.only == nil {
		j.findings = rules.CheckWith(in.contracts, in.fsys, s.now(), others)
	} else {
		j.findings = rules.CheckOnly(in.contracts, in.fsys, s.now(), others, f.only)
	}
	if in.workspace != nil {
		j.findings = in.workspace.Localize(in.workspace.ApplyPolicy(j.findings))
	}
	return j, nil
}

// applied are the rules of which a waiver must waive something. What breaks
// since a state before is only known where the contracts were held against one.
func (f *checkFlags) applied() []rules.Rule {
	all := matrix.Rules()
	if f.against == "" || f.isRegistry() {
		return all
	}
	for _, r := range schema.Rules() {
		all = append(all, rules.Rule{Rule: r})
	}
	return append(all, breaking.Rules()...)
}

// beside is what was found against the state before, without the breaks of
// schemas that were found against their published versions already, and
// without needs that are no longer met, which the rules about needs find.
func beside(known []rules.Found, found []rules.Found) []rules.Found {
	type place struct {
		id string
		at finding.Position
	}
	told := map[place]bool{}
	for _, k := range known {
		if k.Position != nil {
			told[place{k.ID, *k.Position}] = true
		}
	}
	var all []rules.Found
	for _, f := range found {
		if f.ID == breaking.NeedWithdrawn {
			continue
		}
		if f.Position == nil || !told[place{f.ID, *f.Position}] {
			all = append(all, f)
		}
	}
	return all
}

// accepted reads the baseline, if there is one to read. What is wrong with it
// is among the findings.
func (f *checkFlags) accepted(in *inputs) *baseline.Baseline {
	if f.baseline == "" || f.writeBaseline {
		return nil
	}
	b, findings := baseline.Read(filepath.ToSlash(f.baseline))
	in.findings = append(in.findings, findings...)
	return b
}

// accept turns what the baseline accepts into information; a baseline that is
// to be written is written before.
func (f *checkFlags) accept(b *baseline.Baseline, found judgement) ([]finding.Finding, error) {
	if f.writeBaseline {
		b = baseline.Take(filepath.ToSlash(f.baseline), found.findings, found.isBefore)
		if err := b.Write(); err != nil {
			return nil, fmt.Errorf("cannot write the baseline: %w", err)
		}
	}
	if b == nil {
		return found.findings, nil
	}
	return b.Apply(found.findings, f.sought), nil
}

// sought says whether an accepted finding would have been found by these flags.
func (f *checkFlags) sought(e baseline.Entry) bool {
	return f.only == nil && (f.against != "" || !e.Against)
}
