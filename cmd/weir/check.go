package main

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
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
RULE says what a rule is for.`,
		Example: `  weir check
  weir check order-service payment-service/weir.yaml
  weir check --format json > findings.json`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		},
	}
	format := formatFlag(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			args = []string{"."}
		}
		return s.check(args, format.value)
	}
	return cmd
}

// checked is what weir check found; it is the document of --format json.
type checked struct {
	Format    string            `json:"format"` // weir/check/v1
	Contracts int               `json:"contracts"`
	Scenarios int               `json:"scenarios"`
	Errors    int               `json:"errors"`
	Warnings  int               `json:"warnings"`
	Compared  bool              `json:"compared"` // false where files could not be read
	Findings  []finding.Finding `json:"findings"`
}

func (s *state) check(paths []string, format string) error {
	fsys := source.Host()
	found := inputs{fsys: fsys}
	for _, p := range paths {
		found.add(path.Clean(filepath.ToSlash(p)))
	}
	result := checked{
		Format: "weir/check/v1", Contracts: len(found.contracts), Scenarios: found.scenarios,
		Findings: found.findings, Compared: finding.Errors(found.findings) == 0,
	}
	if result.Compared {
		result.Findings = append(result.Findings, rules.Check(found.contracts, fsys, s.now())...)
	}
	result.finish()
	var err error
	if format == formatJSON {
		err = writeJSON(s.stdout, result)
	} else {
		err = result.text(s.stdout)
	}
	switch err := printed(err); {
	case err != nil:
		return err
	case !result.Compared:
		return exit(exitUsage)
	case result.Errors > 0:
		return exit(exitFindings)
	}
	return nil
}

// finish sorts the findings, leaves each once and counts them.
func (c *checked) finish() {
	finding.Sort(c.Findings)
	c.Findings = slices.CompactFunc(c.Findings, func(a, b finding.Finding) bool { return reflect.DeepEqual(a, b) })
	if c.Findings == nil {
		c.Findings = []finding.Finding{} // a list, never null
	}
	c.Errors = finding.Errors(c.Findings)
	for _, f := range c.Findings {
		if f.Severity == finding.Warning {
			c.Warnings++
		}
	}
}

func (c *checked) text(w io.Writer) error {
	if err := finding.Text(w, c.Findings); err != nil {
		return err
	}
	var line strings.Builder
	if len(c.Findings) > 0 {
		line.WriteByte('\n')
	}
	line.WriteString(summary.Plural(c.Contracts, "contract", "contracts"))
	if c.Scenarios > 0 {
		line.WriteString(", " + summary.Plural(c.Scenarios, "scenario", "scenarios"))
	}
	fmt.Fprintf(&line, ": %s, %s\n", summary.Plural(c.Errors, "error", "errors"), summary.Plural(c.Warnings, "warning", "warnings"))
	if !c.Compared {
		line.WriteString("Contracts are compared once all files can be read.\n")
	}
	_, err := io.WriteString(w, line.String())
	return err
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

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
