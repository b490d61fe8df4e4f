package harness

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/flowweir/weir/contracts"
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
		if !c.started(contract.Service.Name) {
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
		out = append(out, interaction{name, func(c *Cluster) { c.testProduces(p) }})
	}
	for i := range contract.Consumes {
		consumes := &contract.Consumes[i]
		out = append(out, interaction{contract.Service.Name + "/consumes/" + consumes.Event, func(c *Cluster) { c.testConsumes(consumes) }})
	}
	return out
}

// started says whether a service was started.
func (s *state) started(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.services[name] != nil
}

// url is where a service listens; "" where it does not.
func (s *state) url(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.services[name]; p != nil {
		return p.URL()
	}
	return ""
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
func (c *Cluster) testProduces(p *contracts.Produces) {
	c.t.Helper()
	r := c.Trigger(p.Event)
	if found := r.Problems(); len(found) > 0 {
		c.t.Errorf("%s breaks its contract:\n%s\n%s", p.Event, problems(found), r)
	}
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
	for _, dead := range c.flow.DeadLetters(ctx, r) {
		c.t.Errorf("the group %s did not process %s: a dead letter leads back to it:\n%s", consumes.Group, consumes.Event, dead)
	}
}
