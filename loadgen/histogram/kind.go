// Package histogram measures latencies: exact counts in HdrHistograms of 3
// significant digits from 1 µs to 1 h, per kind and phase, for each interval
// and for the whole run.
//
// Guarantees. No sample disappears: one that is negative or beyond an hour is
// counted apart, a record that never got a latency is counted as failed or
// unfinished, a warm-up sample as excluded. A record belongs to the phase in
// which it was due, not in which it was acked, so a fault cannot push its
// latencies into the phase after it; and to the fault, if one began while it
// was in flight, so a fault cannot push them into the phase before it either.
// Minimum, maximum and mean are exact (an
// HdrHistogram rounds them); percentiles are exact to 3 digits and withheld
// where there are fewer than 100/(1−q) samples.
//
// The intervals are written to histograms/KIND.hlog as the run goes, in the
// log format of HdrHistogram (V2, nanoseconds, the phase as tag), so that any
// of its tools can draw them; what that format has no place for stands in a
// comment line before each interval. Everything that Latencies returns can be
// computed again from these files: Recompute does.
//
// There is no correction for coordinated omission here, because there is none
// to correct: latencies begin when a record was due. Percentiles of different
// kinds or intervals cannot be added or averaged; merge the histograms.
package histogram

import (
	"fmt"

	"github.com/flowweir/weir/reports/run"
)

// Kind is a latency, from one moment of a record to another.
type Kind uint8

// The kinds. The first five are those of package run.
const (
	// ScheduleDelay is sent − due. It is the sum of Wake and Blocked.
	ScheduleDelay Kind = iota
	// Send is acked − sent.
	Send
	// Publish is acked − due.
	Publish
	// EndToEnd is received − due.
	EndToEnd
	// Effect is effect observed − due.
	Effect
	// Wake is pacer awake − due: the generator's own part of the schedule
	// delay.
	Wake
	// Blocked is sent − pacer awake: how long the client's full buffer held
	// the record up, which is the flow's part.
	Blocked
	kinds = iota
)

type kindName struct{ name, from, to string }

var kindNames = [kinds]kindName{
	ScheduleDelay: {run.ScheduleDelay, "due", "sent"},
	Send:          {run.Send, "sent", "acked"},
	Publish:       {run.Publish, "due", "acked"},
	EndToEnd:      {run.EndToEnd, "due", "received"},
	Effect:        {run.Effect, "due", "effect observed"},
	Wake:          {"wake", "due", "pacer awake"},
	Blocked:       {"blocked", "pacer awake", "sent"},
}

// String is the kind's name in results and file names.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k].name
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Kinds returns all kinds in the order in which reports list them.
func Kinds() []Kind {
	all := make([]Kind, kinds)
	for k := range all {
		all[k] = Kind(k)
	}
	return all
}

// MaxMeasures is how many measures a meter has at most.
const MaxMeasures = 128

// Measure is a latency that only some runs have, beside the kinds: that of a
// hop, whose moments its events name. It is measured and logged as a kind is.
type Measure struct {
	// Log is its log's path in the directory of the logs, without the ending,
	// and its name in results.
	Log string
	// From and To are its moments.
	From, To string
}

func (m Measure) kindName() kindName { return kindName{m.Log, m.From, m.To} }

// Extra is the kind by which the i-th measure of a meter is recorded.
func Extra(i int) Kind { return Kind(kinds + i) }

// Missing says why a record has no latency.
type Missing uint8

// The reasons.
const (
	// Failed: the send or the processing definitely failed.
	Failed Missing = iota
	// Unfinished: the run ended, or a timeout passed, before the second
	// moment came. A latency at least that long is hidden behind it.
	Unfinished
)
