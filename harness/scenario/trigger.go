package scenario

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/trigger"
	"github.com/flowweir/weir/reports/secret"
)

// triggerTimeout bounds one trigger with its preconditions.
const triggerTimeout = trigger.DefaultTimeout

// prepareTrigger makes the driver of a flow that goes through its service.
func (x *execution) prepareTrigger(live *liveFlow) error {
	f := live.plan
	t, err := newTriggerMaker(f.Producer, f.Produces.Trigger, x.services[f.DrivenService()].URL(), nil)
	if err != nil {
		return x.usage(BadLoad, fmt.Sprintf("the trigger of %s: %v", f.Load.Event, err), "load", f.Index, "via")
	}
	sender := live.sender.ID()
	driver, err := trigger.New(trigger.Config{
		Name: secret.Text(f.Produces.Trigger.HTTP),
		Do: func(ctx context.Context, seq uint64, _ time.Time) error {
			return t.do(ctx, identity.EventID{Run: x.identity, Sender: sender, Sequence: seq})
		},
		Timeout:  triggerTimeout,
		Schedule: f.Schedule, Start: x.t0, Sender: live.sender, Journal: x.journal, Meter: x.meter,
		Counters: x.counters, Stalls: x.acks,
	})
	if err != nil {
		return x.usage(BadLoad, err.Error(), "load", f.Index, "via")
	}
	live.driver = driver
	return nil
}

// triggerMaker drives a contract's HTTP trigger.
type triggerMaker struct {
	client *http.Client
	base   string
	given  []request
	main   request
	// id puts the identity into the main request.
	id func(*call, string) error
	// other meets the steps that are no requests.
	other Meet
}

// Meet meets a precondition that is no HTTP request, and puts what it saves
// into vars.
type Meet func(ctx context.Context, step contracts.Step, vars map[string]any) error

// request is an HTTP request of a contract, its templates parsed.
type request struct {
	method  string
	path    *contracts.Template
	body    *contracts.Template
	headers map[string]*contracts.Template
	expect  int
	save    map[string]place.Place
	// step, if not nil, is what is done in place of a request.
	step *contracts.Step
}

// call is a request that is about to be made.
type call struct {
	body    []byte
	headers http.Header
}

func newTriggerMaker(c *contracts.Contract, t *contracts.Trigger, base string, other Meet) (*triggerMaker, error) {
	m, err := newGiven(c, t, base, other)
	if err != nil {
		return nil, err
	}
	if m.main, err = newRequest(c, t.HTTP, t.Body, t.Headers, t.Expect); err != nil {
		return nil, err
	}
	m.id, err = identityPlace(t.ID)
	return m, err
}

// newGiven drives the preconditions of a trigger alone.
func newGiven(c *contracts.Contract, t *contracts.Trigger, base string, other Meet) (*triggerMaker, error) {
	m := &triggerMaker{client: trigger.Client(trigger.DefaultInFlight), base: strings.TrimSuffix(base, "/"), other: other}
	for i, step := range t.Given {
		if step.HTTP == "" && other == nil {
			return nil, fmt.Errorf("given step %d is not http, which is the only kind of step that is built", i+1)
		}
		if step.HTTP == "" {
			m.given = append(m.given, request{step: &step})
			continue
		}
		r, err := newRequest(c, step.HTTP, step.Body, step.Headers, step.Expect)
		if err != nil {
			return nil, fmt.Errorf("given step %d: %w", i+1, err)
		}
		r.save = map[string]place.Place{}
		for name, at := range step.Save {
			if r.save[name], err = place.Parse(at); err != nil {
				return nil, fmt.Errorf("given step %d: save %s: %w", i+1, name, err)
			}
		}
		m.given = append(m.given, r)
	}
	return m, nil
}

// identityPlace is how an identity is put where the contract says: into
// header:NAME or body:$.a.b; nowhere without an id.
func identityPlace(at string) (func(*call, string) error, error) {
	if name, ok := strings.CutPrefix(at, "header:"); ok {
		return func(c *call, id string) error { c.headers.Set(name, id); return nil }, nil
	}
	at, ok := strings.CutPrefix(at, "body:")
	if !ok {
		return func(*call, string) error { return nil }, nil
	}
	p, err := place.Parse(at)
	if err != nil {
		return nil, fmt.Errorf("id: %w", err)
	}
	return func(c *call, id string) error {
		doc, err := jsonschema.Decode(c.body)
		if err != nil {
			return fmt.Errorf("the body is no JSON to put %s into: %w", p, err)
		}
		if err := p.Set(doc, id); err != nil {
			return err
		}
		c.body, err = json.Marshal(doc)
		return err
	}, nil
}

