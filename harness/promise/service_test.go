package promise_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/flowweir/weir/harness"
)

// fault is what the service payments does wrong.
type fault string

const none fault = ""

// refused is the total that the service fails to charge at each attempt, and
// that no generated order has by chance.
const refused = 413_000_013

// payments is a small service that keeps testdata/payments.yaml, but for one
// fault.
type payments struct {
	fault  fault
	client *kgo.Client
	mu     sync.Mutex
	seen   map[string]bool
	held   []*kgo.Record // events that are kept back, to be out of order
	paid   int           // how many it was about to publish
}

// serve is the service as a test starts it.
func serve(f fault) harness.Service {
	return harness.Service{
		Env:   map[string]string{"BROKERS": "{{.Bootstrap}}"},
		Ready: &harness.Ready{Group: "payments"},
		Func: func(ctx context.Context, env func(string) string) error {
			s := &payments{fault: f, seen: map[string]bool{}}
			isolation, partitioner := kgo.ReadCommitted(), kgo.StickyKeyPartitioner(nil)
			if f == "reads uncommitted records" {
				isolation = kgo.ReadUncommitted()
			}
			if f == "partitions at random" {
				partitioner = kgo.RoundRobinPartitioner()
			}
			options := []kgo.Opt{
				kgo.SeedBrokers(strings.Split(env("BROKERS"), ",")...), kgo.ConsumerGroup("payments"), kgo.ConsumeTopics("orders", "orders.retry"),
				kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(isolation), kgo.RecordPartitioner(partitioner),
				kgo.ProducerLinger(0), kgo.DisableAutoCommit(), kgo.FetchMaxWait(50 * time.Millisecond),
			}
			if f == "produces without idempotence" {
				options = append(options, kgo.DisableIdempotentWrite())
			}
			var err error
			if s.client, err = kgo.NewClient(options...); err != nil {
				return err
			}
			defer s.client.Close()
			return s.run(ctx)
		},
	}
}

