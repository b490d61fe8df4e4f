package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/summary"
)

func newCheck(s *state) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check [PATH...]",
		Short: "Check contracts alone and against each other; no broker",
		Long: `Check reads the contracts (weir.yaml, *.weir.yaml) in and below the given
directories, by default this one, and reports what is wrong in each and between
them. A file that is given by itself is read as what it says it is: a contract,
or a scenario with its contracts.

The exit code is 1 where a rule of severity error found something, and 2 where
a file cannot be read as it is; contracts are then not compared. weir explain
RULE says what a rule is for.

The document of --format json has the fields format (weir/check/v1), contracts,
scenarios, compared, errors, warnings and findings; a finding has id, severity
and message and, where there are such, position, related, hint and
counterexample.`,
		Example: `  weir check
  weir check order-service payment-service/weir.yaml
  weir check --format json > findings.json
  weir check --format github                   # annotations, in GitHub Actions
  weir check --format sarif > weir.sarif       # for code scanning
  weir check --format junit > weir.xml
  weir check --format markdown > comment.md    # for a pull request`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		},
	}
	format := findingsFormatFlag(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			args = []string{"."}
		}
		return s.check(args, format.value)
	}
	return cmd
}

// checked is the document of --format json.
type checked struct {
	Format    string `json:"format"` // weir/check/v1
	Contracts int    `json:"contracts"`
	Scenarios int    `json:"scenarios"`
	Compared  bool   `json:"compared"` // false where files could not be read
	counted
}

func (s *state) check(paths []string, format string) error {
	fsys := source.Host()
	found := inputs{fsys: fsys}
	for _, p := range paths {
		found.add(path.Clean(filepath.ToSlash(p)))
	}
	result := checked{
		Format: "weir/check/v1", Contracts: len(found.contracts), Scenarios: found.scenarios,
		Compared: finding.Errors(found.findings) == 0,
	}
	if result.Compared {
		found.findings = append(found.findings, rules.Check(found.contracts, fsys, s.now())...)
	}
	result.counted = count(found.findings)
	err := s.printFindings(format, judged{
		verb: "check", verdict: result.verdict(), sentence: result.sentence(), counted: result.counted, document: result,
	})
	switch {
	case err != nil:
		return err
	case !result.Compared:
		return exit(exitUsage)
	case result.Errors > 0:
		return exit(exitFindings)
	}
	return nil
}

func (c *checked) verdict() finding.Verdict {
	if c.Errors > 0 {
		return finding.Fail
	}
	return finding.Pass
}

func (c *checked) sentence() string {
	what := summary.Plural(c.Contracts, "contract", "contracts")
	if c.Scenarios > 0 {
		what += ", " + summary.Plural(c.Scenarios, "scenario", "scenarios")
	}
	sentence := what + ": " + c.String()
	if !c.Compared {
		sentence += "; contracts are compared once all files can be read"
	}
	return sentence
}

// inputs collects what the arguments name.
type inputs struct {
	fsys      fs.FS
	contracts []*contracts.Contract
	scenarios int
	findings  []finding.Finding
	known     map[string]bool // files that were read
}

func (in *inputs) add(name string) {
	info, err := fs.Stat(in.fsys, name)
	switch {
	case err == nil && info.IsDir():
		set, findings := contracts.LoadDir(in.fsys, name)
		in.join(set, findings)
	case err == nil && isScenario(name):
		in.scenario(name)
	default: // what is not there is a finding of the loader
		contract, findings := contracts.Load(in.fsys, name)
		if contract.Doc == nil {
			in.join(nil, findings)
			return
		}
		in.join([]*contracts.Contract{contract}, findings)
	}
}

// join adds contracts that are not there already: paths may overlap.
func (in *inputs) join(set []*contracts.Contract, findings []finding.Finding) {
	if in.known == nil {
		in.known = map[string]bool{}
	}
	for _, c := range set {
		if file := path.Clean(c.Doc.File()); !in.known[file] {
			in.known[file] = true
			in.contracts = append(in.contracts, c)
		}
	}
	in.findings = append(in.findings, findings...)
}

// scenario reads a scenario and, if it is sound, its contracts.
func (in *inputs) scenario(name string) {
	in.scenarios++
	sc, findings := scenario.LoadFile(filepath.FromSlash(name))
	in.findings = append(in.findings, findings...)
	if finding.Errors(findings) > 0 {
		return
	}
	plan, findings := scenario.Resolve(sc)
	if plan != nil {
		in.join(plan.Contracts, nil)
	}
	in.findings = append(in.findings, findings...)
}

// isScenario says whether a file calls itself a scenario. What else is wrong
// with it is for its loader to say.
func isScenario(name string) bool {
	src, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		return false
	}
	var head struct {
		Weir string `yaml:"weir"`
	}
	document.Decode(name, src, &head)
	return strings.HasPrefix(head.Weir, "scenario/")
}
