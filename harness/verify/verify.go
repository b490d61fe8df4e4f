// Package verify judges a contract against a running service: each promise
// that package promise lists, on a cluster and with services that a scenario
// names, or on a cluster where the service runs already. It is what weir
// verify does; in go test the same is harness.TestContract.
//
// What it guarantees: a promise is kept only on evidence, which is in the
// result with topic, partition and offset. Beside the record that a judge has
// triggered, every record that the service published meanwhile is judged. A
// promise that was not exercised is vacuous and says what to add; one to which
// nothing can be added is moot. After a promise that was broken the cluster
// and the services are started anew, where they can be, so that it takes no
// others with it. What was started is removed, whatever ends the judging.
//
// What it is not for: load, faults and durations; those are harness/scenario.
package verify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/harness/leftover"
	"github.com/flowweir/weir/harness/live"
	"github.com/flowweir/weir/harness/promise"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/harness/serde"
	"github.com/flowweir/weir/harness/service"
	"github.com/flowweir/weir/reports/finding"
)

// Defaults of Config.
const (
	DefaultWithin = 10 * time.Second
	DefaultSettle = 300 * time.Millisecond
)

// cleanupTimeout bounds the end of what was started.
const cleanupTimeout = 60 * time.Second

// Config says what is judged, and where.
type Config struct {
	// Scenario names the cluster, the contracts and the services that are
	// started; without services the one under test must run already. It has
	// neither load nor faults.
	Scenario *scenario.Scenario
	// Options are those of the scenario's run: providers, seed, log.
	Options []scenario.Option
	// Contract is the file of the contract that is judged, as the scenario
	// names it.
	Contract string
	// Choose says by its id which promises are judged; nil chooses all.
	Choose func(id string) bool
	// URL is where the service listens, if the scenario does not start it.
	URL string
	// Database is where its effects are counted that the contract shows by sql,
	// if the scenario does not say so; nil for nowhere.
	Database *sql.DB
	// Within is how long what must come may take (DefaultWithin), Settle how
	// long it is watched that nothing more comes (DefaultSettle).
	Within, Settle time.Duration
	// Observe, if not 0, triggers nothing: what comes in this time is judged,
	// by the promises that this can exercise.
	Observe time.Duration
	// Failing are overrides, by event, that make an event which the service
	// fails to process at each attempt.
	Failing map[string][]live.Override
	// Registry has the schemas and ids of contracts that speak of one; nil for
	// none.
	Registry *registry.Registry
	// Advice says how a user adds what is missing.
	Advice live.Advice
	// Seed is what generated data comes from.
	Seed uint64
	// Record makes examples of the events that the service publishes.
	Record Recording
	// Dir, if not "", keeps the logs of services and brokers.
	Dir string
	// Progress is called before each promise is judged, with how many were.
	Progress func(done, all int, p promise.Promise)
}

// Run judges a contract. Cancelling ctx ends it early: what was judged is in
// the result, and the rest is inconclusive. Errors are those of scenario.Run,
// a *ChoiceError and a *FailingError; with them nothing was judged.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	v, err := newVerifier(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Dir == "" {
		// A directory for logs that nobody keeps.
		dir, remove, err := leftover.Temporary(leftover.VerifyPrefix)
		if err != nil {
			return nil, &scenario.InfrastructureError{What: "a directory for logs", Err: err}
		}
		v.dir = dir
		defer remove()
	}
	began := time.Now()
	if cfg.Observe > 0 {
		err = v.observe(ctx)
	} else {
		err = v.all(ctx)
	}
	if err != nil {
		return nil, err
	}
	v.result.Took = time.Since(began)
	v.result.Examples, err = v.examples(v.files)
	v.noteError(err)
	v.result.conclude(ctx.Err() != nil)
	return v.result, nil
}

// ChoiceError says that no promise was chosen.
type ChoiceError struct {
	// IDs are the promises that there are.
	IDs []string
}

func (e *ChoiceError) Error() string {
	if len(e.IDs) == 0 {
		return "the contract promises nothing that could be judged"
	}
	return fmt.Sprintf("none of the %d promises of the contract is chosen", len(e.IDs))
}

