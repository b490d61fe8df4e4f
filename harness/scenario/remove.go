package scenario

import (
	"context"
	"errors"
	"os"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness/cluster"
)

// close removes what the run started: services, topics on a cluster that
// goes on, the cluster. It may be called at any stage of a run. What services
// have of time for an orderly end is over when orderly ends, which is within
// ctx.
func (x *execution) close(ctx, orderly context.Context) {
	if x.stopWatching != nil {
		x.stopWatching()
	}
	if orderly.Err() != nil {
		x.stopServices(orderly) // nothing that follows is to be waited for
	}
	if x.injector != nil && (x.outlives() || x.proxy != nil) {
		// After an abort faults may be open. Clients cannot leave in an
		// orderly way over connections that are frozen.
		x.injector.HealCluster(ctx)
	}
	x.release(ctx)
	for _, f := range x.flows {
		if f.producer != nil {
			f.producer.Close()
		}
		if f.driver != nil {
			f.driver.Close()
		}
	}
	x.leaveGroups(ctx)
	if x.reader != nil {
		x.reader.Close()
	}
	x.stopServices(orderly)
	x.endStrays()
	for _, source := range x.sources {
		source.Close()
	}
	for _, db := range x.databases {
		_ = db.Close()
	}
	for _, reserved := range x.ports {
		reserved.Release()
	}
	if x.bin != "" {
		_ = os.RemoveAll(x.bin)
	}
	if x.proxy != nil {
		x.proxy.Close()
	}
	topics, groups := x.removeCreated(ctx)
	if err := x.record.Close(topics, groups, x.changesLeft()); err != nil {
		x.logf("the record of what the run started: %v", err)
	}
	for _, client := range []*kgo.Client{x.client, x.facts.forwarded} {
		if client != nil {
			client.Close()
		}
	}
	if x.owned {
		if err := x.up.Close(ctx); err != nil {
			x.stays(x.clusterName(), err)
		}
	}
	// Closing twice is no error: a run that was judged has done so already.
	if x.journal != nil {
		_, _ = x.journal.Close()
	}
	if x.meter != nil {
		_ = x.meter.Close()
	}
}

// stopServices ends the services side by side: those that ignore SIGTERM cost
// one grace period, not one each.
func (x *execution) stopServices(ctx context.Context) {
	var stopping sync.WaitGroup
	for name, s := range x.services {
		stopping.Go(func() {
			if err := s.Stop(ctx); err != nil {
				x.stays(serviceName(name), err)
			}
		})
	}
	stopping.Wait()
}

// outlives says whether the cluster goes on after the run.
func (x *execution) outlives() bool { return !x.owned || x.info.Cluster.Kind == cluster.External }

// removeCreated deletes the topics and groups that this run created, and
// nothing else, where the cluster outlives the run. It says whether some are
// left. A group that has members, when the run's own are gone, is others'.
func (x *execution) removeCreated(ctx context.Context) (topicsLeft, groupsLeft bool) {
	if x.admin == nil || !x.outlives() {
		return false, false
	}
	err := x.created.Delete(ctx, x.admin)
	if err != nil {
		x.stays(createdName, err)
	}
	return err != nil, err != nil && !errors.Is(err, kerr.NonEmptyGroup)
}
