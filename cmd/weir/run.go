package main

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/docker"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// The environment that stands in for flags of weir run.
const (
	clusterEnv   = "WEIR_CLUSTER"
	bootstrapEnv = "WEIR_BOOTSTRAP"
)

// runFlags are the flags of weir run. A nil seed and a zero journalMax leave
// the choice to the scenario and to the journal.
type runFlags struct {
	cluster    choice
	bootstrap  []string
	seed       *uint64
	dir        string
	dryRun     bool
	journalMax document.Bytes
	quiet      bool
	registry   *registry.Registry
	// Only of run and load.
	metrics  metricsFlags
	baseline baselineFlags
	earlier  *earlierRuns
}

func newRun(s *state) *cobra.Command {
	f := runFlags{cluster: choice{valid: clusterKinds}}
	cmd := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Run a scenario: cluster, services, load, faults, verdict, report",
		Long: `Run starts what a scenario file names, drives its load, injects its faults,
drains, judges, and writes a run directory with report.html, junit.xml,
summary.json and summary.md.

Ctrl-C ends the load early: faults are healed, the flow is drained, and what
was measured is reported; the verdict is then at best inconclusive. Ctrl-C
again kills the services, removes everything at once and shows no verdict.
SIGTERM and SIGHUP do the same.

With --metrics-listen the figures of the run are served to Prometheus while it
goes on. With --baseline it is held against earlier runs, and a metric that is
slower fails it.

WEIR_CLUSTER and WEIR_BOOTSTRAP stand in for --cluster and --bootstrap; flags
win. Addresses without a kind mean an external cluster. What the file says for
another kind of cluster alone is left aside then, and named.`,
		Example: `  weir run examples/order-flow/scenario.yaml
  weir run examples/order-flow/scenario.yaml --cluster docker --seed 7
  weir run scenario.yaml --bootstrap kafka-1:9092,kafka-2:9092 --dry-run
  weir run scenario.yaml --metrics-listen 9464 --metrics-linger 1m
  weir run scenario.yaml --baseline runs/nightly --baseline-metric publish.p50`,
		Args:              oneArg("a scenario file"),
		ValidArgsFunction: scenarioFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.readAll(cmd); err != nil {
				return err
			}
			return s.run(cmd.Context(), args[0], f)
		},
	}
	f.bindRun(cmd)
	return readsRegistry(cmd)
}

// scenarioFile completes the name of a scenario.
func scenarioFile(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}

// bindRun adds the flags of a verb that runs a scenario's file.
func (f *runFlags) bindRun(cmd *cobra.Command) {
	f.cluster.bind(cmd, "cluster", "run on another kind of cluster than the scenario says")
	f.bind(cmd, "the scenario's, else drawn and printed", "runs/TIME-NAME-ID")
}

// bind adds the flags that all verbs have that run something, but --cluster.
func (f *runFlags) bind(cmd *cobra.Command, seed, dir string) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.bootstrap, "bootstrap", nil, "addresses of an external cluster, host:port,…")
	flags.Uint64("seed", 0, "make every random choice from this number (default: "+seed+")")
	flags.StringVar(&f.dir, "dir", "", "the run directory, which must not hold a run yet (default "+dir+")")
	flags.BoolVar(&f.dryRun, "dry-run", false, "print what would be done and written, and do nothing")
	flags.String("journal-max", "2GiB", "bound of the record of single events; beyond it only failures and fault windows are kept")
	flags.BoolVar(&f.quiet, "quiet", false, "print the summary alone")
	f.metrics.bind(cmd)
	f.baseline.bind(cmd)
}

// readAll takes the flags that are not bound to a field, those of run and load
// alone included.
func (f *runFlags) readAll(cmd *cobra.Command) (err error) {
	if err = f.metrics.check(cmd.Flags()); err != nil {
		return err
	}
	if f.earlier, err = f.baseline.open(cmd); err != nil {
		return err
	}
	return f.read(cmd)
}

// read takes the flags that are not bound to a field.
func (f *runFlags) read(cmd *cobra.Command) error {
	flags := cmd.Flags()
	if flags.Changed("seed") {
		seed, err := flags.GetUint64("seed")
		if err != nil {
			return err
		}
		f.seed = &seed
	}
	if !flags.Changed("journal-max") {
		return nil
	}
	text, err := flags.GetString("journal-max")
	if err != nil {
		return err
	}
	if err := f.journalMax.UnmarshalText([]byte(text)); err != nil || f.journalMax <= 0 {
		return usageError("write a size such as 512MiB", "--journal-max: %q is no size of more than 0 bytes", text)
	}
	return nil
}

// place fills in the cluster from the environment where flags leave it open.
func (f *runFlags) place(env func(string) string) error {
	fromFlag := f.cluster.value != ""
	if addresses := env(bootstrapEnv); len(f.bootstrap) == 0 && addresses != "" && (!fromFlag || f.cluster.value == cluster.External) {
		f.bootstrap = strings.Split(addresses, ",")
	} else if len(f.bootstrap) > 0 && !fromFlag {
		f.cluster.value, fromFlag = cluster.External, true
	}
	if kind := env(clusterEnv); !fromFlag && kind != "" {
		if err := f.cluster.Set(kind); err != nil {
			return usageError(err.Error(), "%s: there is no cluster of kind %q", clusterEnv, kind)
		}
	}
	for _, a := range f.bootstrap {
		if _, port, err := net.SplitHostPort(a); err != nil || port == "" {
			return usageError("write host:port", "bootstrap: %q is no address", a)
		}
	}
	switch {
	case len(f.bootstrap) == 0:
	case f.cluster.value == "":
		f.cluster.value = cluster.External
	case f.cluster.value != cluster.External:
		return usageError("leave out one of the two", "bootstrap addresses are for a cluster of kind external, not %s", f.cluster.value)
	}
	return nil
}

