package scenario

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/chaos/fault"
)

// TestElectUnclean: brokers are asked in turn until one passes on what the
// controller answers. That no election is needed ends it at once: as a success
// only if one was asked for whose outcome nobody heard, and a leader came since.
func TestElectUnclean(t *testing.T) {
	const unanswered = -2
	led := fault.PartitionState{Epoch: 0} // what kfake says
	leaderless := fault.PartitionState{Epoch: -1}
	for name, tt := range map[string]struct {
		answers []int16 // one for each time that a broker is asked, in turn
		before  fault.PartitionState
		want    error
	}{
		"held":                                   {[]int16{0}, leaderless, nil},
		"not needed":                             {[]int16{kerr.ElectionNotNeeded.Code}, led, kerr.ElectionNotNeeded},
		"held by Kafka":                          {[]int16{kerr.ElectionNotNeeded.Code}, leaderless, kerr.ElectionNotNeeded},
		"held by Kafka after another look":       {[]int16{kerr.EligibleLeadersNotAvailable.Code, kerr.ElectionNotNeeded.Code}, leaderless, kerr.ElectionNotNeeded},
		"held, and not heard of in time":         {[]int16{kerr.RequestTimedOut.Code, kerr.ElectionNotNeeded.Code}, leaderless, nil},
		"held by a broker that died":             {[]int16{unanswered, kerr.ElectionNotNeeded.Code}, leaderless, nil},
		"no leader since the one that timed out": {[]int16{kerr.RequestTimedOut.Code, kerr.ElectionNotNeeded.Code}, led, kerr.ElectionNotNeeded},
		"held by the second controller":          {[]int16{kerr.NotController.Code, 0}, leaderless, nil},
		"refused":                                {[]int16{kerr.ClusterAuthorizationFailed.Code}, leaderless, kerr.ClusterAuthorizationFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			brokers, err := kfake.NewCluster(kfake.NumBrokers(3), kfake.SeedTopics(1, "orders"))
			if err != nil {
				t.Fatal(err)
			}
			defer brokers.Close()
			var mu sync.Mutex // kfake calls from goroutines of its own
			var asked []int32
			brokers.ControlKey(int16(kmsg.ElectLeaders), func(r kmsg.Request) (kmsg.Response, error, bool) {
				brokers.KeepControl()
				mu.Lock()
				defer mu.Unlock()
				code := tt.answers[len(asked)]
				asked = append(asked, brokers.CurrentNode())
				if code == unanswered {
					return nil, errors.New("the connection dies"), true
				}
				req := r.(*kmsg.ElectLeadersRequest)
				resp := req.ResponseKind().(*kmsg.ElectLeadersResponse)
				if req.ElectionType != 1 || len(req.Topics) != 1 {
					t.Errorf("asked for %+v", req)
				}
				topic := kmsg.NewElectLeadersResponseTopic()
				topic.Topic = req.Topics[0].Topic
				partition := kmsg.NewElectLeadersResponseTopicPartition()
				partition.Partition, partition.ErrorCode = req.Topics[0].Partitions[0], code
				topic.Partitions = append(topic.Partitions, partition)
				resp.Topics = append(resp.Topics, topic)
				return resp, nil, true
			})
			f := factsOf(t, brokers)

			err = f.ElectUnclean(t.Context(), fault.TopicPartition{Topic: "orders"}, tt.before)
			if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Errorf("%v, want %v", err, tt.want)
			}
			mu.Lock()
			defer mu.Unlock()
			if len(asked) != len(tt.answers) {
				t.Errorf("brokers %v were asked, want %d of them", asked, len(tt.answers))
			}
			for turn, node := range asked {
				if node != int32(turn%3) {
					t.Errorf("brokers %v were asked, want each in turn", asked)
				}
			}
		})
	}
}

// TestElectUncleanUnanswered: it ends in time, and says that nobody answered.
func TestElectUncleanUnanswered(t *testing.T) {
	brokers, err := kfake.NewCluster(kfake.NumBrokers(3), kfake.SeedTopics(1, "orders"))
	if err != nil {
		t.Fatal(err)
	}
	defer brokers.Close()
	brokers.ControlKey(int16(kmsg.ElectLeaders), func(kmsg.Request) (kmsg.Response, error, bool) {
		brokers.KeepControl()
		return nil, nil, true
	})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err = factsOf(t, brokers).ElectUnclean(ctx, fault.TopicPartition{Topic: "orders"}, fault.PartitionState{})
	if !errors.Is(err, errNoAnswer) {
		t.Errorf("%v, want %v", err, errNoAnswer)
	}
}

// factsOf reads three brokers that have the topic orders.
func factsOf(t *testing.T, brokers *kfake.Cluster) facts {
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return facts{client: client, forwarded: client, nodes: []int32{0, 1, 2}, topics: []string{"orders"}}
}
