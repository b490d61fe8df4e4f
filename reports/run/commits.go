package run

import "time"

// Commit is one line of commits.jsonl: what a look saw of the offsets that a
// group has committed, or that a look could be compared with what the group's
// consumers had written.
type Commit struct {
	// At is when the brokers had answered the look, since the load began.
	At    time.Duration `json:"at_ns"`
	Group string        `json:"group"`
	// Committed are the offsets, by "topic/partition", that differ from those
	// of the looks before: the next one that the group would read, or -1 where
	// it has committed nothing any more.
	Committed map[string]int64 `json:"committed,omitempty"`
	// Compared is when all that the group's consumers had written 100 ms after
	// the look had been read. A record before a committed offset whose effect,
	// dead letter and retry the journal has only later, or never, was committed
	// before it was processed.
	Compared time.Duration `json:"compared_ns,omitempty"`
}
