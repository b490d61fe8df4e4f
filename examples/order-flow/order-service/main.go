// Command order-service takes orders over HTTP and publishes an OrderPlaced
// event for each.
//
// POST /orders answers 202 only after every in-sync replica has the event
// (acks=all, idempotent producer). It answers 503 when that takes longer than
// PUBLISH_TIMEOUT: the order may or may not have been placed then, and the
// caller repeats the request with the same Idempotency-Key header. That header
// becomes the event's id, so that consumers know the repetition; a request
// without it gets a new id each time. GET /healthz answers 200.
//
// It holds no state and knows nothing of an order once it is published.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// retryBackoff is the pause between attempts of a request to a broker.
const retryBackoff = 250 * time.Millisecond

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		slog.Error("order-service ends", "error", err)
		os.Exit(1)
	}
}

// run serves until ctx ends, then finishes the requests that are open.
func run(ctx context.Context) error {
	timeout, err := time.ParseDuration(env("PUBLISH_TIMEOUT", "5s"))
	if err != nil {
		return fmt.Errorf("PUBLISH_TIMEOUT: %w", err)
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(env("BROKERS", "127.0.0.1:9092"), ",")...),
		kgo.ClientID("order-service"),
		kgo.ProducerLinger(2*time.Millisecond),
		// Find a new leader soon: the client's default backs off to 5 s.
		kgo.MetadataMinAge(retryBackoff),
		kgo.RetryBackoffFn(func(int) time.Duration { return retryBackoff }),
		// acks=all and idempotence are the client's defaults.
	)
	if err != nil {
		return err
	}
	defer client.Close()

	server := &http.Server{
		Addr:              env("ADDR", ":8080"),
		Handler:           newHandler(client, env("ORDER_TOPIC", "order.events"), timeout),
		ReadHeaderTimeout: 5 * time.Second,
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		// A request waits for its ack at most for the timeout.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout+time.Second)
		defer cancel()
		stopped <- server.Shutdown(ctx)
	}()
	slog.Info("order-service listens", "addr", server.Addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

func env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}
