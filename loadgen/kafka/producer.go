package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/schedule"
	"github.com/flowweir/weir/loadgen/series"
)

// ProducerConfig is all that a producer needs. Every field is required but
// those that say otherwise.
type ProducerConfig struct {
	// Client says how to connect: seed brokers, TLS, SASL.
	Client   []kgo.Opt
	Settings Settings
	Topic    string
	// Schedule says when records are due, since Start. Tick i is the record
	// with sequence i.
	Schedule *schedule.Schedule
	Start    time.Time
	Maker    Maker
	// Detours says that the Maker may send records Elsewhere; it then gives each
	// a key.
	Detours bool
	// Transactions may be nil: then there are none.
	Transactions *Transactions
	// Run is the run's identity, 48 bits.
	Run uint64
	// Sender must not have begun any record.
	Sender *ledger.Sender
	// Journal may be nil: then nothing is written to one.
	Journal *journal.Writer
	Meter   *histogram.Meter
	// Counters, Stalls and Partitions may be shared by producers.
	Counters   *series.Counters
	Stalls     *series.Stalls
	Partitions *series.Partitions
}

func (c ProducerConfig) validate() error {
	var errs []error
	for _, need := range []struct {
		missing bool
		what    string
	}{
		{c.Topic == "", "a topic"}, {c.Schedule == nil, "a schedule"}, {c.Start.IsZero(), "a start"},
		{c.Maker == nil, "a maker"}, {c.Sender == nil, "a sender"}, {c.Meter == nil, "a meter"},
		{c.Counters == nil, "counters"}, {c.Stalls == nil, "stalls"}, {c.Partitions == nil, "the stalls of partitions"},
	} {
		if need.missing {
			errs = append(errs, fmt.Errorf("a producer needs %s", need.what))
		}
	}
	if c.Sender != nil && c.Sender.Counts().Sent > 0 {
		errs = append(errs, fmt.Errorf("sender %s has begun records already: give each producer its own", c.Sender.Name()))
	}
	return errors.Join(append(errs, c.Settings.Validate(), c.Transactions.validate(c.Settings))...)
}

// Producer sends a load, open loop. Run and Flush are called by one
// goroutine, one after the other.
type Producer struct {
	config ProducerConfig
	sender uint16
	lanes  []*lane
	watch  *watch
	free   entries
	// freeing guards what gives back to free, where several clients do.
	freeing sync.Mutex
	topic   uint16 // in the journal

	// Of the goroutine of Run.
	sends   *histogram.Recorder
	counted uint64 // ticks that Counters.Due knows of

	open open // of a producer with transactions

	// window bounds the records that are with the client. The producer keeps
	// this bound itself because the client's own way to block starts a
	// goroutine for each record, and would take the cancelling of Run for
	// that of its records.
	window *schedule.Window

	renewals sync.WaitGroup
	closing  sync.Once
}

// release gives an entry back. free has room for one that does so.
func (p *Producer) release(e *entry) {
	if len(p.lanes) > 1 {
		p.freeing.Lock()
		defer p.freeing.Unlock()
	}
	p.free.put(e)
}

// lane is one of the producer's clients. Its promises run one after the other,
// those of two lanes at the same time.
type lane struct {
	producer *Producer
	client   *kgo.Client

	// Whether the client forgets its topic now, and when it did so last.
	renewing atomic.Bool
	renewed  atomic.Int64

	// Of the promises.
	outcomes  *histogram.Recorder
	each      []*partition
	stories   *journal.Stream // nil without a journal
	everAcked bool
}

// partition is what is counted of one partition.
type partition struct {
	acked  *series.Counter
	stalls *series.Stalls
}

// NewProducer makes a producer with clients of its own. It does not connect.
func NewProducer(c ProducerConfig) (*Producer, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("producer for topic %q: %w", c.Topic, err)
	}
	p := &Producer{
		config: c,
		sender: c.Sender.ID(),
		watch:  newWatch(c.Start),
		sends:  c.Meter.Recorder(),
	}
	p.window = schedule.NewWindow(c.Start, c.Settings.MaxBuffered, p.countDue)
	p.free.fresh = newEntry
	if c.Journal != nil {
		p.topic = c.Journal.Topic(c.Topic)
	}
	for range c.Settings.Clients {
		if err := p.connect(); err != nil {
			p.Close()
			return nil, fmt.Errorf("producer for topic %q: %w", c.Topic, err)
		}
	}
	return p, nil
}

