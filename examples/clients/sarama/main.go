// Command sarama is the payment-service with github.com/IBM/sarama. Each order
// is one transaction: what is published for it, and its offset.
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/IBM/sarama"

	"github.com/flowweir/weir/examples/clients/payments"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	sarama.Logger = log.Default()
	var service payments.Service
	for ctx.Err() == nil {
		if err := session(ctx, &service); err != nil && ctx.Err() == nil {
			log.Printf("session starts over: %v", err)
			time.Sleep(250 * time.Millisecond)
		}
	}
}

func config() *sarama.Config {
	c := sarama.NewConfig()
	c.Version = sarama.MaxVersion
	c.ClientID = "payment-service"
	c.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{sarama.NewBalanceStrategyRange()}
	c.Consumer.Group.Session.Timeout = 6 * time.Second
	c.Consumer.Group.Heartbeat.Interval = time.Second
	c.Consumer.Offsets.AutoCommit.Enable = false
	c.Consumer.Offsets.Initial = sarama.OffsetOldest
	c.Consumer.IsolationLevel = sarama.ReadCommitted
	c.Consumer.MaxWaitTime = 100 * time.Millisecond
	c.Producer.RequiredAcks = sarama.WaitForAll
	c.Producer.Idempotent = true
	c.Producer.Compression = sarama.CompressionSnappy
	c.Net.MaxOpenRequests = 1 // so that idempotence keeps the order
	c.Producer.Retry.Max = 20
	c.Producer.Return.Successes = true
	c.Producer.Transaction.ID = payments.Group + "-0"
	c.Producer.Transaction.Timeout = 15 * time.Second
	c.Producer.Partitioner = sarama.NewMurmur2Partitioner // as Kafka's own client
	if os.Getenv("FAULT") == "default-partitioner" {
		c.Producer.Partitioner = sarama.NewHashPartitioner // FNV-1a
	}
	return c
}

// session works until something fails; the next one begins at the committed
// offsets.
func session(ctx context.Context, service *payments.Service) (err error) {
	brokers := strings.Split(os.Getenv("BROKERS"), ",")
	group, err := sarama.NewConsumerGroup(brokers, payments.Group, config())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, group.Close()) }()
	producer, err := sarama.NewSyncProducer(brokers, config())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, producer.Close()) }()
	w := &worker{service: service, producer: producer}
	for ctx.Err() == nil && w.failed() == nil {
		if err := group.Consume(ctx, []string{payments.Orders, payments.Retries}, w); err != nil {
			return err
		}
	}
	return w.failed()
}

// worker handles the records of all partitions, one at a time: a transactional
// producer has one transaction.
type worker struct {
	service  *payments.Service
	producer sarama.SyncProducer

	mu  sync.Mutex
	err error
}

func (w *worker) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (w *worker) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (w *worker) ConsumeClaim(s sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case r, open := <-claim.Messages():
			if !open {
				return nil
			}
			if err := w.handle(r); err != nil {
				return err
			}
		case <-s.Context().Done():
			return nil
		}
	}
}

func (w *worker) failed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// handle is one transaction. After one that failed nothing more is handled:
// the session is over.
func (w *worker) handle(r *sarama.ConsumerMessage) error {
	m := message(r)
	time.Sleep(m.Wait())
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	if w.err = w.transact(r, m); w.err != nil {
		w.service.Forget(m)
		if w.producer.TxnStatus()&sarama.ProducerTxnFlagAbortableError != 0 {
			w.err = errors.Join(w.err, w.producer.AbortTxn())
		}
	}
	return w.err
}

func (w *worker) transact(r *sarama.ConsumerMessage, m payments.Message) error {
	if err := w.producer.BeginTxn(); err != nil {
		return err
	}
	if out := w.service.Handle(m); out != nil {
		published := &sarama.ProducerMessage{Topic: out.Topic, Key: sarama.ByteEncoder(out.Key), Value: sarama.ByteEncoder(out.Value)}
		for _, h := range out.Headers {
			published.Headers = append(published.Headers, sarama.RecordHeader{Key: []byte(h.Name), Value: h.Value})
		}
		if _, _, err := w.producer.SendMessage(published); err != nil {
			return err
		}
	}
	if err := w.producer.AddMessageToTxn(r, payments.Group, nil); err != nil {
		return err
	}
	return w.producer.CommitTxn()
}

func message(r *sarama.ConsumerMessage) payments.Message {
	m := payments.Message{Topic: r.Topic, Key: r.Key, Value: r.Value, Time: r.Timestamp}
	for _, h := range r.Headers {
		m.Headers = append(m.Headers, payments.Header{Name: string(h.Key), Value: h.Value})
	}
	return m
}
