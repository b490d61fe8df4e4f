package scenario

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/flowweir/weir/loadgen/metrics"
	"github.com/flowweir/weir/reports/run"
)

// figures is what the exporter of a run shows.
type figures struct {
	x    *execution
	base metrics.Snapshot
	// over is how the load ended; nil while it goes on.
	over atomic.Pointer[loadOver]
	// topics are those that the load goes to, with their partitions, in the
	// order in which they are shown.
	topics []loadedTopic
}

// loadOver is a load that ended: the phase that goes on instead, and how long
// the load really went on.
type loadOver struct {
	phase   string
	offered time.Duration
}

type loadedTopic struct {
	name       string
	partitions []int32
	flows      []*liveFlow
}

// export begins to show the run.
func (x *execution) export() {
	if x.exporter == nil {
		return
	}
	x.shown = &figures{x: x, base: metrics.Snapshot{
		Run: metrics.Run{
			ID: x.info.ID, Name: x.info.Name, Seed: strconv.FormatUint(x.info.Seed, 10),
			Cluster: x.plan.Scenario.Cluster.kind(), Weir: x.info.Weir.Version,
		},
		Phase: metrics.PhaseSetup, Length: x.plan.Length,
	}}
	base := x.shown.base
	x.exporter.Watch(func() metrics.Snapshot { return base })
}

// exportLoad goes on with the figures of a load that is prepared: from now on
// everything that they are read from stays where it is.
func (x *execution) exportLoad(ctx context.Context) error {
	if x.exporter == nil {
		return nil
	}
	state, err := x.facts.State(ctx)
	if err != nil {
		return &InfrastructureError{"reading the partitions of the topics", err}
	}
	byName := map[string]*loadedTopic{}
	for _, f := range x.flows {
		t := byName[f.plan.Topic]
		if t == nil {
			t = &loadedTopic{name: f.plan.Topic}
			byName[t.name] = t
		}
		t.flows = append(t.flows, f)
	}
	for tp := range state {
		if t := byName[tp.Topic]; t != nil {
			t.partitions = append(t.partitions, tp.Partition)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		slices.Sort(byName[name].partitions)
		x.shown.topics = append(x.shown.topics, *byName[name])
	}
	x.exporter.Watch(x.shown.snapshot)
	return nil
}

// exportOver says that the load is over, and what goes on instead.
func (x *execution) exportOver(phase string) {
	if x.shown != nil {
		x.shown.over.Store(&loadOver{phase, x.offered})
	}
}

// snapshot is the state of the run now.
func (f *figures) snapshot() metrics.Snapshot {
	x, s := f.x, f.base
	now := max(x.now(), 0)
	offered := now
	s.Elapsed, s.Phase, s.Meter = now, x.phaseAt(now), x.meter
	if over := f.over.Load(); over != nil {
		s.Phase, offered = over.phase, over.offered
	}
	counts := x.counters.Totals(now)
	s.Effects, s.DeadLetters, s.Bytes = counts.Effects, counts.Dead, counts.Bytes
	for _, t := range f.topics {
		s.Topics = append(s.Topics, t.counts(x, counts, offered))
	}
	s.Lag = map[string]int64{}
	for name, lag := range x.lag.last(now) {
		s.Lag[name] = lagSample{lag: lag}.total()
	}
	open := x.injector.Open()
	for i, fault := range x.plan.Schedule() {
		if !fault.Always {
			s.Faults = append(s.Faults, metrics.Fault{What: fault.String(), Open: open[i]})
		}
	}
	return s
}

// counts are those of a topic, with what was offered until a time. What went
// through a service has no partition.
func (t *loadedTopic) counts(x *execution, now run.Interval, offered time.Duration) metrics.Topic {
	c := metrics.Topic{Name: t.name}
	var triggered int64
	for _, f := range t.flows {
		n := f.sender.Counts()
		c.Offered += int64(f.plan.Schedule.Count(offered))
		c.Sent += int64(n.Sent)
		c.Failed += int64(n.Failed - n.Aborted)
		c.Aborted += int64(n.Aborted)
		c.Unresolved += int64(n.Unknown)
		if f.producer == nil {
			triggered += int64(n.Acked)
		}
	}
	received := x.observer.Received(t.name)
	for _, id := range t.partitions {
		c.Partitions = append(c.Partitions, metrics.Partition{
			ID: strconv.Itoa(int(id)), Acked: now.Partitions[partitionName(t.name, id)], Received: received[id],
		})
	}
	if triggered > 0 {
		c.Partitions = append(c.Partitions, metrics.Partition{Acked: triggered})
	}
	return c
}
