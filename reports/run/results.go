package run

import (
	"cmp"
	"time"

	"github.com/flowweir/weir/reports/finding"
)

// Results is results.json: everything that was counted, measured and judged.
type Results struct {
	Format    string    `json:"format"`
	Senders   []Sender  `json:"senders"`
	Latencies []Latency `json:"latencies"`
	// Hops are absent where no consumer shows what it makes of events.
	Hops       *Hops       `json:"hops,omitempty"`
	Partitions []Partition `json:"partitions"`
	Groups     []Group     `json:"groups"`
	Faults     []Fault     `json:"faults"`
	Invariants []Outcome   `json:"invariants"`
	Objectives []Objective `json:"objectives"`
	Drain      Drain       `json:"drain"`
	Generator  Generator   `json:"generator"`
	// Brokers is what the brokers said of themselves; absent where the run did
	// not ask.
	Brokers *BrokerMetrics `json:"brokers,omitempty"`
	// Findings are findings that belong to no invariant: a service that
	// died, a contract that could not be exercised.
	Findings []finding.Finding `json:"findings,omitempty"`
}

// Sender is the ledger of one sender, in exact counts of records.
//
// Sent = Acked + Failed + Unknown + Aborted. Unknown sends are neither lost nor
// delivered; UnknownSeen of them were found in the log all the same.
type Sender struct {
	Name   string `json:"name"`
	Event  string `json:"event"`
	Topic  string `json:"topic"`
	Via    string `json:"via"`
	Due    uint64 `json:"due"`
	Sent   uint64 `json:"sent"`
	Acked  uint64 `json:"acked"`
	Failed uint64 `json:"failed"`
	// Aborted were in transactions that the load aborted on purpose.
	Aborted     uint64 `json:"aborted,omitempty"`
	Unknown     uint64 `json:"unknown"`
	UnknownSeen uint64 `json:"unknown_seen"`
	// Reasons are why records failed or have an unknown outcome, most frequent
	// first; older runs tell none.
	Reasons []Reason `json:"reasons,omitempty"`
	// Unread says that nothing was read back: Received, ReceivedTwice and Lost
	// say nothing then.
	Unread   bool   `json:"unread,omitempty"`
	Received uint64 `json:"received"`
	// ReceivedTwice counts record identities seen at two offsets.
	ReceivedTwice uint64 `json:"received_twice"`
	Lost          uint64 `json:"lost"`
	// Poison and Duplicates count records that the load made so on purpose.
	Poison     uint64 `json:"poison"`
	Duplicates uint64 `json:"duplicates"`
	// Effects counts event identities with at least one effect,
	// DeadLettered those found in a dead-letter topic: once for each
	// consumer, as sums over Reactions.
	Effects           uint64 `json:"effects"`
	EffectsTwice      uint64 `json:"effects_twice"`
	DeadLettered      uint64 `json:"dead_lettered"`
	DeadLetteredTwice uint64 `json:"dead_lettered_twice"`
	// DeadLettersUnclaimed counts event identities with a dead letter, in a
	// topic that consumers share, that names none of them. DeadLettered
	// includes them.
	DeadLettersUnclaimed uint64 `json:"dead_letters_unclaimed,omitempty"`
	// Reactions are what each consumer of the event did; older runs tell only
	// the sums.
	Reactions []Reaction `json:"reactions,omitempty"`
	Bytes     uint64     `json:"bytes"`
}

// Reason is why records were not acknowledged: Kafka's name of the error, the
// status of a reply, or the operating system's words.
type Reason struct {
	Reason string `json:"reason"`
	Count  uint64 `json:"count"`
}

// Compare orders reasons: the most frequent first, and by name.
func (r Reason) Compare(other Reason) int {
	return cmp.Or(cmp.Compare(other.Count, r.Count), cmp.Compare(r.Reason, other.Reason))
}

