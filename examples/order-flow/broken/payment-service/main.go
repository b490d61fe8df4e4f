// Command payment-service (broken) is a payment-service with one mistake, to
// show that Weir finds it. FAULT names the mistake:
//
//	commit-before-process  commits offsets as soon as it has polled: a crash
//	                       loses the payments of the batch
//	no-dedupe              does not know an event again: pays for duplicates,
//	                       and for what a crash redelivers
//	drop-dlq-headers       dead letters lose the headers of the original
//	swallow-dlq-error      publishes dead letters to a topic that does not
//	                       exist, ignores the error and commits
//
// Apart from that it is a plain consumer as many are written: it publishes,
// then commits, never retries, and remembers in memory what it has paid. So the last two
// faults show alone only while nothing crashes. See the service of the same
// name next to this directory for how it is done well.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	commitBeforeProcess = "commit-before-process"
	noDedupe            = "no-dedupe"
	dropDLQHeaders      = "drop-dlq-headers"
	swallowDLQError     = "swallow-dlq-error"
)

var faults = []string{commitBeforeProcess, noDedupe, dropDLQHeaders, swallowDLQError}

// gatewayTime is what charging a batch takes: the moment in which a crash
// tells.
const gatewayTime = 100 * time.Millisecond

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Getenv("FAULT"), strings.Split(os.Getenv("BROKERS"), ",")); err != nil {
		slog.Error("payment-service ends", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, fault string, brokers []string) error {
	if !slices.Contains(faults, fault) {
		return fmt.Errorf("FAULT=%q: want one of %s", fault, strings.Join(faults, ", "))
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(brokers...),
		kgo.ConsumerGroup("payment-service"),
		kgo.InstanceID("payment-service"),
		kgo.SessionTimeout(6*time.Second),
		kgo.HeartbeatInterval(time.Second),
		kgo.ConsumeTopics("order.events"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.MetadataMinAge(250*time.Millisecond),
		kgo.DisableAutoCommit(),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	s := &service{client: client, fault: fault, paid: map[string]bool{}}
	for {
		fetches := client.PollRecords(ctx, 2000)
		if ctx.Err() != nil {
			return nil
		}
		if err := fetches.Err(); err != nil {
			slog.Warn("poll", "error", err)
		}
		if err := s.batch(ctx, fetches.Records()); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

type service struct {
	client *kgo.Client
	fault  string
	paid   map[string]bool
}

func (s *service) batch(ctx context.Context, records []*kgo.Record) error {
	if len(records) == 0 {
		return nil
	}
	if s.fault == commitBeforeProcess {
		if err := s.client.CommitRecords(ctx, records...); err != nil {
			slog.Warn("commit", "error", err)
		}
		time.Sleep(gatewayTime)
	}
	var out []*kgo.Record
	for _, r := range records {
		id := header(r, "ce_id")
		if s.fault != noDedupe && s.paid[id] {
			continue
		}
		s.paid[id] = true
		payment, err := pay(r)
		if err != nil {
			payment = s.deadLetter(r, err)
		}
		if payment != nil {
			out = append(out, payment)
		}
	}
	if err := s.client.ProduceSync(ctx, out...).FirstErr(); err != nil {
		return fmt.Errorf("publish payments: %w", err)
	}
	if s.fault == commitBeforeProcess {
		return nil
	}
	if s.fault == noDedupe {
		time.Sleep(gatewayTime)
	}
	if err := s.client.CommitRecords(ctx, records...); err != nil {
		slog.Warn("commit", "error", err) // the next commit covers these
	}
	return nil
}

// deadLetter is the record for the dead-letter topic. The service that
// swallows errors publishes it itself, and returns nil.
func (s *service) deadLetter(r *kgo.Record, reason error) *kgo.Record {
	dead := &kgo.Record{
		Topic:   "payment-service.order-placed.dlq",
		Key:     r.Key,
		Value:   r.Value,
		Headers: slices.Clone(r.Headers),
	}
	if s.fault == dropDLQHeaders {
		dead.Headers = nil
	}
	for _, h := range [][2]string{
		{"dlq-reason", reason.Error()},
		{"dlq-topic", r.Topic},
		{"dlq-partition", fmt.Sprint(r.Partition)},
		{"dlq-offset", fmt.Sprint(r.Offset)},
	} {
		dead.Headers = append(dead.Headers, kgo.RecordHeader{Key: h[0], Value: []byte(h[1])})
	}
	if s.fault == swallowDLQError {
		dead.Topic = "payment-service.order-placed.dead" // a typing mistake
		s.client.Produce(context.Background(), dead, nil)
		return nil
	}
	return dead
}
