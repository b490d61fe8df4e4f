// Package promise is what a contract promises, as a list, with a judge for
// each: what a running service must do for the promise to hold, and what it
// did. TestContract of package harness makes subtests of the list, package
// harness/specs makes Ginkgo specs.
//
// What it guarantees: a promise passes only on evidence. One that was not
// exercised, because nothing triggers the event or nothing shows what it
// speaks of, is vacuous and says what to add; one that could not be looked at
// is inconclusive. Absence ("no second effect") is judged after the topic was
// read to the end that it had when the time was over.
//
// What it is not for: many records and faults of brokers. A judge sends a
// handful of events; harness/scenario drives load and breaks things.
package promise

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/harness/effect"
	"github.com/flowweir/weir/harness/live"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/secret"
)

// The two sides of a contract.
const (
	Produces = "produces"
	Consumes = "consumes"
)

// Promise is one checkable statement of an interaction.
type Promise struct {
	// Service makes it, Side is Produces or Consumes, and Event what it is
	// about.
	Service, Side, Event string
	// Name is its short name, such as key or dead-letter; header:tenant where
	// it is about one header.
	Name string
	// Text is the promise in words: "its key is $.order_id".
	Text string
	// Position is where the contract makes it.
	Position *finding.Position
	// Unseen says why nothing of the promise can be seen from outside,
	// whatever a test adds; "" for one that has a judge.
	Unseen string
	// After is the name of the promise of the same interaction without which
	// this one cannot be exercised: where that is broken, judging this is
	// waiting in vain. "" for none.
	After string

	judge func(context.Context, *judgment) Outcome
	// look judges any record of the event; nil where the promise is not about
	// single records.
	look func(*judgment, *live.Record) Outcome
}

// Base is the name without what it is about: header for header:tenant.
func (p Promise) Base() string {
	base, _, _ := strings.Cut(p.Name, ":")
	return base
}

// ID names the promise among all of a workspace:
// order-service/produces/com.acme.order.OrderPlaced/key.
func (p Promise) ID() string {
	return strings.Join([]string{p.Service, p.Side, p.Event, p.Name}, "/")
}

// Subject is a running service and what judges may use.
type Subject struct {
	// Flow is the flow that the service is part of; its contracts include the
	// service's own and those of the producers of what it consumes.
	Flow *live.Flow
	// Within is how long what must come may take.
	Within time.Duration
	// Settle is how long it is watched that nothing more comes.
	Settle time.Duration
	// Places are where the service is asked for effects that its contract shows
	// by sql or http.
	Places effect.Places
	// Failing are overrides, by event, that make an event which is valid and
	// which the service fails to process at each attempt. Without them no
	// retry is exercised.
	Failing map[string][]live.Override
}

// Outcome is the judgment on a promise.
type Outcome struct {
	Verdict finding.Verdict
	// Reason is what decided: what is wrong, or for a vacuous promise what to
	// add.
	Reason string
	// Findings are what is wrong with records, at their places in contract
	// and topic.
	Findings []finding.Finding
	// Records are the evidence.
	Records []*live.Record
	// Moot says of a vacuous promise that nothing which a test could add
	// would exercise it: the producer leaves no field out, or keeps no old
	// version of its schema.
	Moot bool
}

// String is the outcome for people, with the records that it stands on.
func (o Outcome) String() string {
	var b strings.Builder
	b.WriteString(string(o.Verdict))
	if o.Reason != "" {
		b.WriteString(": " + secret.Message(o.Reason))
	}
	if len(o.Findings) > 0 {
		b.WriteString("\n")
		if err := finding.Text(&b, o.Findings); err != nil {
			b.WriteString(err.Error())
		}
	}
	text := strings.TrimRight(b.String(), "\n")
	if o.Verdict != finding.Fail {
		return text
	}
	for i, r := range o.Records {
		if i == maxRecords {
			text += fmt.Sprintf("\nand %d more", len(o.Records)-i)
			break
		}
		text += "\n" + r.String()
	}
	return text
}

