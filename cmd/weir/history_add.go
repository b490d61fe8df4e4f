package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/contracts/history"
	"github.com/flowweir/weir/contracts/matrix"
	"github.com/flowweir/weir/contracts/publish"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
)

// addFlags are the flags of weir history add.
type addFlags struct {
	only, at string
	allow    string // the reason of --allow-breaking
	dialect  *choice
}

func newHistoryAdd(s *state) *cobra.Command {
	var f addFlags
	cmd := &cobra.Command{
		Use:   "add [CONTRACT]",
		Short: "Keep the current version of each schema that has a history",
		Long: `Add keeps the current version of each schema of a contract that has a history,
with the files that it refers to (JSON Schema's $ref, Protobuf's imports). What
the latest version says already is left alone. CONTRACT is a contract file, or a
directory for all contracts in and below it, by default this one.

A version that breaks those that were published, under the compatibility that the
contract declares, is not kept, and neither are the others; a waiver in the
contract accepts the break, as in weir check. --allow-breaking keeps it without
one, and the reason beside it, where weir history list finds it.

Run it when a version is released, and commit what it writes. The exit code is 0
also where nothing has changed, 1 where a version breaks others, 4 where that is
undecided, and 2 where something cannot be read.`,
		Example: `  weir history add
  weir history add services/orders/weir.yaml --schema OrderPlaced
  weir history add --time 2026-03-01T09:00:00Z
  weir history add --allow-breaking TICKET-417`,
		Args: contractArg,
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("allow-breaking") && strings.TrimSpace(f.allow) == "" {
				return usageError(`such as --allow-breaking "all consumers take both since 3.2"`, "--allow-breaking needs the reason, which is kept")
			}
			published := s.now()
			if f.at != "" {
				var err error
				if published, err = time.Parse(time.RFC3339, f.at); err != nil {
					return usageError("write it as 2026-03-01T09:00:00Z", "--time: %q is no time", f.at)
				}
				if published.After(s.now()) { // no later version could be added until then
					return usageError("leave --time out for now", "--time: %s is yet to come", f.at)
				}
			}
			return s.historyAdd(append(args, ".")[0], f, published)
		},
	}
	cmd.Flags().StringVar(&f.only, "schema", "", "only this schema, by its name in the contract")
	cmd.Flags().StringVar(&f.at, "time", "", "when the version was published, in RFC 3339 (default: now)")
	cmd.Flags().StringVar(&f.allow, "allow-breaking", "", "keep versions that break published ones, for this reason")
	f.dialect = dialectFlag(cmd)
	return cmd
}

// historyAdd reads and judges all schemas before it keeps the first.
func (s *state) historyAdd(name string, f addFlags, published time.Time) error {
	targets, err := s.targets(name, f.only)
	if err != nil {
		return err
	}
	additions, err := s.additions(targets)
	if err != nil {
		return err
	}
	loader, options := versions.New(source.Host(), nil), matrix.Options{Dialect: dialectOf(f.dialect), Now: s.now()}
	var broken counted
	for i := range additions {
		a := &additions[i]
		if !a.unchanged {
			a.breaks = a.target.Breaks(loader, options)
		}
		if f.allow == "" {
			broken = count(append(broken.Findings, a.breaks...))
		}
	}
	if len(broken.Findings) > 0 {
		return s.refuse(broken)
	}
	var lines strings.Builder
	for _, a := range additions {
		line, failed := a.keep(published, f.allow)
		if failed != nil {
			err = usageError("", "%s: %w", a.target.Name, failed)
			break
		}
		fmt.Fprintf(&lines, "%s: %s\n", a.target.Name, line)
	}
	if len(targets) == 0 {
		lines.WriteString(noHistory)
	}
	if _, failed := fmt.Fprint(s.stdout, lines.String()); printed(failed) != nil {
		return failed
	}
	return err
}

// refuse prints why no version is kept.
func (s *state) refuse(broken counted) error {
	if err := finding.Text(s.stderr, broken.Findings); err != nil {
		return err
	}
	return &exitError{
		code: verdictCodes[broken.verdict()], err: errors.New("nothing is kept: a version would break what was published"),
		hint: "change the schema, waive the rule in the contract, or keep it with --allow-breaking REASON",
	}
}

// addition is a schema whose current version is to be kept.
type addition struct {
	target    *publish.Target
	schema    history.Schema
	latest    history.Version
	unchanged bool // latest says the same
	breaks    []finding.Finding
}

func (s *state) additions(targets []*publish.Target) ([]addition, error) {
	all := make([]addition, len(targets))
	var findings []finding.Finding
	for i, t := range targets {
		a := &all[i]
		a.target = t
		var err error
		var invalid *schema.Error
		if a.schema, err = t.Current(source.Host()); errors.As(err, &invalid) {
			findings = append(findings, problems(invalid)...)
			continue
		}
		if err == nil {
			a.latest, a.unchanged, err = history.Unchanged(source.Host(), t.Folder, a.schema)
		}
		if err != nil {
			return nil, usageError("", "%s: %w", t.Name, err)
		}
	}
	if len(findings) > 0 {
		return nil, s.unreadable(findings)
	}
	return all, nil
}

// keep keeps the version, and says so.
func (a *addition) keep(published time.Time, reason string) (string, error) {
	if a.unchanged {
		return fmt.Sprintf("unchanged since %s", a.latest), history.Tidy(filepath.FromSlash(a.target.Folder))
	}
	var note strings.Builder
	if len(a.breaks) > 0 {
		fmt.Fprintf(&note, "Kept although it breaks what was published: %s\n\n", reason)
		for _, f := range a.breaks {
			fmt.Fprintf(&note, "- %s: %s\n", f.ID, f.Message)
		}
	}
	v, err := history.Add(filepath.FromSlash(a.target.Folder), a.schema, published, note.String())
	if err != nil {
		return "", err
	}
	line := fmt.Sprintf("added %s: %s", v, v.File)
	if len(a.breaks) > 0 {
		line += fmt.Sprintf(", although it breaks %s", a.latest)
	}
	return line, nil
}

// problems are those of a schema's file as findings.
func problems(invalid *schema.Error) []finding.Finding {
	var findings []finding.Finding
	for _, p := range invalid.Problems {
		position := p.Position
		findings = append(findings, finding.Finding{ID: versions.SchemaInvalid, Severity: finding.Error, Message: p.Message, Hint: p.Hint, Position: &position})
	}
	return findings
}
