package harness

import (
	"context"

	"github.com/flowweir/weir/harness/live"
)

// Record is a record with the event in it.
type Record = live.Record

// Override changes an event that Produce makes.
type Override = live.Override

// Set puts a value at a place: $.a.b of the data, header:name, or key. Values
// of the data may be anything that encodes to JSON; the others are texts.
// Where the key is made of data it follows the data.
func Set(at string, value any) Override { return live.Set(at, value) }

// Poison replaces the record's value, envelope included, by bytes that need
// not obey the contract: what a consumer must send to its dead letters. Key
// and headers are those of a good event. Where its envelope is in the value,
// as standard and cloudevents-structured are, the record that is returned still
// has the event's name and id, and what follows is known by the header weir-id
// of which it must keep a copy.
func Poison(value []byte) Override { return live.Poison(value) }

// Produce makes an event from its producer's contract, sends it to its topic
// and returns it when it is acknowledged (acks=all). Its data is generated,
// optional fields included, from the schema, or else the contract's first
// example, and then overridden; data that is not valid any more fails the
// test, unless it is Poison.
func (c *Cluster) Produce(event string, overrides ...Override) *Record {
	c.t.Helper()
	r, err := c.flow.Make(event, overrides...)
	if err != nil {
		c.t.Fatalf("Produce %s: %v", event, err)
	}
	c.Send(r)
	return r
}

// Send sends a record again, an event that was produced or a dead letter, and
// returns when it is acknowledged; where it stands then is in r. It is how a
// duplicate is made: a new record with an old event's id.
func (c *Cluster) Send(r *Record) {
	c.t.Helper()
	if r == nil {
		c.t.Fatal("Send has nothing to send: it was given nil")
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), c.timeout)
	defer cancel()
	if err := c.flow.Send(ctx, r); err != nil {
		c.t.Fatalf("sending %s to %s within %s (harness.Timeout and Cluster.Within set it): %v", r.Event, r.Topic, c.timeout, err)
	}
}

// Trigger makes an event's service emit it, and returns the record that
// follows: by the Go function of the option Trigger, or as the contract says,
// over http or by an event; the functions of Given come first. It is the
// record that leads back to the trigger, or where the trigger carries no
// identity the next. An event that nothing can trigger fails the test with
// what to add.
func (c *Cluster) Trigger(event string) *Record {
	c.t.Helper()
	r, err := c.flow.Trigger(c.t.Context(), event, c.timeout)
	if err != nil {
		c.failed(err)
	}
	return r
}
