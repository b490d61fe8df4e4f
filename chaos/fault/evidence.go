package fault

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

// PartitionState is what the cluster says of one partition. Leader is -1
// where there is none.
type PartitionState struct {
	Leader   int32
	Epoch    int32
	Replicas []int32
	ISR      []int32
}

// State is what the cluster says of the partitions of a run.
type State map[TopicPartition]PartitionState

// Activity are counters of the run that tell whether the load went on and
// whether clients suffered. All only grow.
type Activity struct {
	Due     int64
	Acked   int64
	Effects int64
	// ClientErrors are those that clients met, by the broker's id; −1 stands
	// for errors that are not of one broker.
	ClientErrors map[int32]int64
	// Throttled is for how long brokers held the run's own clients back.
	Throttled time.Duration
}

// errorsSince are the client errors since an earlier moment: all of them, and
// those that clients met at the given brokers.
func (a Activity) errorsSince(before Activity, brokers []int32) (all, at int64) {
	for broker, n := range a.ClientErrors {
		n -= before.ClientErrors[broker]
		all += n
		if slices.Contains(brokers, broker) {
			at += n
		}
	}
	return all, at
}

// minStall is the shortest stand-still of acks that is evidence of a fault:
// well above a garbage collection or a busy machine, well below a failover.
const minStall = 400 * time.Millisecond

// brokerEvidence collects the traces that a fault on nodes leaves.
type brokerEvidence struct {
	nodes   []int32
	before  State
	moved   map[TopicPartition]string
	shrunk  map[TopicPartition]string
	gone    map[TopicPartition]string
	roles   []*held
	voters  *voterEvidence // nil but of faults on controllers that are no brokers
	unreach bool
	// apart: the nodes do not hear from the others, so that those leave the
	// in-sync replicas of the partitions that the nodes lead.
	apart bool
}

// held is a role with the node that had it before the fault, and the one
// that had it while the fault was open.
type held struct {
	role   Role
	before Holder
	moved  bool
	after  Holder
}

func (h *held) then(holder Holder) {
	if !h.moved && holder != h.before {
		h.moved, h.after = true, holder
	}
}

func newBrokerEvidence(nodes []int32, before State, roles []*held) *brokerEvidence {
	return &brokerEvidence{
		nodes:  nodes,
		before: before,
		roles:  roles,
		gone:   map[TopicPartition]string{},
		moved:  map[TopicPartition]string{},
		shrunk: map[TopicPartition]string{},
	}
}

// observe compares a state while the fault is open with the one before it.
//
// Only partitions that a node of the fault led, or followed in sync, are
// looked at, and of the former only whether another leads now (or none). A
// higher epoch under the same leader proves nothing: Kafka raises it also
// when another replica leaves, and the embedded cluster raises it for every
// partition when any broker leaves or returns.
func (e *brokerEvidence) observe(now State) {
	for tp, b := range e.before {
		n, ok := now[tp]
		if !ok {
			e.gone[tp] = tp.String()
			continue
		}
		if slices.Contains(e.nodes, b.Leader) && n.Leader != b.Leader {
			e.moved[tp] = fmt.Sprintf("%s: leader %d epoch %d, then leader %d epoch %d", tp, b.Leader, b.Epoch, n.Leader, n.Epoch)
		}
		for _, node := range e.nodes {
			if slices.Contains(b.ISR, node) && !slices.Contains(n.ISR, node) {
				e.shrink(tp, b, n)
			}
		}
		if e.apart && slices.Contains(e.nodes, b.Leader) && len(n.ISR) < len(b.ISR) {
			e.shrink(tp, b, n)
		}
	}
}

func (e *brokerEvidence) shrink(tp TopicPartition, before, now PartitionState) {
	e.shrunk[tp] = fmt.Sprintf("%s: in-sync replicas %v, then %v", tp, before.ISR, now.ISR)
}

// facts renders what was seen, at most three partitions of each kind.
func (e *brokerEvidence) facts() []string {
	facts := sample("leadership moved", e.moved)
	facts = append(facts, sample("in-sync replicas shrank", e.shrunk)...)
	for _, h := range e.roles {
		if h.moved {
			facts = append(facts, fmt.Sprintf("%s moved: %s, then %s", h.role, h.before, h.after))
		}
	}
	facts = append(facts, e.voters.facts()...)
	if e.unreach {
		facts = append(facts, "the cluster did not answer while the fault was open")
	}
	return facts
}

func sample(what string, by map[TopicPartition]string) []string {
	if len(by) == 0 {
		return nil
	}
	lines := make([]string, 0, len(by))
	for _, line := range by {
		lines = append(lines, line)
	}
	sort.Strings(lines)
	on := "1 partition"
	if len(lines) > 1 {
		on = fmt.Sprintf("%d partitions", len(lines))
	}
	return []string{fmt.Sprintf("%s on %s: %s", what, on, firstFew(lines, "; "))}
}

// firstFew lists the first three, and says how many more there are.
func firstFew(all []string, separator string) string {
	shown := all[:min(3, len(all))]
	text := strings.Join(shown, separator)
	if left := len(all) - len(shown); left > 0 {
		text += fmt.Sprintf(" (and %d more)", left)
	}
	return text
}

func (e *brokerEvidence) bit() bool {
	return len(e.moved)+len(e.shrunk) > 0 || e.voters.bit() || slices.ContainsFunc(e.roles, func(h *held) bool { return h.moved })
}
