package embedded

import (
	"sort"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// epochStart is a leader epoch and the offset of its first record, whether or
// not that record exists yet.
type epochStart struct {
	epoch  int32
	offset int64
}

// epochs are, per partition, the leader epochs after the first, in order: what
// Kafka keeps in its leader-epoch-checkpoint. kfake looks for epochs in the
// records alone and answers OffsetForLeaderEpoch with "unknown" until the new
// leader has a record; clients take that for lost data and rewind.
type epochs map[partitionID][]epochStart

// partitionID is a partition of one topic, also when another topic gets its
// name later.
type partitionID struct {
	topic     [16]byte
	partition int32
}

// end returns the offset after the last record of epoch, or of the last epoch
// before it that has any, as Kafka's LeaderEpochFileCache.endOffsetFor does.
// current and highWatermark are the partition's. An epoch that was not yet is
// (-1, -1).
func (e epochs) end(p partitionID, epoch, current int32, highWatermark int64) (int32, int64) {
	if epoch > current {
		return -1, -1
	}
	starts := e[p]
	next := sort.Search(len(starts), func(i int) bool { return starts[i].epoch > epoch })
	if next == len(starts) {
		return epoch, highWatermark
	}
	found := int32(0)
	if next > 0 {
		found = starts[next-1].epoch
	}
	return found, starts[next].offset
}

// offsetForLeaderEpoch answers in kfake's place.
func (c *Cluster) offsetForLeaderEpoch(kreq kmsg.Request) (kmsg.Response, error, bool) { //nolint:revive // kfake's signature
	c.kfake.KeepControl()
	node, stranded, epochs := c.kfake.CurrentNode(), c.seen.Load().stranded, *c.epochs.Load()
	req := kreq.(*kmsg.OffsetForLeaderEpochRequest)
	resp := req.ResponseKind().(*kmsg.OffsetForLeaderEpochResponse)
	for _, t := range req.Topics {
		rt := kmsg.NewOffsetForLeaderEpochResponseTopic()
		rt.Topic = t.Topic
		topic := c.kfake.TopicInfo(t.Topic)
		for _, p := range t.Partitions {
			rp := kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
			rp.Partition, rp.LeaderEpoch, rp.EndOffset = p.Partition, -1, -1
			info := c.kfake.PartitionInfo(t.Topic, p.Partition)
			_, leaderless := stranded[partition{t.Topic, p.Partition}]
			switch {
			case topic == nil || info == nil:
				rp.ErrorCode = kerr.UnknownTopicOrPartition.Code
			case leaderless || info.Leader != node:
				rp.ErrorCode = kerr.NotLeaderForPartition.Code
			case p.CurrentLeaderEpoch != -1 && p.CurrentLeaderEpoch < info.Epoch:
				rp.ErrorCode = kerr.FencedLeaderEpoch.Code
			case p.CurrentLeaderEpoch > info.Epoch:
				rp.ErrorCode = kerr.UnknownLeaderEpoch.Code
			default:
				id := partitionID{topic.TopicID, p.Partition}
				rp.LeaderEpoch, rp.EndOffset = epochs.end(id, p.LeaderEpoch, info.Epoch, info.HighWatermark)
			}
			rt.Partitions = append(rt.Partitions, rp)
		}
		resp.Topics = append(resp.Topics, rt)
	}
	return resp, nil, true
}
