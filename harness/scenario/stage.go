package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/effect"
	"github.com/flowweir/weir/harness/service"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// Stage is what a scenario starts, without its load and its faults: the
// cluster, the topics and the services. It is for who judges services by other
// means than a run does, such as package harness/verify.
type Stage struct {
	x *execution

	mu     sync.Mutex
	deaths []service.Death
}

// Open starts a stage, in a run directory of its own. Its errors are those of
// Run, and a *service.EarlyEnd among them for a service that ended before it
// was ready; nothing is left then but, of that, the directory. Close ends it.
func Open(ctx context.Context, s *Scenario, opts ...Option) (*Stage, error) {
	x, _, err := newExecution(ctx, s, configured(opts))
	if err != nil {
		return nil, err
	}
	if err := x.open(); err != nil {
		return nil, err
	}
	stage := &Stage{x: x}
	if err := x.start(ctx); err != nil {
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		early := (*service.EarlyEnd)(nil)
		return nil, errors.Join(err, stage.Close(clean, errors.As(err, &early)))
	}
	return stage, nil
}

// Cluster is the stage's cluster.
func (s *Stage) Cluster() cluster.Cluster { return s.x.up }

// Plan has the contracts of the scenario.
func (s *Stage) Plan() *Plan { return s.x.plan }

// Topics are those of the contracts, and say which of them the stage created.
func (s *Stage) Topics() []run.Topic { return s.x.info.Topics }

// Service is a service of the stage; nil where it has none of the name.
func (s *Stage) Service(name string) *service.Process { return s.x.services[name] }

// Places are where the services of the stage can be asked for their effects.
func (s *Stage) Places() effect.Places { return s.x.places() }

// Alive is an error that says which services ended by themselves, with their
// last lines.
func (s *Stage) Alive() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range s.x.order {
		select {
		case d, ok := <-s.x.services[name].Died():
			if ok {
				s.deaths = append(s.deaths, d)
			}
		default:
		}
	}
	if len(s.deaths) == 0 {
		return nil
	}
	return &DeathError{Deaths: s.deaths}
}

// DeathError says that services of a stage ended by themselves.
type DeathError struct{ Deaths []service.Death }

func (e *DeathError) Error() string {
	var texts []string
	for _, d := range e.Deaths {
		texts = append(texts, d.String())
	}
	return strings.Join(texts, "; ")
}

// Close removes what the stage started, in time or not at all. Its directory
// stays where keep says so.
func (s *Stage) Close(ctx context.Context, keep bool) error {
	s.x.close(ctx, ctx)
	if !keep {
		return s.x.dir.Discard()
	}
	s.x.info.Ended = time.Now().UTC().Truncate(time.Millisecond)
	s.x.info.Status, s.x.info.Verdict = run.Complete, finding.Inconclusive
	s.x.info.Reason = "a stage of weir verify: it drives no load and judges nothing by itself"
	err := errors.Join(s.x.dir.WriteRun(s.x.info), s.x.dir.Close())
	if err != nil {
		return fmt.Errorf("the directory of the stage: %w", err)
	}
	return nil
}
