package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/journal"
)

// Transactions send the records of a producer in transactions, one after the
// other. A record is acknowledged when its transaction was committed, and its
// latencies end then.
type Transactions struct {
	// ID is Kafka's transactional.id. No other producer may have it.
	ID string
	// Records is how many records each has; the last one may have less. They
	// must come within Kafka's transaction.timeout.ms, 60 s.
	Records int
	// Abort says which transactions, 0, 1, 2 and so on, are aborted on
	// purpose; nil aborts none.
	Abort func(number uint64) bool
}

// transactionTimeout is Kafka's default of transaction.timeout.ms.
const transactionTimeout = time.Minute

func (t *Transactions) validate(s Settings) error {
	switch {
	case t == nil:
		return nil
	case t.ID == "":
		return errors.New("transactions need an id")
	case t.Records < 1 || t.Records > s.MaxBuffered:
		return fmt.Errorf("transactions of %d records are not from 1 to max-buffered, %d", t.Records, s.MaxBuffered)
	case !s.Idempotent:
		return errors.New("transactions need an idempotent producer, and with it acks all")
	case s.Clients > 1:
		return errors.New("transactions of several clients are not built: set clients to 1")
	}
	return nil
}

// open is the transaction that is open.
type open struct {
	number uint64
	// Of the goroutine of Run: sent, and gone, which says that the topic was
	// deleted and made again.
	sent int
	gone bool

	mu sync.Mutex
	// settled are the records that the client is done with, and first the
	// first error of one.
	settled []*entry
	first   error
}

// add takes a record that the client is done with.
func (o *open) add(e *entry, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.settled = append(o.settled, e)
	if err != nil && o.first == nil {
		o.first = err
	}
}

// begin begins a transaction before the first record of one.
func (p *Producer) begin() error {
	t := p.config.Transactions
	if t == nil || p.open.sent > 0 {
		return nil
	}
	client := p.lanes[0].client
	err := client.BeginTransaction()
	if err != nil {
		// The one before may not have come to its end.
		p.window.Hold(func() {
			ctx, cancel := p.ending()
			defer cancel()
			if err = client.EndTransaction(ctx, kgo.TryAbort); err == nil {
				err = client.BeginTransaction()
			}
		})
	}
	if err != nil {
		return fmt.Errorf("transaction %d of %s: %w", p.open.number, t.ID, err)
	}
	if p.open.gone { // with no record on its way
		p.lanes[0].forget()
		p.open.gone = false
	}
	return nil
}

// ended ends the transaction that has all its records.
func (p *Producer) ended() {
	if t := p.config.Transactions; t == nil {
		return
	}
	if p.open.sent++; p.open.sent == p.config.Transactions.Records {
		p.window.Hold(p.end)
	}
}

// ending bounds the end of a transaction. Cancelling Run does not shorten it:
// what was sent is committed.
func (p *Producer) ending() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), p.config.Settings.DeliveryTimeout+p.config.Settings.RequestTimeout)
}

// end waits for the records of the open transaction, commits or aborts it, and
// gives each record its outcome.
func (p *Producer) end() {
	if p.open.sent == 0 {
		return
	}
	ctx, cancel := p.ending()
	defer cancel()
	client, t := p.lanes[0].client, p.config.Transactions
	why := client.Flush(ctx)
	p.open.mu.Lock()
	if why == nil {
		why = p.open.first
	}
	p.open.mu.Unlock()
	onPurpose := why == nil && t.Abort != nil && t.Abort(p.open.number)
	if why != nil || onPurpose {
		// Nothing asks for a commit any more, whatever becomes of this.
		_ = client.AbortBufferedRecords(ctx)
		if err := client.EndTransaction(ctx, kgo.TryAbort); err != nil {
			p.watch.add(StageRequest, -1, err)
		}
		p.open.gone = errors.Is(why, kerr.UnknownTopicID)
		p.settle(journal.Failed, onPurpose, why)
		return
	}
	if err := client.EndTransaction(ctx, kgo.TryCommit); err != nil {
		p.open.gone = errors.Is(err, kerr.UnknownTopicID)
		p.settle(journal.Unknown, false, err)
		return
	}
	p.settle(journal.Acked, false, nil)
}

var (
	errAbortedOnPurpose = errors.New("the transaction was aborted on purpose")
	errLate             = errors.New("the transaction was over before the record was sent")
)

// settle gives the records of the open transaction their outcome, and those of
// earlier ones that the client was not done with in time: these were aborted.
func (p *Producer) settle(outcome journal.Outcome, onPurpose bool, why error) {
	now := time.Since(p.config.Start)
	p.open.mu.Lock()
	settled := p.open.settled
	p.open.settled, p.open.first = nil, nil
	p.open.mu.Unlock()
	for _, e := range settled {
		switch {
		case e.transaction != p.open.number:
			p.failed(e, now, errLate)
		case onPurpose:
			p.config.Sender.Aborted(e.seq)
			p.config.Counters.Aborted.Add(1)
			e.lane.aborted(e, now)
		case outcome == journal.Acked:
			e.lane.acked(e, now)
		case outcome == journal.Failed:
			p.failed(e, now, why)
		default:
			p.config.Sender.Unknown(e.seq)
			e.lane.missed(e, now, outcome, histogram.Unfinished, why)
		}
		p.release(e)
		p.window.Leave()
	}
	p.open.sent = 0
	p.open.number++
}

// failed takes a record that is in no log, or that nobody is to see there.
func (p *Producer) failed(e *entry, now time.Duration, err error) {
	p.config.Sender.Failed(e.seq)
	p.config.Counters.Failed.Add(1)
	e.lane.missed(e, now, journal.Failed, histogram.Failed, err)
}

// aborted takes a record that has no latency on purpose.
func (l *lane) aborted(e *entry, now time.Duration) {
	if l.stories == nil {
		return
	}
	p := l.producer
	o := journal.Failed.Because(p.config.Journal.Reason(errAbortedOnPurpose.Error()))
	l.stories.Ack(p.sender, e.seq, o, p.topic, e.Partition, -1, e.sent, now)
}
