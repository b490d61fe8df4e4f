package scenario

import (
	"context"
	"errors"
	"fmt"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/loadgen/identity"
)

// Trigger drives the HTTP trigger of an event's producer once, at the url
// where the service listens, as a load via trigger does for each record:
// preconditions first, and id where the contract says that it travels. It is
// for those that test one event, such as package harness. Steps that are no
// requests are left to other; where that is nil they are an error.
//
// Its error is nil for the expected reply alone; a trigger.StatusError says
// whether the reply refuses, and any other leaves open whether the service
// acted.
func Trigger(ctx context.Context, c *contracts.Contract, p *contracts.Produces, url string, id identity.EventID, other Meet) error {
	if p.Trigger == nil || p.Trigger.HTTP == "" {
		return errors.New("the contract gives no trigger over http for " + p.Event)
	}
	t, err := newTriggerMaker(c, p.Trigger, url, other)
	if err != nil {
		return err
	}
	defer t.client.CloseIdleConnections()
	return t.do(ctx, id)
}

// Given meets the preconditions of a trigger of any kind, as Trigger does, and
// puts what they save into vars, which their templates name.
func Given(ctx context.Context, c *contracts.Contract, t *contracts.Trigger, url string, vars map[string]any, other Meet) error {
	m, err := newGiven(c, t, url, other)
	if err != nil {
		return err
	}
	defer m.client.CloseIdleConnections()
	return m.meet(ctx, vars)
}

// Save takes what later steps need of a reply, at its places, and puts it into
// vars.
func Save(save map[string]string, reply []byte, vars map[string]any) error {
	places := map[string]place.Place{}
	for name, at := range save {
		p, err := place.Parse(at)
		if err != nil {
			return fmt.Errorf("save %s: %w", name, err)
		}
		places[name] = p
	}
	return keep(places, reply, vars)
}