// Reaction is what one consumer did with the events of a sender, in exact
// counts of event identities.
type Reaction struct {
	// Consumer names the consumer: its service, with its group where the
	// service consumes the event in several.
	Consumer string `json:"consumer"`
	Group    string `json:"group,omitempty"`
	// Effect is the event that shows that it processed one; empty where its
	// contract declares none, and nothing is known of what it processed.
	Effect string `json:"effect,omitempty"`
	// DLQ is its dead-letter topic, if it declares one.
	DLQ               string `json:"dlq,omitempty"`
	Effects           uint64 `json:"effects"`
	EffectsTwice      uint64 `json:"effects_twice"`
	DeadLettered      uint64 `json:"dead_lettered"`
	DeadLetteredTwice uint64 `json:"dead_lettered_twice"`
	// Balance is what became of the events in the log; absent where nothing
	// shows what the consumer processed, or the log was not read.
	Balance *Balance `json:"balance,omitempty"`
}

// Balance accounts for the events in the log, each once whatever was sent or
// delivered again: In is Applied, DeadLettered, Both and Open together.
type Balance struct {
	In uint64 `json:"in"`
	// Applied have an effect and no dead letter, DeadLettered a dead letter
	// and no effect, Both have both.
	Applied      uint64 `json:"applied"`
	DeadLettered uint64 `json:"dead_lettered"`
	Both         uint64 `json:"both"`
	// Open have neither: in flight while not everything was read, and then
	// lost; poison that the consumer need not dead-letter is among them.
	Open uint64 `json:"open"`
	// Strays have an effect or a dead letter, and are not in the log.
	Strays uint64 `json:"strays"`
}

// The latency kinds; each begins at the time printed beside it.
const (
	// ScheduleDelay is sent − due: by how much the send was late.
	ScheduleDelay = "schedule-delay"
	// Send is acked − sent: what others call publish latency.
	Send = "send"
	// Publish is acked − due: what a producer that must send on time sees.
	Publish = "publish"
	// EndToEnd is received − due.
	EndToEnd = "end-to-end"
	// Effect is effect observed − due: the whole way through the service.
	Effect = "effect"
)

// Latency summarizes one kind over one phase ("" is the whole run without
// its warm-up). Nothing disappears: what has no latency is counted.
type Latency struct {
	Kind  string `json:"kind"`
	Phase string `json:"phase,omitempty"`
	// From and To are the two moments, such as "due" and "acked".
	From  string `json:"from"`
	To    string `json:"to"`
	Count int64  `json:"count"`
	// Min, Mean, Max and the quantiles are exact to 3 digits.
	Min       time.Duration `json:"min_ns"`
	Mean      time.Duration `json:"mean_ns"`
	Max       time.Duration `json:"max_ns"`
	Quantiles []Quantile    `json:"quantiles"`
	// Negative and OutOfRange samples are counted and not in the histogram;
	// Failed and Unfinished ones never got a latency.
	Negative   int64 `json:"negative"`
	OutOfRange int64 `json:"out_of_range"`
	Failed     int64 `json:"failed"`
	Unfinished int64 `json:"unfinished"`
	// Excluded counts warm-up samples.
	Excluded int64 `json:"excluded"`
}

// Quantile is one percentile. Judged is false where the number of samples is
// below Need = 100/(1−q), and the value is then withheld by every view.
type Quantile struct {
	Q      float64       `json:"q"`
	Value  time.Duration `json:"value_ns"`
	Judged bool          `json:"judged"`
	Need   int64         `json:"need"`
}

// Partition is the traffic of one partition, without warm-up.
type Partition struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Acked     int64  `json:"acked"`
	Received  int64  `json:"received"`
	Bytes     int64  `json:"bytes"`
	// PublishP50 and PublishP99 come from a 2-digit histogram; zero where
	// the partition was pooled (only the 64 busiest have their own).
	PublishP50 time.Duration `json:"publish_p50_ns,omitempty"`
	PublishP99 time.Duration `json:"publish_p99_ns,omitempty"`
	// StartOffset and EndOffset are the recorded bounds of what was read.
	StartOffset int64 `json:"start_offset"`
	EndOffset   int64 `json:"end_offset"`
}

