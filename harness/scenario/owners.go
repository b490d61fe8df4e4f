package scenario

import (
	"context"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/loadgen/kafka"
)

// ownerWatch looks at which members of groups have which partitions, several
// times a second, until the load has ended.
type ownerWatch struct {
	client *kgo.Client
	now    func() time.Duration
	groups []*invariant.Owners
}

// watchOwners prepares the looks, if an invariant asks for them.
func (x *execution) watchOwners() {
	if !x.plan.lists(invariant.NoDoubleOwner, invariant.NoNeedlessRebalance) {
		return
	}
	x.owners = &ownerWatch{client: x.client, now: x.now}
	for _, g := range x.plan.groups() {
		x.owners.groups = append(x.owners.groups, invariant.NewOwners(g.name))
	}
}

// run looks at all groups, side by side, until ctx ends.
func (w *ownerWatch) run(ctx context.Context) {
	var looking sync.WaitGroup
	for _, g := range w.groups {
		looking.Go(func() {
			for again := true; again; again = pause(ctx, lookEvery) {
				w.look(ctx, g)
			}
		})
	}
	looking.Wait()
}

// look sees who has what.
func (w *ownerWatch) look(ctx context.Context, g *invariant.Owners) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	owners, err := within(ctx, func(ctx context.Context) (kafka.Owners, error) { return kafka.ReadOwners(ctx, w.client, g.Group) })
	switch {
	case err != nil:
	case owners.Settled:
		g.Look(w.now(), owners.Members)
	default:
		g.Rebalancing(w.now())
	}
}

// evidence adds what was seen to the evidence of a run.
func (w *ownerWatch) evidence(e *invariant.Evidence) {
	if w != nil {
		e.Owners = w.groups
	}
}
