package verify

import (
	"fmt"
	"time"

	"github.com/flowweir/weir/harness/live"
	"github.com/flowweir/weir/harness/promise"
	"github.com/flowweir/weir/harness/service"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/secret"
)

// Format is the version of Result as JSON.
const Format = "weir/verify/v1"

// Result is what became of the promises of a contract.
type Result struct {
	Format   string          `json:"format"`
	Service  string          `json:"service"`
	Contract string          `json:"contract"`
	Verdict  finding.Verdict `json:"verdict"`
	// Reason is what fails the result beside the promises: a service that was
	// never ready, or ended while it was observed; "" else.
	Reason string `json:"reason,omitempty"`
	// Logs are the last lines of that service.
	Logs    []string    `json:"logs,omitempty"`
	Cluster run.Cluster `json:"cluster"`
	Seed    uint64      `json:"seed"`
	// Within, Settle and Observed are the times that it was judged with.
	Within   time.Duration `json:"within_ns"`
	Settle   time.Duration `json:"settle_ns"`
	Observed time.Duration `json:"observed_ns,omitempty"`
	Took     time.Duration `json:"took_ns"`
	// Promises are those that were chosen, in the order of the contract.
	Promises []Judged `json:"promises"`
	// Unknown are records in the topics of the service's events that are no
	// event of a contract; they have no say in the verdict.
	Unknown []finding.Record `json:"unknown,omitempty"`
	// Examples are generated after the shapes of events that were seen.
	Examples []Example `json:"-"`
	// Notes are what a reader must know beside.
	Notes []string `json:"notes,omitempty"`
}

