package kafka

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Owners is which members of a group have which partitions.
type Owners struct {
	// Settled says that the group is not in the midst of a rebalance.
	Settled bool
	// Members are the ids of those that have a partition, by topic (or its id,
	// where the brokers say no more) and number.
	Members map[string]map[int32][]string
}

// ReadOwners reads who has the partitions of a consumer group, of either
// protocol. A group that does not exist has no members.
func ReadOwners(ctx context.Context, client *kgo.Client, group string) (Owners, error) {
	described, err := kadm.NewClient(client).DescribeGroups(ctx, group)
	if err == nil {
		err = described[group].Err
	}
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return Owners{}, fmt.Errorf("describe group %q: %w", group, err)
	}
	d := described[group]
	if len(d.Members) == 0 { // as brokers answer about a group of the new protocol
		return readModernOwners(ctx, client, group, settled(d.State))
	}
	o := Owners{Settled: settled(d.State), Members: map[string]map[int32][]string{}}
	for _, m := range d.Members {
		if assigned, ok := m.Assigned.AsConsumer(); ok {
			for _, t := range assigned.Topics {
				for _, partition := range t.Partitions {
					o.add(t.Topic, partition, m.MemberID)
				}
			}
		}
	}
	return o, nil
}

func readModernOwners(ctx context.Context, client *kgo.Client, group string, rest bool) (Owners, error) {
	o := Owners{Settled: rest, Members: map[string]map[int32][]string{}}
	req := kmsg.NewPtrConsumerGroupDescribeRequest()
	req.Groups = []string{group}
	resp, err := req.RequestWith(ctx, client)
	if err != nil || len(resp.Groups) != 1 || resp.Groups[0].ErrorCode != 0 {
		return o, nil // what the classic answer says stands
	}
	d := resp.Groups[0]
	o.Settled = settled(d.State)
	for _, m := range d.Members {
		for _, t := range m.Assignment.TopicPartitions {
			topic := t.Topic
			if topic == "" { // which some brokers leave to the id
				topic = hex.EncodeToString(t.TopicID[:])
			}
			for _, partition := range t.Partitions {
				o.add(topic, partition, m.MemberID)
			}
		}
	}
	return o, nil
}

func (o Owners) add(topic string, partition int32, member string) {
	if o.Members[topic] == nil {
		o.Members[topic] = map[int32][]string{}
	}
	o.Members[topic][partition] = append(o.Members[topic][partition], member)
}

// settled says whether a group in a state is not in the midst of a rebalance.
func settled(state string) bool {
	switch state {
	case "Stable", "Empty", "Dead", "":
		return true
	}
	return false
}