// connect adds a lane.
func (p *Producer) connect() error {
	name := "weir-sender-" + p.config.Sender.Name()
	if p.config.Settings.Clients > 1 {
		name += fmt.Sprintf("-%d", len(p.lanes))
	}
	opts := append(append([]kgo.Opt{}, p.config.Client...), common(name, p.watch)...)
	opts = append(opts, p.config.Settings.options(p.config.Transactions)...)
	if p.config.Detours {
		opts = append(opts, kgo.RecordPartitioner(detours{partitioner()}))
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return err
	}
	l := &lane{producer: p, client: client, outcomes: p.config.Meter.Recorder()}
	if p.config.Journal != nil {
		l.stories = p.config.Journal.Stream()
	}
	p.lanes = append(p.lanes, l)
	return nil
}

// lane is the client that a record goes through: the same for all records of a
// key, whose order would be lost otherwise.
func (p *Producer) lane(key []byte, seq uint64) *lane {
	n := uint64(len(p.lanes))
	switch {
	case n == 1:
		return p.lanes[0]
	case len(key) == 0:
		return p.lanes[seq%n]
	}
	return p.lanes[uint64(murmur2(key))%n]
}

// Run sends every record of the schedule when it is due, or as soon after as
// it can, and returns when the last one was handed to the client; with ctx's
// error if that ended it early. Records that are with the client stay there:
// Flush waits for them.
func (p *Producer) Run(ctx context.Context) error {
	pacer := schedule.Pacer{Schedule: p.config.Schedule, Start: p.config.Start}
	_, err := pacer.Run(ctx, func(first, n uint64, _ time.Duration) error { return p.send(ctx, first, n) })
	p.countDue()
	p.end()
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("producer for topic %q: %w", p.config.Topic, err)
	}
	return err
}

// send hands the records of due ticks to the client.
func (p *Producer) send(ctx context.Context, first, n uint64) error {
	p.countDue()
	for seq := first; seq < first+n; seq++ {
		if seq%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := p.window.Enter(ctx); err != nil {
			return err
		}
		if err := p.sendOne(seq); err != nil {
			return err
		}
	}
	return nil
}

func (p *Producer) sendOne(seq uint64) error {
	if err := p.begin(); err != nil {
		p.window.Leave()
		return err
	}
	e := p.free.get()
	due := p.config.Schedule.Due(seq)
	class := e.make(p, seq, due)
	e.lane, e.transaction = p.lane(e.Key, seq), p.open.number
	if begun := p.config.Sender.Begin(class); begun != seq {
		return fmt.Errorf("sender %s began record %d where %d is due: it has another user", p.config.Sender.Name(), begun, seq)
	}
	sent := time.Since(p.config.Start)
	e.sent = sent
	// Also saves the client reading the clock.
	e.Timestamp = p.config.Start.Add(sent)
	p.config.Counters.Sent.Add(1)
	// The context has no end: with one that has, cancelling Run would fail
	// every record in the buffer, which Flush is there to save.
	e.lane.client.Produce(context.Background(), &e.Record, e.promise)

	p.sends.Sent(due, sent-due, p.window.Blocked(due, sent))
	p.ended()
	return nil
}

// countDue counts the ticks that have become due, also while sending is
// blocked, so that an interval's offered load is what was due in it.
func (p *Producer) countDue() {
	if n := p.config.Schedule.Count(time.Since(p.config.Start)); n > p.counted {
		p.config.Counters.Due.Add(int64(n - p.counted))
		p.counted = n
	}
}

// done is the promise: it takes the outcome of a record. Promises of a client
// run one after the other, so that what is slow here slows all
// acknowledgements.
func (e *entry) done(r *kgo.Record, err error) {
	p := e.lane.producer
	if p.config.Transactions != nil {
		p.open.add(e, err)
		return
	}
	now := time.Since(p.config.Start)
	e.lane.renew(e.sent, err)
	switch e.lane.classify(r, e.size, err) {
	case journal.Acked:
		e.lane.acked(e, now)
	case journal.Failed:
		p.failed(e, now, err)
	case journal.Unknown:
		p.config.Sender.Unknown(e.seq)
		e.lane.missed(e, now, journal.Unknown, histogram.Unfinished, err)
	}
	p.release(e)
	p.window.Leave()
}

