package cluster_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/harness/cluster"
)

// TestDescribeAsksAgain: a broker that was cut off denies topics that it has
// not heard of yet; what it never will allow is said at once.
func TestDescribeAsksAgain(t *testing.T) {
	for _, tt := range []struct {
		denied *kerr.Error
		want   string
	}{
		{kerr.UnknownTopicOrPartition, "max.message.bytes=1048588"},
		{kerr.TopicAuthorizationFailed, ""},
	} {
		t.Run(tt.denied.Message, func(t *testing.T) {
			cl := newFake(t, kfake.SeedTopics(1, "orders"))
			cl.kafka.ControlKey(int16(kmsg.DescribeConfigs), func(req kmsg.Request) (kmsg.Response, error, bool) {
				answer := req.ResponseKind().(*kmsg.DescribeConfigsResponse)
				resource := kmsg.NewDescribeConfigsResponseResource()
				resource.ResourceType, resource.ResourceName, resource.ErrorCode = kmsg.ConfigResourceTypeTopic, "orders", tt.denied.Code
				answer.Resources = append(answer.Resources, resource)
				return answer, nil, true
			})
			kafka, err := kgo.NewClient(cl.ClientOptions()...)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(kafka.Close)
			change := cluster.Change{Topic: "orders", Config: map[string]*string{"max.message.bytes": nil}}
			got, err := change.Describe(t.Context(), kadm.NewClient(kafka))
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("%q, %v; want %q", got, err, tt.want)
			}
		})
	}
}
