package main

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// config is what the environment sets.
type config struct {
	brokers []string // BROKERS, default 127.0.0.1:9092
	group   string   // GROUP, default inventory-service

	// instance (INSTANCE_ID, default the host's name) must be the same after
	// a restart and different for every instance that runs at a time: it is
	// group.instance.id and transactional.id.
	instance string

	orderTopic     string // ORDER_TOPIC
	inventoryTopic string // INVENTORY_TOPIC
	dlqTopic       string // DLQ_TOPIC

	// remembered (RESERVATIONS, default 200,000) is how many reservations of
	// each partition are remembered. The contract promises five minutes: what
	// six partitions take in at 4,000 orders a second.
	remembered int

	// gather (GATHER, default 500ms) is how long orders gather for the next
	// transaction: it costs the brokers about the same whatever is in it, and
	// nobody waits for a reservation.
	gather time.Duration
}

func configFromEnv(getenv func(string) string) (config, error) {
	env := func(name, fallback string) string { return cmp.Or(getenv(name), fallback) }
	host, err := os.Hostname()
	if err != nil {
		host = "0"
	}
	cfg := config{
		brokers:        strings.Split(env("BROKERS", "127.0.0.1:9092"), ","),
		group:          env("GROUP", "inventory-service"),
		instance:       env("INSTANCE_ID", host),
		orderTopic:     env("ORDER_TOPIC", "order.events"),
		inventoryTopic: env("INVENTORY_TOPIC", "inventory.events"),
		dlqTopic:       env("DLQ_TOPIC", "inventory-service.order-placed.dlq"),
	}
	if cfg.gather, err = time.ParseDuration(env("GATHER", "500ms")); err != nil || cfg.gather < 0 {
		return cfg, fmt.Errorf("GATHER=%q: want a duration of at least 0, such as 500ms", getenv("GATHER"))
	}
	if cfg.remembered, err = strconv.Atoi(env("RESERVATIONS", "200000")); err != nil || cfg.remembered < 1 {
		return cfg, fmt.Errorf("RESERVATIONS=%q: want a whole number of at least 1", getenv("RESERVATIONS"))
	}
	return cfg, nil
}
