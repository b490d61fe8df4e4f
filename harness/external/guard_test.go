package external

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/reports/run"
)

func admin(t *testing.T, addresses []string) *kadm.Client {
	t.Helper()
	kafka, err := kgo.NewClient(kgo.SeedBrokers(addresses...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	return kadm.NewClient(kafka)
}

// member joins a group and stays until the test ends.
func member(t *testing.T, addresses []string, group, topic string, opts ...kgo.Opt) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	assigned := make(chan struct{}, 8)
	kafka, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(addresses...), kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) { assigned <- struct{}{} }),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	select {
	case <-assigned:
	case <-ctx.Done():
		t.Fatalf("group %s got no partitions", group)
	}
}

func TestOtherGroups(t *testing.T) {
	addresses := fake(t, kfake.SeedTopics(2, "orders", "payments"), kfake.BrokerConfigs(map[string]string{"group.consumer.heartbeat.interval.ms": "100"}))
	adm := admin(t, addresses)
	others := func(except ...string) []string {
		t.Helper()
		got, err := OtherGroups(t.Context(), adm, "orders", except)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := others(); got != nil {
		t.Errorf("without any group: %v", got)
	}
	commit := func(group, topic string) {
		t.Helper()
		offsets := kadm.Offsets{}
		offsets.AddOffset(topic, 1, 0, -1)
		if err := adm.CommitAllOffsets(t.Context(), group, offsets); err != nil {
			t.Fatal(err)
		}
	}
	commit("committed", "orders")
	commit("elsewhere", "payments")
	member(t, addresses, "joined", "orders")
	member(t, addresses, "joined-elsewhere", "payments")
	member(t, addresses, "joined-new", "orders", kgo.ServerSideBalancer())
	if got, want := others(), []string{"committed", "joined", "joined-new"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for group, want := range map[string]int{"joined": 1, "joined-new": 1, "committed": 0, "unknown": 0} {
		if n, err := Members(t.Context(), adm, group); n != want || err != nil {
			t.Errorf("%s has %d members, %v, want %d", group, n, err, want)
		}
	}
	if got, want := others("joined", "unknown"), []string{"committed", "joined-new"}; !reflect.DeepEqual(got, want) {
		t.Errorf("with an exception: got %v, want %v", got, want)
	}
}

// Brokers before Kafka 3.7 know no groups of the new protocol.
func TestOtherGroupsOfOldBrokers(t *testing.T) {
	addresses := fake(t, kfake.SeedTopics(1, "orders"), kfake.MaxVersions(kversion.V3_0_0()))
	member(t, addresses, "old", "orders")
	got, err := OtherGroups(t.Context(), admin(t, addresses), "orders", nil)
	if err != nil || !slices.Equal(got, []string{"old"}) {
		t.Errorf("got %v, %v", got, err)
	}
}

// A group that subscribed by a pattern has no partition yet.
func TestOtherGroupsBySubscribedPattern(t *testing.T) {
	k, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "orders", "payments"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	member(t, k.ListenAddrs(), "pattern", "payments", kgo.ServerSideBalancer())
	k.ControlKey(int16(kmsg.ConsumerGroupDescribe), func(request kmsg.Request) (kmsg.Response, error, bool) {
		k.KeepControl()
		response := request.ResponseKind().(*kmsg.ConsumerGroupDescribeResponse)
		group := kmsg.NewConsumerGroupDescribeResponseGroup()
		group.Group, group.State = "pattern", "Stable"
		m := kmsg.NewConsumerGroupDescribeResponseGroupMember()
		m.MemberID, m.SubscribedTopicRegex = "m", kmsg.StringPtr("ord.*s")
		group.Members = append(group.Members, m)
		response.Groups = append(response.Groups, group)
		return response, nil, true
	})
	adm := admin(t, k.ListenAddrs())
	for topic, want := range map[string][]string{"orders": {"pattern"}, "orders.dlq": nil} {
		if got, err := OtherGroups(t.Context(), adm, topic, nil); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, %v, want %v", topic, got, err, want)
		}
	}
}

// Who may not look cannot know.
func TestOtherGroupsErrsOnWhatItMayNotSee(t *testing.T) {
	k, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "orders"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	adm := admin(t, k.ListenAddrs())
	offsets := kadm.Offsets{}
	offsets.AddOffset("orders", 0, 0, -1)
	if err := adm.CommitAllOffsets(t.Context(), "hidden", offsets); err != nil {
		t.Fatal(err)
	}
	k.ControlKey(int16(kmsg.OffsetFetch), func(request kmsg.Request) (kmsg.Response, error, bool) {
		k.KeepControl()
		response := request.ResponseKind().(*kmsg.OffsetFetchResponse)
		for _, g := range request.(*kmsg.OffsetFetchRequest).Groups {
			group := kmsg.NewOffsetFetchResponseGroup()
			group.Group, group.ErrorCode = g.Group, kerr.GroupAuthorizationFailed.Code
			response.Groups = append(response.Groups, group)
		}
		return response, nil, true
	})
	if _, err := OtherGroups(t.Context(), adm, "orders", nil); !errors.Is(err, kerr.GroupAuthorizationFailed) {
		t.Errorf("got %v, want an authorization error", err)
	}
}

func TestCreatedDeletesOnlyWhatTheRunCreated(t *testing.T) {
	addresses := fake(t, kfake.SeedTopics(1, "theirs"))
	adm := admin(t, addresses)
	cl, err := Provider().Start(t.Context(), cluster.Spec{Bootstrap: addresses})
	if err != nil {
		t.Fatal(err)
	}
	topics := []run.Topic{{Name: "ours", Partitions: 3, Replication: 1}, {Name: "theirs", Partitions: 3, Replication: 1}}
	if err := cluster.CreateTopics(t.Context(), cl, topics); err != nil {
		t.Fatal(err)
	}
	if !topics[0].Created || topics[1].Created || topics[1].Partitions != 1 {
		t.Fatalf("topics: %+v", topics)
	}
	var created Created
	created.Topics(topics)
	commit := func(group string) {
		t.Helper()
		offsets := kadm.Offsets{}
		offsets.AddOffset("theirs", 0, 0, -1)
		if err := adm.CommitAllOffsets(t.Context(), group, offsets); err != nil {
			t.Fatal(err)
		}
	}
	claim := func(group string, want bool) {
		t.Helper()
		if got, err := created.ClaimGroup(t.Context(), adm, group); err != nil || got != want {
			t.Errorf("ClaimGroup(%s) = %v, %v, want %v", group, got, err, want)
		}
	}
	commit("their-group")
	claim("their-group", false)
	claim("our-group", true)
	commit("our-group")
	claim("our-group", true) // it is ours already
	claim("never-joined", true)
	for range 2 { // the second has nothing left to do
		if err := created.Delete(t.Context(), adm); err != nil {
			t.Fatal(err)
		}
	}
	details, err := adm.ListTopics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := details.Names(); !slices.Equal(got, []string{"theirs"}) {
		t.Errorf("topics left: %v", got)
	}
	groups, err := adm.ListGroups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := groups.Groups(); !slices.Equal(got, []string{"their-group"}) {
		t.Errorf("groups left: %v", got)
	}
}
