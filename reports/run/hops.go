package run

import "time"

// Hops are the ways of a run's events from topic to topic, each hop from an
// event that a consumer reads to the event that it makes of it, or to its dead
// letter. Both moments are when Weir received the records.
type Hops struct {
	Hops []Hop `json:"hops"`
	// Chains lead from a load to an event that no consumer of the run reads.
	Chains []Chain `json:"chains"`
}

// Hop is one hop. Inputs = Samples of the hop and of the consumer's dead
// letters + Unfinished + NotFollowed. Its latencies have as many samples, those
// of the warm-up among the excluded.
type Hop struct {
	// ID names it, from 1; its histogram log is histograms/hops/ID.hlog.
	ID int `json:"id"`
	// After is the hop whose event the consumer reads; 0 for the load's own.
	After int `json:"after,omitempty"`
	// Sender is the name of the sender at the beginning.
	Sender string `json:"sender"`
	// Event is read from Topic, and leads to Output in OutputTopic.
	Event    string `json:"event"`
	Topic    string `json:"topic"`
	Consumer string `json:"consumer"`
	// Output is empty for dead letters.
	Output      string `json:"output,omitempty"`
	OutputTopic string `json:"output_topic"`
	DeadLetter  bool   `json:"dead_letter,omitempty"`
	// Retries are the retry topics between.
	Retries []string `json:"retries,omitempty"`

	// Inputs, Unfinished, NotFollowed and RetriesApart are the consumer's, and
	// stand with its event, not with its dead letters.
	Inputs uint64 `json:"inputs,omitempty"`
	// Unfinished had no output when the drain ended.
	Unfinished uint64 `json:"unfinished"`
	// NotFollowed came while too many were open.
	NotFollowed uint64 `json:"not_followed"`
	// RetriesApart were read from a retry topic while they were not open.
	RetriesApart uint64 `json:"retries_apart"`

	// Samples were seen at both ends; Retried of them also in a retry topic.
	Samples uint64 `json:"samples"`
	Retried uint64 `json:"retried"`
	// Again are further outputs of an event, WithoutInput those whose input was
	// not seen, Untraced records that lead back to no event of the run.
	Again        uint64 `json:"again"`
	WithoutInput uint64 `json:"without_input"`
	Untraced     uint64 `json:"untraced"`

	Latencies []Latency `json:"latencies"`
}

// Chain is a way from a load to its last event.
type Chain struct {
	// Hops are the ids of its hops, in their order. The histogram log is
	// histograms/hops/ID-whole.hlog, with the id of the last.
	Hops []int `json:"hops"`
	// Latencies are of the whole way, from due to the last event.
	Latencies []Latency `json:"latencies"`
	// Followed is how many events the traces were chosen from.
	Followed int `json:"followed"`
	// Traces are single events, one for each percentile that is judged: of those
	// followed the one whose whole way took closest to it.
	Traces []Trace `json:"traces"`
}

// Trace is one event on its way.
type Trace struct {
	// Q is the percentile that it stands for, and Value what that is.
	Q     float64       `json:"q"`
	Value time.Duration `json:"value_ns"`
	// Event and Sequence identify the event at the beginning.
	Event    string `json:"event"`
	Sequence uint64 `json:"sequence"`
	// Due and Received are moments since the load began.
	Due      time.Duration `json:"due_ns"`
	Received time.Duration `json:"received_ns"`
	Steps    []TraceStep   `json:"steps"`
}

// TraceStep is when the event of a hop was received.
type TraceStep struct {
	Hop     int           `json:"hop"`
	At      time.Duration `json:"at_ns"`
	Retried bool          `json:"retried,omitempty"`
}
