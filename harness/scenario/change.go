package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/setting"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/external"
	"github.com/flowweir/weir/harness/leftover"
)

// changeTimeout bounds one change of a topic or a quota, and one undoing.
const changeTimeout = 15 * time.Second

// Kafka's names of what clients may produce and consume.
const (
	produceRate = "producer_byte_rate"
	consumeRate = "consumer_byte_rate"
)

// clusterChange is what a fault has the cluster change.
func clusterChange(f fault.Fault) cluster.Change {
	c := f.Change
	switch f.Kind {
	case fault.DeleteTopic:
		return cluster.Change{Delete: c.Topic}
	case fault.AlterTopic:
		change := cluster.Change{Topic: c.Topic, Config: map[string]*string{}}
		for name, value := range c.Config {
			change.Config[name] = &value
		}
		return change
	}
	change := cluster.Change{Client: c.Client, Quota: map[string]*float64{}}
	for name, bound := range map[string]int64{produceRate: c.Produce, consumeRate: c.Consume} {
		if bound > 0 {
			rate := float64(bound)
			change.Quota[name] = &rate
		}
	}
	return change
}

// change makes the change of a fault. What undoes it goes into the record
// first: where the cluster outlives this process, the next start undoes what
// this one could not.
func (x *execution) change(ctx context.Context, f fault.Fault) (done fault.Changed, err error) {
	ctx, cancel := context.WithTimeout(ctx, changeTimeout)
	defer cancel()
	change := clusterChange(f)
	if done.Before, err = change.Describe(ctx, x.admin); err != nil {
		return done, err
	}
	inverse, err := change.Inverse(ctx, x.admin)
	if err != nil {
		return done, err
	}
	if x.outlives() {
		data, err := json.Marshal(inverse)
		if err == nil {
			err = x.record.Undo(x.clusterID, data)
		}
		x.left(err)
	}
	x.openChanges.Add(1)
	done.Undo = func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, changeTimeout)
		defer cancel()
		if err := inverse.Apply(ctx, x.admin); err != nil {
			return err
		}
		x.openChanges.Add(-1)
		return nil
	}
	if err := change.Apply(ctx, x.admin); err != nil {
		return done, err
	}
	done.After, err = change.Await(ctx, x.admin)
	return done, err
}

// undoLeft undoes what runs changed of the cluster that were killed meanwhile.
func (x *execution) undoLeft(ctx context.Context) {
	x.left(leftover.Changes(x.clusterID, func(run string, data json.RawMessage) error {
		var change cluster.Change
		err := json.Unmarshal(data, &change)
		switch {
		case err != nil:
		case len(change.Run) > 0:
			err = external.Run(ctx, change.Run)
		default:
			short, cancel := context.WithTimeout(ctx, changeTimeout)
			defer cancel()
			err = change.Apply(short, x.admin)
		}
		if err != nil {
			x.warn(fmt.Sprintf("run %s was killed in the midst of a fault, which cannot be undone: %v", run, err))
			return err
		}
		x.logf("undid what run %s left changed: %s", run, change)
		return nil
	}))
}

// throttled sums up for how long brokers held clients back.
type throttled struct{ atomic.Int64 }

var _ kgo.HookBrokerThrottle = (*throttled)(nil)

func (t *throttled) OnBrokerThrottle(_ kgo.BrokerMetadata, interval time.Duration, _ bool) {
	t.Add(int64(interval))
}

// changes checks the faults on topics and quotas.
func (v *validator) changes(path document.Path, f Fault) {
	switch {
	case f.DeleteTopic != nil:
		if f.DeleteTopic.Topic == "" {
			v.Missing(path.Add("delete-topic"), "topic", "a topic of the run")
		}
	case f.AlterTopic != nil:
		at := path.Add("alter-topic")
		if f.AlterTopic.Topic == "" {
			v.Missing(at, "topic", "a topic of the run")
		}
		if len(f.AlterTopic.Config) == 0 {
			v.Missing(at, "config", "settings by Kafka's names, such as {min.insync.replicas: 3}")
		}
		contracts.CheckTopicConfig(v.Checker, at.Add("config"), f.AlterTopic.Config)
		for name := range f.AlterTopic.Config {
			if !setting.KnownTopic(name) { // which every broker refuses
				v.ErrorAtKey(document.UnknownValue, at.Add("config", name), fmt.Sprintf("topics have no setting %s", name), document.Suggest(name, setting.Topics()))
			}
		}
	case f.Quota != nil:
		at := path.Add("quota")
		for field, rate := range map[string]document.Bytes{"produce": f.Quota.Produce, "consume": f.Quota.Consume} {
			v.Positive(at.Add(field), rate > 0 || !v.s.Doc.Has(at.Add(field)...))
		}
		if !v.s.Doc.Has(at.Add("produce")...) && !v.s.Doc.Has(at.Add("consume")...) {
			v.Missing(at, "produce", "or consume, in bytes per second: 100KiB")
		}
	}
}

// checkOverlap refuses a change of what another fault has changed meanwhile:
// the later to heal would bring back what the other one made.
func (r *resolver) checkOverlap(f fault.Fault, path document.Path) {
	again := fault.Repeat([]fault.Fault{f}, r.plan.Length)
	for _, other := range r.plan.Schedule() {
		if sameChange(f, other) && slices.ContainsFunc(again, func(f fault.Fault) bool { return f.At < ends(other) && other.At < ends(f) }) {
			verb, which := "overlaps", "at "+other.At.String()
			if f.When != nil || other.When != nil {
				verb = "may overlap"
			}
			if other.When != nil {
				which = fmt.Sprintf("when %s", other.When)
			}
			r.Error(BadTiming, path.Add(string(f.Kind)), fmt.Sprintf("it %s the fault %s, which changes the same: healed in turn, they would not leave what there was before", verb, which), "let one be healed before the other begins")
		}
	}
}

// ends is when a fault is healed at the latest.
func ends(f fault.Fault) time.Duration {
	if f.When != nil {
		if f.When.Until > 0 && f.HealAfter > 0 {
			return f.When.Until + f.HealAfter
		}
		return math.MaxInt64
	}
	if f.HealAfter > 0 {
		return f.At + f.HealAfter
	}
	return math.MaxInt64 // when the load ends
}

// sameChange says whether two faults change the same setting, quota or topic.
func sameChange(a, b fault.Fault) bool {
	switch {
	case a.Change == nil || b.Change == nil || (a.Kind == fault.SetQuota) != (b.Kind == fault.SetQuota):
		return false
	case a.Kind == fault.SetQuota:
		return a.Change.Client == b.Change.Client
	case a.Change.Topic != b.Change.Topic:
		return false
	case a.Kind == fault.DeleteTopic || b.Kind == fault.DeleteTopic:
		return true
	}
	for name := range a.Change.Config {
		if _, both := b.Change.Config[name]; both {
			return true
		}
	}
	return false
}

// change is the engine's form of a fault on topics or quotas; kind is empty
// where it is another.
func (f Fault) change() (kind fault.Kind, change *fault.Change) {
	switch {
	case f.DeleteTopic != nil:
		return fault.DeleteTopic, &fault.Change{Topic: f.DeleteTopic.Topic}
	case f.AlterTopic != nil:
		return fault.AlterTopic, &fault.Change{Topic: f.AlterTopic.Topic, Config: f.AlterTopic.Config}
	case f.Quota != nil:
		return fault.SetQuota, &fault.Change{Client: f.Quota.Client, Produce: int64(f.Quota.Produce), Consume: int64(f.Quota.Consume)}
	}
	return "", nil
}
