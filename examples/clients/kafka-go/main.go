// Command kafka-go is the payment-service with github.com/segmentio/kafka-go.
//
// That client has neither idempotent producers nor transactions: an order whose
// offset was not committed when the process died is paid again.
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/flowweir/weir/examples/clients/payments"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var service payments.Service
	for ctx.Err() == nil {
		if err := session(ctx, &service); err != nil && ctx.Err() == nil {
			log.Printf("session starts over: %v", err)
			time.Sleep(250 * time.Millisecond)
		}
	}
}

// session works until something fails; the next one begins at the committed
// offsets.
func session(ctx context.Context, service *payments.Service) (err error) {
	brokers := strings.Split(os.Getenv("BROKERS"), ",")
	reader := kafka.NewReader(kafka.ReaderConfig{
		Brokers: brokers, GroupID: payments.Group, GroupTopics: []string{payments.Orders, payments.Retries},
		StartOffset: kafka.FirstOffset, IsolationLevel: kafka.ReadCommitted,
		MaxWait: 100 * time.Millisecond, SessionTimeout: 6 * time.Second, HeartbeatInterval: time.Second,
		// A group that joined before a topic had partitions would never read it.
		WatchPartitionChanges: true,
	})
	defer func() { err = errors.Join(err, reader.Close()) }()
	writer := &kafka.Writer{
		Addr: kafka.TCP(brokers...), RequiredAcks: kafka.RequireAll, BatchTimeout: time.Millisecond, Compression: kafka.Lz4,
		Balancer: kafka.Murmur2Balancer{Consistent: true},
	}
	if os.Getenv("FAULT") == "default-balancer" {
		writer.Balancer = nil // round robin
	}
	defer func() { err = errors.Join(err, writer.Close()) }()
	for {
		r, err := reader.FetchMessage(ctx)
		if err != nil {
			return err
		}
		if err := handle(ctx, service, writer, r); err != nil {
			return err
		}
		if err := reader.CommitMessages(ctx, r); err != nil {
			return err
		}
	}
}

func handle(ctx context.Context, service *payments.Service, writer *kafka.Writer, r kafka.Message) error {
	m := payments.Message{Topic: r.Topic, Key: r.Key, Value: r.Value, Time: r.Time}
	for _, h := range r.Headers {
		m.Headers = append(m.Headers, payments.Header{Name: h.Key, Value: h.Value})
	}
	time.Sleep(m.Wait())
	out := service.Handle(m)
	if out == nil {
		return nil
	}
	published := kafka.Message{Topic: out.Topic, Key: out.Key, Value: out.Value}
	for _, h := range out.Headers {
		published.Headers = append(published.Headers, kafka.Header{Key: h.Name, Value: h.Value})
	}
	if err := writer.WriteMessages(ctx, published); err != nil {
		service.Forget(m)
		return err
	}
	return nil
}
