package harness

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/loadgen/kafka"
)

// Condition says which record is meant.
type Condition struct {
	what string
	// of is the record that the wanted one leads back to, if that is it.
	of *Record
	ok func(*Record) bool
	// err is a mistake in the condition itself.
	err error
}

// Where asks for a value at a place ($.a.b, header:name, key), compared as
// text: Where("$.amount", 13800).
func Where(at string, value any) Condition {
	p, err := place.Parse(at)
	v, convert := plain(value)
	text := place.Text(v)
	return Condition{
		what: fmt.Sprintf("with %s = %s", at, text),
		err:  errors.Join(err, convert),
		ok: func(r *Record) bool {
			got, ok := r.At(p.String())
			return ok && got == text
		},
	}
}

// CausedBy asks for the id of an earlier event as causation id: the
// envelope's, or the header causation_id.
func CausedBy(cause *Record) Condition {
	return Condition{
		what: "caused by " + cause.ID(), of: cause,
		ok: func(r *Record) bool { return cause.ID() != "" && r.Attributes.CausationID == cause.ID() },
	}
}

// LeadsBackTo asks for the id of an earlier event anywhere in the record:
// retries and dead letters carry the original.
func LeadsBackTo(cause *Record) Condition {
	return Condition{
		what: "that leads back to " + cause.ID(), of: cause,
		ok: func(r *Record) bool { return r.leadsBackTo(cause) },
	}
}

// That asks whatever ok asks; what describes it when it is not found.
func That(what string, ok func(*Record) bool) Condition { return Condition{what: what, ok: ok} }

// Await waits for an event of a contract, and returns the first that meets all
// conditions. It looks at everything that was published since Run, so that an
// event which came before the call is found, and found again. Only committed
// records are seen (isolation.level=read_committed).
func (c *Cluster) Await(event string, conditions ...Condition) *Record {
	c.t.Helper()
	_, p, err := c.producer(event)
	if err != nil {
		c.t.Fatalf("Await %s: %v", event, err)
	}
	named := That("", func(r *Record) bool { return r.Event == event })
	return c.await(event, p.TopicName(), append([]Condition{named}, conditions...))
}

// AwaitIn is Await for any record of a topic.
func (c *Cluster) AwaitIn(topic string, conditions ...Condition) *Record {
	c.t.Helper()
	return c.await("record in "+topic, topic, conditions)
}

// AwaitDeadLetter waits for the dead letter of an event that was produced, in
// the dead-letter topic that a consumer's contract declares for it.
func (c *Cluster) AwaitDeadLetter(of *Record, conditions ...Condition) *Record {
	c.t.Helper()
	topics := c.deadLetterTopics(of.Event)
	if len(topics) != 1 {
		c.t.Fatalf("AwaitDeadLetter: %d dead-letter topics are declared for %s in the contracts of this test, want 1: name it with AwaitIn(topic, harness.LeadsBackTo(event))", len(topics), of.Event)
	}
	return c.await("dead letter", topics[0], append([]Condition{LeadsBackTo(of)}, conditions...))
}

// deadLetterTopics are those of all consumers of an event.
func (s *state) deadLetterTopics(event string) []string {
	topics := map[string]bool{}
	for _, c := range s.contracts {
		if consumes := c.Consumer(event); consumes != nil && consumes.DLQ != nil {
			topics[consumes.DLQ.Topic] = true
		}
	}
	return sortedKeys(topics)
}

// Records are all records of a topic since Run, to its present end.
func (c *Cluster) Records(topic string) []*Record {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), c.timeout)
	defer cancel()
	t, err := c.tap(ctx, topic)
	if err == nil {
		err = t.readToEnd(ctx, c.state)
	}
	if err != nil {
		c.t.Fatalf("reading %s to its end, for at most %s: %v", topic, c.timeout, err)
	}
	return t.since(0)
}

func (c *Cluster) await(what, topic string, conditions []Condition) *Record {
	c.t.Helper()
	for _, cond := range conditions {
		if cond.err != nil {
			c.t.Fatalf("awaiting %s: %v", what, cond.err)
		}
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), c.timeout)
	defer cancel()
	t, err := c.tap(ctx, topic)
	if err != nil {
		c.t.Fatalf("awaiting %s: %v", what, err)
	}
	next := 0
	for {
		records := t.since(next)
		next += len(records)
		for _, r := range records {
			if meets(r, conditions) {
				return r
			}
		}
		if why := c.dead(); why != "" {
			c.t.Fatalf("awaiting %s: %s", what, why)
		}
		if ctx.Err() != nil {
			c.t.Fatal(c.missed(what, topic, conditions, t))
		}
		t.poll(ctx, c.state)
	}
}

func meets(r *Record, conditions []Condition) bool {
	for _, cond := range conditions {
		if !cond.ok(r) {
			return false
		}
	}
	return true
}

