package scenario

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/service"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/secret"
)

// Run runs a scenario and returns what it measured and judged. The run
// directory is complete when it returns; making reports from it is the
// caller's. A run that is refused leaves none.
//
// Cancelling ctx ends the load early: faults are healed, the flow is drained,
// the run is judged and its verdict is at best inconclusive. Errors are a
// *PlanError (usage), an *InfrastructureError, or ErrInterrupted, as which an
// *AbortedError counts; with the latter ones the Result still names the directory
// if there is one.
func Run(ctx context.Context, s *Scenario, opts ...Option) (*Result, error) {
	c := configured(opts)
	hard, cancel := hardContext(c.abort)
	defer cancel()
	// Nothing is resolved any more for a run that is cancelled before it begins;
	// but what comes back after its load is read, with the versions that it has.
	resolving, giveUp := context.WithCancel(hard)
	defer giveUp()
	begins := context.AfterFunc(ctx, giveUp)
	x, _, err := newExecution(resolving, s, c)
	begins()
	if err != nil {
		return nil, err
	}
	return x.run(ctx, hard)
}

// configured is what options say, and the defaults.
func configured(opts []Option) config {
	c := config{log: io.Discard, progress: func(Progress) {}, objectives: true, build: service.Build}
	for _, o := range opts {
		o(&c)
	}
	return c
}

// newExecution is a run of a scenario that nothing speaks against, as far as
// can be told without touching anything, with what is to be said of its files.
// ctx bounds what is asked of a schema registry, as long as the execution lasts.
func newExecution(ctx context.Context, s *Scenario, c config) (*execution, []finding.Finding, error) {
	var misplaced []finding.Finding
	if c.chosen() == "" {
		misplaced = s.Misplaced()
	}
	s, left := s.on(c.chosen(), c.bootstrap)
	r := newResolver(s)
	findings, plan := r.resolve(), r.plan
	if left != "" {
		plan.note("%s", left)
	}
	x := &execution{config: c, aside: left, plan: plan, serdes: newSerdes(ctx, plan.Files, c.registry)}
	x.identify()
	if wrong := slices.Concat(s.wrong, misplaced, findings); finding.Errors(wrong) > 0 {
		wrong = append(wrong, x.alsoWrong()...)
		finding.Sort(wrong)
		return nil, nil, &PlanError{Findings: wrong}
	}
	plan.draw(x.info.Seed)
	plan.misses(x.info.Seed)
	if c.objectives {
		plan.foresee()
	}
	err := x.preflight()
	x.info.Warnings = append(x.info.Warnings, slices.DeleteFunc(slices.Clone(plan.Notes), func(n string) bool { return slices.Contains(plan.foreseen, n) })...)
	return x, findings, err
}

