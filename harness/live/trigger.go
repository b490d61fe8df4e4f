package live

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/reports/secret"
)

// Call is one call of a Trigger.
type Call struct {
	// Flow is the flow that the event is wanted in, to produce what must be
	// there before.
	Flow *Flow
	// Event is the event that is wanted.
	Event string
	// ID is an identity for it. A service that takes one, as idempotency key
	// or number, leads back to the call; nothing depends on that.
	ID string
	// URL is where the event's service listens; "" where it has none.
	URL string
}

// Trigger is a Go function that makes a service emit an event, or sees to a
// precondition of that.
type Trigger func(context.Context, Call) error

// Triggers are the Go functions of a test.
type Triggers struct {
	// Events are triggers by the event's name, or by that which the contract
	// gives as trigger: {go: NAME}. They come before the contract's own.
	Events map[string]Trigger
	// Given are preconditions by the event's name, called in their order
	// before any kind of trigger.
	Given map[string][]Trigger
	// URL is where a service listens; "" where it was not started or has
	// none.
	URL func(service string) string
}

// NoTriggerError says that nothing makes a service emit an event, and what to
// add.
type NoTriggerError struct{ Text string }

func (e *NoTriggerError) Error() string { return e.Text }

// Trigger makes an event's service emit it, by a Go function or as its
// contract says (over http, by a program or by an event), and answers the record that
// follows, within a time: the one that leads back to the trigger, or where a
// trigger carries no identity the next. An event that nothing can trigger is a
// *NoTriggerError.
func (f *Flow) Trigger(ctx context.Context, event string, within time.Duration) (*Record, error) {
	driven, err := f.Drive(ctx, event, within)
	if err != nil {
		return nil, err
	}
	return f.AwaitEvent(ctx, event, within, driven.Follows)
}

// Driven is a trigger that was driven.
type Driven struct {
	// Follows is what tells the event that follows from others.
	Follows Condition
	// Since holds for every record that was published after the trigger.
	Since Condition
	// Counts tells the events of the trigger, of which there is to be one: those
	// that follow it and, where nobody else triggers any, those published since
	// with an id of their own that leads back to nothing.
	Counts Condition
	// Cause is the event that was the trigger; nil for other kinds.
	Cause *Record
}

