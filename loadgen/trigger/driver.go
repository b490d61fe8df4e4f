package trigger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/schedule"
	"github.com/flowweir/weir/loadgen/series"
)

// The defaults of a driver.
const (
	DefaultInFlight = 1000
	DefaultTimeout  = 10 * time.Second
)

// Config is all that a driver needs. Every field is required but those that
// say otherwise.
type Config struct {
	// Name stands in the journal where the topic of a record would, such as
	// "POST /orders".
	Name string
	// Do makes one request and returns when its reply is there: nil for the
	// expected one. A [StatusError] that refuses makes the outcome a failure,
	// any other error makes it unknown. It must return when ctx is done, and
	// may be called by many goroutines at once.
	Do func(ctx context.Context, seq uint64, due time.Time) error
	// InFlight is how many requests may be under way; default 1,000.
	InFlight int
	// Timeout bounds each request from when it is sent; default 10 s.
	Timeout time.Duration
	// Schedule says when requests are due, since Start. Tick i is the
	// request with sequence i.
	Schedule *schedule.Schedule
	Start    time.Time
	// Sender must not have begun any record.
	Sender *ledger.Sender
	// Journal may be nil: then nothing is written to one.
	Journal *journal.Writer
	Meter   *histogram.Meter
	// Counters and Stalls may be shared.
	Counters *series.Counters
	Stalls   *series.Stalls
}

func (c *Config) validate() error {
	var errs []error
	for _, need := range []struct {
		missing bool
		what    string
	}{
		{c.Name == "", "a name"}, {c.Do == nil, "something to do"}, {c.Schedule == nil, "a schedule"},
		{c.Start.IsZero(), "a start"}, {c.Sender == nil, "a sender"}, {c.Meter == nil, "a meter"},
		{c.Counters == nil, "counters"}, {c.Stalls == nil, "stalls"},
	} {
		if need.missing {
			errs = append(errs, fmt.Errorf("a trigger needs %s", need.what))
		}
	}
	if c.Sender != nil && c.Sender.Counts().Sent > 0 {
		errs = append(errs, fmt.Errorf("sender %s has begun records already: give each trigger its own", c.Sender.Name()))
	}
	if c.InFlight < 0 || c.Timeout < 0 {
		errs = append(errs, fmt.Errorf("%d requests in flight and a timeout of %s must not be below 0", c.InFlight, c.Timeout))
	}
	return errors.Join(errs...)
}

// Driver drives a trigger. Run and Flush are called by one goroutine, one
// after the other.
type Driver struct {
	config Config
	window *schedule.Window
	// requests is the context of all of them: what ends Run early does not
	// end them.
	requests context.Context
	cancel   context.CancelFunc

	// Of the goroutine of Run.
	sends   *histogram.Recorder
	counted uint64

	// Shared by the requests.
	outcomes *histogram.Recorder
	stories  *journal.Stream // nil without a journal
	name     uint16
	mu       sync.Mutex
	reasons  map[string]int64
}

// New makes a driver.
func New(c Config) (*Driver, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("trigger %q: %w", c.Name, err)
	}
	if c.InFlight == 0 {
		c.InFlight = DefaultInFlight
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	d := &Driver{config: c, sends: c.Meter.Recorder(), outcomes: c.Meter.Recorder(), reasons: make(map[string]int64)}
	d.requests, d.cancel = context.WithCancel(context.Background())
	d.window = schedule.NewWindow(c.Start, c.InFlight, d.countDue)
	if c.Journal != nil {
		d.stories, d.name = c.Journal.Stream(), c.Journal.Topic(c.Name)
	}
	return d, nil
}

// Run makes every request of the schedule when it is due, or as soon after as
// it can, and returns when the last one was sent; with ctx's error if that
// ended it early. Requests that are under way go on: Flush waits for them.
func (d *Driver) Run(ctx context.Context) error {
	pacer := schedule.Pacer{Schedule: d.config.Schedule, Start: d.config.Start}
	_, err := pacer.Run(ctx, func(first, n uint64, _ time.Duration) error { return d.send(ctx, first, n) })
	d.countDue()
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("trigger %q: %w", d.config.Name, err)
	}
	return err
}

