package harness

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/harness/promise"
	"github.com/flowweir/weir/harness/service"
	"github.com/flowweir/weir/reports/finding"
)

// envClosing is how long the closing look watches, where no option says so.
const envClosing = "WEIR_CLOSING"

// closingTimeout bounds the reading of what is in the topics at the end.
const closingTimeout = 10 * time.Second

// Closing sets for how long a test that passed watches for what comes after its
// last assertion, before its services are ended: a doubled event, an unexpected
// dead letter. By default it is WEIR_CLOSING, such as 500ms, or else nothing is
// waited for: what is there when the services have ended is judged.
//
// This closing look of Run fails the test where a service that it started has
// published an event twice (promise once of its contract), or one that breaks
// its contract, by its schema, key, headers or envelope; or has dead-lettered an
// event that obeys its contract. What the test asked for, by Await,
// AwaitDeadLetter, AwaitIn, Records or a matcher, is its own to judge, but for
// doubles. The look reads the topics to their
// ends, for at most 10s. A test that failed already, or has broken a service or
// a broker, after which doubles are allowed, is left as it is; so is one of a
// single promise (JudgePromise), whose judge has an end of its own (Settle).
func Closing(d time.Duration) Option { return func(c *config) { c.closing = &d } }

// WithoutClosing leaves the closing look out, for a test that looks at dead
// letters by a client of its own.
func WithoutClosing() Option { return func(c *config) { c.unclosed = true } }

// closing is what the closing look knows of the test.
type closing struct {
	off     bool
	watch   time.Duration
	watched bool
	// broken says that a fault was injected.
	broken bool
	// ran are the services that were started.
	ran []string
}

// closingLook says how the test ends.
func (c *config) closingLook() (closing, error) {
	look := closing{off: c.unclosed}
	switch set := os.Getenv(envClosing); {
	case c.closing != nil:
		look.watch = *c.closing
	case set != "":
		var err error
		if look.watch, err = time.ParseDuration(set); err != nil {
			return look, fmt.Errorf("%s: %w", envClosing, err)
		}
	}
	if look.watch < 0 {
		return look, fmt.Errorf("the closing look (harness.Closing, %s) cannot watch for %s", envClosing, look.watch)
	}
	return look, nil
}

// times refuses waits that would end before they begin.
func (c *config) times() error {
	switch {
	case c.timeout <= 0:
		return fmt.Errorf("harness.Timeout: %s is no time to wait", c.timeout)
	case c.settle < 0:
		return fmt.Errorf("harness.Settle: nothing can be watched for %s", c.settle)
	}
	return nil
}

// beforeEnd notes a service, to be looked at before it is ended.
func (c *Cluster) beforeEnd(name string, p *service.Process) {
	c.mu.Lock()
	c.closing.ran, c.closing.watched = append(c.closing.ran, name), false
	c.mu.Unlock()
	t := c.t
	t.Cleanup(func() {
		up, _ := p.Running()
		c.mu.Lock()
		c.closing.broken = c.closing.broken || !up || p.Restarts() > 0
		wait := !c.closing.off && !c.closing.broken && !c.closing.watched && !t.Failed() && !t.Skipped()
		c.closing.watched = c.closing.watched || wait
		c.mu.Unlock()
		if wait {
			time.Sleep(c.closing.watch)
		}
	})
}

// close is the closing look, when the services have ended.
func (c *Cluster) close() {
	t := c.t
	if c.closing.off || c.closing.broken || t.Failed() || t.Skipped() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closingTimeout)
	defer cancel()
	subject := promise.Subject{Flow: c.flow, Within: c.timeout, Settle: c.settle}
	for _, contract := range c.contracts {
		if slices.Contains(c.closing.ran, contract.Service.Name) {
			c.closeOn(ctx, subject, contract)
		}
	}
}

// closeOn looks at what a service has done against its contract.
func (c *Cluster) closeOn(ctx context.Context, s promise.Subject, contract *contracts.Contract) {
	for _, p := range promise.Of(contract) {
		var o promise.Outcome
		switch {
		case p.Name == "once":
			o = p.Audit(ctx, s)
		case p.Side == promise.Produces && p.OfRecords():
			o = p.AuditUnasked(ctx, s)
		}
		if o.Verdict == finding.Fail {
			c.t.Errorf("the closing look (see harness.Closing) found what came beside the assertions: %s of %s: %s", p.Event, p.Service, o)
		}
	}
	dead, err := promise.DeadLettered(ctx, s, contract)
	if err != nil {
		c.t.Logf("weir: the closing look saw no dead letters of %s: %v", contract.Service.Name, err)
	}
	for _, d := range dead {
		c.t.Errorf("the closing look (see harness.Closing) found a dead letter that nothing in the test asked for: %s dead-lettered %s/%d@%d %s, which obeys its contract\n%s",
			contract.Service.Name, d.Of.Topic, d.Of.Partition, d.Of.Offset, d.Of.Event, d.Letter.Explained())
	}
}
