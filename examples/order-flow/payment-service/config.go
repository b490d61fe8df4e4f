package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// config is what the environment sets.
type config struct {
	brokers []string // BROKERS, default 127.0.0.1:9092
	group   string   // GROUP, default payment-service

	// instance (INSTANCE_ID, default the host's name) must be the same after
	// a restart and different for every instance that runs at a time: it is
	// part of group.instance.id and transactional.id.
	instance string

	orderTopic   string // ORDER_TOPIC
	paymentTopic string // PAYMENT_TOPIC
	retryTopic   string // RETRY_TOPIC
	dlqTopic     string // DLQ_TOPIC

	// retry is the policy of weir.yaml. RETRY_BACKOFF sets its first delay.
	retry retryPolicy

	// dedupeRecords (DEDUPE_RECORDS, default 200,000) is how many ids of each
	// partition are remembered. The contract promises five minutes: what six
	// partitions take in at 4,000 orders a second.
	dedupeRecords int

	failShare float64 // PAYMENT_FAIL_SHARE, 0 to 1, default 0: charges that fail
}

func configFromEnv(getenv func(string) string) (config, error) {
	env := func(name, fallback string) string { return cmp.Or(getenv(name), fallback) }
	host, err := os.Hostname()
	if err != nil {
		host = "0"
	}
	cfg := config{
		brokers:      strings.Split(env("BROKERS", "127.0.0.1:9092"), ","),
		group:        env("GROUP", "payment-service"),
		instance:     env("INSTANCE_ID", host),
		orderTopic:   env("ORDER_TOPIC", "order.events"),
		paymentTopic: env("PAYMENT_TOPIC", "payment.events"),
		retryTopic:   env("RETRY_TOPIC", "payment-service.order-placed.retry"),
		dlqTopic:     env("DLQ_TOPIC", "payment-service.order-placed.dlq"),
		retry:        retryPolicy{attempts: 3, max: 5 * time.Second},
	}
	var errs []error
	invalid := func(name, want string) { errs = append(errs, fmt.Errorf("%s=%q: want %s", name, getenv(name), want)) }

	if cfg.retry.initial, err = time.ParseDuration(env("RETRY_BACKOFF", "200ms")); err != nil || cfg.retry.initial <= 0 {
		invalid("RETRY_BACKOFF", "a duration above 0, such as 200ms")
	}
	if cfg.dedupeRecords, err = strconv.Atoi(env("DEDUPE_RECORDS", "200000")); err != nil || cfg.dedupeRecords < 1 {
		invalid("DEDUPE_RECORDS", "a whole number of at least 1")
	}
	if cfg.failShare, err = strconv.ParseFloat(env("PAYMENT_FAIL_SHARE", "0"), 64); err != nil || !(cfg.failShare >= 0 && cfg.failShare <= 1) {
		invalid("PAYMENT_FAIL_SHARE", "a number from 0 to 1")
	}
	return cfg, errors.Join(errs...)
}

// retryPolicy is exponential with factor 2. Attempts include the first.
type retryPolicy struct {
	attempts     int
	initial, max time.Duration
}

// delay is the wait before an attempt, from the second on.
func (p retryPolicy) delay(attempt int) time.Duration {
	d := p.initial
	for i := 2; i < attempt && d < p.max; i++ {
		d *= 2
	}
	return min(d, p.max)
}