// Group is a consumer group that the run watched.
type Group struct {
	Name   string   `json:"name"`
	Topics []string `json:"topics"`
	// MaxLag is the highest lag seen, in records, and when.
	MaxLag   int64         `json:"max_lag"`
	MaxLagAt time.Duration `json:"max_lag_at_ns"`
	EndLag   int64         `json:"end_lag"`
	// Unknown is the longest span of more than 3 s for which the lag was not
	// known, and since when; 0 where there was none.
	Unknown   time.Duration `json:"unknown_ns,omitempty"`
	UnknownAt time.Duration `json:"unknown_at_ns,omitempty"`
	Warning   string        `json:"warning,omitempty"`
	// Members, Consumed and Rebalances are known of groups of Weir's own:
	// Consumed counts records, those consumed again included, and Rebalances
	// how often the partitions of a member changed, its first ones included.
	Members    int   `json:"members,omitempty"`
	Consumed   int64 `json:"consumed,omitempty"`
	Rebalances int64 `json:"rebalances,omitempty"`
	// Settings are those of the consumers, by Kafka's names.
	Settings map[string]string `json:"settings,omitempty"`
}

// Fault is what was injected, and the proof that it bit.
type Fault struct {
	Index int `json:"index"`
	// What is the fault in words: "kill leader of order.events/0 (broker 2)".
	What   string `json:"what"`
	Kind   string `json:"kind"`
	Target string `json:"target,omitempty"`
	// Always marks a fault in the load (poison, duplicate) without a time.
	Always bool `json:"always,omitempty"`
	// When is what the fault waited for, where it had no time of its own:
	// "lag of group payments > 1000". Start is then when that came true, or 0.
	When string `json:"when,omitempty"`
	// Never says why the fault did not begin, where it did not.
	Never string `json:"never,omitempty"`
	// Brokers are those that suffered, of a fault on brokers that was there
	// before the load and until its end; Always marks such a one too.
	Brokers []int32 `json:"brokers,omitempty"`
	// Start and Healed are since the load began; Healed is 0 if the fault was
	// not healed.
	Start  time.Duration `json:"start_ns"`
	Healed time.Duration `json:"healed_ns,omitempty"`
	// Bit says whether the evidence shows an effect of the fault; Evidence
	// are its facts, before and after.
	Bit      bool     `json:"bit"`
	Evidence []string `json:"evidence"`
	Error    string   `json:"error,omitempty"`
	// PublishStall and ConsumeStall are the longest spans without an ack
	// (first due record whose ack was delayed to the first ack after) and
	// without an effect or receipt, that began within the fault's window.
	PublishStall time.Duration `json:"publish_stall_ns,omitempty"`
	ConsumeStall time.Duration `json:"consume_stall_ns,omitempty"`
	// StoodUntil is when the last of these spans ended, since the load began.
	StoodUntil time.Duration `json:"stood_until_ns,omitempty"`
	// Recovery is the time from the fault to the first of three seconds after
	// these spans with acked ≥ 95% of offered and lag no higher than before the
	// fault.
	Recovery  time.Duration `json:"recovery_ns,omitempty"`
	Recovered bool          `json:"recovered"`
	// Simulated marks a fault on a cluster that only imitates failover.
	Simulated bool `json:"simulated,omitempty"`
}

// Outcome is the verdict of one invariant.
type Outcome struct {
	Invariant string          `json:"invariant"`
	Verdict   finding.Verdict `json:"verdict"`
	// Sentence says the verdict in plain words, with the counts.
	Sentence string `json:"sentence"`
	// Checked is what was examined; Violations is how many failed. At most
	// 1,000 of them have a finding with a story.
	Checked    uint64            `json:"checked"`
	Violations uint64            `json:"violations"`
	Findings   []finding.Finding `json:"findings,omitempty"`
	// Notes are facts that qualify the verdict without changing it.
	Notes []string `json:"notes,omitempty"`
}

