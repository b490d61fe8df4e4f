package harness

import (
	"context"
	"fmt"
	"strings"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/harness/service"
)

// Crash ends a service without warning (SIGKILL to its process group or
// container) and returns when it is gone; StartAgain brings it back. The test
// does not fail of that death. A service that is a Go function cannot crash.
func (c *Cluster) Crash(service string) {
	c.t.Helper()
	c.service("Crash", service, (*process).Crash)
}

// StartAgain starts a service that crashed, with the same environment and
// port, and returns when it is ready.
func (c *Cluster) StartAgain(service string) {
	c.t.Helper()
	c.service("StartAgain", service, (*process).Start)
}

// Restart ends a service in an orderly way (SIGTERM; a Go function by the end
// of its context), starts it again, and returns when it is ready.
func (c *Cluster) Restart(service string) {
	c.t.Helper()
	c.service("Restart", service, (*process).Restart)
}

type process = service.Process

// service does something to a service that was started.
func (c *Cluster) service(what, name string, do func(*process, context.Context) error) {
	c.t.Helper()
	c.mu.Lock()
	p, names := c.services[name], sortedKeys(c.services)
	c.mu.Unlock()
	if p == nil {
		c.t.Fatalf("%s %s: no such service was started: there are [%s]", what, name, strings.Join(names, " "))
	}
	if err := do(p, c.t.Context()); err != nil {
		c.t.Fatalf("%s: %v", what, err)
	}
}

// KillBroker ends a broker without warning (SIGKILL); Brokers().Nodes() are
// their numbers. An embedded broker only stops answering, and its partitions
// go to the others at once: nothing can be lost there. A cluster that other
// tests use is refused.
func (c *Cluster) KillBroker(node int32) {
	c.t.Helper()
	c.broker("KillBroker", node, func(ctx context.Context) error {
		k, can := c.up.(fault.Killer)
		if !can {
			return fmt.Errorf("brokers of a cluster of the kind %s cannot be killed from here", c.up.Info().Kind)
		}
		return k.Kill(ctx, node)
	})
}

// StartBroker brings a broker back that was killed, with the data it had.
func (c *Cluster) StartBroker(node int32) {
	c.t.Helper()
	c.broker("StartBroker", node, func(ctx context.Context) error {
		s, can := c.up.(fault.Starter)
		if !can {
			return fmt.Errorf("brokers of a cluster of the kind %s cannot be started from here", c.up.Info().Kind)
		}
		return s.Start(ctx, node)
	})
}

func (c *Cluster) broker(what string, node int32, do func(context.Context) error) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), StartTimeout)
	defer cancel()
	err := fmt.Errorf("other tests use this cluster: leave out harness.On, or WEIR_CLUSTER=external, for one of the test's own")
	if !c.stays {
		c.mu.Lock()
		c.closing.broken = true
		c.mu.Unlock()
		err = do(ctx)
	}
	if err != nil {
		c.t.Fatalf("%s %d: %v", what, node, err)
	}
}