func (l *lane) acked(e *entry, now time.Duration) {
	l.everAcked = true
	p, part := l.producer, l.partition(e.Partition)
	p.config.Sender.Acked(e.seq)
	p.config.Counters.Acked.Add(1)
	p.config.Counters.Bytes.Add(int64(e.size))
	part.acked.Add(1)
	part.stalls.Acked(e.due, now)
	p.config.Stalls.Acked(e.due, now)
	l.outcomes.Acked(p.config.Topic, e.Partition, e.due, now-e.sent, now-e.due, e.size)
	if l.stories != nil {
		l.stories.Ack(p.sender, e.seq, journal.Acked, p.topic, e.Partition, e.Offset, e.sent, now)
	}
}

// unanswered is why records that were sent with acks=0 have no outcome.
const unanswered = "acks=0: the broker answers nothing"

// missed takes a record that will have no latency.
func (l *lane) missed(e *entry, now time.Duration, o journal.Outcome, why histogram.Missing, err error) {
	p := l.producer
	l.outcomes.Miss(histogram.Send, why, e.due, now)
	l.outcomes.Miss(histogram.Publish, why, e.due, now)
	reason := unanswered
	if err != nil {
		reason = p.watch.add(StageRecord, -1, err)
	}
	if l.stories != nil {
		o = o.Because(p.config.Journal.Reason(reason))
		l.stories.Ack(p.sender, e.seq, o, p.topic, e.Partition, -1, e.sent, now)
	}
}

func (l *lane) partition(id int32) *partition {
	if int(id) >= len(l.each) {
		l.each = append(l.each, make([]*partition, int(id)+1-len(l.each))...)
	}
	if l.each[id] == nil {
		l.each[id] = &partition{
			acked:  l.producer.config.Counters.Partition(l.producer.config.Topic, id),
			stalls: l.producer.config.Partitions.Of(l.producer.config.Topic, id),
		}
	}
	return l.each[id]
}

// Flush waits until every record has its outcome. Where ctx ends before that
// it closes the clients, by which the records that are left become unknown,
// and returns how many they were with ctx's error.
func (p *Producer) Flush(ctx context.Context) (open int64, err error) {
	for _, l := range p.lanes {
		if err = l.client.Flush(ctx); err != nil {
			break
		}
	}
	if err == nil {
		p.settle(journal.Failed, false, errLate)
		return 0, nil
	}
	open = p.window.Open()
	p.Close()
	return open, fmt.Errorf("producer for topic %q: %d records without an outcome: %w", p.config.Topic, open, err)
}

// Close closes the clients. Records that are still with them become unknown
// before it returns.
func (p *Producer) Close() {
	p.closing.Do(func() {
		p.watch.close()
		for _, l := range p.lanes {
			l.client.Close()
		}
		p.settle(journal.Failed, false, errLate)
		_ = p.window.Drain(context.Background())
		p.renewals.Wait()
	})
}

// Errors is what went wrong so far, in order of first occurrence.
func (p *Producer) Errors() []ClientError { return p.watch.all() }

// Reasons is how many records were not acknowledged, and not aborted on
// purpose, by reason.
func (p *Producer) Reasons() map[string]int64 {
	counts, reasons := p.config.Sender.Counts(), map[string]int64{}
	left := int64(counts.Failed + counts.Unknown)
	for _, e := range p.watch.all() {
		if e.Stage == StageRecord {
			reasons[e.Error] += e.Count
			left -= e.Count
		}
	}
	// What no error explains is not counted one by one: it is every record.
	if p.config.Settings.Acks == AcksNone && left > 0 {
		reasons[unanswered] = left
	}
	return reasons
}

// Throttled is for how long brokers held the producer back in all (quotas).
func (p *Producer) Throttled() time.Duration { return time.Duration(p.watch.throttled.Load()) }