func (d *Driver) send(ctx context.Context, first, n uint64) error {
	d.countDue()
	for seq := first; seq < first+n; seq++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := d.window.Enter(ctx); err != nil {
			return err
		}
		if begun := d.config.Sender.Begin(ledger.Normal); begun != seq {
			return fmt.Errorf("sender %s began record %d where %d is due: it has another user", d.config.Sender.Name(), begun, seq)
		}
		due := d.config.Schedule.Due(seq)
		sent := time.Since(d.config.Start)
		d.config.Counters.Sent.Add(1)
		go d.request(seq, due, sent)
		d.sends.Sent(due, sent-due, d.window.Blocked(due, sent))
	}
	return nil
}

// countDue counts the ticks that have become due, also while sending is
// blocked.
func (d *Driver) countDue() {
	if n := d.config.Schedule.Count(time.Since(d.config.Start)); n > d.counted {
		d.config.Counters.Due.Add(int64(n - d.counted))
		d.counted = n
	}
}

// request makes one request and takes its outcome.
func (d *Driver) request(seq uint64, due, sent time.Duration) {
	defer d.window.Leave()
	ctx, cancel := context.WithTimeout(d.requests, d.config.Timeout)
	defer cancel()
	err := d.config.Do(ctx, seq, d.config.Start.Add(due))
	now := time.Since(d.config.Start)
	switch {
	case err != nil && refuses(err):
		d.config.Sender.Failed(seq)
		d.config.Counters.Failed.Add(1)
		d.missed(seq, due, sent, now, journal.Failed, histogram.Failed, cause(err))
	case err != nil:
		d.config.Sender.Unknown(seq)
		d.missed(seq, due, sent, now, journal.Unknown, histogram.Unfinished, cause(err))
	default:
		d.config.Sender.Acked(seq)
		d.config.Counters.Acked.Add(1)
		d.config.Stalls.Acked(due, now)
		d.outcomes.Record(histogram.Send, due, now-sent)
		d.outcomes.Record(histogram.Publish, due, now-due)
		d.story(seq, journal.Acked, sent, now)
	}
}

// missed takes a request that will have no latency.
func (d *Driver) missed(seq uint64, due, sent, now time.Duration, o journal.Outcome, why histogram.Missing, reason string) {
	d.outcomes.Miss(histogram.Send, why, due, now)
	d.outcomes.Miss(histogram.Publish, why, due, now)
	d.mu.Lock()
	if _, known := d.reasons[reason]; !known && len(d.reasons) >= maxReasons {
		reason = "other errors"
	}
	d.reasons[reason]++
	d.mu.Unlock()
	if d.config.Journal != nil {
		o = o.Because(d.config.Journal.Reason(reason))
	}
	d.story(seq, o, sent, now)
}

func (d *Driver) story(seq uint64, o journal.Outcome, sent, now time.Duration) {
	if d.stories != nil {
		d.stories.Ack(d.config.Sender.ID(), seq, o, d.name, -1, -1, sent, now)
	}
}

// Flush waits until every request has its outcome. Where ctx ends before that
// it cancels the requests that are left, by which they become unknown, and
// returns how many they were with ctx's error.
func (d *Driver) Flush(ctx context.Context) (open int64, err error) {
	if err = d.window.Drain(ctx); err == nil {
		return 0, nil
	}
	open = d.window.Open()
	d.Close()
	return open, fmt.Errorf("trigger %q: %d requests without a reply: %w", d.config.Name, open, err)
}

// Close cancels the requests that are under way, which become unknown, and
// returns when Do has returned for all of them. It may be called twice.
func (d *Driver) Close() {
	d.cancel()
	_ = d.window.Drain(context.Background())
}

// Reasons is how many requests were not accepted, refused or of unknown
// outcome, by reason: the status of the reply, or the error.
func (d *Driver) Reasons() map[string]int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.reasons)
}
