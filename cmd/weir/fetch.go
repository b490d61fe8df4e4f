package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/contracts/workspace"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/summary"
)

func newFetch(s *state) *cobra.Command {
	var options workspace.FetchOptions
	cmd := &cobra.Command{
		Use:   "fetch [NAME...]",
		Short: "Bring the contracts of other repositories that the workspace names",
		Long: `Fetch brings the contracts that weir.work.yaml names, with the schemas that they
use, from other repositories into .weir/contracts, and pins commit and hashes
in weir.lock. Everything else works offline after it.

Pins stay until --update moves them, to what the refs name now, for all
repositories or for those that are named. Commit weir.lock; commit
.weir/contracts too, or leave it out and run weir fetch --locked in CI.

git is used as it is configured here, credentials included. The exit code is 1
where something is not as it is pinned, 2 where a file cannot be read as it is,
and 3 where a repository cannot be reached.`,
		Example: `  weir fetch
  weir fetch --update
  weir fetch --update payments
  weir fetch --locked                          # in CI: fails where weir.lock would change`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) > 0 && !options.Update:
				return usageError("weir fetch --update "+strings.Join(args, " "), "names of repositories go with --update")
			case options.Update && options.Locked:
				return usageError("leave out one of the two", "--update changes the pins, and --locked forbids it")
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			w, _ := workspace.Find(".")
			for _, source := range w.File.Contracts {
				names = append(names, source.Name)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			options.Only = args
			return s.fetch(cmd.Context(), options)
		},
	}
	cmd.Flags().BoolVar(&options.Update, "update", false, "pin what the refs name now")
	cmd.Flags().BoolVar(&options.Locked, "locked", false, "fail where weir.lock would have to change")
	return cmd
}

func (s *state) fetch(ctx context.Context, options workspace.FetchOptions) error {
	done, findings, failed := workspace.Fetch(ctx, ".", options)
	var b strings.Builder
	for _, f := range done {
		b.WriteString(fetched(f) + "\n")
	}
	if len(done) == 0 && len(findings) == 0 && failed == nil {
		b.WriteString("the workspace names no other repository\n")
	}
	if _, err := fmt.Fprint(s.stdout, b.String()); printed(err) != nil {
		return err
	}
	if err := finding.Text(s.stderr, findings); err != nil {
		return err
	}
	switch {
	case failed != nil:
		return failed
	case finding.Errors(findings) == 0:
		return nil
	}
	for _, f := range findings {
		if f.ID != workspace.LockOutdated && f.ID != workspace.PinMismatch {
			return exit(exitUsage)
		}
	}
	return exit(exitFindings)
}

// fetched is a line on one repository.
func fetched(f workspace.Fetched) string {
	at := ""
	if f.Commit != "" {
		at = fmt.Sprintf(" %s at %s", f.Ref, f.Commit[:12])
	}
	line := fmt.Sprintf("%-9s %s%s", f.Outcome, f.Name, at)
	switch {
	case f.Outcome == workspace.Removed:
		return fmt.Sprintf("%-9s %s", f.Outcome, f.Name)
	case f.Was != "" && f.Was != f.Commit:
		line += ", was " + f.Was[:12]
	}
	return line + ": " + summary.Plural(len(f.Files), "file", "files")
}
