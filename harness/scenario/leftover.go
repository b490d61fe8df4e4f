package scenario

import (
	"context"
	"fmt"

	"github.com/flowweir/weir/harness/leftover"
)

// keepRecord removes what runs left that were killed, and begins the record
// from which the next start would do so for this one. A machine without a
// place for records is no reason not to run.
func (x *execution) keepRecord() {
	leftover.Sweep(x.log)
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
	meta, err := x.admin.BrokerMetadata(ctx)
	if err != nil {
		return &InfrastructureError{"reading the cluster's id", err}
	}
	x.clusterID = meta.Cluster
	x.undoLeft(ctx)
	return nil
}

// recordTopics records which topics the run is about to create on a cluster
// that goes on, and finds those that dead runs created there.
func (x *execution) recordTopics(ctx context.Context) error {
	if !x.outlives() {
		return nil
	}
	missing, err := x.missingTopics(ctx)
	if err != nil {
		return &InfrastructureError{"reading which topics there are", err}
	}
	var names []string
	for _, t := range missing {
		names = append(names, t.Name)
	}
	x.deadTopics, err = leftover.Topics(x.clusterID, names)
	x.left(err)
	if len(names) > 0 {
		x.left(x.record.Topics(x.clusterID, names))
	}
	return nil
}

// tellOfTopics says of each topic that was there already that it stays, and of
// one that a dead run created that it is a leftover.
func (x *execution) tellOfTopics() {
	if !x.outlives() {
		return
	}
	for _, t := range x.info.Topics {
		switch run, dead := x.deadTopics[t.Name]; {
		case t.Created:
		case dead:
			x.warn(fmt.Sprintf("topic %s was there already: run %s created it and was killed before it could delete it; its records are in it still. Delete it if nobody else uses it: kafka-topics.sh --delete --topic %s", t.Name, run, t.Name))
		default:
			x.logf("topic %s was there already: it is used as it is, and stays", t.Name)
		}
	}
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
