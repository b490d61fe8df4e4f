package scenario

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/chaos/fault"
)

// TestBehind: a broker whose epochs are older than those of another does not
// know who leads, whatever it says; more members in sync, a topic that it has
// not heard of, and a broker that says nothing are no disagreement.
func TestBehind(t *testing.T) {
	of := func(epoch, leader int32) fault.PartitionState {
		return fault.PartitionState{Leader: leader, Epoch: epoch, ISR: []int32{leader}}
	}
	a, b := fault.TopicPartition{Topic: "orders", Partition: 3}, fault.TopicPartition{Topic: "orders", Partition: 10}
	now := fault.State{a: of(4, 0), b: of(7, 2)}
	for _, tt := range []struct {
		name string
		all  []said
		want []string
	}{
		{"nobody answers", nil, nil},
		{"one answers", []said{{1, now}}, nil},
		{"all agree", []said{{0, now}, {1, now}, {2, now}}, nil},
		{"one has not heard of a topic", []said{{0, now}, {1, fault.State{a: of(4, 0)}}}, nil},
		{"in-sync replicas differ", []said{{0, now}, {1, fault.State{a: {Leader: 0, Epoch: 4, ISR: []int32{0, 1}}, b: of(7, 2)}}}, nil},
		{"one was cut off", []said{{2, now}, {1, fault.State{a: of(3, 1), b: of(7, 2)}}, {0, now}},
			[]string{"broker 1 does not know who leads orders/3, which broker 0 leads now"}},
		{"two were, one of them for longer", []said{{2, fault.State{a: of(4, 0), b: of(6, 0)}}, {1, fault.State{a: of(3, 1), b: of(5, 1)}}, {0, now}},
			[]string{"broker 1 does not know who leads 2 partitions, such as orders/10, which broker 2 leads now", "broker 2 does not know who leads orders/10, which broker 2 leads now"}},
	} {
		if diff := cmp.Diff(tt.want, behind(tt.all)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
