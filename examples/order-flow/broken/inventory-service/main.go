// Command inventory-service (broken) is an inventory-service with one mistake,
// to show that Weir finds it and says whose it is. FAULT names the mistake:
//
//	no-dedupe         does not know an event again: reserves for duplicates
//	newest-first      handles a batch from its newest order to its oldest
//	lose-dead-letters logs what it cannot read, and goes on
//
// Apart from that it is a plain consumer: it publishes, then commits, and
// remembers in memory what it has reserved. See the service of the same name
// next to this directory for how it is done well.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/examples/order-flow/inventory-service/schemas"
)

const (
	noDedupe        = "no-dedupe"
	newestFirst     = "newest-first"
	loseDeadLetters = "lose-dead-letters"
)

var faults = []string{noDedupe, newestFirst, loseDeadLetters}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Getenv("FAULT"), strings.Split(os.Getenv("BROKERS"), ",")); err != nil {
		slog.Error("inventory-service ends", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, fault string, brokers []string) error {
	if !slices.Contains(faults, fault) {
		return fmt.Errorf("FAULT=%q: want one of %s", fault, strings.Join(faults, ", "))
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(brokers...),
		kgo.ConsumerGroup("inventory-service"),
		kgo.ConsumeTopics("order.events"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.MetadataMinAge(250*time.Millisecond),
		kgo.FetchMaxWait(100*time.Millisecond),
		kgo.FetchMinBytes(64<<10),
		kgo.DisableAutoCommit(),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	reserved := map[string]bool{}
	for {
		fetches := client.PollRecords(ctx, 2000)
		if ctx.Err() != nil {
			return nil
		}
		records := fetches.Records()
		if fault == newestFirst {
			slices.Reverse(records)
		}
		var out []*kgo.Record
		for _, r := range records {
			id := header(r, "ce_id")
			if fault != noDedupe && reserved[id] {
				continue
			}
			reserved[id] = true
			reservation, err := reserve(r)
			switch {
			case err == nil:
				out = append(out, reservation)
			case fault == loseDeadLetters:
				slog.Warn("unreadable", "error", err)
			default:
				out = append(out, deadLetter(r, err))
			}
		}
		if err := client.ProduceSync(ctx, out...).FirstErr(); err != nil && ctx.Err() == nil {
			return fmt.Errorf("publish reservations: %w", err)
		}
		if err := client.CommitUncommittedOffsets(ctx); err != nil {
			slog.Warn("commit", "error", err) // the next commit covers these
		}
	}
}

// reserve turns an OrderPlaced into an InventoryReserved, or says why it cannot
// be read.
func reserve(r *kgo.Record) (*kgo.Record, error) {
	id := header(r, "ce_id")
	if id == "" {
		return nil, errors.New("header ce_id is missing")
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(r.Value))
	if err != nil {
		return nil, err
	}
	if err := schemas.OrderPlaced.Validate(doc); err != nil {
		return nil, err
	}
	order := doc.(map[string]any) // the schema says so
	now := time.Now().UTC().Format(time.RFC3339Nano)
	reservation := uuid.NewString()
	value, err := json.Marshal(map[string]any{
		"reservation_id": reservation, "order_id": order["order_id"], "items": order["items"], "reserved_at": now,
	})
	return &kgo.Record{
		Topic: "inventory.events",
		Key:   []byte(order["order_id"].(string)),
		Value: value,
		Headers: headers(
			"ce_specversion", "1.0", "ce_id", reservation,
			"ce_type", "com.acme.inventory.InventoryReserved", "ce_source", "/acme/inventory-service",
			"ce_time", now, "content-type", "application/json", "causation_id", id, "correlation_id", id,
		),
	}, err
}

func deadLetter(r *kgo.Record, reason error) *kgo.Record {
	return &kgo.Record{
		Topic: "inventory-service.order-placed.dlq", Key: r.Key, Value: r.Value,
		Headers: append(slices.Clone(r.Headers), headers("dlq-group", "inventory-service", "dlq-reason", reason.Error())...),
	}
}

func header(r *kgo.Record, name string) string {
	for _, h := range r.Headers {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return ""
}

// headers are made of names and values in turn.
func headers(pairs ...string) []kgo.RecordHeader {
	var all []kgo.RecordHeader
	for pair := range slices.Chunk(pairs, 2) {
		all = append(all, kgo.RecordHeader{Key: pair[0], Value: []byte(pair[1])})
	}
	return all
}
