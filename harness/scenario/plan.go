package scenario

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/schedule"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// Ids of findings between a scenario and its contracts.
const (
	UnknownEvent    = "scenario/unknown-event"
	UnknownTopic    = "scenario/unknown-topic"
	UnknownService  = "scenario/unknown-service"
	NoTrigger       = "scenario/no-trigger"
	NotBuilt        = "scenario/not-built"
	BadLoad         = "scenario/bad-load"
	BadBuild        = "scenario/build"
	BadTemplate     = "scenario/template"
	BadCommand      = "scenario/command"
	SameEffect      = "scenario/same-effect"
	BadCluster      = "scenario/cluster"
	BadBootstrap    = "scenario/bootstrap"
	BadClientConfig = "scenario/client-config"
	BadTopic        = "scenario/topic"
	BadMetrics      = "scenario/metrics"
	BadDatabase     = "scenario/database"
	Failed          = "run/failed"
)

// Plan is a scenario together with its contracts, resolved: everything that
// a run does, before anything is started.
type Plan struct {
	Scenario  *Scenario
	Contracts []*contracts.Contract
	// Files are what the contracts were read from, with the schemas that stand
	// inside the AsyncAPI documents of some.
	Files      *asyncapi.Files
	Topics     []run.Topic
	Flows      []*Flow
	Faults     []fault.Fault // as the file has them: see Schedule
	Invariants []string
	// Length is the load's, Warmup the part of it that no figure includes.
	Length, Warmup time.Duration
	drawn          []fault.Fault // of the random mix
	// measures are those of hops, whose outputs are counted.
	measures []histogram.Measure
	outputs  int
	// blind says that a contract could not be read: which events and topics there
	// are is not known.
	blind bool
	// Notes are things that a reader of the results must know.
	Notes []string
	// foreseen are those of the notes that the end of a run says itself.
	foreseen []string
}

// Flow is one entry of the load and what reacts to it.
type Flow struct {
	Load  *Load
	Index int
	// Producer and Produces are of the contract; nil where the load goes to a
	// topic of which none says anything.
	Producer *contracts.Contract
	Produces *contracts.Produces
	Topic    string
	Schedule *schedule.Schedule
	// Keyed says whether records have keys; KeyList are those of a file, nil
	// where keys are made.
	Keyed   bool
	KeyList []string
	// Sizes and Corpus are read from files.
	Sizes  []int
	Corpus [][]byte
	// Reactions are those of the consumers whose service takes part in the run.
	Reactions []Reaction
	// Hops are those of reactions, then those behind them.
	Hops []*Hop

	files *asyncapi.Files
	// value and key are how its records are written, from the preflight on.
	value, key written
	// meanBytes is about the size of a record without a contract.
	meanBytes int64
}

// resolver collects what is wrong while a plan is made.
type resolver struct {
	*document.Checker
	plan *Plan
	s    *Scenario
	dir  string
	// present are the services that take part in the run.
	present func(service string) bool
	// partial says that an entry of the load is wrong, unsure that a fault is:
	// what is judged of all of them together is not judged then.
	partial, unsure bool
}

// Resolve reads the scenario's contracts and joins everything up. in names
// services that take part in the run beside those that the scenario starts.
func Resolve(s *Scenario, in ...string) (*Plan, []finding.Finding) {
	r := newResolver(s, in...)
	findings := r.resolve()
	if finding.Errors(findings) > 0 {
		return nil, findings
	}
	return r.plan, findings
}

func newResolver(s *Scenario, in ...string) *resolver {
	r := &resolver{
		Checker: document.NewLaterChecker(s.Doc),
		plan:    &Plan{Scenario: s, Files: asyncapi.NewFiles(source.Host())},
		s:       s,
		dir:     filepath.ToSlash(filepath.Dir(s.Doc.File())),
	}
	r.present = func(service string) bool {
		return slices.Contains(in, service) || slices.ContainsFunc(s.Services, func(x Service) bool { return x.Name == service })
	}
	return r
}

// resolve makes the plan, as far as the scenario and its contracts are sound,
// and answers what is wrong beside what was said when the scenario was read.
func (r *resolver) resolve() []finding.Finding {
	if r.s.Doc.Flawed("weir") {
		return nil // it may be no scenario
	}
	findings := r.contracts()
	r.plan.blind = finding.Errors(findings)+len(r.Findings()) > 0 || r.s.Doc.Flawed("contracts")
	r.flows()
	r.unjudged()
	r.topics()
	r.faults()
	r.invariants()
	r.consumers()
	findings = append(findings, r.Findings()...)
	if finding.Errors(findings) == 0 && !r.plan.blind && !r.partial && !r.unsure {
		r.hops()
	}
	return findings
}

// Path is a file that the scenario names relative to itself.
func (p *Plan) Path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(p.Scenario.Doc.File()), filepath.FromSlash(name))
}

