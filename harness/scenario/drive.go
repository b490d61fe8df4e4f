package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/flowweir/weir/harness/service"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// load drives the load, the faults and the observation until the schedule is
// over or ctx ends.
func (x *execution) load(ctx, hard context.Context) {
	// What is due at 0 is sent at 0; this line comes a moment before.
	x.event(run.Event{Kind: "phase", What: fmt.Sprintf("load begins: seed %d", x.info.Seed), Fault: -1})
	for _, l := range x.info.Loads {
		x.logf("load of %s via %s: %s", cmp.Or(l.Event, l.Topic), l.Via, l.Profile)
	}
	loading, stop := merge(ctx, hard)
	defer stop()
	x.endLoad = stop
	watching, stopWatching := context.WithCancel(hard)
	x.background(watching)
	x.stopWatching = func() { stopWatching(); x.watchers.Wait() }

	var faults, loads sync.WaitGroup
	injecting, stopInjecting := context.WithCancel(loading)
	faults.Go(func() { x.injector.Run(injecting) })
	x.cpu.begin()
	for _, f := range x.flows {
		loads.Go(func() { x.drive(loading, f) })
	}
	if len(x.flows) == 0 {
		loads.Go(func() { pause(loading, x.plan.Length-x.now()) })
	}
	loads.Wait()
	x.loadOver.Store(true)
	x.offered = min(x.now(), x.plan.Length)
	x.cpu.end()
	x.exportOver(run.PhaseDrain)
	stopInjecting()
	faults.Wait()
	switch {
	case ctx.Err() != nil:
		x.note("phase", "interrupted: the load ends early")
	case x.anyDied():
		x.note("phase", "a service died: the load ends early")
	default:
		x.note("phase", "load ends")
	}
}

// drive runs one flow's load.
func (x *execution) drive(ctx context.Context, f *liveFlow) {
	var err error
	if f.producer != nil {
		err = f.producer.Run(ctx)
	} else {
		err = f.driver.Run(ctx)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		x.fail(fmt.Sprintf("the load of %s ended: %v", f.plan.Name(), err), "")
	}
}

// background starts what goes on until the drain is over: reading, lag, the
// clock of the series, and the watch for services that die.
func (x *execution) background(ctx context.Context) {
	x.watchers.Go(func() { _ = x.reader.Run(ctx) })
	x.watchers.Go(func() { x.lag.run(ctx, x.now) })
	if x.commits != nil {
		x.watchers.Go(func() { x.commits.run(ctx) })
	}
	if x.owners != nil {
		x.watchers.Go(func() { x.owners.run(ctx) })
	}
	x.watchers.Go(func() { x.clock(ctx) })
	x.watchers.Go(func() { x.watchFiles(ctx) })
	if x.brokers != nil {
		x.watchers.Go(func() { x.brokers.Run(ctx) })
	}
	for _, s := range x.services {
		x.watchers.Go(func() { x.watchService(ctx, s) })
	}
}

// watchService fails the run when a service ends by itself.
func (x *execution) watchService(ctx context.Context, s *service.Process) {
	for {
		select {
		case d, ok := <-s.Died():
			if !ok {
				return
			}
			x.died(d)
		case <-ctx.Done():
			return
		}
	}
}

// fail adds a finding that fails the run whatever its invariants say.
func (x *execution) fail(message, hint string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.results.Findings = append(x.results.Findings, finding.Finding{ID: Failed, Severity: finding.Error, Message: message, Hint: hint})
}