func newRequest(c *contracts.Contract, line, body string, headers map[string]string, expect int) (request, error) {
	method, path, ok := strings.Cut(line, " ")
	if !ok {
		return request{}, fmt.Errorf("http %q is not a method and a path, such as POST /orders", line)
	}
	r := request{method: method, expect: expect, headers: map[string]*contracts.Template{}}
	var err error
	if r.path, err = contracts.ParseTemplate(path); err != nil {
		return r, err
	}
	if body != "" {
		text, err := fs.ReadFile(source.Host(), c.Resolve(body))
		if err != nil {
			return r, fmt.Errorf("body: %w", err)
		}
		if r.body, err = contracts.ParseTemplate(string(text)); err != nil {
			return r, err
		}
	}
	if kind := contracts.ContentType(body, headers); kind != "" && body != "" {
		r.headers["Content-Type"], err = contracts.ParseTemplate(kind)
		if err != nil {
			return r, err
		}
	}
	for name, value := range headers {
		if r.headers[name], err = contracts.ParseTemplate(value); err != nil {
			return r, err
		}
	}
	return r, nil
}

// do drives the trigger once: its preconditions, then itself.
func (m *triggerMaker) do(ctx context.Context, id identity.EventID) error {
	text := id.String()
	vars := map[string]any{"id": text, "seq": id.Sequence}
	if err := m.meet(ctx, vars); err != nil {
		return err
	}
	_, err := m.send(ctx, &m.main, vars, func(c *call) error { return m.id(c, text) })
	return err
}

// meet meets the preconditions, in their order, and puts what they save into
// vars.
func (m *triggerMaker) meet(ctx context.Context, vars map[string]any) error {
	for i := range m.given {
		if step := m.given[i].step; step != nil {
			if err := m.other(ctx, *step, vars); err != nil {
				return notMet(i, err)
			}
			continue
		}
		reply, err := m.send(ctx, &m.given[i], vars, nil)
		if err != nil {
			return notMet(i, err)
		}
		if err := keep(m.given[i].save, reply, vars); err != nil {
			return &trigger.StepError{What: fmt.Sprintf("given step %d", i+1), Err: err}
		}
	}
	return nil
}

func notMet(step int, err error) error {
	return &trigger.StepError{What: fmt.Sprintf("given step %d was not met", step+1), Err: err}
}

// maxReply bounds what is read of a reply.
const maxReply = 1 << 20

func (m *triggerMaker) send(ctx context.Context, r *request, vars map[string]any, change func(*call) error) ([]byte, error) {
	path, err := r.path.Fill(vars)
	if err != nil {
		return nil, fmt.Errorf("the path: %w", err)
	}
	c := call{headers: http.Header{}}
	if r.body != nil {
		if c.body, err = r.body.Fill(vars); err != nil {
			return nil, fmt.Errorf("the body: %w", err)
		}
	}
	for name, t := range r.headers {
		value, err := t.Fill(vars)
		if err != nil {
			return nil, fmt.Errorf("the header %s: %w", name, err)
		}
		c.headers.Set(name, string(value))
	}
	if change != nil {
		if err := change(&c); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, r.method, m.base+string(path), bytes.NewReader(c.body))
	if err != nil {
		return nil, err
	}
	req.Header = c.headers
	reply, err := m.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = reply.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(reply.Body, maxReply))
	if err != nil {
		return nil, err
	}
	return body, r.judge(reply.StatusCode)
}

// judge compares with the expected status; without one every 2xx accepts.
func (r *request) judge(status int) error {
	if r.expect == 0 && status >= 200 && status < 300 {
		return nil
	}
	return trigger.Judge(status, r.expect)
}

// keep saves what later requests need of a reply.
func keep(save map[string]place.Place, reply []byte, vars map[string]any) error {
	if len(save) == 0 {
		return nil
	}
	doc, err := jsonschema.Decode(reply)
	if err != nil {
		return fmt.Errorf("the reply is no JSON to save from: %w", err)
	}
	for name, p := range save {
		v, ok := p.In(doc)
		if !ok {
			return fmt.Errorf("the reply has nothing at %s", p)
		}
		vars[name] = place.Text(v)
	}
	return nil
}
