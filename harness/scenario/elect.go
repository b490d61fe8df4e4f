package scenario

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/chaos/fault"
)

// electTimeout is how long an election is asked for: the controller may be
// on its way back too. electWait is how long one answer may take: brokers hold
// it back until they have heard of the leader, and nobody says how it went if
// they never do.
const (
	electTimeout = 10 * time.Second
	electWait    = 2 * time.Second
	electPause   = 500 * time.Millisecond
)

// ElectUnclean asks for an election in which any live replica may win, one
// broker after the other, until the controller has answered. before is the
// partition as it was: that no election is needed, which Kafka calls worth
// asking again, is the answer, unless one asked for before was held and only
// its outcome was not heard of.
func (f facts) ElectUnclean(ctx context.Context, tp fault.TopicPartition, before fault.PartitionState) error {
	ctx, cancel := context.WithTimeout(ctx, electTimeout)
	defer cancel()
	unheard := false
	for turn := 0; ; turn++ {
		err := f.elect(ctx, f.nodes[turn%len(f.nodes)], tp)
		var said *kerr.Error
		switch {
		case err == nil:
			return nil
		case errors.Is(err, kerr.ElectionNotNeeded):
			if unheard && f.ledSince(ctx, tp, before) {
				return nil
			}
			return err
		case !errors.As(err, &said), errors.Is(err, kerr.RequestTimedOut):
			unheard = true
		case !kerr.IsRetriable(err):
			return err
		}
		if !pause(ctx, electPause) {
			return unanswered(err)
		}
	}
}

// elect asks one broker.
func (f facts) elect(ctx context.Context, node int32, tp fault.TopicPartition) error {
	ctx, cancel := context.WithTimeout(ctx, 2*electWait)
	defer cancel()
	req := kmsg.NewPtrElectLeadersRequest()
	req.ElectionType = 1 // unclean
	req.TimeoutMillis = int32(electWait.Milliseconds())
	t := kmsg.NewElectLeadersRequestTopic()
	t.Topic, t.Partitions = tp.Topic, []int32{tp.Partition}
	req.Topics = append(req.Topics, t)
	resp, err := within(ctx, func(ctx context.Context) (*kmsg.ElectLeadersResponse, error) {
		return req.RequestWith(ctx, f.forwarded.Broker(int(node)))
	})
	if err != nil {
		return fmt.Errorf("broker %d: %w", node, err)
	}
	if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
		return fmt.Errorf("broker %d: %w", node, err)
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return fmt.Errorf("broker %d: %w", node, err)
			}
		}
	}
	return nil
}

// ledSince says whether a partition has got a leader since it was as before.
func (f facts) ledSince(ctx context.Context, tp fault.TopicPartition, before fault.PartitionState) bool {
	state, err := f.State(ctx)
	return err == nil && state[tp].Leader >= 0 && state[tp].Epoch > before.Epoch
}
