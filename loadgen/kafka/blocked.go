package kafka

import "time"

// blocked are the spans of time in which the producer waited for room in its
// buffer. It splits the lateness of a record into what the full buffer held
// it up by and the rest, which is the pacer's.
type blocked struct {
	spans []span // in order, those that end after the latest due time asked for
	sum   time.Duration
}

type span struct{ from, to time.Duration }

// add appends a span that begins where no earlier one reaches.
func (b *blocked) add(from, to time.Duration) {
	b.spans = append(b.spans, span{from, to})
	b.sum += to - from
}

// since is for how long the producer was blocked from due until now. Due
// times never decrease from call to call, and all spans have ended by now.
func (b *blocked) since(due time.Duration) time.Duration {
	gone := 0
	for gone < len(b.spans) && b.spans[gone].to <= due {
		b.sum -= b.spans[gone].to - b.spans[gone].from
		gone++
	}
	if b.spans = b.spans[gone:]; len(b.spans) == 0 {
		b.spans = b.spans[:0]
		return 0
	}
	return b.sum - max(due-b.spans[0].from, 0)
}