// FailingError says that an event cannot be the one that the service fails to
// process.
type FailingError struct {
	Event string
	// Err is why, and Hint the next step where that does not say it.
	Err  error
	Hint string
}

func (e *FailingError) Error() string { return fmt.Sprintf("%s: %v", e.Event, e.Err) }

func (e *FailingError) Unwrap() error { return e.Err }

// failable refuses events to fail at that the service does not consume, or that
// cannot be made, before anything is started.
func (v *verifier) failable(ctx context.Context, all []*contracts.Contract) error {
	var consumed []string
	for _, c := range v.contract.Consumes {
		consumed = append(consumed, c.Event)
	}
	for _, event := range slices.Sorted(maps.Keys(v.Failing)) {
		if !slices.Contains(consumed, event) {
			return &FailingError{event, fmt.Errorf("%s consumes no such event", v.contract.Service.Name), document.Suggest(event, consumed)}
		}
		err := live.Try(ctx, live.Config{Contracts: all, Files: v.files, Seed: v.Seed, Registry: v.Registry, Advice: v.Advice}, event, v.Failing[event]...)
		if err != nil && !errors.Is(err, serde.ErrNoRegistry) {
			return &FailingError{Event: event, Err: err}
		}
	}
	return nil
}

// verifier is a judging that goes on.
type verifier struct {
	Config
	dir      string
	contract *contracts.Contract
	files    *asyncapi.Files
	baseline *live.Baseline
	promises []promise.Promise
	result   *Result
	shapes   shapes

	stages int
	stage  *scenario.Stage
	flow   *live.Flow
}

func newVerifier(ctx context.Context, cfg Config) (*verifier, error) {
	if cfg.Within == 0 {
		cfg.Within = DefaultWithin
	}
	if cfg.Settle == 0 {
		cfg.Settle = DefaultSettle
	}
	if cfg.Progress == nil {
		cfg.Progress = func(int, int, promise.Promise) {}
	}
	plan, findings := scenario.Resolve(cfg.Scenario)
	if plan == nil || finding.Errors(findings) > 0 {
		return nil, &scenario.PlanError{Findings: findings}
	}
	v := &verifier{Config: cfg, dir: cfg.Dir, shapes: shapes{}}
	i := slices.IndexFunc(plan.Contracts, func(c *contracts.Contract) bool {
		return absolute(c.Doc.File()) == absolute(cfg.Contract)
	})
	if i < 0 {
		return nil, fmt.Errorf("the scenario does not name the contract %s", cfg.Contract)
	}
	v.contract, v.files = plan.Contracts[i], plan.Files
	if err := v.choose(); err != nil {
		return nil, err
	}
	if err := v.failable(ctx, plan.Contracts); err != nil {
		return nil, err
	}
	if cfg.Registry != nil {
		// Once: what a service registers counts after it was started anew, too.
		v.baseline = live.TakeBaseline(ctx, cfg.Registry, plan.Contracts)
	}
	v.result = newResult(v)
	return v, nil
}

// choose picks the promises that are judged.
func (v *verifier) choose() error {
	var ids []string
	for _, p := range promise.Of(v.contract) {
		ids = append(ids, p.ID())
		if v.Choose != nil && !v.Choose(p.ID()) || v.Observe > 0 && !p.Observable() {
			continue
		}
		v.promises = append(v.promises, p)
	}
	if len(v.promises) == 0 {
		return &ChoiceError{ids}
	}
	return nil
}

