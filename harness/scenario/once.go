package scenario

import (
	"context"
	"errors"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/loadgen/identity"
)

// Trigger drives the HTTP trigger of an event's producer once, at the url
// where the service listens, as a load via trigger does for each record:
// preconditions first, and id where the contract says that it travels. It is
// for those that test one event, such as package harness.
//
// accepted is the expected reply, and false without an error is one that
// refuses; an error leaves open whether the service acted.
func Trigger(ctx context.Context, c *contracts.Contract, p *contracts.Produces, url string, id identity.EventID) (accepted bool, err error) {
	if p.Trigger == nil || p.Trigger.HTTP == "" {
		return false, errors.New("the contract gives no trigger over http for " + p.Event)
	}
	t, err := newTriggerMaker(c, p.Trigger, url)
	if err != nil {
		return false, err
	}
	defer t.client.CloseIdleConnections()
	return t.do(ctx, id)
}
