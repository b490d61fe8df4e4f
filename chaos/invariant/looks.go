package invariant

import (
	"fmt"
	"time"
)

// looks counts looks at something, and the longest time between two.
type looks struct {
	n          uint64
	first, end time.Duration
	// gap is the longest time without one, from at on.
	gap, at time.Duration
}

func (l *looks) add(at time.Duration) {
	if l.n == 0 {
		l.first = at
	} else if gap := at - l.end; gap > l.gap {
		l.gap, l.at = gap, l.end
	}
	l.n++
	l.end = at
}

// longGap is how long there may be no look before it is worth a note: a
// coordinator that moves takes less.
const longGap = 3 * time.Second

// note says when there was no look; empty where there always was.
func (l *looks) note(group string) string {
	if l.gap <= longGap {
		return ""
	}
	return fmt.Sprintf("what %s had committed was not looked at for %s from %s on", group, round(l.gap), round(l.at))
}

// unfinished says what keeps looks from being complete evidence over a run
// whose load ended at a time; empty where nothing does.
func (l *looks) unfinished(group string, loadEnd time.Duration) string {
	switch {
	case l.n == 0:
		return fmt.Sprintf("what %s committed was never seen together with what it wrote", group)
	case l.end < loadEnd:
		return fmt.Sprintf("what %s committed was not seen from %s on, and the load ended at %s", group, round(l.end), round(loadEnd))
	}
	return ""
}

// Span is a part of a run.
type Span struct{ From, To time.Duration }