// ready is place, and the schema registry of the environment, else of the
// workspace that this directory is in. Close ends its connections.
func (f *runFlags) ready(s *state) (err error) {
	if err = f.place(s.env); err == nil {
		f.registry, err = s.registryHere()
	}
	return err
}

func (f *runFlags) close() {
	if f.registry != nil {
		f.registry.Close()
	}
}

func (s *state) run(ctx context.Context, file string, f runFlags) error {
	if err := f.ready(s); err != nil {
		return err
	}
	defer f.close()
	sc, _ := scenario.LoadFile(file)
	return s.runScenario(ctx, sc, f)
}

// runScenario runs what was read. Where something is wrong with it, running it
// says so, and what else is wrong.
func (s *state) runScenario(ctx context.Context, sc *scenario.Scenario, f runFlags) error {
	if f.dryRun {
		return s.dryRun(ctx, sc, f)
	}
	progress := newProgress(s, f.quiet)
	ctx, abort, stop := s.interruptible(ctx, progress.notice)
	defer stop()
	shown, err := f.metrics.serve(ctx, progress)
	if err != nil {
		return err
	}
	defer shown.close(ctx, progress)
	result, err := scenario.Run(ctx, sc, append(append(f.options(ctx), shown.options()...),
		scenario.Abort(abort), scenario.Log(progress), scenario.OnProgress(progress.show))...)
	progress.done()
	var uncompared error
	if f.earlier != nil && result != nil && err == nil {
		uncompared = f.earlier.hold(result, shown)
	}
	return s.ended(result, err, uncompared)
}

func (f *runFlags) options(ctx context.Context) []scenario.Option {
	opts := []scenario.Option{
		scenario.With(providers()...),
		scenario.Containers(docker.Containers()),
		scenario.By(program()),
		scenario.Dir(f.dir),
		scenario.ClusterKind(f.cluster.value),
		scenario.Bootstrap(f.bootstrap...),
		scenario.JournalMax(int64(f.journalMax)),
		scenario.Registry(f.registry),
	}
	if f.seed != nil {
		opts = append(opts, scenario.Seed(*f.seed))
	}
	if c, ok := readCalibration(ctx); ok {
		opts = append(opts, scenario.Calibrated(c.Points))
	}
	return opts
}

func (s *state) dryRun(ctx context.Context, sc *scenario.Scenario, f runFlags) error {
	ctx, stop := s.cancellable(ctx)
	defer stop()
	var plan strings.Builder
	findings, err := scenario.DryRun(ctx, sc, &plan, f.options(ctx)...)
	if err != nil {
		return err
	}
	if err := finding.Text(s.stderr, findings); err != nil {
		return err
	}
	_, err = io.WriteString(s.stdout, plan.String())
	return err
}

// ended reports a run that ended, however it did, and answers its exit code.
// uncompared is why it was not held against its baseline, if it was to be.
func (s *state) ended(result *scenario.Result, err, uncompared error) error {
	var plan *scenario.PlanError
	if result == nil || errors.As(err, &plan) {
		return err
	}
	if aborted := (*scenario.AbortedError)(nil); errors.As(err, &aborted) {
		return &exitError{code: exitInconclusive, err: aborted, hint: "what there is of the run: weir report " + result.Dir}
	}
	rec, shown := run.Open(result.Dir)
	if shown != nil || rec.Results == nil && result.Run.Status == run.Complete {
		// What was measured is known here, whatever could be written of it.
		rec = &run.Record{Root: result.Dir, Run: result.Run, Results: &result.Results}
	}
	reason := rec.Run.Reason
	if err != nil && result.Run.Status == run.Broken {
		reason = "the run ended before anything could be judged" // why, is printed by itself
	}
	if e := s.show(rec, reason); shown == nil {
		shown = e
	}
	shown = errors.Join(shown, uncompared)
	code := summary.ExitCode(rec)
	switch {
	case err != nil:
		return errors.Join(err, shown)
	case shown == nil:
		return exit(code)
	case code != exitFindings:
		code = exitInfrastructure // no verdict holds without its report or its baseline, but a failure does
	}
	return &exitError{code: code, err: shown}
}

// What is said at the first signal and at the second.
const (
	endingNotice   = "ending the load, healing, draining, reporting; press Ctrl-C again to abort"
	abortingNotice = "aborting: killing services, removing what was started"
)

// interruptible returns a context that the first signal ends, and a channel
// that the second one closes. notice is called with what happens then.
func (s *state) interruptible(parent context.Context, notice func(string)) (context.Context, <-chan struct{}, func()) {
	ctx, cancel := context.WithCancel(parent)
	abort, quit, gone := make(chan struct{}), make(chan struct{}), make(chan struct{})
	signals, stop := s.interrupts()
	go func() {
		defer close(gone)
		for _, act := range []func(){
			func() { notice(endingNotice); cancel() },
			func() { notice(abortingNotice); close(abort) },
		} {
			select {
			case <-signals:
				act()
			case <-quit:
				return
			}
		}
	}()
	return ctx, abort, func() {
		stop()
		close(quit)
		<-gone
		cancel()
	}
}