func (r *resolver) flows() {
	for i := range r.s.Load {
		load := &r.s.Load[i]
		path := document.Path{"load", i}
		f := &Flow{Load: load, Index: i, Topic: load.Topic, Keyed: r.s.Doc.Has(path.Add("keys")...), files: r.plan.Files}
		if !r.flow(f, path) {
			r.partial = true
			continue
		}
		if f.raw() {
			r.fits(f, path)
		} else {
			r.reacted(f, path)
		}
		r.plan.Flows = append(r.plan.Flows, f)
		r.plan.Length = max(r.plan.Length, f.Schedule.Length())
	}
	if len(r.s.Load) == 0 {
		r.plan.Length = time.Duration(r.s.For)
	}
	r.plan.Warmup = min(r.plan.Length/10, 10*time.Second)
	if w := r.s.Warmup; w != nil && !r.partial {
		r.plan.Warmup = time.Duration(*w)
		if length := r.plan.Length; length > 0 && r.plan.Warmup >= length {
			r.Error(document.OutOfRange, document.Path{"warmup"}, fmt.Sprintf("the warm-up of %s leaves nothing of the load, which ends at %s", *w, document.Duration(length)), "figures are of what comes after the warm-up: make it shorter, or the load longer")
		}
	}
}

// flow finds what a load is of and when it is sent; false where something is
// wrong with it.
func (r *resolver) flow(f *Flow, path document.Path) bool {
	if f.Load.Event != "" && !r.interaction(f, path.Add("event")) || r.s.Doc.Flawed(path...) {
		return false
	}
	f.Schedule = r.schedule(f, path.Add("profile"))
	return f.Schedule != nil && r.keyList(f, path.Add("keys", "file")) && r.payload(f, path.Add("payload"))
}

// interaction finds the contract of a load's event; false where it is a
// finding.
func (r *resolver) interaction(f *Flow, path document.Path) bool {
	event := f.Load.Event
	f.Producer, f.Produces = r.producer(event)
	if f.Produces == nil && r.plan.blind {
		return false
	}
	if f.Produces == nil {
		r.Error(UnknownEvent, path, fmt.Sprintf("no contract of this scenario produces %s", event), document.Suggest(event, r.events()))
		return false
	}
	if f.Topic = f.Produces.TopicName(); f.Topic == "" {
		r.Error(NotBuilt, path, fmt.Sprintf("load over %s is not built; Kafka is", f.Produces.Transport()), "")
		return false
	}
	f.Keyed = f.Produces.Key != nil
	return true
}

// reacted finds how an event is driven and who reacts to it.
func (r *resolver) reacted(f *Flow, path document.Path) {
	if f.Load.Via == ViaTrigger {
		r.trigger(f, path)
	}
	r.reactions(f, path)
	r.unbuilt(f, path)
}

func (r *resolver) producer(event string) (*contracts.Contract, *contracts.Produces) {
	for _, c := range r.plan.Contracts {
		if p := c.Producer(event); p != nil {
			return c, p
		}
	}
	return nil, nil
}

func (r *resolver) events() []string {
	var events []string
	for _, c := range r.plan.Contracts {
		for _, p := range c.Produces {
			events = append(events, p.Event)
		}
	}
	return events
}

// trigger checks that the flow can be driven through the service.
func (r *resolver) trigger(f *Flow, path document.Path) {
	t := f.Produces.Trigger
	switch {
	case t == nil:
		r.Error(NoTrigger, path.Add("via"), fmt.Sprintf("the contract of %s gives no trigger for %s", f.Producer.Service.Name, f.Load.Event),
			"add trigger: {http: POST /..., id: header:Idempotency-Key} to the producer's entry, or use via: topic")
		return
	case t.HTTP == "":
		r.Error(NotBuilt, path.Add("via"), "load through a trigger that is not http is not built", "")
		return
	}
	name := f.DrivenService()
	i := r.s.service(name)
	switch {
	case i < 0:
		r.Error(UnknownService, path.Add("via"), fmt.Sprintf("the scenario starts no service %s to drive", name),
			document.Suggest(name, r.services()))
	case r.s.Services[i].URL == "":
		r.Error(BadLoad, document.Path{"services", i}, fmt.Sprintf("%s is driven over HTTP but has no url", name),
			`say where it listens: url: http://127.0.0.1:{{.Port}}`)
	}
}

// DrivenService is the service whose url a load via trigger goes to.
func (f *Flow) DrivenService() string { return cmp.Or(f.Load.Service, f.Producer.Service.Name) }

func (r *resolver) services() []string {
	names := make([]string, len(r.s.Services))
	for i, s := range r.s.Services {
		names[i] = s.Name
	}
	return names
}

func (p *Plan) note(format string, args ...any) {
	if n := fmt.Sprintf(format, args...); !slices.Contains(p.Notes, n) {
		p.Notes = append(p.Notes, n)
	}
}

// consumers checks the topics of Weir's own groups.
func (r *resolver) consumers() {
	if r.plan.blind {
		return
	}
	for i, c := range r.s.Consumers {
		for j, t := range c.Topics {
			if len(r.s.Load) > 0 && r.plan.topic(t) == nil {
				r.Error(UnknownTopic, document.Path{"consumers", i, "topics", j}, fmt.Sprintf("no contract of this scenario uses topic %s", t), document.Suggest(t, r.plan.topicNames()))
			}
		}
	}
}
