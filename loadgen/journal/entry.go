package journal

import (
	"fmt"
	"time"
)

// Kind says what an entry is about.
type Kind uint8

// The kinds. All but Send are sightings of a record or of its event.
const (
	// Send is a send with its outcome.
	Send Kind = iota
	// Received: read from the topic that it was sent to.
	Received
	// Effect: an effect of the event was observed.
	Effect
	// Dead: found in a dead-letter topic.
	Dead
	// Retry: found in a retry topic.
	Retry
	// Probe: delivered to a consumer group of the run's own.
	Probe
	kinds = iota
)

var kindNames = [kinds]string{"send", "received", "effect", "dead", "retry", "probe"}

// String is the kind's name in CSV.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Outcome is how a send ended, and optionally why.
type Outcome uint16

// The outcomes of a send. Failed is definite; Unknown may be in the log.
const (
	Acked Outcome = iota
	Failed
	Unknown
	outcomes = iota

	outcomeBits = 2
)

var outcomeNames = [outcomes]string{"acked", "failed", "unknown"}

// Because adds a reason, see Writer.Reason.
func (o Outcome) Because(reason uint16) Outcome {
	return o.Base() | Outcome(reason)<<outcomeBits
}

// Base is the outcome without its reason: Acked, Failed or Unknown.
func (o Outcome) Base() Outcome { return o & (1<<outcomeBits - 1) }

func (o Outcome) reason() uint16 { return uint16(o >> outcomeBits) }

// String is the outcome's name in CSV, without the reason.
func (o Outcome) String() string {
	if b := o.Base(); b < outcomes {
		return outcomeNames[b]
	}
	return fmt.Sprintf("Outcome(%d)", uint16(o))
}

// Entry is one line of the journal.
type Entry struct {
	Kind Kind
	// Outcome and Reason are of a Send; Reason may be empty.
	Outcome Outcome
	Reason  string
	// Sender and Sequence are the record's identity; for Effect and Dead,
	// where only the event is known, those of its first send.
	Sender   uint16
	Sequence uint64
	// Topic, Partition and Offset are where it was acked or seen; Offset is
	// negative where it is not known.
	Topic     string
	Partition int32
	Offset    int64
	// Sent is of a Send; At is when its outcome was known, or when the record
	// was seen. Both are since the load began, in whole microseconds.
	Sent, At time.Duration
}

// entry is an Entry as it waits for compression.
type entry struct {
	sequence  uint64
	offset    int64
	sent, at  int64 // µs
	partition int32
	outcome   Outcome
	sender    uint16
	topic     uint16
	kind      Kind
}
