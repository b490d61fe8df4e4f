package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/harness/payload"
	"github.com/flowweir/weir/harness/serde"
)

// spoil checks a fault in the load against the flow that it spoils, and says in
// it how.
func (r *resolver) spoil(entry Fault, f *fault.Fault, path document.Path) {
	flow := r.plan.flow(f.Target.Event)
	switch {
	case flow == nil && r.partial && r.named(f.Target.Event):
		return
	case flow == nil:
		var loaded []string
		for _, l := range r.s.Load {
			if l.Event != "" {
				loaded = append(loaded, l.Event)
			}
		}
		r.Error(UnknownEvent, path.Add("event"), fmt.Sprintf("the load has no %s", f.Target.Event), document.Suggest(f.Target.Event, loaded))
		return
	case flow.Load.Via == ViaTrigger:
		r.Error(NotBuilt, path, fmt.Sprintf("%s in a load via trigger cannot be made: the service makes the records", f.Kind), "use via: topic")
		return
	}
	switch {
	case entry.Poison != nil:
		r.poison(entry.Poison, flow, f, path)
	case entry.Duplicate != nil:
		r.duplicate(entry.Duplicate, flow, f, path)
	default:
		r.similar(flow, path.Add("event"))
	}
}

// named says whether an event is one of the load, or of a contract: it is not
// misspelt then, but what the load says of it may be.
func (r *resolver) named(event string) bool {
	return r.plan.blind || slices.Contains(r.events(), event) || slices.ContainsFunc(r.s.Load, func(l Load) bool { return l.Event == event })
}

// similar refuses near-identical events that nothing tells apart, or that a
// consumer rightly takes for one by what its contract says.
func (r *resolver) similar(flow *Flow, path document.Path) {
	envelope := flow.Produces.EnvelopeName()
	if envelope == contracts.EnvelopeNone {
		r.Error(BadLoad, path, fmt.Sprintf("events of %s have no envelope, so that none has an id to differ in", flow.Load.Event), "")
	}
	for i := range flow.Reactions {
		known := flow.Reactions[i].Consumes.Idempotency
		if known == nil {
			continue
		}
		at, err := known.KeyPlace()
		if err != nil || at.Attribute() == "id" || envelope == contracts.EnvelopeCloudEventsBinary && at.HeaderName() == "ce_id" {
			continue
		}
		r.Error(BadLoad, path, fmt.Sprintf("%s knows an event of %s again by %s, in which near-identical ones do not differ: it rightly takes two for one", flow.Reactions[i].Consumer, flow.Load.Event, known.Key), "")
	}
}

// duplicate checks where and when a duplicate comes.
func (r *resolver) duplicate(d *Duplicate, flow *Flow, f *fault.Fault, path document.Path) {
	var how []string
	if d.After != nil {
		how = append(how, d.After.how())
		r.later(*d.After, flow, path.Add("after"))
	}
	if d.Partition != "" {
		how = append(how, "on another partition")
		at := path.Add("partition")
		if flow.Produces.Key == nil {
			r.Error(BadLoad, at, fmt.Sprintf("records of %s have no key, so that none has a partition of its own", flow.Load.Event), "")
		}
		if t := r.plan.topic(flow.Topic); t != nil && t.Partitions < 2 {
			r.Error(BadLoad, at, flow.Topic+" has only one partition", fmt.Sprintf("give it more: topics: {%s: {partitions: 3}}", flow.Topic))
		}
	}
	f.How = strings.Join(how, ", ")
}

