// Command payment-service charges every order once and says so: for each
// OrderPlaced of order.events it publishes one PaymentReceived to
// payment.events, whatever crashes, is redelivered or comes twice.
//
// # How once is kept
//
// Two things could charge an order twice, and each has its own remedy.
//
// A crash between the effect and the commit of its offset redelivers the
// order. So what a batch publishes and the offsets that it consumed are one
// Kafka transaction: both are there or neither is. After a crash, the new
// process takes over the transactional id, which ends the open transaction at
// once and fences a predecessor that only seemed dead, and, being a static
// member of its group, the partitions too, without a rebalance.
//
// A producer may publish an event again, under a new offset and with the old
// ce_id. Such a duplicate has the key of the first and so the same partition,
// where the log itself tells: an event is a duplicate if its id stands earlier
// in the partition. The last DEDUPE_RECORDS ids of a partition are kept in
// memory and, when the partition is assigned, read back from the log before
// the committed offset. No database and no changelog topic is needed. See
// [dedupe].
//
// The gateway is outside of the transaction: a batch that is aborted is
// charged again. It is given the event's id as its idempotency key, as real
// gateways want it.
//
// # What cannot be charged
//
// A charge that fails is tried again after a growing delay, by way of the
// retry topic, three times in all. What is left then, and what cannot be read
// (no event, not JSON, not as the schema says), goes to the dead-letter topic:
// key, value and headers as they came, and headers that say why and whence.
// These records are part of the transaction. If one of them cannot be
// published nothing is committed, and the service stalls and says so rather
// than lose a record.
//
// # What it does not do
//
// An order that is retried is paid after later orders of the same key. A
// duplicate farther back than DEDUPE_RECORDS, or in another partition (because
// partitions were added), is not known. Readers of payment.events must read
// committed, or they see the payments of aborted transactions.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sync/errgroup"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cfg, err := configFromEnv(os.Getenv)
	if err == nil {
		err = run(ctx, cfg)
	}
	if err != nil {
		slog.Error("payment-service ends", "error", err)
		os.Exit(1)
	}
}

// run consumes until ctx ends; the batches at hand are finished. The retry
// topic has a worker of its own, in the same group, so that waiting for a
// retry does not hold up orders.
func run(ctx context.Context, cfg config) error {
	seen := newDedupe(cfg.dedupeRecords)
	payments := &payments{cfg: cfg, seen: seen, gateway: simulatedGateway{failShare: cfg.failShare}}
	orders := &worker{name: "orders", topic: cfg.orderTopic, cfg: cfg, payments: payments, assigned: seen.load(cfg)}
	retries := &worker{name: "retries", topic: cfg.retryTopic, cfg: cfg, payments: payments}

	slog.Info("payment-service starts", "brokers", cfg.brokers, "group", cfg.group, "instance", cfg.instance)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return orders.run(ctx) })
	group.Go(func() error { return retries.run(ctx) })
	return group.Wait()
}
