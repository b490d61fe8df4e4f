package fault

import (
	"context"
	"fmt"
	"time"
)

// Condition is what a fault waits for that begins when something is true:
// either so many acknowledged records, or a group that is behind.
type Condition struct {
	// Acks is how many records of the load are acknowledged, since it began.
	Acks int64
	// Lag is what the lag of Group passes, in records.
	Group string
	Lag   int64
	// Until is when the fault stops waiting, since the load began; 0 is when
	// the load ends.
	Until time.Duration
}

// String says what is to be true: "lag of group payments > 1000".
func (c Condition) String() string {
	if c.Group != "" {
		return fmt.Sprintf("lag of group %s > %d", c.Group, c.Lag)
	}
	return fmt.Sprintf("%d records are acked", c.Acks)
}

// conditionLook is how often the injector looks whether a condition is true.
const conditionLook = 20 * time.Millisecond

// seen is what a condition looks at, as it is now; known is false where nobody
// can tell.
func (in *Injector) seen(c Condition) (n int64, known bool) {
	if c.Group != "" {
		return in.cfg.Lag(c.Group)
	}
	return in.cfg.Activity().Acked, true
}

// holds says whether a number that was seen makes the condition true.
func (c Condition) holds(n int64) bool {
	if c.Group != "" {
		return n > c.Lag
	}
	return n >= c.Acks
}

// awaitCondition returns true when the fault's condition is, and false when it
// was not in time. What was seen is evidence.
func (in *Injector) awaitCondition(ctx context.Context, s *injection) bool {
	c := *s.fault.When
	if !in.sleepUntil(ctx, 0) {
		return false
	}
	most := int64(-1)
	for {
		if n, known := in.seen(c); known {
			most = max(most, n)
			if c.holds(n) {
				in.cameTrue(s, n)
				return true
			}
		}
		if c.Until > 0 && in.cfg.Now() >= c.Until || !in.sleepUntil(ctx, in.cfg.Now()+conditionLook) {
			in.neverTrue(s, most)
			return false
		}
	}
}

// cameTrue makes the moment the time of the fault.
func (in *Injector) cameTrue(s *injection, n int64) {
	in.mu.Lock()
	s.due = in.cfg.Now()
	what := fmt.Sprintf("came true at %s: %s (%d)", s.due.Round(time.Millisecond), s.fault.When, n)
	s.result.Evidence = append(s.result.Evidence, what)
	in.mu.Unlock()
	in.event(s, "note", fmt.Sprintf("%s: %s", s.fault, what))
}

func (in *Injector) neverTrue(s *injection, most int64) {
	c := *s.fault.When
	what := fmt.Sprintf("%d of %d records were acked", most, c.Acks)
	switch {
	case c.Group != "" && most < 0:
		what = fmt.Sprintf("the lag of group %s was never known", c.Group)
	case c.Group != "":
		what = fmt.Sprintf("the lag of group %s never passed %d; the most seen was %d", c.Group, c.Lag, most)
	case most < 0:
		what = "the load did not begin"
	}
	if c.Until > 0 && in.cfg.Now() >= c.Until {
		what += fmt.Sprintf(" (until %s)", c.Until)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	s.result.Never = what
}
