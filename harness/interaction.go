package harness

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/harness/scenario"
)

// Interactions tests each interaction of the contracts whose service was
// started, as a subtest of its own:
//
//	order-service/produces/com.acme.order.OrderPlaced
//	payment-service/consumes/com.acme.order.OrderPlaced
//
// An event that is produced is triggered once, as its contract says (over http
// or by an event), and the record that follows is judged: schema, envelope,
// key and required headers. Without a trigger it is not exercised, and the log
// says so. An event that is consumed is produced once from its producer's
// contract, and the declared effect is awaited; where none is declared, that
// the group commits the record without having it dead-lettered.
//
// Each waits for the cluster's timeout. A service without any interaction to
// test fails the test, and so does a cluster without such a service.
func (c *Cluster) Interactions(t *testing.T) {
	t.Helper()
	tested := 0
	for _, contract := range c.contracts {
		if c.service(contract.Service.Name) == "" {
			continue
		}
		tests := c.For(t).interactions(contract)
		for _, i := range tests {
			t.Run(i.name, func(t *testing.T) { i.test(c.For(t)) })
		}
		if tested++; len(tests) == 0 {
			t.Errorf("the contract of %s (%s) has no interaction that can be tested", contract.Service.Name, contract.Doc.File())
		}
	}
	if tested == 0 {
		t.Fatalf("no service that has a contract was started: the name given to Start must be the contract's, of which there are %v", c.serviceNames())
	}
}

// interaction is one producer or consumer entry as a test.
type interaction struct {
	name string
	test func(*Cluster)
}

func (c *Cluster) interactions(contract *contracts.Contract) []interaction {
	var out []interaction
	for i := range contract.Produces {
		p := &contract.Produces[i]
		name := contract.Service.Name + "/produces/" + p.Event
		if p.Trigger == nil {
			c.t.Logf("%s has no trigger: not exercised", name)
			continue
		}
		out = append(out, interaction{name, func(c *Cluster) { c.testProduces(contract, p) }})
	}
	for i := range contract.Consumes {
		consumes := &contract.Consumes[i]
		out = append(out, interaction{contract.Service.Name + "/consumes/" + consumes.Event, func(c *Cluster) { c.testConsumes(consumes) }})
	}
	return out
}

// service says whether a service was started, by its url or its name.
func (s *state) service(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.services[name]
	switch {
	case p == nil:
		return ""
	case p.URL() == "":
		return name
	}
	return p.URL()
}

func (s *state) serviceNames() []string {
	var names []string
	for _, c := range s.contracts {
		names = append(names, c.Service.Name)
	}
	slices.Sort(names)
	return names
}

// testProduces triggers an event once and judges the record.
func (c *Cluster) testProduces(contract *contracts.Contract, p *contracts.Produces) {
	c.t.Helper()
	var r *Record
	switch t := p.Trigger; {
	case t.HTTP != "":
		r = c.triggered(contract, p)
	case t.Event == "":
		c.t.Fatalf("%s: a trigger by exec or by a Go function is not built; http and event are", contract.Doc.Position("produces", slices.Index(pointers(contract.Produces), p), "trigger"))
	case len(t.Given) > 0 || t.Body != "" || len(t.Headers) > 0 || t.ID != "":
		c.t.Fatalf("%s: given, body, headers and id of a trigger by event are not built: the event is made from its own contract", contract.Doc.Position("produces", slices.Index(pointers(contract.Produces), p), "trigger"))
	default:
		r = c.Await(p.Event, LeadsBackTo(c.Produce(t.Event)))
	}
	if found := r.Problems(); len(found) > 0 {
		c.t.Errorf("%s breaks its contract:\n%s\n%s", p.Event, problems(found), r)
	}
}

func pointers[T any](s []T) []*T {
	out := make([]*T, len(s))
	for i := range s {
		out[i] = &s[i]
	}
	return out
}

// triggered drives an HTTP trigger and awaits its event: the one that carries
// the identity, or where the trigger names no place for one the next.
func (c *Cluster) triggered(contract *contracts.Contract, p *contracts.Produces) *Record {
	c.t.Helper()
	name := contract.Service.Name
	url := c.service(name)
	if url == name {
		c.t.Fatalf("%s is driven over http and was started without URL, such as http://127.0.0.1:{{.Port}}", name)
	}
	id := c.flow.NewID()
	follows := LeadsBackTo(&Record{Attributes: envelope.Attributes{ID: id.String()}})
	if p.Trigger.ID == "" {
		follows = c.published(p.TopicName())
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), c.timeout)
	defer cancel()
	accepted, err := scenario.Trigger(ctx, contract, p, url, id)
	if err != nil || !accepted {
		if err == nil {
			err = fmt.Errorf("refused by the service")
		}
		c.t.Fatalf("the trigger %s at %s: %v%s", p.Trigger.HTTP, url, err, c.logs())
	}
	return c.Await(p.Event, follows)
}

// published asks for a record that is not in the topic yet.
func (c *Cluster) published(topic string) Condition {
	c.t.Helper()
	ends := map[int32]int64{}
	for _, r := range c.Records(topic) {
		ends[r.Partition] = r.Offset + 1
	}
	return That("published after its trigger", func(r *Record) bool { return r.Offset >= ends[r.Partition] })
}

// testConsumes produces an event once and awaits that it was processed.
func (c *Cluster) testConsumes(consumes *contracts.Consumes) {
	c.t.Helper()
	switch e := consumes.Effect; {
	case e == nil:
		c.processed(consumes, c.Produce(consumes.Event))
	case e.Event == "":
		c.t.Fatalf("the effect of %s is seen through sql or http, which is not built; an event is", consumes.Event)
	default:
		cause := c.Produce(consumes.Event)
		c.Await(e.Event, Where(e.Correlate, cause.ID()), LeadsBackTo(cause))
	}
}

// pollFor is the pause between two looks at a group.
const pollFor = 50 * time.Millisecond

// processed awaits the group's commit of a record, and that it is no dead
// letter: all that shows from outside where no effect is declared.
func (c *Cluster) processed(consumes *contracts.Consumes, r *Record) {
	c.t.Helper()
	if consumes.Group == "" {
		c.t.Fatalf("the contract declares neither an effect nor a group for %s: nothing shows that it was processed", consumes.Event)
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), c.timeout)
	defer cancel()
	for {
		at, err := c.flow.Committed(ctx, consumes.Group, r)
		if err == nil && at > r.Offset {
			break
		}
		if why := c.dead(); why != "" {
			c.t.Fatalf("awaiting the commit of %s: %s", consumes.Group, why)
		}
		select {
		case <-ctx.Done():
			c.t.Fatalf("the group %s has not committed %s/%d@%d within %s (last error: %v)%s", consumes.Group, r.Topic, r.Partition, r.Offset, c.timeout, err, c.logs())
		case <-time.After(pollFor):
		}
	}
	if dead := c.instead(r, ""); dead != "" {
		c.t.Errorf("the group %s did not process %s:%s", consumes.Group, consumes.Event, dead)
	}
}