// later checks how far behind the first a duplicate comes, and notes whose
// promise does not reach as far.
func (r *resolver) later(a After, flow *Flow, path document.Path) {
	if total := flow.Schedule.Total(); uint64(a.Records) >= total {
		r.Error(BadTiming, path, fmt.Sprintf("the load of %s has only %s records", flow.Load.Event, document.Count(total)), "no duplicate comes behind its end: make the profile longer, or the distance shorter")
	}
	if length := flow.Schedule.Length(); time.Duration(a.Time) >= length {
		r.Error(BadTiming, path, fmt.Sprintf("the load of %s ends at %s", flow.Load.Event, document.Duration(length)), "no duplicate comes behind its end: make the profile longer, or the distance shorter")
	}
	least := time.Duration(a.Time)
	if a.Records > 0 {
		least = time.Duration(float64(a.Records) / flow.Schedule.Peak() * float64(time.Second))
	}
	for i := range flow.Reactions {
		reaction := &flow.Reactions[i]
		if known := reaction.Consumes.Idempotency; known != nil && known.Window > 0 && least > time.Duration(known.Window) {
			r.plan.note("%s promises to know an event of %s again for %s, and duplicates come %s: no-duplicate-effect asks for one effect all the same", reaction.Consumer, flow.Load.Event, known.Window, a.how())
		}
	}
}

// how says in words how far behind the first it is.
func (a After) how() string {
	switch {
	case a.Time > 0:
		return a.String() + " later"
	case a.Records > 1:
		return a.String() + " records later"
	}
	return "directly behind the first"
}

// distance is the distance as the maker takes it.
func (a *After) distance() *payload.Distance {
	if a == nil {
		return nil
	}
	return &payload.Distance{Records: uint64(a.Records), Time: time.Duration(a.Time)}
}

// poison checks a kind of poison that cannot always be made.
func (r *resolver) poison(p *Poison, flow *Flow, f *fault.Fault, path document.Path) {
	switch p.Kind {
	case PoisonWrongSchema:
		f.How = "in the wrong schema"
		switch wrong, err := flow.wrong(); {
		case errors.Is(err, serde.ErrNoRegistry): // the run will have one, and judge
		case err != nil:
			r.Error(BadLoad, path.Add("kind"), err.Error(), "")
		case len(wrong) == 1:
			f.How += ": " + wrong[0].Why
		default:
			r.plan.note("%s: each record is an event in one of these forms: %s", f, whats(wrong))
			f.How += fmt.Sprintf(", in %d forms", len(wrong))
		}
	case PoisonMissingHeader:
		at := path.Add("kind")
		if p.Header != "" {
			at = path.Add("header")
		}
		header, err := flow.missing(p.Header)
		if err != nil {
			r.Error(BadLoad, at, err.Error(), "")
			return
		}
		f.How = "without the header " + header
	case PoisonTooLarge:
		r.tooLarge(int64(p.Size), flow, f, path.Add("size"))
	}
}

// whats are the forms of wrong data in words.
func whats(wrong []*payload.Wrong) string {
	names := make([]string, len(wrong))
	for i, w := range wrong {
		names[i] = w.What
	}
	return strings.Join(names, "; ")
}

// wrong are the forms of the flow's data that its schema refuses.
func (f *Flow) wrong() ([]*payload.Wrong, error) {
	if at := f.Produces.Recognition().Value; at != "" {
		return nil, fmt.Errorf("by %s in its data consumers know %s: without it they rightly leave a record alone", at, f.Load.Event)
	}
	cfg, err := f.made()
	if err != nil {
		return nil, err
	}
	if cfg.Readers, err = f.readers(); err != nil {
		return nil, err
	}
	cfg.LeadsBack = f.leadsBack()
	return payload.LoadWrongs(cfg)
}

// made is how the flow's data is made and judged, by what files tell.
func (f *Flow) made() (payload.Config, error) {
	own, err := f.fromFiles()
	if err != nil && own.value.Schema == nil {
		return payload.Config{}, err
	}
	docs, err := newDocuments(own)
	if err != nil {
		return payload.Config{}, err
	}
	return payload.Config{Produces: f.Produces, Generate: docs.generate, Validate: docs.validate, Codec: docs.codec()}, nil
}

// readers are what the consumers ask of data. One that can read it would process
// it rightly.
func (f *Flow) readers() ([]payload.Reader, error) {
	var all []payload.Reader
	for i := range f.Reactions {
		reaction := &f.Reactions[i]
		reader := payload.Reader{Needs: reaction.Consumes.Needs}
		if reaction.Consumes.Schema != nil {
			if declared := reaction.Contract.SchemaOf(*reaction.Consumes.Schema); declared != nil && declared.File != "" {
				own, err := schema.DeclaredBy(reaction.Contract, declared, f.Produces.Recognition().Name).Load(f.files)
				if err != nil {
					return nil, fmt.Errorf("the schema of %s: %w", reaction.Consumer, err)
				}
				reader.Refuses = (&documents{schema: own}).refuses
			}
		}
		all = append(all, reader)
	}
	return all, nil
}

