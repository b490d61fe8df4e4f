package harness

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/loadgen/kafka"
)

// books is the service books as a Go function: its topics and its group are in
// its environment.
func booksService() Service {
	return Service{
		Name: "books",
		Env: map[string]string{
			"BROKERS": "{{.Bootstrap}}", "SALES": `{{.Topic "shop.sales"}}`, "ENTRIES": `{{.Topic "books.entries"}}`, "GROUP": `{{.Group "books"}}`,
		},
		Ready: &Ready{Group: "books"},
		Func: func(ctx context.Context, env func(string) string) error {
			client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(env("BROKERS"), ",")...), kgo.ConsumerGroup(env("GROUP")),
				kgo.ConsumeTopics(env("SALES")), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.ProducerLinger(0))
			if err != nil {
				return err
			}
			defer client.Close()
			for ctx.Err() == nil {
				client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
					entry := &kgo.Record{Topic: env("ENTRIES"), Value: []byte(`{"amount": 5}`)}
					for _, h := range r.Headers {
						switch h.Key {
						case "ce_id":
							entry.Headers = append(entry.Headers, kgo.RecordHeader{Key: "causation_id", Value: h.Value}, kgo.RecordHeader{Key: h.Key, Value: append([]byte("b-"), h.Value...)})
						case "ce_type":
							entry.Headers = append(entry.Headers, kgo.RecordHeader{Key: h.Key, Value: []byte("books.Booked")})
						case "ce_specversion", "ce_source", "content-type":
							entry.Headers = append(entry.Headers, h)
						}
					}
					client.Produce(ctx, entry, nil)
				})
				if err := client.Flush(ctx); err != nil && ctx.Err() == nil {
					return err
				}
				if err := client.CommitUncommittedOffsets(ctx); err != nil && ctx.Err() == nil {
					return err
				}
			}
			return nil
		},
	}
}

// TestSharedCluster: parallel tests of one cluster see nothing of each other,
// and leave nothing.
func TestSharedCluster(t *testing.T) {
	shared := Share(Brokers(1))
	var up *Cluster
	t.Run("tests", func(t *testing.T) {
		up = Run(t, On(shared))
		if up.Context().Err() != nil {
			t.Fatal("no test context")
		}
		t.Run("parallel", func(t *testing.T) {
			for n := 1; n <= 4; n++ {
				t.Run(fmt.Sprint(n), func(t *testing.T) {
					t.Parallel()
					c := shop(t, On(shared))
					c.Start(booksService())
					for range n {
						c.Await("books.Booked", CausedBy(c.Produce("shop.Sold")))
					}
					if got := len(c.Records("books.entries")); got != n {
						t.Errorf("%d entries, want the %d of this test", got, n)
					}
					topics, err := kadm.NewClient(c.Client()).ListTopics(t.Context())
					if err != nil || topics.Has("shop.sales") || !topics.Has(c.flow.OnCluster("shop.sales")) {
						t.Errorf("the topics are %v (%v), want shop.sales with a prefix alone", topics.Names(), err)
					}
				})
			}
		})
		topics, err := kadm.NewClient(up.Client()).ListTopics(t.Context())
		if err != nil || len(topics.Names()) > 0 {
			t.Errorf("topics left: %v (%v)", topics.Names(), err)
		}
		groups, err := kadm.NewClient(up.Client()).ListGroups(t.Context())
		if err != nil || len(groups.Groups()) > 0 {
			t.Errorf("groups left: %v (%v)", groups.Groups(), err)
		}
	})
	if err := shared.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	r := failing(t, func(t testing.TB) { Run(t, On(shared)) })
	if want := "the shared cluster did not start: it was closed"; !r.failed || r.said() != want {
		t.Errorf("said %q, want %q", r.said(), want)
	}
}

func TestGroupSpeaksTheNamesOfContracts(t *testing.T) {
	shared := Share(Brokers(1))
	defer func() {
		if err := shared.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	t.Run("test", func(t *testing.T) {
		c := shop(t, On(shared))
		c.Start(booksService())
		sold := c.Produce("shop.Sold")
		c.Await("books.Booked", CausedBy(sold))
		state, err := c.flow.Group(t.Context(), "books")
		if err != nil {
			t.Fatal(err)
		}
		if state.Group != "books" || !slices.ContainsFunc(state.Partitions, func(p kafka.GroupPartition) bool { return p.Topic == sold.Topic }) {
			t.Errorf("the group is %+v, want books with a partition of %s", state, sold.Topic)
		}
	})
}
