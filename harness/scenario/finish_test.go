package scenario

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// stuck is a driver whose triggers get no answer.
type stuck struct{ driver }

func (stuck) Flush(ctx context.Context) (int64, error) {
	<-ctx.Done()
	return 3, errors.New("open")
}

// TestFlushSaysHowLongItWaited, and not how long it would have.
func TestFlushSaysHowLongItWaited(t *testing.T) {
	var log bytes.Buffer
	x := &execution{config: config{log: &log}}
	aborted, abort := context.WithCancel(t.Context())
	abort()
	x.flush(aborted, &liveFlow{driver: stuck{}, plan: &Flow{Load: &Load{Event: "Paid"}}})
	want := regexp.MustCompile(`^3 triggers of Paid were still open after [0-9.]+m?s, when the run was aborted: their outcome is unknown$`)
	if len(x.info.Warnings) != 1 || !want.MatchString(x.info.Warnings[0]) {
		t.Errorf("got %q", x.info.Warnings)
	}
}

// TestAwaitAgreement: what a broker does not know is looked for until it knows
// it. A look that was cut short says nothing, neither that all agree nor that
// those who answered do: what the look before saw stays.
func TestAwaitAgreement(t *testing.T) {
	const behind = "broker 1 does not know who leads orders/0, which broker 2 leads now"
	for name, tt := range map[string]struct {
		looks []string // what broker 1 does in each
		want  []string
		log   string
	}{
		"all agree at once":          {[]string{"knows"}, nil, ""},
		"the last one comes to know": {[]string{"is behind", "is behind", "knows"}, nil, "waiting for at most 30s until all brokers know who leads\n"},
		"the last one dies":          {[]string{"is behind", "dies"}, nil, "waiting for at most 30s until all brokers know who leads\n"},
		"aborted while one is asked": {[]string{"is behind", "is asked"}, []string{behind}, "waiting for at most 30s until all brokers know who leads\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			brokers, err := kfake.NewCluster(kfake.NumBrokers(3), kfake.SeedTopics(1, "orders"))
			if err != nil {
				t.Fatal(err)
			}
			defer brokers.Close()
			ctx, abort := context.WithCancel(t.Context())
			defer abort()
			var mu sync.Mutex // kfake calls from goroutines of its own
			looks := 0
			brokers.ControlKey(int16(kmsg.Metadata), func(r kmsg.Request) (kmsg.Response, error, bool) {
				brokers.KeepControl()
				req := r.(*kmsg.MetadataRequest)
				if len(req.Topics) == 0 {
					return nil, nil, false // the client's own
				}
				epoch := int32(7)
				mu.Lock()
				defer mu.Unlock()
				if brokers.CurrentNode() == 1 {
					looks++
					switch tt.looks[looks-1] {
					case "is behind":
						epoch = 6
					case "dies":
						return nil, errors.New("the connection dies"), true
					case "is asked":
						abort()
						return nil, nil, true // and does not answer
					}
				}
				return ledBy(req, epoch), nil, true
			})
			var log bytes.Buffer
			x := &execution{config: config{log: &log}, facts: factsOf(t, brokers)}
			got := x.await(ctx, "all brokers know who leads", 0, x.facts.disagreements)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if log.String() != tt.log {
				t.Errorf("logged %q, want %q", log.String(), tt.log)
			}
			mu.Lock()
			defer mu.Unlock()
			if looks != len(tt.looks) {
				t.Errorf("%d looks, want %d", looks, len(tt.looks))
			}
		})
	}
}

// ledBy answers that broker 2 leads the topic asked for, since an epoch.
func ledBy(req *kmsg.MetadataRequest, epoch int32) kmsg.Response {
	resp := req.ResponseKind().(*kmsg.MetadataResponse)
	topic := kmsg.NewMetadataResponseTopic()
	topic.Topic = req.Topics[0].Topic
	partition := kmsg.NewMetadataResponseTopicPartition()
	partition.Leader, partition.LeaderEpoch = 2, epoch
	topic.Partitions = append(topic.Partitions, partition)
	resp.Topics = append(resp.Topics, topic)
	return resp
}
