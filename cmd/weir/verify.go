package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/harness/docker"
	"github.com/flowweir/weir/harness/effect"
	"github.com/flowweir/weir/harness/live"
	"github.com/flowweir/weir/harness/promise"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/harness/verify"
)

func newVerify(s *state) *cobra.Command {
	f := verifyFlags{place: runFlags{cluster: choice{valid: clusterKinds}}}
	cmd := &cobra.Command{
		Use:   "verify CONTRACT",
		Short: "Judge each promise of a contract against a running service",
		Long: `Verify starts a cluster and the service, and judges each promise that the
contract makes: it triggers the events that the service produces, and judges
every record that follows; it sends the events that the service consumes, good
ones in every form that their producers may write, duplicates, poison, and looks
for effects, commits, retries and dead letters. It prints which promise was
exercised by which record. The promises are those of go test: docs/verify.md.

The service is a Go main package (--build), a program (--command), an image
(--image), one of the services of a scenario's file (--services), or, with
--bootstrap, one that runs already. --env, --arg and --url may hold templates:
{{.Bootstrap}}, {{.Port}}. By default it is ready when the group of the first
event that it consumes is.

What events are like is said by the contracts of their producers: those of the
workspace, and those given by --with. The schema registry is the one that
WEIR_REGISTRY_URL or the workspace names.

A directory stands for the one contract in it.

A promise that was not exercised says what to add, and is no pass. --run and
--skip choose promises by their names, such as
payment-service/consumes/com.acme.order.OrderPlaced/retry. A retry is exercised
with --failing EVENT: an event that the service, as it was started, fails to
process; --failing 'EVENT $.total=666' says which. With --observe nothing is
triggered or sent: what comes by itself in that time is judged. Effects that the
contract shows by sql are counted in --database, those by http at --url.

On an external cluster events, duplicates and poison go into the topics that the
service consumes. Where other groups read them that is refused, unless
--allow-destructive is given.

Ctrl-C ends it: what was started is removed, and what was judged is printed.
The exit code is 1 where a promise is broken, 4 where nothing is broken and one
was not exercised or could not be looked at. Promises to which nothing can be
added, such as those about old versions of a schema that has none, do not count.`,
		Example: `  weir verify payment-service/weir.yaml --build payment-service --env 'BROKERS={{.Bootstrap}}' --with order-service
  weir verify weir.yaml --command ./orders --env 'ADDR=127.0.0.1:{{.Port}}' --url 'http://127.0.0.1:{{.Port}}' --ready http=/healthz
  weir verify weir.yaml --image acme/payments:1.4 --env 'BROKERS={{.Bootstrap}}' --cluster docker
  weir verify payment-service/weir.yaml --services scenario.yaml --run consumes
  weir verify weir.yaml --bootstrap kafka-1:9092 --observe 1m --record
  weir verify weir.yaml --build . --env 'BROKERS={{.Bootstrap}}' --format junit > weir.xml`,
		Args: oneArg("a contract file"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
		},
	}
	f.bind(cmd)
	cmd.RunE = func(c *cobra.Command, args []string) error {
		if err := f.read(c); err != nil {
			return err
		}
		return s.verify(c.Context(), args[0], &f)
	}
	return readsRegistry(cmd)
}

func (s *state) verify(ctx context.Context, file string, f *verifyFlags) error {
	if err := f.place.place(s.env); err != nil {
		return err
	}
	cfg, err := f.config(file)
	if err != nil {
		return err
	}
	if cfg.Database, err = f.openDatabase(s.env); err != nil {
		return err
	}
	if cfg.Database != nil {
		defer func() { _ = cfg.Database.Close() }()
	}
	if cfg.Registry, err = s.connectRegistry(f.workspace); err != nil {
		return err
	}
	if cfg.Registry != nil {
		defer cfg.Registry.Close()
	}
	progress := newProgress(s, f.quiet)
	ctx, _, stop := s.interruptible(ctx, func(line string) {
		progress.notice(map[string]string{
			endingNotice:   "ending: removing what was started, printing what was judged",
			abortingNotice: "still removing what was started",
		}[line])
	})
	defer stop()
	cfg.Options = append(cfg.Options, scenario.Log(progress))
	cfg.Progress = func(done, all int, p promise.Promise) {
		if done == 0 {
			_, _ = fmt.Fprintf(progress, "seed %d, timeout %s, settle %s\n", cfg.Seed, cfg.Within, cfg.Settle)
		}
		_, _ = fmt.Fprintf(progress, "%d of %d: %s\n", done+1, all, p.ID())
	}
	result, err := verify.Run(ctx, cfg)
	progress.done()
	if err != nil {
		return f.failed(err)
	}
	return s.verified(f, result)
}

// databaseVariable has an address that may hold a password.
const databaseVariable = "WEIR_DATABASE"