// leadsBack says whether a dead letter leads back to its record by what stands
// around its data.
func (f *Flow) leadsBack() bool {
	return f.headless() == ""
}

// headless is a consumer whose dead letters need not lead back where the data
// does not; "" for none.
func (f *Flow) headless() string {
	switch f.Produces.EnvelopeName() {
	case contracts.EnvelopeCloudEventsStructured, contracts.EnvelopeStandard:
		return ""
	}
	// the id stands in no value
	for i := range f.Reactions {
		if dlq := f.Reactions[i].Consumes.DLQ; dlq != nil && !dlq.Preserves("headers") {
			return f.Reactions[i].Consumer
		}
	}
	return ""
}

// missing is the header that poison of the flow lacks: one that each of its
// records must have, and by which nobody knows the event.
func (f *Flow) missing(named string) (string, error) {
	required := f.requiredHeaders()
	known := f.Produces.Recognition().Header
	switch {
	case named != "" && named == known:
		return "", fmt.Errorf("by the header %s consumers know %s: without it they rightly leave a record alone", named, f.Load.Event)
	case named != "" && !slices.Contains(required, named):
		return "", fmt.Errorf("no record of %s must have the header %s: name one that its envelope or its contract requires", f.Load.Event, named)
	}
	required = slices.DeleteFunc(required, func(name string) bool { return name == known })
	if len(required) == 0 {
		return "", fmt.Errorf("neither the envelope of %s nor its contract requires a header that could be missing", f.Load.Event)
	}
	if consumer := f.headless(); consumer != "" {
		return "", fmt.Errorf("dead letters of %s need not keep the headers, and nothing else of such a record leads back to it: add headers to the contract's dlq.preserve", consumer)
	}
	return cmp.Or(named, required[0]), nil
}

// requiredHeaders are those that each record of the flow must have; the event's
// id first.
func (f *Flow) requiredHeaders() (names []string) {
	if f.Produces.EnvelopeName() == contracts.EnvelopeCloudEventsBinary {
		names = []string{"ce_id", "ce_source", "ce_specversion", "ce_type"}
	}
	for _, name := range slices.Sorted(maps.Keys(f.Produces.Headers)) {
		if f.Produces.Headers[name].Required && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// spoilt are the faults in a flow's load, in the order of the file.
func (p *Plan) spoilt(f *Flow) (all []payload.Fault) {
	for _, entry := range p.Scenario.Faults {
		t := entry.inLoad()
		if t == nil || t.Event != f.Load.Event {
			continue
		}
		made := payload.Fault{Share: float64(t.Share)}
		switch {
		case entry.Duplicate != nil:
			made.Kind, made.After, made.Elsewhere = payload.Duplicate, entry.Duplicate.After.distance(), entry.Duplicate.Partition != ""
		case entry.Similar != nil:
			made.Kind, made.After = payload.NearIdentical, &payload.Distance{}
		case entry.Poison.Kind == PoisonWrongSchema:
			made.Kind = payload.WrongSchema
		case entry.Poison.Kind == PoisonMissingHeader:
			made.Kind = payload.MissingHeader
			made.Header, _ = f.missing(entry.Poison.Header) // which the plan had
		case entry.Poison.Kind == PoisonTooLarge:
			made.Kind, made.Size = payload.TooLarge, int(entry.Poison.Size)
		default:
			made.Kind = payload.Undecodable
		}
		all = append(all, made)
	}
	return all
}

// detouring is the maker of a flow whose duplicates go to other partitions; nil
// where none does.
func (x *execution) detouring(live *liveFlow) *payload.Maker {
	if m, ok := live.maker.(*payload.Maker); ok && slices.ContainsFunc(x.plan.spoilt(live.plan), func(s payload.Fault) bool { return s.Elsewhere }) {
		return m
	}
	return nil
}
