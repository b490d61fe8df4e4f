package cluster_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/reports/run"
)

// fake is as much of a cluster as topics need.
type fake struct {
	cluster.Cluster
	kafka *kfake.Cluster
}

func (f fake) ClientOptions() []kgo.Opt {
	return []kgo.Opt{kgo.SeedBrokers(f.kafka.ListenAddrs()...)}
}

func newFake(t *testing.T, opts ...kfake.Opt) fake {
	t.Helper()
	k, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(3)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return fake{kafka: k}
}

func TestCreateTopicsTellsWhatItCreated(t *testing.T) {
	cl := newFake(t, kfake.SeedTopics(5, "there"), kfake.DefaultNumPartitions(4))
	topics := []run.Topic{
		{Name: "new", Partitions: 2, Replication: 3, Config: map[string]string{"retention.ms": "1000"}},
		{Name: "there", Partitions: 2, Replication: 3},
		{Name: "default"},
	}
	if err := cluster.CreateTopics(t.Context(), cl, topics); err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		created    bool
		partitions int
	}{{true, 2}, {false, 5}, {true, 4}} {
		if got := topics[i]; got.Created != want.created || got.Partitions != want.partitions || got.Replication == 0 {
			t.Errorf("%s: %+v, want %+v", got.Name, got, want)
		}
	}
	if err := cluster.DeleteTopics(t.Context(), cl, "new", "default", "never-was"); err != nil {
		t.Fatal(err)
	}
	if err := cluster.CreateTopics(t.Context(), cl, topics); err != nil {
		t.Fatal(err)
	}
	if !topics[0].Created || topics[1].Created {
		t.Errorf("after deletion: %+v", topics)
	}
}

// Who may write to a topic need not be allowed to create it.
func TestCreateTopicsTakesWhatItMayNotCreate(t *testing.T) {
	cl := newFake(t, kfake.SeedTopics(5, "there"))
	cl.kafka.ControlKey(int16(kmsg.CreateTopics), func(request kmsg.Request) (kmsg.Response, error, bool) {
		cl.kafka.KeepControl()
		response := request.ResponseKind().(*kmsg.CreateTopicsResponse)
		for _, asked := range request.(*kmsg.CreateTopicsRequest).Topics {
			topic := kmsg.NewCreateTopicsResponseTopic()
			topic.Topic, topic.ErrorCode = asked.Topic, kerr.TopicAuthorizationFailed.Code
			response.Topics = append(response.Topics, topic)
		}
		return response, nil, true
	})
	topics := []run.Topic{{Name: "there", Partitions: 2, Replication: 1}}
	if err := cluster.CreateTopics(t.Context(), cl, topics); err != nil || topics[0].Created || topics[0].Partitions != 5 {
		t.Errorf("%v, %+v", err, topics)
	}
	if err := cluster.CreateTopics(t.Context(), cl, []run.Topic{{Name: "missing"}}); !errors.Is(err, kerr.TopicAuthorizationFailed) {
		t.Errorf("got %v", err)
	}
}

func TestCreateTopicsSaysWhy(t *testing.T) {
	cl := newFake(t)
	topics := []run.Topic{{Name: "good", Partitions: 1, Replication: 1}, {Name: "bad", Partitions: 1, Replication: 4}}
	err := cluster.CreateTopics(t.Context(), cl, topics)
	if !errors.Is(err, kerr.InvalidReplicationFactor) || !strings.HasPrefix(err.Error(), "create topic bad (1 partitions, replication 4): ") {
		t.Errorf("got %v", err)
	}
	if !topics[0].Created || topics[1].Created {
		t.Errorf("flags: %+v", topics)
	}
}

// The wait for leaders ends with the context, and says for which.
func TestCreateTopicsWaitsForLeaders(t *testing.T) {
	cl := newFake(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	asked := 0
	cl.kafka.ControlKey(int16(kmsg.Metadata), func(request kmsg.Request) (kmsg.Response, error, bool) {
		cl.kafka.KeepControl()
		if len(request.(*kmsg.MetadataRequest).Topics) == 0 {
			return nil, nil, false
		}
		if asked++; asked == 3 {
			cancel()
		}
		response := request.ResponseKind().(*kmsg.MetadataResponse)
		topic := kmsg.NewMetadataResponseTopic()
		topic.Topic = kmsg.StringPtr("slow")
		partition := kmsg.NewMetadataResponseTopicPartition()
		partition.Leader, partition.ErrorCode = -1, kerr.LeaderNotAvailable.Code
		topic.Partitions = append(topic.Partitions, partition)
		response.Topics = append(response.Topics, topic)
		return response, nil, true
	})
	err := cluster.CreateTopics(ctx, cl, []run.Topic{{Name: "slow", Partitions: 1, Replication: 1}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if asked < 3 {
		t.Errorf("the metadata was asked for %d times", asked)
	}
}