// maxRecords bounds the evidence that String shows.
const maxRecords = 5

// Judge makes the service keep the promise, or break it, and says which.
// An Unseen promise is vacuous, and needs no service for that.
func (p Promise) Judge(ctx context.Context, s Subject) Outcome {
	if p.Unseen != "" {
		return moot("%s", p.Unseen)
	}
	return p.judge(ctx, &judgment{Subject: s, promise: p})
}

// judgment is a promise while it is judged.
type judgment struct {
	Subject
	promise Promise
}

// Load lists the promises of contract files, or of directories that are
// searched for them, in the order of the files. Findings say why they cannot
// be used; there are no promises then.
func Load(paths ...string) ([]Promise, []finding.Finding) {
	plan, findings := scenario.Resolve(&scenario.Scenario{Name: "promises", Contracts: paths})
	if plan == nil || finding.Errors(findings) > 0 {
		return nil, findings
	}
	var out []Promise
	for _, c := range plan.Contracts {
		out = append(out, Of(c)...)
	}
	return out, findings
}

// Of lists the promises of a contract: those of each event that it produces,
// then of each that it consumes.
func Of(c *contracts.Contract) []Promise {
	var out []Promise
	for i := range c.Produces {
		l := list{contract: c, side: Produces, event: c.Produces[i].Event, index: i}
		l.produces(&c.Produces[i])
		out = append(out, l.promises...)
	}
	for i := range c.Consumes {
		l := list{contract: c, side: Consumes, event: c.Consumes[i].Event, index: i}
		l.consumes(&c.Consumes[i])
		out = append(out, l.promises...)
	}
	return out
}

// list collects the promises of one interaction.
type list struct {
	contract *contracts.Contract
	side     string
	event    string
	index    int
	promises []Promise
}

// needs says of the promises from the i-th on which one they cannot do
// without.
func (l *list) needs(i int, after string) {
	for ; i < len(l.promises); i++ {
		l.promises[i].After = after
	}
}

// looks adds a promise that any record of the event keeps or breaks.
func (l *list) looks(name, text string, field []any, look func(*judgment, *live.Record) Outcome) {
	l.add(name, text, field, one(look)).look = look
}

// add adds a promise that stands in a field of the interaction. The answer
// holds until the next one is added.
func (l *list) add(name, text string, field []any, judge func(context.Context, *judgment) Outcome) *Promise {
	at := l.contract.Doc.Position(append([]any{l.side, l.index}, field...)...)
	l.promises = append(l.promises, Promise{
		Service: l.contract.Service.Name, Side: l.side, Event: l.event, Name: name, Text: text, Position: at, judge: judge,
	})
	return &l.promises[len(l.promises)-1]
}

// unseen adds a promise that no judge can see kept or broken.
func (l *list) unseen(name, text string, field []any, why string) {
	l.add(name, text, field, nil).Unseen = why
}

func in(field ...any) []any { return field }

func pass(records ...*live.Record) Outcome { return Outcome{Verdict: finding.Pass, Records: records} }

// fail is a broken promise, where it stands in the contract.
func (j *judgment) fail(records []*live.Record, format string, args ...any) Outcome {
	o := Outcome{Verdict: finding.Fail, Reason: fmt.Sprintf(format, args...), Records: records}
	if j.promise.Position != nil {
		o.Reason += fmt.Sprintf(" (%s)", j.promise.Position)
	}
	return o
}

func vacuous(format string, args ...any) Outcome {
	return Outcome{Verdict: finding.Vacuous, Reason: "not exercised: " + fmt.Sprintf(format, args...)}
}

// moot is a vacuous outcome to which nothing can be added.
func moot(format string, args ...any) Outcome {
	return Outcome{Verdict: finding.Vacuous, Reason: fmt.Sprintf(format, args...), Moot: true}
}

// inconclusive is what an error of looking leaves.
func inconclusive(err error) Outcome {
	return Outcome{Verdict: finding.Inconclusive, Reason: err.Error()}
}
