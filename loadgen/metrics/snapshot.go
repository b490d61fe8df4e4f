package metrics

import (
	"time"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/reports/run"
)

// Bounds of what is exposed.
const (
	MaxPartitions = 200
	MaxNames      = 100
)

// Snapshot is the state of a run at one moment. Counts are since the load
// began, the warm-up included.
type Snapshot struct {
	Run Run
	// Phase is one of Phases.
	Phase string
	// Elapsed is the time since the load began, 0 before that; Length is how
	// long the load is to go on.
	Elapsed, Length time.Duration
	Topics          []Topic
	// Effects and DeadLetters count events once for each consumer.
	Effects, DeadLetters int64
	// Bytes are of keys, values and headers that were acknowledged.
	Bytes int64
	// Lag is by group, in records; a group of which it is not known is not
	// in it.
	Lag    map[string]int64
	Faults []Fault
	// Meter has the latencies; nil before the load is prepared.
	Meter *histogram.Meter
}

// Run says which run it is. None of it is secret.
type Run struct {
	ID, Name, Seed, Cluster, Weir string
}

// The phases of a run, beside those of histogram.Phase.
const (
	PhaseSetup = "setup"
	PhaseJudge = "judge"
	PhaseEnded = "ended"
)

// Phases are all phases of a run in their order.
func Phases() []string {
	return []string{
		PhaseSetup, histogram.Warmup.String(), histogram.Steady.String(), histogram.Fault.String(),
		histogram.Healed.String(), run.PhaseDrain, PhaseJudge, PhaseEnded,
	}
}

// Topic are the counts of the loads of one topic. A record has no partition
// before a broker has taken it, so that only what came after is counted by
// partition.
type Topic struct {
	Name string
	// Offered records were due, Sent ones were handed to the client; Failed
	// and Aborted ones have that outcome, and Unresolved ones have none:
	// they are in flight, or it will never be known.
	Offered, Sent, Failed, Aborted, Unresolved int64
	Partitions                                 []Partition
}

// Partition are the counts of one partition. ID is empty where it is not known,
// as of records that went through a service.
type Partition struct {
	ID              string
	Acked, Received int64
}

// Fault is a fault of the run and whether it is open.
type Fault struct {
	What string
	Open bool
}

// bounded is the snapshot with at most MaxPartitions partitions and MaxNames
// topics; the rest, in the order in which they stand, is added up as other. Who
// fills in snapshots lists topics and partitions always in the same order, so
// that each stays what it is from scrape to scrape.
func bounded(all []Topic) []Topic {
	left := MaxPartitions
	var kept []Topic
	rest := Topic{Name: other}
	for i, t := range all {
		t.Partitions = boundedPartitions(t.Partitions, &left)
		if i < MaxNames {
			kept = append(kept, t)
			continue
		}
		rest.Offered, rest.Sent = rest.Offered+t.Offered, rest.Sent+t.Sent
		rest.Failed, rest.Aborted, rest.Unresolved = rest.Failed+t.Failed, rest.Aborted+t.Aborted, rest.Unresolved+t.Unresolved
		none := 0
		rest.Partitions = boundedPartitions(append(rest.Partitions, t.Partitions...), &none)
	}
	if len(all) > MaxNames {
		kept = append(kept, rest)
	}
	return kept
}

// other is the label of what goes beyond the bounds; no topic has such a name.
const other = "(other)"

func boundedPartitions(all []Partition, left *int) []Partition {
	n := min(*left, len(all))
	*left -= n
	if n == len(all) {
		return all
	}
	rest := Partition{ID: other}
	for _, p := range all[n:] {
		rest.Acked, rest.Received = rest.Acked+p.Acked, rest.Received+p.Received
	}
	return append(append([]Partition{}, all[:n]...), rest)
}
