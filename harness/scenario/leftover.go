package scenario

import (
	"context"
	"fmt"
	"slices"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/leftover"
)

// keepRecord removes what runs left that were killed, and begins the record
// from which the next start would do so for this one. A machine without a
// place for records is no reason not to run.
func (x *execution) keepRecord() {
	leftover.Sweep(x.log)
	cluster.Sweep(context.Background(), x.log, x.providers...)
	cluster.Sweep(context.Background(), x.log, x.containers)
	var err error
	x.record, err = leftover.Keep(x.info.ID)
	x.left(err)
}

// left says that something is not in the record.
func (x *execution) left(err error) {
	if err != nil {
		x.logf("should weir be killed, the next start may not remove everything: %v", err)
	}
}

// healDead undoes what runs that were killed broke of a cluster that goes on,
// before anything is asked of it.
func (x *execution) healDead(ctx context.Context) error {
	if !x.outlives() {
		return nil
	}
	if err := x.identifyCluster(ctx); err != nil {
		return err
	}
	x.undoLeft(ctx)
	return nil
}

func (x *execution) identifyCluster(ctx context.Context) error {
	meta, err := x.admin.BrokerMetadata(ctx)
	if err != nil {
		return &InfrastructureError{"reading the cluster's id", err}
	}
	x.clusterID = meta.Cluster
	return nil
}

// findDead finds the topics and groups on a cluster that goes on that dead runs
// created. own are groups that are not there yet.
func (x *execution) findDead(ctx context.Context, own []string) error {
	if err := x.identifyCluster(ctx); err != nil {
		return err
	}
	missing, err := x.missingTopics(ctx)
	if err != nil {
		return &InfrastructureError{"reading which topics there are", err}
	}
	x.ownGroups, x.missing = own, nil
	for _, t := range missing {
		x.missing = append(x.missing, t.Name)
	}
	x.deadTopics, err = leftover.Topics(x.clusterID, x.missing)
	x.left(err)
	x.deadGroups, err = leftover.Groups(x.clusterID, own)
	x.left(err)
	return nil
}

// recordCreated records which topics and groups the run is about to create on a
// cluster that goes on.
func (x *execution) recordCreated() {
	if !x.outlives() {
		return
	}
	if len(x.missing) > 0 {
		x.left(x.record.Topics(x.clusterID, x.missing))
	}
	if len(x.ownGroups) > 0 {
		x.left(x.record.Groups(x.clusterID, x.ownGroups))
	}
}

// tellOfTopics says of each topic that was there already that it stays, and of
// what a dead run created that it is a leftover.
func (x *execution) tellOfTopics() {
	if !x.outlives() {
		return
	}
	for _, t := range x.info.Topics {
		if !t.Created && x.deadTopics[t.Name] == "" {
			x.logf("topic %s was there already: it is used as it is, and stays", t.Name)
		}
	}
	for _, what := range slices.Concat(x.permitted, x.leftovers()) {
		x.warn(what)
	}
}

// leftovers are topics and groups of the run that dead runs created.
func (x *execution) leftovers() (all []string) {
	for _, t := range x.info.Topics {
		if run, dead := x.deadTopics[t.Name]; dead {
			all = append(all, fmt.Sprintf("topic %s was there already: run %s created it and was killed before it could delete it; its records are in it still. Delete it if nobody else uses it: kafka-topics.sh --delete --topic %s", t.Name, run, t.Name))
		}
	}
	for _, name := range x.plan.groupNames() {
		if run, dead := x.deadGroups[name]; dead {
			all = append(all, fmt.Sprintf("group %s was there already: run %s created it and was killed before it could delete it; it goes on where that run had got to. Delete it if nobody else uses it: kafka-consumer-groups.sh --delete --group %s", name, run, name))
		}
	}
	return all
}

// endStrays ends what services started and left behind, such as a daemon in a
// session of its own.
func (x *execution) endStrays() {
	if len(x.plan.Scenario.Services) == 0 {
		return
	}
	n, err := leftover.End(x.info.ID)
	if n > 0 {
		x.logf("processes that services started and left behind, now ended: %d", n)
	}
	if err != nil {
		x.logf("ending what services left behind: %v", err)
	}
}