// all judges one promise after the other.
func (v *verifier) all(ctx context.Context) error {
	broken := map[string]bool{}
	for i, p := range v.promises {
		v.Progress(i, len(v.promises), p)
		out := &v.result.Promises[i]
		switch {
		case p.Unseen != "":
			out.set(p.Judge(ctx, promise.Subject{}))
			continue
		case p.After != "" && broken[interaction(p)+p.After]:
			out.set(promise.Outcome{Verdict: finding.Vacuous, Reason: "not exercised: without " + p.After + ", which is broken, nothing of it can be seen"})
			continue
		case ctx.Err() != nil:
			out.interrupted()
			continue
		}
		if err := v.up(ctx); err != nil {
			switch {
			case ctx.Err() != nil:
				out.interrupted()
				continue
			case v.early(err):
				return nil // nothing can be judged
			case v.stages == 1:
				return err
			}
			out.set(promise.Outcome{Verdict: finding.Inconclusive, Reason: err.Error()})
			continue
		}
		v.judge(ctx, p, out)
		if out.Verdict == finding.Fail {
			broken[interaction(p)+p.Name] = true
		}
		if out.Verdict == finding.Fail || out.Verdict == finding.Inconclusive {
			v.afresh(ctx)
		}
	}
	v.noteError(v.down(ctx))
	return nil
}

// noteError notes what went wrong beside the promises, whose verdicts stand.
func (v *verifier) noteError(err error) {
	if err != nil {
		v.result.Notes = append(v.result.Notes, err.Error())
	}
}

func interaction(p promise.Promise) string { return p.Side + "/" + p.Event + "/" }

// judge judges a promise on what is up.
func (v *verifier) judge(ctx context.Context, p promise.Promise, out *Judged) {
	began := time.Now()
	o := p.Judge(ctx, v.subject())
	out.Took = time.Since(began)
	out.set(o)
	switch dead := (*scenario.DeathError)(nil); {
	case errors.As(v.stage.Alive(), &dead):
		out.died(dead.Deaths[len(dead.Deaths)-1])
	case ctx.Err() != nil && out.Verdict != finding.Fail:
		out.interrupted()
	case out.Verdict == finding.Fail:
		out.Logs = v.logs()
	}
}

func (v *verifier) subject() promise.Subject {
	return promise.Subject{Flow: v.flow, Places: v.places(), Within: v.Within, Settle: v.Settle, Failing: v.Failing}
}

// logLines is how much of each service's log is kept with a broken promise.
const logLines = 10

// logs are the last lines of the services.
func (v *verifier) logs() []string {
	var out []string
	for _, s := range v.Scenario.Services {
		for _, line := range v.stage.Service(s.Name).Tail(logLines) {
			out = append(out, s.Name+": "+line)
		}
	}
	return out
}

// early records the end of a service before it was ready: nothing can be
// judged then, and that is the service's failure.
func (v *verifier) early(err error) bool {
	early := (*service.EarlyEnd)(nil)
	if !errors.As(err, &early) {
		return false
	}
	v.result.Reason = fmt.Sprintf("service %s ended by itself before it was ready: %s", early.Death.Service, early.Death.Exit.Reason)
	v.result.Logs = early.Death.LastLines
	return true
}

// observe triggers nothing, and judges what comes.
func (v *verifier) observe(ctx context.Context) error {
	if err := v.up(ctx); err != nil {
		if v.early(err) {
			return nil
		}
		return err
	}
	v.Progress(0, len(v.promises), v.promises[0])
	over := time.NewTimer(v.Observe)
	defer over.Stop()
	every := time.NewTicker(100 * time.Millisecond)
	defer every.Stop()
	for waiting := true; waiting; {
		select {
		case <-over.C:
			waiting = false
		case <-ctx.Done():
			waiting = false
		case <-every.C:
			waiting = v.stage.Alive() == nil
		}
	}
	// What came until an interruption is judged, too.
	judging := context.WithoutCancel(ctx)
	if dead := (*scenario.DeathError)(nil); errors.As(v.stage.Alive(), &dead) {
		v.result.Reason, v.result.Logs = dead.Error(), dead.Deaths[0].LastLines
	}
	for i, p := range v.promises {
		v.result.Promises[i].set(p.Audit(judging, v.subject()))
	}
	v.beside(judging)
	v.noteError(v.end(ctx))
	return nil
}

// absolute is the absolute path of a file; its name where the system does not
// say where we are.
func absolute(name string) string {
	full, err := filepath.Abs(filepath.FromSlash(name))
	if err != nil {
		return name
	}
	return full
}

// short is the first line of a text.
func short(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