// openDatabase opens the database that the flag or the variable names; nil
// where neither does, or a scenario does.
func (f *verifyFlags) openDatabase(env func(string) string) (*sql.DB, error) {
	address, from := f.database, "--database"
	if address == "" && f.services == "" {
		address, from = env(databaseVariable), databaseVariable
	}
	if address == "" {
		return nil, nil
	}
	db, err := effect.OpenDatabase(address)
	if err != nil {
		return nil, usageError("write it as postgres://USER@HOST:PORT/NAME", "%s: %w", from, err)
	}
	return db, nil
}

// failed gives an error its next step.
func (f *verifyFlags) failed(err error) error {
	var none *verify.ChoiceError
	var failing *verify.FailingError
	var plan *scenario.PlanError
	switch {
	case errors.As(err, &failing):
		hint := failing.Hint
		if hint == "" && len(f.failingEvents[failing.Event]) > 0 {
			hint = "write 'EVENT $.PLACE=VALUE' with what its schema can hold"
		}
		return usageError(hint, "--failing: %w", err)
	case errors.As(err, &none) && len(none.IDs) == 0:
		return usageError("see docs/contract.md for what a contract can promise", "%w", err)
	case errors.As(err, &none) && f.observe > 0:
		return usageError("what comes by itself shows what is produced: schema, envelope, key, headers, order", "%w by --observe, --run and --skip", err)
	case errors.As(err, &none):
		return usageError("their names are\n        "+strings.Join(none.IDs, "\n        "), "%w by --run and --skip", err)
	case errors.As(err, &plan):
		for i := range plan.Findings {
			if plan.Findings[i].ID == scenario.Guarded {
				plan.Findings[i].Hint = "--allow-destructive permits it, if that is what you want"
			}
		}
	}
	return err
}

// config is what the flags and the contract ask for.
func (f *verifyFlags) config(file string) (verify.Config, error) {
	file, err := contractIn(file)
	if err != nil {
		return verify.Config{}, err
	}
	sc, err := f.scenario(file)
	if err != nil {
		return verify.Config{}, err
	}
	cfg := verify.Config{
		Scenario: sc, Contract: file, URL: f.url, Within: f.within, Settle: f.settle, Observe: f.observe, Failing: f.failingEvents,
		Seed: *f.place.seed, Dir: f.dir, Advice: verifyAdvice,
		Options: []scenario.Option{
			scenario.With(providers()...), scenario.Containers(docker.Containers()), scenario.By(program()),
			scenario.ClusterKind(f.place.cluster.value), scenario.Bootstrap(f.place.bootstrap...), scenario.Seed(*f.place.seed),
		},
		Choose: func(id string) bool {
			return (f.chosen == nil || f.chosen.MatchString(id)) && (f.leftOut == nil || !f.leftOut.MatchString(id))
		},
	}
	switch {
	case f.keepValues:
		cfg.Record = verify.Values
	case f.record:
		cfg.Record = verify.Shapes
	}
	return cfg, nil
}

// verifyAdvice says how a user of the command adds what is missing.
var verifyAdvice = live.Advice{
	Contracts: "pass --with PATH",
	Database:  "pass --database URL, or set " + databaseVariable,
	URL:       "pass --url",
	Invalid:   "what is not valid is poison, which its promises send by themselves",
	Trigger:   func(string) string { return "trigger it by hand while weir verify --observe 1m watches" },
	Failing: func(event string) string {
		return fmt.Sprintf("pass --failing '%s $.PLACE=VALUE' with what it fails to process at each attempt", event)
	},
}

// verified prints a result, and answers its exit code.
func (s *state) verified(f *verifyFlags, r *verify.Result) error {
	j := verifiedFindings(r)
	notes := slices.Clone(r.Notes)
	for _, e := range r.Examples {
		notes = append(notes, recorded(r, e))
	}
	for _, note := range notes {
		if _, err := fmt.Fprintln(s.stderr, note); err != nil {
			return err
		}
	}
	if f.dir != "" {
		if err := s.verifyFiles(f.dir, r, j); err != nil {
			return err
		}
	}
	if err := s.printVerified(f.format.value, r, j); err != nil {
		return err
	}
	return exit(r.Verdict.ExitCode())
}

// recorded writes an example and says so.
func recorded(r *verify.Result, e verify.Example) string {
	switch err := e.Write(); {
	case errors.Is(err, verify.ErrThere):
		return "not recorded: " + err.Error()
	case err != nil:
		return fmt.Sprintf("not recorded: %s: %v", e.File, err)
	case e.Named:
		return fmt.Sprintf("recorded %s, of the shape of %d events", e.File, e.Seen)
	}
	return fmt.Sprintf("recorded %s, of the shape of %d events; name it in %s, in the examples of %s", e.File, e.Seen, r.Contract, e.Event)
}

// verifiedFindings is a result as printFindings wants it.
func verifiedFindings(r *verify.Result) judged {
	return judged{verb: "verify", verdict: r.Verdict, counted: count(r.Findings()), document: r, sentence: verifySentence(r), tests: verifySuites(r)}
}
