package proxy

import (
	"net"
	"sync"
	"time"
)

// chunk is a frame, or a piece of a long one, on its way.
type chunk struct {
	data []byte
	at   time.Time // when the proxy had it
	key  int16     // API key of the request that it belongs to
	// jitter is where in the range of a latency's jitter the chunk lies, -1
	// to 1: drawn once, so that it can be judged again under other rules.
	jitter float64
	// bookings are the times that it has on links of bounded bandwidth.
	bookings []booking
	// end closes the connection when what came before it has passed, and
	// abrupt by a reset.
	end, abrupt bool
}

// booking is the time that a chunk has on a link.
type booking struct {
	by    *Applied
	wait  time.Duration // from when it was booked
	until time.Time
}

// lineBytes bounds what is held of one direction of a connection: as a long
// fast network does it, without a bandwidth-delay product that nobody has.
const lineBytes = 8 << 20

// line is one direction of a connection: a queue that one goroutine or two
// fill and one empties, when the rules let it.
type line struct {
	c   *conn
	way Way
	dst net.Conn

	mu    sync.Mutex
	queue []chunk
	bytes int
	ready chan struct{} // something was put
	room  chan struct{} // something was taken
}

func newLine(c *conn, way Way, dst net.Conn) *line {
	return &line{c: c, way: way, dst: dst, ready: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// put appends a chunk, and waits while there is no room. It is false when the
// connection has ended.
func (l *line) put(ch chunk) bool {
	for {
		l.mu.Lock()
		if l.bytes == 0 || l.bytes+cap(ch.data) <= lineBytes {
			l.queue = append(l.queue, ch)
			l.bytes += cap(ch.data) + chunkOverhead
			l.mu.Unlock()
			signal(l.ready)
			return true
		}
		l.mu.Unlock()
		select {
		case <-l.room:
		case <-l.c.done:
			return false
		}
	}
}

// chunkOverhead is about what a chunk costs beside its data.
const chunkOverhead = 128

func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// mostAtOnce and bytesAtOnce bound what is written by one call, and with it
// what still passes when a rule changes.
const (
	mostAtOnce  = 64
	bytesAtOnce = 2 * pieceBytes
)

// next takes chunks that may pass at once: all that are there where no rule
// is in force, one where there is. It waits until there is one; it is empty
// when the connection has ended.
func (l *line) next(into []chunk) []chunk {
	for {
		free := len(l.c.p.rules.Load().rules) == 0
		bytes := 0
		l.mu.Lock()
		for len(l.queue) > 0 && len(into) < mostAtOnce && bytes < bytesAtOnce && (free || len(into) == 0) {
			into = append(into, l.queue[0])
			bytes += len(l.queue[0].data)
			l.queue[0] = chunk{}
			l.queue = l.queue[1:]
		}
		l.mu.Unlock()
		if len(into) > 0 {
			return into
		}
		select {
		case <-l.ready:
		case <-l.c.done:
			return nil
		}
	}
}

// run writes what is put until the connection ends.
func (l *line) run() {
	defer l.c.close(false)
	batch := make([]chunk, 0, mostAtOnce)
	for {
		batch = l.next(batch[:0])
		if len(batch) == 0 || !l.write(batch) {
			return
		}
	}
}

// write writes chunks in order, each group that may pass at once by one call.
func (l *line) write(batch []chunk) bool {
	var buffers net.Buffers
	for i := range batch {
		ch := &batch[i]
		if len(l.c.p.rules.Load().rules) > 0 {
			if !l.flush(&buffers) || !l.wait(ch) {
				return false
			}
		}
		if ch.end {
			if l.flush(&buffers) {
				l.c.close(ch.abrupt)
			}
			return false
		}
		buffers = append(buffers, ch.data)
	}
	if !l.flush(&buffers) {
		return false
	}
	freed := 0
	for i := range batch {
		freed += cap(batch[i].data) + chunkOverhead
		recycle(batch[i].data)
		batch[i] = chunk{}
	}
	l.mu.Lock()
	l.bytes -= freed
	l.mu.Unlock()
	signal(l.room)
	return true
}

func (l *line) flush(buffers *net.Buffers) bool {
	if len(*buffers) == 0 {
		return true
	}
	pending := *buffers
	*buffers = nil
	_, err := pending.WriteTo(l.dst)
	return err == nil
}

// forever is longer than any run: a cut holds until it is removed.
const forever = 10_000 * time.Hour

// wait holds a chunk as long as the rules in force want. They may change
// meanwhile: a rule that is removed holds nothing more.
func (l *line) wait(ch *chunk) bool {
	var cut *Applied
	defer func() {
		if cut != nil {
			cut.thaw(l)
		}
	}()
	for {
		set := l.c.p.rules.Load()
		now := time.Now()
		by, until := l.judge(set, ch, now)
		if by != cut {
			if cut != nil {
				cut.thaw(l)
			}
			if cut = by; cut != nil {
				cut.freeze(l)
			}
		}
		if !until.After(now) {
			l.late(set, ch)
			return true
		}
		timer := time.NewTimer(until.Sub(now))
		select {
		case <-timer.C:
		case <-set.changed:
		case <-l.c.done:
			timer.Stop()
			return false
		}
		timer.Stop()
	}
}

// judge says until when a set of rules holds a chunk, and which cut does.
func (l *line) judge(set *ruleset, ch *chunk, now time.Time) (cut *Applied, until time.Time) {
	until = ch.at
	for _, a := range set.rules {
		if !a.rule.matches(l.c, ch.key) {
			continue
		}
		switch {
		case a.rule.Cut&l.way != 0:
			return a, now.Add(forever)
		case a.rule.Latency != nil && a.rule.Latency.Way.has(l.way):
			until = until.Add(ch.lateness(a.rule.Latency))
		case a.rule.Bandwidth != nil && a.rule.Bandwidth.Way.has(l.way):
			if end := ch.book(a, link{l.c.broker, l.way}, now); end.After(until) {
				until = end
			}
		}
	}
	return nil, until
}

// book reserves time on a link, once.
func (ch *chunk) book(a *Applied, l link, now time.Time) time.Time {
	for _, b := range ch.bookings {
		if b.by == a {
			return b.until
		}
	}
	until := a.reserve(l, len(ch.data), now)
	ch.bookings = append(ch.bookings, booking{a, until.Sub(now), until})
	return until
}

// late notes for each rule by how much it made a chunk late that now passes.
func (l *line) late(set *ruleset, ch *chunk) {
	for _, a := range set.rules {
		if r := &a.rule; r.Latency != nil && r.Latency.Way.has(l.way) && r.matches(l.c, ch.key) {
			a.held(ch.lateness(r.Latency))
		}
	}
	for _, b := range ch.bookings {
		b.by.held(b.wait)
	}
}

func (ch *chunk) lateness(l *Latency) time.Duration {
	return l.Delay + time.Duration(ch.jitter*float64(l.Jitter))
}

// has says whether a direction is among the ways; none set are both.
func (w Way) has(way Way) bool { return w == 0 || w&way != 0 }
