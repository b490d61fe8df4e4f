package harness

import (
	"database/sql"
	"slices"
	"testing"

	"github.com/flowweir/weir/harness/effect"
	"github.com/flowweir/weir/harness/promise"
)

// Interactions tests each promise of the contracts whose service was started,
// as a subtest of its own on the running cluster:
//
//	order-service/produces/com.acme.order.OrderPlaced/schema
//	payment-service/consumes/com.acme.order.OrderPlaced/dead-letter
//
// It is TestContract for several services that work together, and faster: they
// start once. A promise that is broken may take others with it, though, as
// poison does that stops its consumer; TestContract judges each alone.
//
// A promise that was not exercised is skipped. A service of which none was
// exercised fails the test, and so does a cluster without a service that has a
// contract, and a -run that selects none of the promises.
func (c *Cluster) Interactions(t *testing.T) {
	t.Helper()
	var all selection
	tested := 0
	for _, contract := range c.contracts {
		if !c.started(contract.Service.Name) {
			continue
		}
		tested++
		before := all
		for _, p := range promise.Of(contract) {
			all.judge(t, p, func(t *testing.T) bool {
				t.Helper()
				return c.For(t).Judge(p)
			})
		}
		if all.ran > before.ran && all.exercised == before.exercised && !t.Failed() {
			t.Errorf("the contract of %s (%s) has no promise that was exercised: run with -v to see what each lacks", contract.Service.Name, contract.Doc.File())
		}
	}
	switch {
	case tested == 0:
		t.Fatalf("no service that has a contract was started: the name given to Start must be the contract's, of which there are %v", c.serviceNames())
	case len(all.names) == 0:
		t.Errorf("the contracts of the services that were started promise nothing")
	case all.ran == 0:
		t.Error(all.none())
	}
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

// places are where services are asked for their effects.
func (s *state) places() effect.Places {
	return effect.Places{URL: s.url, Database: func(name string) *sql.DB { return s.databases[name] }}
}

func (s *state) serviceNames() []string {
	var names []string
	for _, c := range s.contracts {
		names = append(names, c.Service.Name)
	}
	slices.Sort(names)
	return names
}
