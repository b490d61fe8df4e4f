package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/deployment"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/gate"
	"github.com/flowweir/weir/contracts/workspace"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/junit"
)

// canDeployFlags are the flags of weir can-i-deploy.
type canDeployFlags struct {
	service, version string
	to, also         []string
	contract, commit string
	environments     string
	format, dialect  *choice
}

func newCanDeploy(s *state) *cobra.Command {
	var f canDeployFlags
	cmd := &cobra.Command{
		Use:   "can-i-deploy --service NAME --version VERSION --to ENVIRONMENT [PATH]",
		Short: "Say whether a version can go to an environment; no broker, no server",
		Long: `Can-i-deploy compares the contract of a version with those of all that weir
record-deploy has recorded as live in an environment: as a producer with every
consumer, as a consumer with every producer and with the records that topics
still hold, with both versions of what is rolling, and with the version that it
replaces, beside which it runs for a while.

The contract is that of the service in the workspace of PATH, by default this
directory, as it lies there, or at --commit. What is in a schema registry is
read from the one that WEIR_REGISTRY_URL or the workspace names.

The exit code is 0 for yes; 1 for no, with findings that show who would break;
2 where something cannot be read; 4 where the answer is not known. That a
service has no contract makes it unknown, unless the workspace says
uncontracted: warn. A version that no tag, branch, commit and no record bears, in
a repository that has tags of versions, is a warning. Where the version names a
commit, as a tag, an id or by a record, and the contract does not lie there as
that commit has it, nothing is judged without --commit.

The document of --format json has the fields deployable, result (yes, no or
unknown), service, version, environment, sentence, answers (one for each
environment) and findings.`,
		Example: `  weir can-i-deploy --service order-service --version 1.4.0 --to prod
  weir can-i-deploy --service order-service --version 1.3.9 --commit v1.3.9 --to prod   # go back
  weir can-i-deploy --service order-service --version 1.4.0 --to staging --to prod
  weir can-i-deploy --service order-service --version 1.4.0 --to prod --also billing@3.3
  weir can-i-deploy --service order-service --version $GIT_SHA --to prod --format json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError("", "weir can-i-deploy takes one argument, a directory, and got %d: %s", len(args), strings.Join(args, " "))
			}
			return nil
		},
		ValidArgsFunction: directories,
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.canDeploy(cmd.Context(), &f, append(args, ".")[0])
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.service, "service", "", "name of the service, as in its contract")
	flags.StringVar(&f.version, "version", "", "version that is to be deployed")
	flags.StringArrayVar(&f.to, "to", nil, "name of the environment; may be repeated")
	flags.StringArrayVar(&f.also, "also", nil, "SERVICE@VERSION that goes with it, with its contract in the workspace; may be repeated")
	flags.StringVar(&f.contract, "contract", "", "contract file (default: the one of the service in the workspace)")
	flags.StringVar(&f.commit, "commit", "", "revision to read the contract at (default: the files as they lie there)")
	flags.StringVar(&f.environments, "environments", "", "directory of environments (default: what weir.work.yaml says)")
	f.dialect = dialectFlag(cmd)
	f.format = findingsFormatFlag(cmd)
	return readsRegistry(cmd)
}

func (f *canDeployFlags) check() error {
	for _, needed := range []struct{ flag, value string }{{"--service", f.service}, {"--version", f.version}, {"--to", strings.Join(f.to, "")}} {
		if needed.value == "" {
			return usageError("see weir can-i-deploy --help", "weir can-i-deploy needs %s", needed.flag)
		}
	}
	var input *deployment.InputError
	if err := deployment.CheckVersion(f.version); errors.As(err, &input) {
		return usageError(input.Hint, "%s", input.Message)
	}
	for _, environment := range f.to {
		if err := deployment.CheckEnvironment(environment); errors.As(err, &input) {
			return usageError(input.Hint, "%s", input.Message)
		}
	}
	return nil
}

// deployable is the document of --format json.
type deployable struct {
	Deployable  bool              `json:"deployable"`
	Result      gate.Result       `json:"result"`
	Service     string            `json:"service"`
	Version     string            `json:"version"`
	Environment string            `json:"environment"`
	Sentence    string            `json:"sentence"`
	Answers     []deployAnswer    `json:"answers"`
	Findings    []finding.Finding `json:"findings"`
}

type deployAnswer struct {
	Environment string      `json:"environment"`
	Result      gate.Result `json:"result"`
	Sentence    string      `json:"sentence"`
	Consumers   []string    `json:"consumers"`
	Producers   []string    `json:"producers"`
}

func (s *state) canDeploy(ctx context.Context, f *canDeployFlags, dir string) error {
	if err := f.check(); err != nil {
		return err
	}
	w, findings := workspace.Open(filepath.ToSlash(dir))
	if w.File.Doc != nil && slices.ContainsFunc(findings, func(found finding.Finding) bool { return in(found, w.File.Doc.File()) }) {
		return s.unreadable(findings)
	}
	q, err := s.question(ctx, f, w, findings)
	if err != nil {
		return err
	}
	registry, closeRegistry, err := s.registryOf(ctx, w)
	if err != nil {
		return err
	}
	defer closeRegistry()
	q.Registry, q.Now = registry, s.now()
	store, base := w.Deployments(), q.FS
	if f.environments != "" {
		store = deployment.Directory(filepath.ToSlash(f.environments))
	}
	result := deployable{
		Result: gate.Yes, Service: f.service, Version: f.version, Environment: strings.Join(f.to, ", "), Answers: []deployAnswer{},
	}
	var all []finding.Finding
	var sentences []string
	var tests []junit.Suite
	differs, err := differing(ctx, store, q, f.commit != "")
	if err != nil {
		return err
	}
	if differs != nil {
		return s.unreadable([]finding.Finding{*differs})
	}
	doubts, err := doubted(ctx, store, dir, q.Candidates)
	if err != nil {
		return err
	}
	all = append(all, doubts...)
	for _, environment := range f.to {
		if q.Environment, q.Found, err = store.Read(ctx, environment); err != nil {
			return err
		}
		q.FS = q.Environment.FS(base)
		answer, err := gate.Ask(*q)
		var unreadable *gate.UnreadableError
		if errors.As(err, &unreadable) {
			return s.unreadable(unreadable.Findings)
		}
		if err != nil {
			return err
		}
		all, sentences = append(all, answer.Findings...), append(sentences, answer.Sentence)
		result.Result = worse(result.Result, answer.Result)
		tests = append(tests, junit.Suite{Name: environment, Cases: []junit.Case{{
			Class: environment, Name: f.service, File: q.Candidates[0].Contract.Doc.File(), Line: 1, Findings: slices.Concat(doubts, count(answer.Findings).Findings),
		}}})
		result.Answers = append(result.Answers, deployAnswer{
			environment, answer.Result, answer.Sentence, orEmpty(answer.Consumers), orEmpty(answer.Producers),
		})
	}
	found := count(all)
	result.Deployable, result.Findings, result.Sentence = result.Result == gate.Yes, found.Findings, strings.Join(sentences, "; ")
	return s.printDeployable(f.format.value, result, found, sentences, tests)
}

// differing says of the first candidate whose version is a commit that its
// contract does not lie there as the commit has it. A contract that was read at
// a commit, or is that of another repository, is not held to it.
func differing(ctx context.Context, store *deployment.Store, q *gate.Question, committed bool) (*finding.Finding, error) {
	for i, c := range q.Candidates {
		foreign := func(m workspace.Member) bool { return m.Contract == c.Contract && m.Repository != nil }
		if i == 0 && committed || slices.ContainsFunc(q.Workspace.Members, foreign) {
			continue
		}
		_, found, err := store.Pinned(ctx, c.Contract.Service.Name, c.Version, c.Contract.Doc.File())
		if err != nil {
			return nil, err
		}
		if found != nil {
			if i > 0 {
				found.Hint = "check that commit out, or give what lies here another version; --commit is not about --also"
			}
			return found, nil
		}
	}
	return nil, nil
}

// doubted are the warnings that nothing bears a candidate's version.
func doubted(ctx context.Context, store *deployment.Store, dir string, candidates []gate.Candidate) ([]finding.Finding, error) {
	var all []finding.Finding
	for _, c := range candidates {
		doubt, err := store.Doubt(ctx, filepath.FromSlash(dir), c.Contract.Service.Name, c.Version)
		if err != nil {
			return nil, err
		}
		if doubt != nil {
			all = append(all, *doubt)
		}
	}
	return all, nil
}

func orEmpty(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}

// worse is the worse of two results.
func worse(a, b gate.Result) gate.Result {
	for _, r := range []gate.Result{gate.No, gate.Unknown} {
		if a == r || b == r {
			return r
		}
	}
	return gate.Yes
}

var deployVerdicts = map[gate.Result]finding.Verdict{gate.Yes: finding.Pass, gate.No: finding.Fail, gate.Unknown: finding.Inconclusive}

// printDeployable prints the answers: in text the sentences come first.
func (s *state) printDeployable(format string, result deployable, found counted, sentences []string, tests []junit.Suite) error {
	var err error
	if format == formatText {
		_, err = io.WriteString(s.stdout, strings.Join(sentences, "\n")+"\n")
		if err == nil && len(found.Findings) > 0 {
			if _, err = io.WriteString(s.stdout, "\n"); err == nil {
				err = finding.Text(s.stdout, found.Findings)
			}
		}
		err = printed(err)
	} else {
		err = s.printFindings(format, judged{
			verb: "can-i-deploy", verdict: deployVerdicts[result.Result], sentence: result.Sentence, counted: found, document: result, tests: tests,
		})
	}
	if err != nil {
		return err
	}
	return exit(verdictCodes[deployVerdicts[result.Result]])
}

// question has the candidates with their contracts, and the files of these.
func (s *state) question(ctx context.Context, f *canDeployFlags, w *workspace.Workspace, findings []finding.Finding) (*gate.Question, error) {
	q := &gate.Question{Dialect: dialectOf(f.dialect), Workspace: w, FS: w.FS()}
	first, err := s.candidate(ctx, f, q, findings)
	if err != nil {
		return nil, err
	}
	q.Candidates = []gate.Candidate{first}
	for _, also := range f.also {
		at := strings.LastIndexByte(also, '@')
		if at <= 0 || at == len(also)-1 {
			return nil, usageError("write it as billing@3.3", "--also %s names no version of a service", also)
		}
		var input *deployment.InputError
		if err := deployment.CheckVersion(also[at+1:]); errors.As(err, &input) {
			return nil, usageError(input.Hint, "--also: %s", input.Message)
		}
		service := also[:at]
		if slices.ContainsFunc(q.Candidates, func(c gate.Candidate) bool { return c.Contract.Service.Name == service }) {
			return nil, usageError("ask for one version of each service", "--also %s names a service that is there already", also)
		}
		contract, err := s.member(w, service, findings, "")
		if err != nil {
			return nil, err
		}
		q.Candidates = append(q.Candidates, gate.Candidate{Version: also[at+1:], Contract: contract, Assumed: true})
	}
	return q, nil
}

// candidate is the version that is asked about.
func (s *state) candidate(ctx context.Context, f *canDeployFlags, q *gate.Question, findings []finding.Finding) (gate.Candidate, error) {
	c := gate.Candidate{Version: f.version, Assumed: f.contract == "" && f.commit == ""}
	file := filepath.ToSlash(f.contract)
	if file == "" {
		contract, err := s.member(q.Workspace, f.service, findings, f.commit)
		if err != nil {
			return c, err
		}
		c.Contract, file = contract, contract.Doc.File()
	}
	switch {
	case f.commit != "":
		committed, err := deployment.AtCommit(ctx, f.service, file, f.commit)
		var input *deployment.InputError
		if errors.As(err, &input) {
			if err := finding.Text(s.stderr, input.Findings); err != nil {
				return c, err
			}
			return c, usageError(input.Hint, "%s", input.Message)
		}
		if err != nil {
			return c, err
		}
		c.Contract, q.FS = committed.Contract, committed.FS(q.FS)
	case c.Contract == nil:
		contract, problems := asyncapi.NewFiles(q.FS).Load(path.Clean(file))
		if finding.Errors(problems) > 0 {
			return c, s.unreadable(problems)
		}
		if contract.Service.Name != f.service {
			return c, usageError("name the contract's file with --contract", "%s is the contract of %s, not of %s", file, contract.Service.Name, f.service)
		}
		c.Contract = contract
	}
	return c, nil
}

// member is the contract of a service in the workspace. At a commit it may be
// another than the one that lies there, whose problems then do not matter.
func (s *state) member(w *workspace.Workspace, service string, findings []finding.Finding, commit string) (*contracts.Contract, error) {
	var found []*contracts.Contract
	var names []string
	for _, m := range w.Members {
		if m.Service.Name == service {
			found = append(found, m.Contract)
		} else if m.Service.Name != "" {
			names = append(names, m.Service.Name)
		}
	}
	switch {
	case len(found) == 0:
		hint := "name its file with --contract"
		if near := document.Nearest(service, names); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		} else if finding.Errors(findings) > 0 {
			hint = "weir check says which files cannot be read; or name the file with --contract"
		}
		return nil, usageError(hint, "there is no contract of %s here", service)
	case len(found) > 1:
		return nil, usageError("name one with --contract", "several contracts are those of %s: %s and %s", service, found[0].Doc.File(), found[1].Doc.File())
	}
	problems := slices.DeleteFunc(slices.Clone(findings), func(f finding.Finding) bool { return !in(f, found[0].Doc.File()) })
	if commit == "" && len(problems) > 0 {
		return nil, s.unreadable(problems)
	}
	return found[0], nil
}

// in says whether a finding is an error in a file.
func in(f finding.Finding, file string) bool {
	return f.Severity == finding.Error && f.Position != nil && f.Position.File == file
}
