// Command confluent is the payment-service with confluent-kafka-go, librdkafka
// for Go. What it publishes and the offsets that it consumed are one
// transaction.
package main

import (
	"context"
	"errors"
	"log"
	"maps"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/flowweir/weir/examples/clients/payments"
)

// place is a partition of a topic.
type place struct {
	topic     string
	partition int32
}

// maxBatch bounds a transaction, in records.
const maxBatch = 500

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var service payments.Service
	run := session
	if os.Getenv("FAULT") == "auto-commit" {
		run = autoCommit
	}
	for ctx.Err() == nil {
		if err := run(ctx, &service); err != nil && ctx.Err() == nil {
			log.Printf("session starts over: %v", err)
			time.Sleep(250 * time.Millisecond)
		}
	}
}

// subscribed is a consumer of the group.
func subscribed(more kafka.ConfigMap) (*kafka.Consumer, error) {
	config := kafka.ConfigMap{
		"bootstrap.servers": os.Getenv("BROKERS"), "group.id": payments.Group, "auto.offset.reset": "earliest",
		"enable.auto.commit": false, "isolation.level": "read_committed",
		"session.timeout.ms": 6000, "heartbeat.interval.ms": 1000,
	}
	for name, value := range more {
		config[name] = value
	}
	consumer, err := kafka.NewConsumer(&config)
	if err != nil {
		return nil, err
	}
	return consumer, consumer.SubscribeTopics([]string{payments.Orders, payments.Retries}, nil)
}

// session works until something fails; the next one begins at the committed
// offsets.
func session(ctx context.Context, service *payments.Service) (err error) {
	consumer, err := subscribed(nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, consumer.Close()) }()
	producer, err := kafka.NewProducer(&kafka.ConfigMap{
		"bootstrap.servers": os.Getenv("BROKERS"), "transactional.id": payments.Group + "-0", "transaction.timeout.ms": 15000,
		"linger.ms": 0, "compression.type": "zstd", "partitioner": "murmur2_random", // librdkafka's default is another hash than Java's
		"go.delivery.reports": false,
	})
	if err != nil {
		return err
	}
	defer producer.Close()
	if err := producer.InitTransactions(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil {
		batch := poll(consumer)
		if len(batch) == 0 {
			continue
		}
		if err := transact(ctx, service, consumer, producer, batch); err != nil {
			for _, r := range batch {
				service.Forget(message(r))
			}
			return err
		}
	}
	return nil
}

// poll takes what is there, and waits a little where there is nothing.
func poll(consumer *kafka.Consumer) []*kafka.Message {
	var batch []*kafka.Message
	wait := 100
	for len(batch) < maxBatch {
		switch e := consumer.Poll(wait).(type) {
		case *kafka.Message:
			batch = append(batch, e)
			wait = 0
		case kafka.Error:
			log.Printf("consumer: %v", e)
		case nil:
			return batch
		}
	}
	return batch
}

func transact(ctx context.Context, service *payments.Service, consumer *kafka.Consumer, producer *kafka.Producer, batch []*kafka.Message) error {
	if err := producer.BeginTransaction(); err != nil {
		return err
	}
	next := map[place]kafka.TopicPartition{}
	for _, r := range batch {
		if out := handle(service, r); out != nil {
			if err := producer.Produce(out, nil); err != nil {
				return abort(producer, err)
			}
		}
		after := r.TopicPartition
		after.Offset++
		next[place{*after.Topic, after.Partition}] = after
	}
	member, err := consumer.GetConsumerGroupMetadata()
	if err != nil {
		return abort(producer, err)
	}
	if err := producer.SendOffsetsToTransaction(ctx, slices.Collect(maps.Values(next)), member); err != nil {
		return abort(producer, err)
	}
	if err := producer.CommitTransaction(ctx); err != nil {
		return abort(producer, err)
	}
	return nil
}

// abort ends the transaction that failed; a new session fences what it cannot
// end.
func abort(producer *kafka.Producer, why error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(why, producer.AbortTransaction(ctx))
}

func handle(service *payments.Service, r *kafka.Message) *kafka.Message {
	m := message(r)
	time.Sleep(m.Wait())
	out := service.Handle(m)
	if out == nil {
		return nil
	}
	published := &kafka.Message{
		TopicPartition: kafka.TopicPartition{Topic: &out.Topic, Partition: kafka.PartitionAny}, Key: out.Key, Value: out.Value,
	}
	for _, h := range out.Headers {
		published.Headers = append(published.Headers, kafka.Header{Key: h.Name, Value: h.Value})
	}
	return published
}

func message(r *kafka.Message) payments.Message {
	m := payments.Message{Topic: *r.TopicPartition.Topic, Key: r.Key, Value: r.Value, Time: r.Timestamp}
	for _, h := range r.Headers {
		m.Headers = append(m.Headers, payments.Header{Name: h.Key, Value: h.Value})
	}
	return m
}

// autoCommit is the mistake of the client's defaults: offsets are committed
// when records were handed out, and what becomes of them takes longer.
func autoCommit(ctx context.Context, service *payments.Service) (err error) {
	consumer, err := subscribed(kafka.ConfigMap{"enable.auto.commit": true, "auto.commit.interval.ms": 10})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, consumer.Close()) }()
	producer, err := kafka.NewProducer(&kafka.ConfigMap{
		"bootstrap.servers": os.Getenv("BROKERS"), "partitioner": "murmur2_random", "go.delivery.reports": false,
	})
	if err != nil {
		return err
	}
	defer producer.Close()
	for ctx.Err() == nil {
		for _, r := range poll(consumer) {
			time.AfterFunc(time.Minute, func() {
				if out := handle(service, r); out != nil {
					_ = producer.Produce(out, nil)
				}
			})
		}
	}
	return nil
}