// Objective is a judged service level objective.
type Objective struct {
	// Name is the objective as written: "publish.p99".
	Name  string `json:"name"`
	Phase string `json:"phase,omitempty"`
	// Want and Got are rendered with their units.
	Want    string          `json:"want"`
	Got     string          `json:"got"`
	Verdict finding.Verdict `json:"verdict"`
	Note    string          `json:"note,omitempty"`
	// Source is the file, scenario or contract, that the objective is from.
	Source string `json:"source"`
}

// Drain says how the run's end was reached.
type Drain struct {
	Complete bool          `json:"complete"`
	Took     time.Duration `json:"took_ns"`
	// Open names partitions that were not read to their recorded end, groups
	// that did not reach it, in words.
	Open []string `json:"open,omitempty"`
}

// Generator is how the generator accounts for itself.
type Generator struct {
	// Offered and Achieved are records per second over the measured load.
	Offered  float64 `json:"offered"`
	Achieved float64 `json:"achieved"`
	// Unmeasured says that no second of the load lay behind the warm-up, so
	// that Offered and Achieved say nothing.
	Unmeasured bool `json:"unmeasured,omitempty"`
	// Wake is how late the pacer woke (ours), Blocked how long the client's
	// buffer held it up (the flow's): 99th percentiles.
	WakeP99    time.Duration `json:"wake_p99_ns"`
	BlockedP99 time.Duration `json:"blocked_p99_ns"`
	// CPU is the share, 0 to 1, that the process used of the CPU that it could
	// get: of Cores, which its threads, its cgroup's quota and what others left
	// of the machine bound. Older runs have no Cores, and took the share of all.
	CPU   float64 `json:"cpu"`
	Cores float64 `json:"cores,omitempty"`
	// Capacity is how many records of the run's mean size this machine sends
	// per second to a broker that discards them; 0 where it was not calibrated.
	Capacity float64 `json:"capacity,omitempty"`
	// Bound says that the generator and not the flow limited a result.
	Bound bool `json:"bound"`
	// JournalBytes and JournalDropped account for the journal.
	JournalBytes   int64  `json:"journal_bytes"`
	JournalDropped uint64 `json:"journal_dropped"`
}

// Interval is one line of series.jsonl: what happened in a span of the run.
type Interval struct {
	// Start is since the load began; Length is one second, or ten beyond
	// the first ten minutes.
	Start  time.Duration `json:"start_ns"`
	Length time.Duration `json:"length_ns"`
	// Phase is the phase in which the interval began.
	Phase string `json:"phase"`
	// Due, Sent, Acked, Failed, Received, Effects, Dead and Bytes count what
	// happened in the interval, whenever it was due. Effects and Dead, which
	// are dead-lettered events, count once for each consumer; Bytes are of
	// acknowledged keys, values and headers.
	Due    int64 `json:"due"`
	Sent   int64 `json:"sent"`
	Acked  int64 `json:"acked"`
	Failed int64 `json:"failed"`
	// Aborted are records of transactions that the load aborted on purpose.
	Aborted  int64 `json:"aborted,omitempty"`
	Received int64 `json:"received"`
	Effects  int64 `json:"effects"`
	Dead     int64 `json:"dead"`
	Bytes    int64 `json:"bytes"`
	// Partitions are acks by "topic/partition".
	Partitions map[string]int64 `json:"partitions,omitempty"`
	// Lag is by group, then "topic/partition".
	Lag map[string]map[string]int64 `json:"lag,omitempty"`
}

// Event is one line of timeline.jsonl.
type Event struct {
	// At is since the load began; what happened before has a negative time.
	At time.Duration `json:"at_ns"`
	// Kind is phase, fault, heal, service, drain or note.
	Kind string `json:"kind"`
	// What happened, in words.
	What string `json:"what"`
	// Fault is the index of the fault that the event belongs to, or -1.
	Fault int `json:"fault"`
}
