package scenario

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/flowweir/weir/harness/cluster"
)

// close removes what the run started: services, topics on a cluster that
// goes on, the cluster. It may be called at any stage of a run.
func (x *execution) close(ctx context.Context) {
	if x.stopWatching != nil {
		x.stopWatching()
	}
	for _, f := range x.flows {
		if f.producer != nil {
			f.producer.Close()
		}
		if f.driver != nil {
			f.driver.Close()
		}
	}
	for _, g := range x.groups {
		_ = g.Close(ctx)
	}
	if x.reader != nil {
		x.reader.Close()
	}
	for _, name := range slices.Backward(x.order) {
		if err := x.services[name].Stop(ctx); err != nil {
			x.logf("stopping %s: %v", name, err)
		}
	}
	if x.bin != "" {
		_ = os.RemoveAll(x.bin)
	}
	x.removeTopics(ctx)
	if x.client != nil {
		x.client.Close()
	}
	if x.owned {
		if err := x.up.Close(ctx); err != nil {
			x.logf("removing the cluster: %v", err)
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

// removeTopics deletes the topics that this run created, and the groups of
// Weir's own, where the cluster outlives the run.
func (x *execution) removeTopics(ctx context.Context) {
	if x.up == nil || x.owned && x.info.Cluster.Kind != cluster.External {
		return
	}
	if err := cluster.DeleteTopics(ctx, x.up, x.created...); err != nil {
		x.logf("deleting the topics of the run: %v", err)
	}
	for _, c := range x.plan.Scenario.Consumers {
		if _, err := x.admin.DeleteGroup(ctx, c.Group); err != nil {
			x.logf("deleting group %s: %v", c.Group, err)
		}
	}
}

// guard keeps a run from harming a cluster that others use.
func (x *execution) guard(ctx context.Context) error {
	g := x.plan.Scenario.Guard
	if limit, bytes := g.limit(), x.plan.bytes(); bytes > limit {
		return x.usage("scenario/guard", fmt.Sprintf("the load would write about %s to each replica's brokers together, and guard.max-bytes is %s: raise it, or shorten the load", byteSize(bytes), byteSize(limit)), "guard", "max-bytes")
	}
	if x.info.Cluster.Kind != cluster.External || x.plan.Scenario.AllowDestructive {
		return nil
	}
	for _, f := range x.plan.Flows {
		others, err := x.otherGroups(ctx, f.Topic)
		if err != nil {
			return &InfrastructureError{"reading which groups use " + f.Topic, err}
		}
		if len(others) > 0 {
			return x.usage("scenario/guard", fmt.Sprintf("load into %s, which other groups read (%v), needs allow-destructive: true", f.Topic, others), "load", f.Index, "event")
		}
	}
	return nil
}

// otherGroups are the groups, none of the run's own, that read a topic.
func (x *execution) otherGroups(ctx context.Context, topic string) ([]string, error) {
	own := map[string]bool{}
	for _, g := range x.plan.groups() {
		own[g.name] = true
	}
	all, err := x.admin.Lag(ctx)
	if err != nil {
		return nil, err
	}
	var others []string
	for _, g := range all.Sorted() {
		if _, reads := g.Lag[topic]; reads && !own[g.Group] {
			others = append(others, g.Group)
		}
	}
	return others, nil
}