// maxMissed bounds the records that a failed wait shows.
const maxMissed = 5

// missed says what was there instead of what was awaited.
func (c *Cluster) missed(what, topic string, conditions []Condition, t *tap) string {
	var b strings.Builder
	b.WriteString("no " + what)
	for _, cond := range conditions {
		if cond.what != "" {
			b.WriteString(" " + cond.what)
		}
	}
	fmt.Fprintf(&b, " within %s (harness.Timeout and Cluster.Within set it)", c.timeout)
	records := t.since(0)
	fmt.Fprintf(&b, "\n%s holds %d records since the test began", topic, len(records))
	if len(records) > maxMissed {
		fmt.Fprintf(&b, ", the last %d of them", maxMissed)
		records = records[len(records)-maxMissed:]
	}
	for _, r := range records {
		b.WriteString("\n" + indent(r.String()))
	}
	if t.lastErr() != nil {
		fmt.Fprintf(&b, "\nthe last error of reading it: %v", t.lastErr())
	}
	for _, cond := range conditions {
		if cond.of != nil {
			b.WriteString(c.instead(cond.of, topic))
		}
	}
	b.WriteString(c.logs())
	return b.String()
}

// instead shows the dead letters that lead back to a record.
func (c *Cluster) instead(of *Record, except string) string {
	var b strings.Builder
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for _, topic := range c.deadLetterTopics(of.Event) {
		if topic == except {
			continue
		}
		t, err := c.tap(ctx, topic)
		if err != nil || t.readToEnd(ctx, c.state) != nil {
			continue // an explanation that cannot be had
		}
		for _, r := range t.since(0) {
			if r.leadsBackTo(of) {
				b.WriteString("\na dead letter leads back to it:\n" + indent(r.String()))
			}
		}
	}
	return b.String()
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }

// tap reads a topic and keeps what it has read.
type tap struct {
	topic  string
	client *kgo.Client

	polling sync.Mutex

	mu      sync.Mutex
	records []*Record
	next    map[int32]int64 // by partition: the offset after the last read
	err     error
}

// tap is the tap of a topic, made when it is first asked for.
func (s *state) tap(ctx context.Context, topic string) (*tap, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.taps[topic]; t != nil {
		return t, nil
	}
	from, known := s.from[topic]
	if !known {
		return nil, fmt.Errorf("no contract of this test names the topic %s and the test did not create it: %s", topic, document.Suggest(topic, sortedKeys(s.from)))
	}
	at := map[int32]kgo.Offset{}
	next := map[int32]int64{}
	for partition, offset := range from {
		at[partition], next[partition] = kgo.NewOffset().At(offset), offset
	}
	client, err := kgo.NewClient(append(s.up.ClientOptions(),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: at}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), // they move the position, too
		kgo.FetchMaxWait(100*time.Millisecond),
		kgo.ClientID("weir-test"),
	)...)
	if err != nil {
		return nil, err
	}
	t := &tap{topic: topic, client: client, next: next}
	s.taps[topic] = t
	s.closeTaps = append(s.closeTaps, client.Close)
	return t, ctx.Err()
}

// pollFor is how long one poll may wait, so that the death of a service is
// noticed meanwhile.
const pollFor = 200 * time.Millisecond

// poll reads what there is, or waits a moment for it.
func (t *tap) poll(ctx context.Context, s *state) {
	t.polling.Lock()
	defer t.polling.Unlock()
	ctx, cancel := context.WithTimeout(ctx, pollFor)
	defer cancel()
	fetches := t.client.PollFetches(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	fetches.EachError(func(_ string, _ int32, err error) {
		if ctx.Err() == nil {
			t.err = err
		}
	})
	fetches.EachRecord(func(r *kgo.Record) {
		t.next[r.Partition] = r.Offset + 1
		if !r.Attrs.IsControl() {
			t.records = append(t.records, s.read(r))
		}
	})
}

func (t *tap) since(n int) []*Record {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.records[n:len(t.records):len(t.records)]
}

func (t *tap) lastErr() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// readToEnd reads to where the topic ends now.
func (t *tap) readToEnd(ctx context.Context, s *state) error {
	// A broker that does not know a new topic yet, or lost its leader, is
	// asked again.
	ends, err := kafka.StableOffsets(ctx, s.admin, t.topic)
	for ; err != nil; ends, err = kafka.StableOffsets(ctx, s.admin, t.topic) {
		t.poll(ctx, s)
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), err)
		}
	}
	for !t.reached(ends[t.topic]) {
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), t.lastErr())
		}
		t.poll(ctx, s)
	}
	return nil
}

func (t *tap) reached(ends map[int32]int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for partition, end := range ends {
		if t.next[partition] < end {
			return false
		}
	}
	return true
}
