// Command inventory-service sets the items of every order aside, once, and
// says so: for each OrderPlaced of order.events it publishes one
// InventoryReserved to inventory.events.
//
// # How once is kept
//
// What a batch publishes and the offsets that it consumed are one Kafka
// transaction, so that a crash loses nothing and repeats nothing. An order
// that was published twice, under a new offset and with the old ce_id, is
// known by the reservations: the one of an order in partition p goes to
// partition p of inventory.events, so whoever consumes p reads back from there
// which orders have one. The log of reservations is the only state; memory
// holds the last RESERVATIONS ids of each partition. Both topics must have the
// same number of partitions, and the service refuses to start if they have not.
//
// Orders of one key stand in one partition and are handled one after the
// other, so that their reservations keep the order.
//
// # What cannot be read
//
// A record that is no JSON, or not as the schema says, goes to the dead-letter
// topic: key, value and headers as they came, with the reason, the place and
// this group's name. Nothing else fails: the warehouse takes a reservation
// that it cannot fill yet as a back order.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cfg, err := configFromEnv(os.Getenv)
	if err == nil {
		err = run(ctx, cfg)
	}
	if err != nil {
		slog.Error("inventory-service ends", "error", err)
		os.Exit(1)
	}
}

// run consumes until ctx ends; the batch at hand is finished.
func run(ctx context.Context, cfg config) error {
	slog.Info("inventory-service starts", "brokers", cfg.brokers, "group", cfg.group, "instance", cfg.instance)
	return (&worker{cfg: cfg, reservations: newReservations(cfg)}).run(ctx)
}
