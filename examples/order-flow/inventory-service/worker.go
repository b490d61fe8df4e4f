package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// sessionTimeout is Kafka's session.timeout.ms: how long a process that
	// does not come back keeps its partitions.
	sessionTimeout = 6 * time.Second
	// transactionTimeout is Kafka's transaction.timeout.ms, longer than a
	// broker's failover takes.
	transactionTimeout = 15 * time.Second
	// maxBatch bounds a transaction, in records.
	maxBatch = 5000
	// retryBackoff is the pause between attempts of a request, and before a
	// session that failed is begun anew.
	retryBackoff = 250 * time.Millisecond
)

// client are the settings of every client of this service.
func (c config) client() []kgo.Opt {
	return []kgo.Opt{
		kgo.SeedBrokers(c.brokers...),
		kgo.ClientID("inventory-service"),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.MetadataMinAge(retryBackoff),
		kgo.RetryBackoffFn(func(int) time.Duration { return retryBackoff }),
		kgo.RequestRetries(100),
		kgo.AlwaysRetryEOF(), // a port forwarder closes for a dead broker
	}
}

// worker turns every batch that it polls into one transaction.
type worker struct {
	cfg          config
	reservations *reservations
}

// run works until ctx ends. Whatever fails ends the session, and a new one
// starts from the committed offsets, as a new process would.
func (w *worker) run(ctx context.Context) error {
	for {
		err := w.session(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, kerr.FencedInstanceID):
			return fmt.Errorf("another process runs as INSTANCE_ID=%s: %w", w.cfg.instance, err)
		case errors.Is(err, errPartitions):
			return err
		}
		slog.Warn("session starts over", "error", err)
		pause(ctx, retryBackoff)
	}
}

// pause returns early when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (w *worker) session(ctx context.Context) error {
	id := w.cfg.group + "-" + w.cfg.instance
	session, err := kgo.NewGroupTransactSession(append(w.cfg.client(),
		kgo.ConsumerGroup(w.cfg.group),
		kgo.InstanceID(id),
		kgo.TransactionalID(id),
		kgo.TransactionTimeout(transactionTimeout),
		kgo.ConsumeTopics(w.cfg.orderTopic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.AdjustFetchOffsetsFn(w.reservations.load),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.SessionTimeout(sessionTimeout),
		kgo.HeartbeatInterval(time.Second),
		kgo.FetchMinBytes(64<<10),
		kgo.FetchMaxWait(100*time.Millisecond),
	)...)
	if err != nil {
		return err
	}
	defer session.Close()
	if err := samePartitions(ctx, session.Client(), w.cfg.orderTopic, w.cfg.inventoryTopic); err != nil {
		return err
	}
	// End what a predecessor left open now, not with its timeout: committed
	// offsets and reservations cannot be read before.
	if _, _, err := session.Client().ProducerID(ctx); err != nil {
		return err
	}
	for {
		fetches := session.PollRecords(ctx, maxBatch)
		if err := fetches.Err(); err != nil {
			return err
		}
		if fetches.Empty() {
			continue
		}
		if err := w.batch(ctx, session, fetches); err != nil {
			return err
		}
		if fetches.NumRecords() < maxBatch {
			pause(ctx, w.cfg.gather)
		}
	}
}

var errPartitions = errors.New("topics must have the same number of partitions")

func samePartitions(ctx context.Context, client *kgo.Client, a, b string) error {
	topics, err := kadm.NewClient(client).ListTopics(ctx, a, b)
	if err == nil {
		err = topics.Error()
	}
	if err != nil {
		return err
	}
	if n, m := len(topics[a].Partitions), len(topics[b].Partitions); n != m {
		return fmt.Errorf("%s has %d, %s has %d: %w", a, n, b, m, errPartitions)
	}
	return nil
}

// batch handles the records in one transaction. It returns nil only if that
// was committed.
func (w *worker) batch(ctx context.Context, session *kgo.GroupTransactSession, fetches kgo.Fetches) error {
	if err := session.Begin(); err != nil {
		return err
	}
	published := kgo.AbortingFirstErrPromise(session.Client())
	var failed error
	dead := 0
	for r := range fetches.RecordsAll() {
		out, err := w.handle(r, time.Now())
		if err != nil {
			failed = err
			break
		}
		if out == nil {
			continue
		}
		if out.Topic == w.cfg.dlqTopic {
			dead++
		}
		session.Produce(ctx, out, published.Promise())
	}
	failed = errors.Join(failed, published.Err())

	// A transaction that is begun is ended, also while the service shuts down.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), transactionTimeout)
	defer cancel()
	committed, err := session.End(ending, kgo.TransactionEndTry(failed == nil))
	if err := errors.Join(failed, err); err != nil {
		return fmt.Errorf("batch not committed: %w", err)
	}
	if !committed {
		return errors.New("batch not committed: the group rebalanced")
	}
	if dead > 0 {
		slog.Warn("dead-lettered", "records", dead)
	}
	return nil
}

// handle returns what is to be published for a record: a reservation or a dead
// letter, or nil where it is not for this service or has its reservation.
func (w *worker) handle(r *kgo.Record, now time.Time) (*kgo.Record, error) {
	if t := header(r, "ce_type"); t != "" && t != typeOrderPlaced {
		return nil, nil // another event of the topic
	}
	order, err := decode(r)
	if err != nil {
		return deadLetter(w.cfg, r, err), nil
	}
	if !w.reservations.first(r.Partition, header(r, "ce_id")) {
		return nil, nil
	}
	return reserved(w.cfg.inventoryTopic, r, order, now)
}
