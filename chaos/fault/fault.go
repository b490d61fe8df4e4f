package fault

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/flowweir/weir/chaos/proxy"
)

// Kind is what a fault does.
type Kind string

// The faults on brokers, on services, on the connections between clients and
// brokers, on topics and quotas, and in the load.
const (
	Kill           Kind = "kill"
	Stop           Kind = "stop"
	Pause          Kind = "pause"
	Wipe           Kind = "wipe"
	Isolate        Kind = "isolate"
	FillDisk       Kind = "fill-disk"
	RollingRestart Kind = "rolling-restart"
	ElectUnclean   Kind = "elect-unclean"
	Crash          Kind = "crash"
	Restart        Kind = "restart"
	PauseService   Kind = "pause-service"
	Cut            Kind = "cut"
	Reset          Kind = "reset"
	Latency        Kind = "latency"
	Bandwidth      Kind = "bandwidth"
	Reply          Kind = "reply"
	DeleteTopic    Kind = "delete-topic"
	AlterTopic     Kind = "alter-topic"
	SetQuota       Kind = "quota"
	Poison         Kind = "poison"
	Duplicate      Kind = "duplicate"
	NearIdentical  Kind = "near-identical"
)

// Field is what a scenario calls the fault.
func (k Kind) Field() string {
	switch k {
	case ElectUnclean:
		return "elect"
	case PauseService:
		return "pause"
	}
	return string(k)
}

// OnBrokers says whether the fault acts on nodes of the cluster.
func (k Kind) OnBrokers() bool {
	switch k {
	case Kill, Stop, Pause, Wipe, Isolate, FillDisk, RollingRestart, ElectUnclean:
		return true
	}
	return false
}

// OnLinks says whether the fault acts on connections between clients and
// brokers.
func (k Kind) OnLinks() bool {
	switch k {
	case Cut, Reset, Latency, Bandwidth, Reply:
		return true
	}
	return false
}

// OnServices says whether the fault acts on a service.
func (k Kind) OnServices() bool { return k == Crash || k == Restart || k == PauseService }

// Changes says whether the fault changes topics or quotas of the cluster.
func (k Kind) Changes() bool { return k == DeleteTopic || k == AlterTopic || k == SetQuota }

// NeedsProxy says whether a proxy must stand between clients and brokers.
func (f Fault) NeedsProxy() bool { return f.Kind.OnLinks() || f.BeforeCommit }

// InLoad says whether the fault is a property of the records that are sent.
func (k Kind) InLoad() bool { return k == Poison || k == Duplicate || k == NearIdentical }

// TopicPartition names a partition.
type TopicPartition struct {
	Topic     string
	Partition int32
}

// String renders topic/partition.
func (tp TopicPartition) String() string { return fmt.Sprintf("%s/%d", tp.Topic, tp.Partition) }

func trimFloat(f float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 6, 64), 64)
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// Fault is one entry of a schedule.
type Fault struct {
	Index  int
	Kind   Kind
	Target Target
	// Rule is what a fault on connections has the proxy do; Brokers in it
	// comes from the target.
	Rule *proxy.Rule
	// Network is what Isolate cuts brokers off from.
	Network Network
	// How says in words what records a fault in the load makes, where it has
	// several forms.
	How string
	// Change is what a fault on topics or quotas changes.
	Change *Change
	// BeforeCommit has a crash wait for the service's next commit of offsets,
	// which never reaches the broker: what the service did is done, and that
	// it did is not known. The proxy must stand before the service.
	BeforeCommit bool
	// At is when the fault begins, since the load began. Always marks a
	// fault in the load, which has no time.
	At     time.Duration
	Always bool
	// Every is after how long it comes again, for Repeat; 0 is never.
	Every time.Duration
	// When is what the fault waits for where it has no time of its own.
	When *Condition
	// HealAfter is how long the fault lasts; 0 means until the load ends,
	// except for a crash, which is then started again after RestartDelay,
	// and a reset, which is then done once.
	HealAfter time.Duration
}

// RestartDelay is how long a crashed service stays down when its fault has
// no heal-after: about what a supervisor takes to notice.
const RestartDelay = time.Second

// momentary says whether the fault is over as soon as it has begun, so that
// nothing is left to heal.
func (f Fault) momentary() bool {
	return f.Kind == Restart || f.Kind == RollingRestart || f.Kind == ElectUnclean || f.Kind == Reset && f.HealAfter == 0
}

// heals says when the fault is healed on schedule; ok is false where it
// lasts until the load ends or needs no healing.
func (f Fault) heals() (after time.Duration, ok bool) {
	switch {
	case f.momentary() || f.Kind.InLoad():
		return 0, false
	case f.HealAfter > 0:
		return f.HealAfter, true
	case f.Kind == Crash:
		return RestartDelay, true
	}
	return 0, false
}

// String says what the fault does: "kill leader of order.events/0".
func (f Fault) String() string {
	switch {
	case f.Kind == ElectUnclean:
		return "elect an unclean leader of " + f.Target.String()
	case f.Kind == Isolate:
		return fmt.Sprintf("cut %s off from the %s network", f.Target, f.Network)
	case f.Kind == FillDisk:
		return "fill the disk of " + f.Target.String()
	case f.Kind == RollingRestart:
		return "restart " + f.Target.String() + " one after the other"
	case f.Kind.OnLinks():
		return f.linkName()
	case f.Kind.Changes():
		return f.changeName()
	case f.Kind == PauseService:
		return "pause " + f.Target.String()
	}
	switch {
	case f.BeforeCommit:
		return string(f.Kind) + " " + f.Target.String() + " before a commit"
	case f.How != "":
		return string(f.Kind) + " " + f.Target.String() + " " + f.How
	}
	return string(f.Kind) + " " + f.Target.String()
}

// Timeline renders the schedule of the faults in order of time, for a dry
// run.
func Timeline(faults []Fault) []string {
	sorted := slices.Clone(faults)
	slices.SortStableFunc(sorted, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.order(), b.order()), cmp.Compare(a.At, b.At))
	})
	lines := make([]string, 0, len(sorted))
	for _, f := range sorted {
		line := fmt.Sprintf("%-9s %s", f.when(), f)
		if after, heals := f.heals(); heals {
			line += fmt.Sprintf(", healed after %s", after)
		}
		lines = append(lines, line)
	}
	return lines
}

// order is where a fault stands in a timeline: those that are there always,
// then those that have a time, then those that wait for something.
func (f Fault) order() int {
	switch {
	case f.Always:
		return 0
	case f.When != nil:
		return 2
	}
	return 1
}

// when is the time of a fault in a timeline.
func (f Fault) when() string {
	switch {
	case f.Always:
		return "always"
	case f.When == nil:
		return f.At.String()
	case f.When.Until > 0:
		return fmt.Sprintf("when %s (until %s):", f.When, f.When.Until)
	}
	return fmt.Sprintf("when %s:", f.When)
}
