package harness

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestInteractionsOfAGoodService(t *testing.T) {
	c := shop(t)
	c.Start(child("shop", "right"))
	c.Interactions(t)
}

func TestInteractionsFailWhere(t *testing.T) {
	for name, test := range map[string]struct{ mode, event, want string }{
		"the record is wrong":             {"wrong key", "shop.Sold", "shop.Sold breaks its contract:\ntestdata/shop/weir.yaml:12:10: error: the key is \"4711\", and its data says \"0e8b2d1c-6f0a-4a57-9d0e-5b1f5d0c7a11\" [record/key]\n"},
		"the trigger is refused":          {"refuses", "shop.Sold", "triggering shop.Sold within 300ms: the trigger POST /sell at http://127.0.0.1:"},
		"no event follows":                {"silent", "shop.Sold", "no shop.Sold that leads back to "},
		"no event follows, and has no id": {"silent", "shop.Refunded", "no shop.Refunded published after its trigger within 300ms"},
	} {
		t.Run(name, func(t *testing.T) {
			r := failing(t, func(t testing.TB) {
				c := shop(t)
				c.Start(child("shop", test.mode))
				_, p, err := c.flow.Producer(test.event)
				if err != nil {
					t.Fatal(err)
				}
				c.Within(300 * time.Millisecond).testProduces(p)
			})
			if !r.failed || !strings.HasPrefix(r.said(), test.want) {
				t.Errorf("said:\n%s\nwant:\n%s", r.said(), test.want)
			}
		})
	}
}

// book reacts to sales and refunds as the service books would.
func book(t *testing.T, c *Cluster, group string, topics ...string) {
	client := c.Client(kgo.ConsumerGroup(group), kgo.ConsumeTopics(topics...), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.AutoCommitInterval(100*time.Millisecond))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
				id := c.flow.Read(r).ID()
				client.Produce(ctx, &kgo.Record{Topic: "books.entries", Value: []byte(`{"amount": 5}`), Headers: []kgo.RecordHeader{
					{Key: "ce_specversion", Value: []byte("1.0")}, {Key: "ce_id", Value: []byte("b-" + id)}, {Key: "ce_source", Value: []byte("/books")},
					{Key: "ce_type", Value: []byte("books.Booked")}, {Key: "causation_id", Value: []byte(id)}, {Key: "content-type", Value: []byte("application/json")},
				}}, nil)
			})
		}
	}()
}

func TestConsumers(t *testing.T) {
	c := shop(t)
	books := c.contracts[1]
	book(t, c, "books", "shop.sales")
	book(t, c, "books-refunds", "shop.refunds")
	c.testConsumes(books.Consumer("shop.Sold"))     // by its effect
	c.testConsumes(books.Consumer("shop.Refunded")) // by the group's commit
	c.testProduces(books.Producer("books.Booked"))  // triggered by an event
}

func TestConsumersFailWhere(t *testing.T) {
	for name, test := range map[string]struct{ event, want string }{
		"no effect follows": {"shop.Sold", "no books.Booked with header:causation_id = "},
		"nobody commits":    {"shop.Refunded", "the group books-refunds has not committed shop.refunds/"},
	} {
		t.Run(name, func(t *testing.T) {
			r := failing(t, func(t testing.TB) {
				c := shop(t)
				c.Within(300 * time.Millisecond).testConsumes(c.contracts[1].Consumer(test.event))
			})
			if !r.failed || !strings.HasPrefix(r.said(), test.want) {
				t.Errorf("said:\n%s\nwant:\n%s", r.said(), test.want)
			}
		})
	}
}
