package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/contracts/deployment"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/workspace"
	"github.com/flowweir/weir/reports/finding"
)

// recordDeployFlags are the flags of weir record-deploy.
type recordDeployFlags struct {
	deployment.Deployment
	to           string
	environments string
	finish       bool
	uncontracted bool
}

func newRecordDeploy(s *state) *cobra.Command {
	var f recordDeployFlags
	cmd := &cobra.Command{
		Use:   "record-deploy --service NAME --version VERSION --to ENVIRONMENT",
		Short: "Record which version of a service is deployed in an environment",
		Long: `Record-deploy writes the record of one service in one environment: which
versions are live, and by which commit and path their contracts are read again.
Pipelines run it after a deployment and commit the record; those of different
services never write the same file.

Where records are, weir.work.yaml says: in a directory, environments by default,
one file per service (environments/prod/order-service.yaml), or as git tags
(environments: {tags: deploy}, deploy/prod/order-service/2.1.0), which the
pipeline pushes. Versions are whatever the pipeline has.

A version is one word; of one that no tag, branch, commit and no record bears, in
a repository that has tags of versions, a warning says so. Where the version
names a commit, as a tag, an id or by a record, that commit is recorded, if the
contract lies there as the commit has it; else it is refused.

The contract must be committed as it is deployed. Where the records are in
another repository, --embed keeps a copy of it beside the record.`,
		Example: `  weir record-deploy --service order-service --version 2.1.0 --to prod
  weir record-deploy --service order-service --version 2.2.0 --to prod --rolling
  weir record-deploy --service order-service --to prod --finish
  weir record-deploy --service order-service --version 2.2.0 --to prod --embed --environments ../deployments
  weir record-deploy --service legacy-billing --version 7 --to prod --uncontracted`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return s.recordDeploy(cmd.Context(), f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Service, "service", "", "name of the service, as in its contract")
	flags.StringVar(&f.Version, "version", "", "version that is deployed")
	flags.StringVar(&f.to, "to", "", "name of the environment")
	flags.StringVar(&f.Contract, "contract", "", "contract file (default: the one of the service in this workspace)")
	flags.StringVar(&f.Commit, "commit", "", "revision to read the contract at (default: the commit that the version names, else HEAD; it must have the files as they are)")
	flags.BoolVar(&f.Embed, "embed", false, "keep a copy of the contract and its schemas beside the record")
	flags.BoolVar(&f.Rolling, "rolling", false, "the versions before stay live until --finish")
	flags.BoolVar(&f.finish, "finish", false, "end a rolling deployment: --version, by default the one recorded last, is the only live one")
	flags.BoolVar(&f.uncontracted, "uncontracted", false, "the service has no contract")
	flags.StringVar(&f.environments, "environments", "", "directory of environments (default: what weir.work.yaml says)")
	return cmd
}

func (f *recordDeployFlags) check() error {
	for _, needed := range []struct {
		flag, value string
		always      bool
	}{{"--service", f.Service, true}, {"--version", f.Version, !f.finish}, {"--to", f.to, true}} {
		if needed.value == "" && needed.always {
			return usageError("see weir record-deploy --help", "weir record-deploy needs %s", needed.flag)
		}
	}
	read := f.Contract != "" || f.Commit != "" || f.Embed
	switch {
	case f.finish && (f.Rolling || f.uncontracted || read):
		return usageError("leave out the other flags", "--finish ends a deployment and records none")
	case f.uncontracted && read:
		return usageError("leave out one of them", "--uncontracted says that there is no contract, and --contract, --commit and --embed are about it")
	}
	return nil
}

func (s *state) recordDeploy(ctx context.Context, f recordDeployFlags) error {
	w, findings := workspace.Find(".")
	if finding.Errors(findings) > 0 {
		return s.unreadable(findings)
	}
	store := w.Deployments()
	if f.environments != "" {
		store = deployment.Directory(filepath.ToSlash(f.environments))
	}
	if f.finish {
		return s.recorded(f)(store.Finish(ctx, f.to, f.Service, f.Version))
	}
	f.At, f.Contract = s.now(), filepath.ToSlash(f.Contract)
	if f.Contract == "" && !f.uncontracted {
		var err error
		if f.Contract, err = contractOf(f.Service); err != nil {
			return err
		}
	}
	if err := deployment.CheckVersion(f.Version); err != nil {
		return s.recorded(f)(nil, err)
	}
	if f.Commit == "" && f.Contract != "" {
		commit, differs, err := store.Pinned(ctx, f.Service, f.Version, f.Contract)
		if err != nil {
			return err
		}
		if differs != nil {
			return s.unreadable([]finding.Finding{*differs})
		}
		f.Commit = commit
	}
	doubt, err := store.Doubt(ctx, ".", f.Service, f.Version)
	if err != nil {
		return err
	}
	if err := s.recorded(f)(store.Record(ctx, f.to, f.Deployment)); err != nil || doubt == nil {
		return err
	}
	return finding.Text(s.stderr, []finding.Finding{*doubt})
}

// unreadable prints findings about files that have to change first.
func (s *state) unreadable(findings []finding.Finding) error {
	if err := finding.Text(s.stderr, findings); err != nil {
		return err
	}
	return exit(exitUsage)
}

// contractOf is the file of this repository's contract of a service.
func contractOf(service string) (string, error) {
	w, findings := workspace.Open(".")
	var files, names []string
	for _, m := range w.Members {
		switch {
		case m.Repository != nil:
		case m.Service.Name == service:
			files = append(files, m.Doc.File())
		case m.Service.Name != "":
			names = append(names, m.Service.Name)
		}
	}
	switch {
	case len(files) == 1:
		return files[0], nil
	case len(files) > 1:
		return "", usageError("name one with --contract", "several contracts are those of %s: %s", service, strings.Join(files, ", "))
	}
	hint := "name its file with --contract; a service without a contract is recorded with --uncontracted"
	if near := document.Nearest(service, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	} else if finding.Errors(findings) > 0 {
		hint = "weir check says which files cannot be read; or name the file with --contract"
	}
	return "", usageError(hint, "there is no contract of %s here", service)
}

// recorded prints what was recorded, or why it was not.
func (s *state) recorded(f recordDeployFlags) func(*deployment.Recorded, error) error {
	return func(r *deployment.Recorded, err error) error {
		var input *deployment.InputError
		switch {
		case errors.As(err, &input):
			if err := finding.Text(s.stderr, input.Findings); err != nil {
				return err
			}
			return usageError(input.Hint, "%s", input.Message)
		case err != nil:
			return err
		}
		var live []string
		for _, l := range r.Live {
			live = append(live, l.Version)
		}
		verb := "is"
		if len(live) > 1 {
			verb = "are"
		}
		_, err = fmt.Fprintf(s.stdout, "%s %s %s live in %s: %s\n", f.Service, strings.Join(live, " and "), verb, f.to, r.Place)
		return printed(err)
	}
}