// Judged is a promise with its verdict and what that stands on.
type Judged struct {
	ID       string            `json:"id"`
	Rule     string            `json:"rule"`
	Side     string            `json:"side"`
	Event    string            `json:"event"`
	Name     string            `json:"name"`
	Text     string            `json:"text"`
	Position *finding.Position `json:"position,omitempty"`
	Verdict  finding.Verdict   `json:"verdict"`
	// Moot says of a vacuous promise that nothing can be added to exercise it.
	Moot   bool   `json:"moot,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Records are those that exercised the promise, those that broke it first,
	// at most 100. Seen counts all records that it was held to.
	Records []finding.Record `json:"records,omitempty"`
	Seen    int              `json:"seen"`
	// Problems are what single records do wrong.
	Problems []finding.Finding `json:"problems,omitempty"`
	// Shown are the records of a broken promise in full, at most 3.
	Shown []string `json:"shown,omitempty"`
	// Logs are the last lines of the services when it was broken.
	Logs []string      `json:"logs,omitempty"`
	Took time.Duration `json:"took_ns"`
}

const (
	maxRecords = 100
	maxShown   = 3
)

func newResult(v *verifier) *Result {
	r := &Result{
		Format: Format, Service: v.contract.Service.Name, Contract: v.contract.Doc.File(), Seed: v.Seed,
		Within: v.Within, Settle: v.Settle, Observed: v.Observe,
	}
	for _, p := range v.promises {
		r.Promises = append(r.Promises, Judged{
			ID: p.ID(), Rule: p.RuleID(), Side: p.Side, Event: p.Event, Name: p.Name, Text: p.Text, Position: p.Position,
			Verdict: finding.Inconclusive, Reason: "it was not judged",
		})
	}
	return r
}

// set takes an outcome over.
func (j *Judged) set(o promise.Outcome) {
	j.Verdict, j.Reason, j.Moot, j.Problems = o.Verdict, secret.Message(o.Reason), o.Moot, o.Findings
	j.Records, j.Shown, j.Seen = nil, nil, 0
	j.see(o.Records)
}

func (j *Judged) see(records []*live.Record) {
	for _, r := range records {
		j.Seen++
		if len(j.Records) < maxRecords {
			j.Records = append(j.Records, r.Where())
		}
		if j.Verdict == finding.Fail && len(j.Shown) < maxShown {
			j.Shown = append(j.Shown, r.String())
		}
	}
}

// audited adds what all records show to what one has shown.
func (j *Judged) audited(o promise.Outcome) {
	switch {
	case o.Verdict == finding.Fail && j.Verdict != finding.Fail:
		j.set(o)
	case o.Verdict != finding.Pass:
	case j.Verdict == finding.Vacuous && j.Name != "order" && j.Name != "once":
		j.set(o)
	case j.Verdict == finding.Pass:
		j.see(beyond(o.Records, j.Records))
	}
}

// beyond are the records that are not known yet.
func beyond(records []*live.Record, known []finding.Record) []*live.Record {
	there := map[string]bool{}
	for _, r := range known {
		there[fmt.Sprintf("%s/%d@%d", r.Topic, r.Partition, r.Offset)] = true
	}
	var out []*live.Record
	for _, r := range records {
		if !there[fmt.Sprintf("%s/%d@%d", r.Topic, r.Partition, r.Offset)] {
			out = append(out, r)
		}
	}
	return out
}

func (j *Judged) interrupted() {
	j.Verdict, j.Reason, j.Moot = finding.Inconclusive, "it was interrupted", false
}

// died says that a service did not survive the promise.
func (j *Judged) died(d service.Death) {
	j.Verdict, j.Rule, j.Moot = finding.Fail, promise.Alive, false
	j.Reason, j.Logs = d.String(), nil
	for _, line := range d.LastLines {
		j.Logs = append(j.Logs, d.Service+": "+line)
	}
}

// conclude finds the verdict on all promises. Moot ones have no say.
func (r *Result) conclude(interrupted bool) {
	var all []finding.Verdict
	for _, p := range r.Promises {
		if !p.Moot {
			all = append(all, p.Verdict)
		}
	}
	r.Verdict = finding.Worst(all...)
	switch {
	case r.Reason != "":
		r.Verdict = finding.Fail
	case interrupted && r.Verdict != finding.Fail:
		r.Verdict = finding.Inconclusive
	}
}

// Count is how many promises have a verdict, and how many are moot.
func (r *Result) Count() (kept, broken, undecided, unexercised, moot int) {
	for _, p := range r.Promises {
		switch {
		case p.Moot:
			moot++
		case p.Verdict == finding.Pass:
			kept++
		case p.Verdict == finding.Fail:
			broken++
		case p.Verdict == finding.Vacuous:
			unexercised++
		default:
			undecided++
		}
	}
	return kept, broken, undecided, unexercised, moot
}

// Findings are the promises that are not kept, each with its place in the
// contract and the record that shows it: an error where it is broken,
// undecided where it was not exercised or could not be looked at, and
// information where it is moot. Records that are no event are a warning.
func (r *Result) Findings() []finding.Finding {
	var out []finding.Finding
	if r.Reason != "" {
		out = append(out, finding.Finding{ID: promise.Alive, Severity: finding.Error, Message: r.Reason, Position: &finding.Position{File: r.Contract}})
	}
	for _, p := range r.Promises {
		if p.Verdict != finding.Pass {
			out = append(out, p.Finding())
		}
	}
	if n := len(r.Unknown); n > 0 {
		out = append(out, finding.Finding{
			ID: promise.UnknownEvent, Severity: finding.Warning, Position: &finding.Position{File: r.Contract}, Record: &r.Unknown[0],
			Message: fmt.Sprintf("%d records in the topics of its events are no event of a contract", n),
			Hint:    "add the event to the contract of its producer",
		})
	}
	return out
}

// Finding says what is wrong with a promise that is not kept.
func (j *Judged) Finding() finding.Finding {
	f := finding.Finding{ID: j.Rule, Severity: finding.Undecided, Position: j.Position}
	switch {
	case j.Verdict == finding.Fail:
		f.Severity = finding.Error
	case j.Moot:
		f.Severity = finding.Info
	}
	reason := short(j.Reason)
	if len(j.Problems) > 0 {
		reason = j.Problems[0].Message
		if p := j.Problems[0].Position; p != nil && (j.Position == nil || *p != *j.Position) {
			f.Related = []finding.Related{{Position: *p, Message: "what it breaks"}}
		}
	}
	f.Message = fmt.Sprintf("%s %s: %s: %s", j.Side, j.Event, j.Text, reason)
	if j.Verdict == finding.Fail && len(j.Records) > 0 {
		f.Record = &j.Records[0]
	}
	return f
}