// hardContext ends when the run is aborted. It, and not the context that
// ends the load, is what healing, draining and removing use.
func hardContext(abort <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		select {
		case <-abort:
			cancel(ErrInterrupted)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// ErrInterrupted says that a run was cancelled before its load began, or
// aborted: nothing was judged, which is inconclusive.
var ErrInterrupted = errors.New("the run was interrupted before anything could be judged")

// cleanup bounds the removal of what was started.
const cleanupTimeout = 60 * time.Second

func (x *execution) run(ctx, hard context.Context) (result *Result, err error) {
	if err := x.open(); err != nil {
		return nil, err
	}
	defer func() {
		clean, cancel := context.WithTimeout(context.WithoutCancel(hard), cleanupTimeout)
		defer cancel()
		orderly, stop := merge(clean, hard)
		defer stop()
		x.close(clean, orderly)
		if plan := (*PlanError)(nil); errors.As(err, &plan) {
			x.refused()
			return
		}
		if err != nil && x.info.Verdict == "" {
			x.broken(err)
		}
		if x.exporter != nil {
			x.exporter.Judged(x.info.Verdict)
		}
		result = &Result{Dir: x.dir.Path(), Run: x.info, Results: x.results}
		if e := x.dir.Close(); err == nil && e != nil {
			err = &InfrastructureError{"writing the run directory", e}
		}
		if x.aborted() && (err == nil || errors.Is(err, ErrInterrupted)) {
			err = x.abortedError(err == nil)
		}
	}()
	x.export()
	for _, n := range x.plan.foreseen {
		x.logf("note: %s", n)
	}
	// What is started before the load ends with either context.
	starting, stop := merge(ctx, hard)
	defer stop()
	err = x.start(starting)
	if early := (*service.EarlyEnd)(nil); errors.As(err, &early) && starting.Err() == nil {
		return nil, x.neverReady(early)
	}
	if err == nil {
		err = x.holdFaults(starting)
	}
	if err == nil {
		err = x.prepare(starting)
	}
	if starting.Err() != nil {
		return nil, ErrInterrupted // whatever it was that could not go on
	}
	if err != nil {
		return nil, err
	}
	if x.load(ctx, hard); hard.Err() != nil {
		return nil, ErrInterrupted
	}
	if x.finish(hard); hard.Err() != nil {
		return nil, ErrInterrupted
	}
	return nil, x.judge(ctx.Err() != nil)
}

// merge is a context that ends with either.
func merge(a, b context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(a)
	stop := context.AfterFunc(b, cancel)
	return ctx, func() { stop(); cancel() }
}

// identify draws what tells the run from others.
func (x *execution) identify() {
	s := x.plan.Scenario
	x.identity = random() >> 16
	switch {
	case x.seed != nil:
		x.info.Seed = *x.seed
	case s.Seed != nil:
		x.info.Seed = *s.Seed
	default:
		x.info.Seed = random() >> 11 // exact in JSON readers that know only float64
	}
	x.started = time.Now()
	x.info.Started = x.started.UTC().Truncate(time.Millisecond)
	x.info.Name = s.Name
	x.info.Scenario = s.Doc.File()
	x.info.Identity = fmt.Sprintf("%012x", x.identity)
	x.info.ID = run.DirName(x.info.Started, s.Name, x.info.Identity)
	x.info.Weir = x.weir
	x.info.Host = thisHost(context.Background())
	x.info.Topics = slices.Concat(x.plan.Topics, s.Background.topics(x.info.Identity, s.Cluster.brokers()))
	x.info.Status = run.Running
}

// open makes the run directory and its first run.json.
func (x *execution) open() error {
	s := x.plan.Scenario
	root := x.config.dir
	if root == "" {
		root = run.DefaultDir(x.info.Started, s.Name, x.info.Identity)
	}
	dir, err := run.Create(root, x.info)
	if err != nil {
		return &InfrastructureError{"the run directory", err}
	}
	x.dir = dir
	if x.aside != "" {
		x.logf("note: %s", x.aside)
	}
	x.keepRecord()
	resolved, err := document.Encode(x.plan.resolved(x.info.Seed).withoutSecrets())
	if err == nil {
		err = dir.WriteScenario(resolved)
	}
	if err != nil {
		return &InfrastructureError{"the run directory", err}
	}
	return nil
}

// refused takes the directory of a run away that was refused: there is nothing
// to report.
func (x *execution) refused() {
	if err := x.dir.Discard(); err != nil {
		x.logf("removing the run directory: %v", err)
	}
}

func random() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never errs, see crypto/rand
	return binary.BigEndian.Uint64(b[:])
}

// broken records that infrastructure ended the run.
func (x *execution) broken(err error) {
	x.info.Verdict = finding.Inconclusive
	if errors.Is(err, ErrInterrupted) {
		x.info.Status, x.info.Reason = run.Interrupted, err.Error()
	} else {
		x.info.Status = run.Broken
		x.info.Error = strings.ReplaceAll(err.Error(), "\n", "; ")
		x.info.Reason = "the run ended before anything could be judged: " + x.info.Error
	}
	x.info.Ended = time.Now().UTC().Truncate(time.Millisecond)
	if e := x.dir.WriteRun(x.info); e != nil {
		x.logf("run.json could not be written: %v", e)
	}
}

func (x *execution) logf(format string, args ...any) {
	fmt.Fprintln(x.log, secret.Message(fmt.Sprintf(format, args...)))
}
