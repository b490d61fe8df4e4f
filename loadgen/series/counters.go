package series

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowweir/weir/reports/run"
)

// Counter is a count that many goroutines add to. It fills two cache lines,
// so that neighbours (and the prefetcher) do not slow each other down. It
// must not be copied.
type Counter struct {
	n atomic.Int64
	_ [120]byte
}

// Add adds n.
func (c *Counter) Add(n int64) { c.n.Add(n) }

// Load returns the count so far.
func (c *Counter) Load() int64 { return c.n.Load() }

// Counters are the counts of a run, in records except Bytes. The zero value
// is ready for use; adding is safe for concurrent use.
type Counters struct {
	// Due records reached their intended time, Sent ones were handed to the
	// client, Acked and Failed ones have a definite outcome. Aborted ones were
	// in a transaction that was aborted on purpose.
	Due, Sent, Acked, Failed, Aborted Counter
	// Received counts records read, Effects and Dead what was observed of
	// them; each counts sightings, not identities (the ledger counts those).
	Received, Effects, Dead Counter
	// Bytes counts key, value and headers of acked records.
	Bytes Counter

	mu         sync.RWMutex
	partitions map[partition]*Counter

	// Of the last Tick; Tick is called by one goroutine.
	last   run.Interval
	lastAt time.Duration
}

type partition struct {
	topic string
	id    int32
}

func (p partition) String() string {
	return p.topic + "/" + strconv.Itoa(int(p.id))
}

// Partition returns the counter of acked records of one partition. It stays
// the same for the whole run: callers on a hot path keep it.
func (c *Counters) Partition(topic string, id int32) *Counter {
	key := partition{topic, id}
	c.mu.RLock()
	n := c.partitions[key]
	c.mu.RUnlock()
	if n != nil {
		return n
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if n = c.partitions[key]; n == nil {
		n = &Counter{}
		if c.partitions == nil {
			c.partitions = make(map[partition]*Counter)
		}
		c.partitions[key] = n
	}
	return n
}

// tickSpan is how long the counts of an interval may take to read, and tickLooks
// how often they are read at most until they took no longer.
const (
	tickSpan  = 10 * time.Millisecond
	tickLooks = 5
)

// Tick ends an interval at the time that clock tells, since the load began, and
// returns what was counted in it: the difference to the Tick before, so that the
// intervals of a run add up to Totals exactly. Phase and Lag are the caller's
// to fill in. One goroutine calls Tick.
//
// On a machine that is short of time a goroutine can stand still between the
// clock and the counts, which then are those of another time: they are read
// again.
func (c *Counters) Tick(clock func() time.Duration) run.Interval {
	var at time.Duration
	var now run.Interval
	for range tickLooks {
		from := clock()
		now = c.Totals(0)
		at = clock()
		if now.Length = at; at-from <= tickSpan {
			break
		}
	}
	diff := run.Interval{
		Start: c.lastAt, Length: at - c.lastAt,
		Due: now.Due - c.last.Due, Sent: now.Sent - c.last.Sent,
		Acked: now.Acked - c.last.Acked, Failed: now.Failed - c.last.Failed, Aborted: now.Aborted - c.last.Aborted,
		Received: now.Received - c.last.Received, Effects: now.Effects - c.last.Effects,
		Dead: now.Dead - c.last.Dead, Bytes: now.Bytes - c.last.Bytes,
	}
	for name, n := range now.Partitions {
		if n -= c.last.Partitions[name]; n != 0 {
			if diff.Partitions == nil {
				diff.Partitions = make(map[string]int64, len(now.Partitions))
			}
			diff.Partitions[name] = n
		}
	}
	c.last, c.lastAt = now, at
	return diff
}

// Totals returns what was counted from the start of the load until now, as
// one interval of that length. It may be called at any time.
//
// Counts are read one after the other while others add to them; they are read
// from the last stage of a record to the first, so that no total ever shows
// more acked than sent, or more sent than due.
func (c *Counters) Totals(at time.Duration) run.Interval {
	t := run.Interval{Length: at}
	t.Dead, t.Effects, t.Received = c.Dead.Load(), c.Effects.Load(), c.Received.Load()
	t.Bytes = c.Bytes.Load()
	c.mu.RLock()
	if len(c.partitions) > 0 {
		t.Partitions = make(map[string]int64, len(c.partitions))
	}
	for p, n := range c.partitions {
		if v := n.Load(); v != 0 {
			t.Partitions[p.String()] = v
		}
	}
	c.mu.RUnlock()
	t.Acked, t.Failed, t.Aborted = c.Acked.Load(), c.Failed.Load(), c.Aborted.Load()
	t.Sent = c.Sent.Load()
	t.Due = c.Due.Load()
	return t
}