// Drive drives a trigger, with its preconditions, within a time, and does not
// wait for the event. Overrides change the event that is the trigger, where it
// is one.
func (f *Flow) Drive(ctx context.Context, event string, within time.Duration, overrides ...Override) (Driven, error) {
	contract, p, err := f.Producer(event)
	if err != nil {
		return Driven{}, fmt.Errorf("triggering %s: %w", event, err)
	}
	drive, err := f.driver(contract, p, overrides)
	if err != nil {
		return Driven{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	call := Call{Flow: f, Event: event, URL: f.url(contract.Service.Name)}
	for i, given := range f.cfg.Triggers.Given[event] {
		call.ID = f.NewID().String()
		if err := given(ctx, call); err != nil {
			return Driven{}, fmt.Errorf("precondition %d of %s: %w", i+1, event, err)
		}
	}
	since, err := f.next(ctx, p.TopicName())
	if err != nil {
		return Driven{}, fmt.Errorf("triggering %s: %w", event, err)
	}
	driven := Driven{Follows: since, Since: since}
	if err := drive(ctx, call, &driven); err != nil {
		return Driven{}, fmt.Errorf("triggering %s within %s: %w", event, within, err)
	}
	driven.Counts = driven.Follows
	if driven.Cause == nil && (p.Trigger == nil || len(p.Trigger.Given) == 0) && f.undisturbed() {
		driven.Counts = That(driven.Follows.what, func(r *Record) bool {
			return driven.Follows.ok(r) || driven.Since.ok(r) && !f.ownID(r)
		})
	}
	return driven, nil
}

// undisturbed says whether nobody but this flow makes services publish: the cluster or
// its topics are its own.
func (f *Flow) undisturbed() bool {
	return f.cfg.Prefix != "" || f.cfg.Cluster.Info().Kind != cluster.External
}

// ownID says whether a record carries an id that this flow has made: it is of
// another trigger, or of another event that was sent.
func (f *Flow) ownID(r *Record) bool {
	made := func(text []byte) bool {
		id, ok := identity.ParseEventID(text)
		return ok && id.Run == f.cfg.Run
	}
	return made([]byte(r.ID())) || made([]byte(r.Attributes.CausationID)) ||
		slices.ContainsFunc(r.Headers, func(h kgo.RecordHeader) bool { return made(h.Value) })
}

// driver drives a trigger and says which record is to follow, where it knows
// better than that it is the next.
type driver func(context.Context, Call, *Driven) error

// driver is how an event is triggered.
func (f *Flow) driver(c *contracts.Contract, p *contracts.Produces, overrides []Override) (driver, error) {
	t := p.Trigger
	function := f.cfg.Triggers.Events[p.Event]
	if function == nil && t != nil && t.Go != "" {
		function = f.cfg.Triggers.Events[t.Go]
	}
	at := func() string { return c.Doc.Position("produces", indexOf(c, p), "trigger").String() }
	switch {
	case function != nil:
		return f.byFunction(function), nil
	case t == nil:
		return nil, &NoTriggerError{fmt.Sprintf("nothing triggers %s: add a trigger to it in %s, as trigger: {http: POST /path, expect: 202}, or %s",
			p.Event, c.Doc.Position("produces", indexOf(c, p)), f.cfg.Advice.trigger(p.Event))}
	case t.Go != "":
		return nil, &NoTriggerError{fmt.Sprintf("nothing triggers %s: %s names the Go function %q: %s", p.Event, at(), t.Go, f.cfg.Advice.trigger(t.Go))}
	case t.HTTP != "":
		return f.byHTTP(c, p), nil
	case len(t.Exec) > 0:
		return f.byExec(c, p), nil
	case t.Body != "" || len(t.Headers) > 0 || t.ID != "":
		return nil, fmt.Errorf("%s: body, headers and id of a trigger by event are not built: the event is made from its own contract", at())
	}
	return func(ctx context.Context, call Call, d *Driven) (err error) {
		if err := scenario.Given(ctx, c, t, call.URL, f.vars(f.NewID(), call.URL), f.meet(c, call)); err != nil {
			return err
		}
		if d.Cause, err = f.Produce(ctx, t.Event, overrides...); err == nil {
			d.Follows = LeadsBackTo(d.Cause)
		}
		return err
	}, nil
}

func (f *Flow) byFunction(do Trigger) driver {
	return func(ctx context.Context, call Call, _ *Driven) error {
		call.ID = f.NewID().String()
		return do(ctx, call)
	}
}

func (f *Flow) byHTTP(c *contracts.Contract, p *contracts.Produces) driver {
	return func(ctx context.Context, call Call, d *Driven) error {
		if call.URL == "" {
			return fmt.Errorf("%s is driven over http: start it with a URL, such as http://127.0.0.1:{{.Port}}", c.Service.Name)
		}
		id := f.NewID()
		if p.Trigger.ID != "" {
			d.Follows = LeadsBackTo(&Record{Attributes: envelope.Attributes{ID: id.String()}})
		}
		if err := scenario.Trigger(ctx, c, p, call.URL, id, f.meet(c, call)); err != nil {
			return fmt.Errorf("the trigger %s at %s: %w", secret.Text(p.Trigger.HTTP), secret.Text(call.URL), err)
		}
		return nil
	}
}

// next asks for a record that is not in the topic yet.
func (f *Flow) next(ctx context.Context, topic string) (Condition, error) {
	t, err := f.Topic(topic)
	if err != nil {
		return Condition{}, err
	}
	ends, err := t.ReadToEnd(ctx)
	return That("published after its trigger", func(r *Record) bool { return r.Offset >= ends[r.Partition] }), err
}

func (f *Flow) url(service string) string {
	if f.cfg.Triggers.URL == nil {
		return ""
	}
	return strings.TrimSuffix(f.cfg.Triggers.URL(service), "/")
}

func indexOf(c *contracts.Contract, p *contracts.Produces) int {
	return slices.IndexFunc(c.Produces, func(q contracts.Produces) bool { return q.Event == p.Event })
}