func (s *payments) run(ctx context.Context) error {
	for ctx.Err() == nil {
		fetches := s.client.PollFetches(ctx)
		if s.fault == "commits before the effect" {
			if err := s.client.CommitUncommittedOffsets(ctx); err != nil && ctx.Err() == nil {
				return err
			}
			pause(ctx, 500*time.Millisecond)
		}
		if err := s.all(ctx, fetches.Records()); err != nil {
			return err
		}
		if err := s.release(ctx, fetches.NumRecords() == 0); err != nil {
			return err
		}
		if s.fault == "never commits" {
			continue
		}
		if err := s.client.CommitUncommittedOffsets(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// all handles records one after the other, or with a fault at the same time.
func (s *payments) all(ctx context.Context, records []*kgo.Record) error {
	var workers errgroup.Group
	if s.fault != "knows an event when it is done with it" {
		workers.SetLimit(1)
	}
	for _, r := range records {
		workers.Go(func() error {
			if err := s.handle(ctx, r); ctx.Err() == nil {
				return err
			}
			return nil
		})
	}
	return workers.Wait()
}

// pause waits for a time, or until the service is to end.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (s *payments) handle(ctx context.Context, r *kgo.Record) error {
	var order struct {
		Order, Currency, Note, Channel string
		Total                          int
		Unknown                        string `json:"weir_unknown_field"`
	}
	attempt := 1
	if n, err := strconv.Atoi(header(r, "attempt")); err == nil {
		attempt = n
	}
	if due, err := time.Parse(time.RFC3339Nano, header(r, "not-before")); err == nil && s.fault != "retries without a wait" {
		if pause(ctx, time.Until(due)); ctx.Err() != nil {
			return nil
		}
	}
	err := json.Unmarshal(r.Value, &order)
	if mistyped := (*json.UnmarshalTypeError)(nil); errors.As(err, &mistyped) && mistyped.Field == "Order" && s.fault == "takes an order of another type" {
		order.Order, err = "unknown", nil
	}
	switch {
	case err != nil && s.fault == "stops at poison":
		<-ctx.Done()
		return nil
	case err != nil && s.fault == "swallows poison":
		return nil
	case order.Total == 1_000_000_000 && s.fault == "gives up the largest total":
		return s.dead(ctx, r, "too large")
	case r.Value == nil && s.fault == "stops at a tombstone":
		<-ctx.Done()
		return nil
	case err == nil && order.Currency == "" && s.fault == "swallows what lacks a field":
		return nil
	case err != nil && json.Valid(r.Value) && s.fault == "swallows another type":
		return nil
	case header(r, "ce_id") == "" && s.fault != "makes up an id":
		return s.dead(ctx, r, "no id")
	case err != nil || s.fault == "refuses every event":
		return s.dead(ctx, r, fmt.Sprint(err))
	case order.Total == refused && (attempt < 3 || s.fault == "retries for ever"):
		return s.retry(ctx, r, attempt)
	case order.Total == refused:
		return s.dead(ctx, r, "refused")
	case order.Note == "" && s.fault == "needs an optional field", order.Unknown != "" && s.fault == "stumbles over an unknown field":
		return nil
	case s.stumbles(r, order.Total, order.Channel, order.Note):
		return nil
	case order.Order == "", order.Total == 0 && s.fault != "takes an order without a total", order.Currency == "": // which it says that it needs
		return s.dead(ctx, r, "not all that is needed")
	case s.duplicate(r):
		return nil
	}
	return s.pay(ctx, r, order.Order, order.Total)
}

// stumbles says whether the service cannot process a form of the event, and
// loses it.
func (s *payments) stumbles(r *kgo.Record, total int, channel, note string) bool {
	switch s.fault {
	case "stumbles over the largest total":
		return total == 1_000_000_000
	case "cannot read the first version":
		return channel == ""
	case "stumbles over letters beyond ASCII":
		return strings.ContainsFunc(note, func(r rune) bool { return r > unicode.MaxASCII })
	case "drops what is old":
		at, err := time.Parse(time.RFC3339Nano, header(r, "ce_time"))
		return err != nil || time.Since(at) > 10*time.Minute
	}
	return false
}

// duplicate says whether an event was seen before.
func (s *payments) duplicate(r *kgo.Record) bool {
	id := header(r, "ce_id")
	switch s.fault {
	case "does not know duplicates":
		return false
	case "knows duplicates by a hash of the data":
		h := fnv.New32a()
		_, _ = h.Write(r.Value)
		id = fmt.Sprint(h.Sum32())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen[id]
	s.seen[id] = seen || s.fault != "knows an event when it is done with it"
	return seen
}

// knows keeps an event in mind.
func (s *payments) knows(r *kgo.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[header(r, "ce_id")] = true
}

// pay publishes the payment of an order.
func (s *payments) pay(ctx context.Context, of *kgo.Record, order string, total int) error {
	cause := header(of, "ce_id")
	data := map[string]any{"order": order, "amount": total, "state": "paid"}
	paid := &kgo.Record{Topic: "payments", Key: []byte(order), Headers: headers(
		"ce_specversion", "1.0", "ce_id", "paid-"+cause, "ce_source", "/payments", "ce_type", "shop.Paid",
		"content-type", "application/json", "causation_id", cause, "traceparent", "00-1-2-01")}
	drop := func(name string) {
		for i, h := range paid.Headers {
			if h.Key == name {
				paid.Headers = append(paid.Headers[:i], paid.Headers[i+1:]...)
				return
			}
		}
	}
	switch s.fault {
	case "takes the wrong key":
		paid.Key = []byte(cause)
	case "writes a number as text":
		data["amount"] = fmt.Sprint(total)
	case "has a new state":
		data["state"] = "settled"
	case "leaves traceparent out":
		drop("traceparent")
	case "leaves ce_source out":
		drop("ce_source")
	case "names the wrong cause":
		drop("causation_id")
		paid.Headers = append(paid.Headers, headers("causation_id", "paid-"+cause)...)
	case "publishes nothing":
		return nil
	case "publishes two of three":
		if s.paid++; s.paid%3 == 0 {
			return nil
		}
	case "publishes late":
		pause(ctx, 6*time.Second)
	case "knows an event when it is done with it":
		pause(ctx, 500*time.Millisecond)
		defer s.knows(of)
	}
	paid.Value, _ = json.Marshal(data)
	if s.fault == "publishes out of order" {
		s.held = append(s.held, paid)
		return nil
	}
	records := []*kgo.Record{paid}
	if s.fault == "publishes twice" {
		again := *paid
		records = append(records, &again)
	}
	return s.client.ProduceSync(ctx, records...).FirstErr()
}

// release publishes what was kept back, the last first.
func (s *payments) release(ctx context.Context, idle bool) error {
	if !idle && len(s.held) < 8 {
		return nil
	}
	for len(s.held) > 0 {
		last := s.held[len(s.held)-1]
		s.held = s.held[:len(s.held)-1]
		if err := s.client.ProduceSync(ctx, last).FirstErr(); err != nil {
			return err
		}
	}
	return nil
}

func (s *payments) retry(ctx context.Context, r *kgo.Record, attempt int) error {
	// The wait counts from the record's own time, however long sending takes.
	now := time.Now()
	again := &kgo.Record{Topic: "orders.retry", Key: r.Key, Value: r.Value, Timestamp: now}
	for _, h := range r.Headers {
		if h.Key != "attempt" && h.Key != "not-before" {
			again.Headers = append(again.Headers, h)
		}
	}
	again.Headers = append(again.Headers, headers("attempt", strconv.Itoa(attempt+1),
		"not-before", now.Add(1001*time.Millisecond).Format(time.RFC3339Nano))...)
	return s.client.ProduceSync(ctx, again).FirstErr()
}

func (s *payments) dead(ctx context.Context, r *kgo.Record, why string) error {
	dead := &kgo.Record{Topic: "orders.dlq", Key: r.Key, Value: r.Value, Headers: append(r.Headers[:len(r.Headers):len(r.Headers)], headers("dlq-reason", why)...)}
	records := []*kgo.Record{dead}
	switch s.fault {
	case "writes dead letters without headers":
		dead.Headers = headers("dlq-reason", why)
	case "writes dead letters without a key":
		dead.Key = nil
	case "wraps dead letters":
		dead.Value, _ = json.Marshal(map[string]string{"was": string(r.Value)})
	case "writes dead letters twice":
		again := *dead
		records = append(records, &again)
	}
	return s.client.ProduceSync(ctx, records...).FirstErr()
}

func header(r *kgo.Record, name string) string {
	for _, h := range r.Headers {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return ""
}

func headers(pairs ...string) []kgo.RecordHeader {
	var out []kgo.RecordHeader
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, kgo.RecordHeader{Key: pairs[i], Value: []byte(pairs[i+1])})
	}
	return out
}
