// Package invariant judges what must hold over the ledger of a run: nothing
// lost, nothing doubled, nothing read that nobody wrote, keys in order, nothing
// committed before it is done, poison dead-lettered and in nobody's way,
// retries as declared, lag bounded, the flow recovered.
//
// Each invariant is a function from Evidence to an Outcome. It fails only on
// evidence of a violation, passes only on complete evidence that something
// was exercised, and says inconclusive or vacuous otherwise. An unknown send
// is never called lost, and its arrival is never called a ghost. Each consumer
// of an event is judged for itself: what one did is no evidence of another.
// The package knows no contract: promises arrive as plain parameters.
package invariant

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// The invariants by name.
const (
	NoLoss              = "no-loss"
	NoDuplicate         = "no-duplicate"
	NoDuplicateEffect   = "no-duplicate-effect"
	NoAbortedRead       = "no-aborted-read"
	NoGhostRead         = "no-ghost-read"
	PerKeyOrder         = "per-key-order"
	CommitAfterEffect   = "commit-after-effect"
	NoCommitRegression  = "no-commit-regression"
	NoDoubleOwner       = "no-double-owner"
	NoNeedlessRebalance = "no-needless-rebalance"
	DLQComplete         = "dlq-complete"
	RetryPolicyHeld     = "retry-policy"
	HealthyKeysFlow     = "healthy-keys-flow"
	LagBounded          = "lag-bounded"
	Recovery            = "recovery"
)

// Names are the invariants that can be judged, in the order of a report.
var Names = []string{
	NoLoss, NoDuplicate, NoDuplicateEffect, NoAbortedRead, NoGhostRead, PerKeyOrder, CommitAfterEffect,
	NoCommitRegression, NoDoubleOwner, NoNeedlessRebalance, DLQComplete, RetryPolicyHeld, HealthyKeysFlow, LagBounded, Recovery,
}

// Rules say what each invariant holds a run to, in the order of Names.
func Rules() []finding.Rule {
	return []finding.Rule{
		{ID: NoLoss, Summary: "Every record that a broker acknowledged, and every trigger that a service accepted, is in the topic, and every consumer whose effects can be seen has an effect or a dead letter of it. A send of unknown outcome is neither lost nor delivered."},
		{ID: NoDuplicate, Summary: "No record stands at two offsets of the log, unless the load put it there."},
		{ID: NoDuplicateEffect, Summary: "No event has two effects, however often it was delivered."},
		{ID: NoAbortedRead, Summary: "No event of a transaction that was aborted has an effect or a dead letter."},
		{ID: NoGhostRead, Summary: "No record is read that was never sent, or whose send failed for certain. A send of unknown outcome may be read or not."},
		{ID: PerKeyOrder, Summary: "Records of one key stand in the log, and their effects follow, in the order in which they were sent."},
		{ID: CommitAfterEffect, Summary: "No group commits a record before there is an effect, a dead letter or a retry of it: what is committed first is lost with the next crash."},
		{ID: NoCommitRegression, Summary: "What a group has committed of a partition never goes back."},
		{ID: NoDoubleOwner, Summary: "No two members of a group have the same partition at once."},
		{ID: NoNeedlessRebalance, Summary: "While nothing is broken, no partition of a group changes hands."},
		{ID: DLQComplete, Summary: "Every record that cannot be processed is in the dead-letter topic of each consumer, once if that is promised, with what the contract preserves, and no good record is."},
		{ID: RetryPolicyHeld, Summary: "An event that is retried is tried as often as its consumer declares, no sooner, and has an effect or a dead letter in the end."},
		{ID: HealthyKeysFlow, Summary: "A record that cannot be processed does not hold up records of other keys behind it for longer than its consumer may take."},
		{ID: LagBounded, Summary: "No group is further behind than its lag objective allows while the load goes on, and after a fault it comes back below it."},
		{ID: Recovery, Summary: "After each fault the flow is back to its rate and lag within bounds, and every partition has a leader."},
	}
}

// Flow is one sender of a run and what was watched behind it.
type Flow struct {
	Sender *ledger.Sender
	Event  string
	Topic  string
	// Trigger says that the service emits the event: acked is then the
	// accepted trigger, received is the event in the topic.
	Trigger bool
	// Traced says that each record carries an identity. Without one (a
	// trigger whose contract names no id) only counts can be compared, and
	// invariants per record are inconclusive.
	Traced bool
	// Origin is the sequence of the first send of a record's event: its own but
	// for duplicates. Nil where the load sends none.
	Origin func(seq uint64) uint64
	// Reactions are what consumers of the event do with it, one for each that
	// takes part.
	Reactions []*Reaction
	// Order watches the log.
	Order *Order
	// Observed counts the records found in the topic, traced or not.
	Observed uint64
	// Ghosts are records of the topic that were never sent.
	Ghosts Ghosts
}

// Truncation says that the offsets From to To (exclusive) of a partition had
// been read, and were then gone or held other records.
type Truncation struct {
	Topic     string
	Partition int32
	From, To  int64
}

// Ref is the identity of a record.
type Ref struct {
	Sender   uint16
	Sequence uint64
}

