package harness

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// puppet is the service books as far as a test pulls its strings: it publishes
// what it is given, and at its end what is last.
func puppet(given <-chan *kgo.Record, last ...*kgo.Record) Service {
	return Service{
		Name: "books", Env: map[string]string{"BROKERS": "{{.Bootstrap}}"},
		Func: func(ctx context.Context, env func(string) string) error {
			client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(env("BROKERS"), ",")...))
			if err != nil {
				return err
			}
			defer client.Close()
			for {
				select {
				case r := <-given:
					if err := client.ProduceSync(context.Background(), r).FirstErr(); err != nil {
						return err
					}
				case <-ctx.Done():
					return client.ProduceSync(context.Background(), last...).FirstErr()
				}
			}
		},
	}
}

// booked is the entry of a sale.
func booked(of *Record) *kgo.Record {
	h := func(k, v string) kgo.RecordHeader { return kgo.RecordHeader{Key: k, Value: []byte(v)} }
	return &kgo.Record{Topic: "books.entries", Value: []byte(`{"amount": 5}`), Headers: []kgo.RecordHeader{
		h("ce_specversion", "1.0"), h("ce_id", "b-1"), h("ce_source", "/books"), h("ce_type", "books.Booked"), h("causation_id", of.ID()), h("content-type", "application/json"),
	}}
}

// another is an entry that a sale does not ask for.
func another(of *Record) *kgo.Record {
	r := booked(of)
	r.Headers[1].Value = []byte("b-2")
	return r
}

// refused is a sale as a dead letter.
func refused(of *Record) *kgo.Record {
	return &kgo.Record{Topic: "books.dlq", Key: of.Key, Value: of.Value, Headers: append(of.Headers[:len(of.Headers):len(of.Headers)], kgo.RecordHeader{Key: "dlq-reason", Value: []byte("no luck")})}
}

func TestTheClosingLook(t *testing.T) {
	const (
		twice  = "the closing look (see harness.Closing) found what came beside the assertions: books.Booked of books: fail: 1 events were published more than once: books.entries/"
		beside = "the closing look (see harness.Closing) found what came beside the assertions: books.Booked of books: fail: "
		dead   = "the closing look (see harness.Closing) found a dead letter that nothing in the test asked for: books dead-lettered shop.sales/"
	)
	for name, test := range map[string]struct {
		options []Option
		// last is what the service publishes at its end.
		last func(sale *Record) []*kgo.Record
		// do is the test itself.
		do   func(c *Cluster, sale *Record, given chan<- *kgo.Record)
		want string
	}{
		"an event is doubled at the end": {nil, func(sale *Record) []*kgo.Record { return []*kgo.Record{booked(sale)} }, nil, twice},
		"an event breaks its schema at the end": {nil, func(sale *Record) []*kgo.Record {
			wrong := another(sale)
			wrong.Value = []byte(`{"amount": "5"}`)
			return []*kgo.Record{wrong}
		}, nil, beside + "1 of 1 records: the record breaks its contract"},
		"an event breaks its envelope at the end": {nil, func(sale *Record) []*kgo.Record {
			wrong := another(sale)
			wrong.Headers = wrong.Headers[1:]
			return []*kgo.Record{wrong}
		}, nil, beside + "1 of 1 records: the record breaks its contract"},
		"an event lacks a header at the end": {nil, func(sale *Record) []*kgo.Record {
			wrong := another(sale)
			wrong.Headers = slices.Delete(wrong.Headers, 4, 5)
			return []*kgo.Record{wrong}
		}, nil, beside + "1 of 1 records: the record breaks its contract"},
		"a good event comes at the end": {nil, func(sale *Record) []*kgo.Record { return []*kgo.Record{another(sale)} }, nil, ""},
		"what breaks its contract was asked for": {nil, nil, func(c *Cluster, sale *Record, given chan<- *kgo.Record) {
			wrong := another(sale)
			wrong.Value = []byte(`{"amount": "5"}`)
			given <- wrong
			c.Await("books.Booked", Where("$.amount", "5"))
		}, ""},
		"an event is doubled a while later": {[]Option{Closing(2 * time.Second)}, nil, func(c *Cluster, sale *Record, given chan<- *kgo.Record) {
			c.t.Cleanup(func() { given <- booked(sale) })
		}, twice},
		"a good event is a dead letter": {nil, func(sale *Record) []*kgo.Record { return []*kgo.Record{refused(sale)} }, nil, dead},
		"a dead letter was asked for": {nil, nil, func(c *Cluster, sale *Record, given chan<- *kgo.Record) {
			given <- refused(sale)
			c.AwaitDeadLetter(sale)
		}, ""},
		"dead letters were looked at": {nil, nil, func(c *Cluster, sale *Record, given chan<- *kgo.Record) {
			given <- refused(sale)
			given <- &kgo.Record{Topic: "shop.refunds"} // taken when the dead letter is there
			c.Records("books.dlq")
		}, ""},
		"poison is a dead letter": {nil, nil, func(c *Cluster, _ *Record, given chan<- *kgo.Record) {
			given <- refused(c.Produce("shop.Sold", Poison([]byte("{{{"))))
		}, ""},
		"it is left out": {[]Option{WithoutClosing()}, func(sale *Record) []*kgo.Record { return []*kgo.Record{refused(sale), booked(sale)} }, nil, ""},
		"a service was broken": {nil, func(sale *Record) []*kgo.Record { return []*kgo.Record{booked(sale)} }, func(c *Cluster, _ *Record, _ chan<- *kgo.Record) {
			c.Restart("books")
		}, ""},
		"the test failed already": {nil, func(sale *Record) []*kgo.Record { return []*kgo.Record{booked(sale)} }, func(c *Cluster, _ *Record, _ chan<- *kgo.Record) {
			c.t.Fatal("the first failure")
		}, "the first failure"},
	} {
		t.Run(name, func(t *testing.T) {
			r := failing(t, func(t testing.TB) {
				c := shop(t, append(test.options, Brokers(1))...)
				given := make(chan *kgo.Record)
				sale := c.Produce("shop.Sold")
				var last []*kgo.Record
				if test.last != nil {
					last = test.last(sale)
				}
				c.Start(puppet(given, last...))
				given <- booked(sale)
				c.Await("books.Booked", CausedBy(sale))
				if test.do != nil {
					test.do(c, sale, given)
				}
			})
			if said := r.said(); r.failed != (test.want != "") || !strings.HasPrefix(said, test.want) || strings.Count(said, "the closing look") > 1 {
				t.Errorf("said %q, want %q", said, test.want)
			}
		})
	}
}

// TestClosingByTheEnvironment sets it for a whole run.
func TestClosingByTheEnvironment(t *testing.T) {
	t.Setenv(envClosing, "soon")
	r := failing(t, func(t testing.TB) { shop(t) })
	if want := `WEIR_CLOSING: time: invalid duration "soon": write a duration such as 500ms`; r.said() != want {
		t.Errorf("said %q, want %q", r.said(), want)
	}
	t.Setenv(envClosing, "-1s")
	r = failing(t, func(t testing.TB) { shop(t) })
	if want := "the closing look (harness.Closing, WEIR_CLOSING) cannot watch for -1s: write a duration such as 500ms"; r.said() != want {
		t.Errorf("said %q, want %q", r.said(), want)
	}
	t.Setenv(envClosing, "1ms")
	if look, err := newConfig(nil).closingLook(); err != nil || look.watch != time.Millisecond {
		t.Errorf("got %v, %v; want 1ms", look.watch, err)
	}
}
