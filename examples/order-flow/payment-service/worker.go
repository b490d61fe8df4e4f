package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// sessionTimeout is Kafka's session.timeout.ms: how long a process that
	// does not come back keeps its partitions.
	sessionTimeout = 6 * time.Second
	// transactionTimeout is Kafka's transaction.timeout.ms: how long such a
	// process holds up the readers of what it published last. It is longer
	// than a broker's failover takes.
	transactionTimeout = 15 * time.Second
	// maxBatch bounds a transaction, in records.
	maxBatch = 5000
	// retryBackoff is the pause between attempts of a request.
	retryBackoff = 250 * time.Millisecond
	// restartDelay is the pause before a session that failed is begun anew.
	restartDelay = 250 * time.Millisecond
)

type adjustOffsets = func(context.Context, map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error)

// client are the settings of every client of this service.
func (c config) client() []kgo.Opt {
	return []kgo.Opt{
		kgo.SeedBrokers(c.brokers...),
		kgo.ClientID("payment-service"),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		// Find a new leader or coordinator soon: the client's default backs
		// off to 5 s, on top of what the brokers take.
		kgo.MetadataMinAge(retryBackoff),
		kgo.RetryBackoffFn(func(int) time.Duration { return retryBackoff }),
		kgo.RequestRetries(100),
		kgo.AlwaysRetryEOF(), // a port forwarder closes for a dead broker
	}
}

// worker consumes one topic. Every batch that it polls becomes one
// transaction.
type worker struct {
	name     string
	topic    string
	cfg      config
	payments *payments
	assigned adjustOffsets // may be nil
}

// run works until ctx ends. Whatever fails ends the session, and a new one
// starts from the committed offsets, as a new process would: there is one way
// to recover, and it is used every day.
func (w *worker) run(ctx context.Context) error {
	for {
		err := w.session(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, kerr.FencedInstanceID):
			return fmt.Errorf("another process runs as INSTANCE_ID=%s: %w", w.cfg.instance, err)
		}
		slog.Warn("session starts over", "worker", w.name, "error", err)
		if sleep(ctx, restartDelay) != nil {
			return nil
		}
	}
}

func (w *worker) session(ctx context.Context) error {
	id := w.cfg.group + "-" + w.cfg.instance + "-" + w.name
	opts := append(w.cfg.client(),
		kgo.ConsumerGroup(w.cfg.group),
		kgo.InstanceID(id),
		kgo.ConsumeTopics(w.topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.SessionTimeout(sessionTimeout),
		kgo.HeartbeatInterval(time.Second),
		kgo.TransactionalID(id),
		kgo.TransactionTimeout(transactionTimeout),
		// Transaction markers have offsets too: committing them keeps the lag
		// of the retry topic at 0 when there is nothing left to do.
		kgo.KeepControlRecords(),
		// A transaction costs the brokers about the same whatever is in it:
		// wait a little for more.
		kgo.FetchMinBytes(64<<10),
		kgo.FetchMaxWait(100*time.Millisecond),
	)
	if w.assigned != nil {
		opts = append(opts, kgo.AdjustFetchOffsetsFn(w.assigned))
	}
	session, err := kgo.NewGroupTransactSession(opts...)
	if err != nil {
		return err
	}
	defer session.Close()
	// End what a predecessor left open now, not with its timeout: committed
	// offsets cannot be read before.
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
	}
}

// batch handles the records in one transaction. It returns nil only if that
// was committed.
func (w *worker) batch(ctx context.Context, session *kgo.GroupTransactSession, fetches kgo.Fetches) error {
	if err := w.wait(ctx, fetches); err != nil {
		return err
	}
	if err := session.Begin(); err != nil {
		return err
	}
	published := kgo.AbortingFirstErrPromise(session.Client())
	var dead deadLetters
	var failed error
	for r := range fetches.RecordsAll() {
		if r.Attrs.IsControl() {
			continue
		}
		out, err := w.payments.handle(ctx, r)
		if err != nil {
			failed = err
			break
		}
		if out == nil {
			continue
		}
		dead.count(out, w.cfg.dlqTopic)
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
	dead.log()
	return nil
}

// wait returns when the last of the records may be handled. Retries come in
// the order of their first failure, so that none waits much longer than it
// must: at most by the difference between two delays.
func (w *worker) wait(ctx context.Context, fetches kgo.Fetches) error {
	now := time.Now()
	due := now
	for r := range fetches.RecordsAll() {
		if t := w.payments.notBefore(r, now); t.After(due) {
			due = t
		}
	}
	return sleep(ctx, due.Sub(now))
}

// sleep returns early, with the cause, when ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// deadLetters counts those of a batch, to log them in one line.
type deadLetters struct {
	n     int
	first string
}

func (d *deadLetters) count(r *kgo.Record, topic string) {
	if r.Topic != topic {
		return
	}
	if d.n++; d.n == 1 {
		d.first = header(r, "dlq-reason")
	}
}

func (d *deadLetters) log() {
	if d.n > 0 {
		slog.Warn("dead-lettered", "records", d.n, "first", d.first)
	}
}