// Evidence is everything that the invariants judge from.
type Evidence struct {
	Flows []*Flow
	Drain run.Drain
	// Closed says whether a partition was read to its recorded end.
	Closed func(topic string, partition int32) bool
	// PartitionsOf tells where the broker acknowledged records, as far as
	// the journal knows.
	PartitionsOf func([]Ref) map[Ref]int32
	// Tell fills in what is known of records: place, key, event, story.
	Tell func([]Ref) []finding.Record
	// Deleted counts offsets that were gone before they were read.
	Deleted int64
	// Truncated are places where a log lost its end after it had been read.
	Truncated []Truncation
	// Durable is false on clusters that only imitate brokers.
	Durable bool
	// Commits are of every group, and Progress of every group in every topic
	// of the load, as far as an invariant asks for them.
	Commits  []*Commits
	Progress []*Progress
	// Owners are of every group, where an invariant asks for them.
	Owners []*Owners
	// LagBounds are those that groups are held to.
	LagBounds []LagBound
	// Load is from the end of the warm-up to that of the load.
	Load Span
	// Faults and Intervals are for recovery and lag; Leaderless are partitions that
	// had no leader 30 s after the last fault was healed.
	Faults     []run.Fault
	Intervals  []run.Interval
	Leaderless []string
}

// Judge judges the named invariants in the order of Names.
func Judge(names []string, e *Evidence) []run.Outcome {
	judges := map[string]func(*Evidence) run.Outcome{
		NoLoss:              noLoss,
		NoDuplicate:         noDuplicate,
		NoDuplicateEffect:   noDuplicateEffect,
		NoAbortedRead:       noAbortedRead,
		NoGhostRead:         noGhostRead,
		PerKeyOrder:         perKeyOrder,
		CommitAfterEffect:   commitAfterEffect,
		NoCommitRegression:  noCommitRegression,
		NoDoubleOwner:       noDoubleOwner,
		NoNeedlessRebalance: noNeedlessRebalance,
		DLQComplete:         dlqComplete,
		RetryPolicyHeld:     retryPolicy,
		HealthyKeysFlow:     healthyKeysFlow,
		LagBounded:          lagBounded,
		Recovery:            recovery,
	}
	var outcomes []run.Outcome
	for _, name := range Names {
		if slices.Contains(names, name) {
			o := judges[name](e)
			o.Invariant = name
			o.Findings = o.Findings[:min(len(o.Findings), maxFindings)]
			outcomes = append(outcomes, o)
		}
	}
	return outcomes
}

// findings tells the stories of offenders, at most maxFindings of them.
func (e *Evidence) findings(id string, refs []Ref, message string) []finding.Finding {
	if len(refs) == 0 {
		return nil
	}
	records := e.Tell(refs[:min(len(refs), maxFindings)])
	found := make([]finding.Finding, len(records))
	for i := range records {
		found[i] = finding.Finding{ID: id, Severity: finding.Error, Message: message, Record: &records[i]}
	}
	return found
}

// traced are the flows whose records carry an identity, and the first of the
// others.
func (e *Evidence) traced(of func(*Flow) bool) (flows []*Flow, untraced *Flow) {
	for _, f := range e.Flows {
		switch {
		case !of(f):
		case f.Traced:
			flows = append(flows, f)
		case untraced == nil:
			untraced = f
		}
	}
	return flows, untraced
}

func anyFlow(*Flow) bool { return true }

// unless gives an outcome up to a flow whose records carry no identity: counts
// alone prove nothing of a record, and take back no violation elsewhere.
func unless(untraced *Flow, o run.Outcome) run.Outcome {
	if untraced == nil || o.Verdict == finding.Fail {
		return o
	}
	c := untraced.Sender.Counts()
	o.Verdict = finding.Inconclusive
	o.Sentence = fmt.Sprintf("%s accepted and %s seen, but the trigger of %s names no id that leads from one to the other",
		plural(c.Acked, "trigger"), plural(untraced.Observed, "event"), untraced.Event)
	o.Notes = append(o.Notes, "give the contract's trigger an id, such as id: header:Idempotency-Key")
	return o
}

// selectRefs are the records of a flow by their flags: at most maxFindings
// of them, and how many there are.
func selectRefs(f *Flow, want, without ledger.Flags) (refs []Ref, n uint64) {
	return refsOf(f, f.Sender.Select(want, without))
}

func refsOf(f *Flow, sequences iter.Seq[uint64]) (refs []Ref, n uint64) {
	for seq := range sequences {
		if len(refs) < maxFindings {
			refs = append(refs, Ref{f.Sender.ID(), seq})
		}
		n++
	}
	return refs, n
}

// open renders what a drain left open.
func (e *Evidence) open() string {
	if len(e.Drain.Open) == 0 {
		return "the drain did not complete"
	}
	shown := e.Drain.Open[:min(3, len(e.Drain.Open))]
	s := shown[0]
	for _, o := range shown[1:] {
		s += "; " + o
	}
	if more := len(e.Drain.Open) - len(shown); more > 0 {
		s += fmt.Sprintf("; and %d more", more)
	}
	return s
}

// count renders a number with a comma between thousands.
func count(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural renders "1 record" and "2 records".
func plural(n uint64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return count(n) + " " + what + "s"
}

func round(d time.Duration) time.Duration {
	if d >= 10*time.Second {
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Millisecond)
}
