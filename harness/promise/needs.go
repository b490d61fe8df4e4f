package promise

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/harness/live"
)

// needs sends an event with what its schema requires and what the consumer
// says that it needs, and no other field.
func needs(ctx context.Context, c *consumer) Outcome {
	if why := c.unobservable(); why != "" {
		return vacuous("%s", why)
	}
	whole, err := c.Flow.Make(c.entry.Event)
	if err != nil {
		return inconclusive(err)
	}
	least, err := c.Flow.Required(c.entry.Event)
	if err != nil {
		return vacuous("%v", err)
	}
	if err := c.addNeeds(least, whole.Data); err != nil {
		return vacuous("%v", err)
	}
	if reflect.DeepEqual(shape(least), shape(whole.Data)) {
		return vacuous("the schema has no field that is neither required nor needed")
	}
	return c.processes(ctx, "an event without the fields that are neither required nor needed was not processed", live.Data(least))
}

// addNeeds adds to data what the consumer needs and the schema does not
// require, from whole data.
func (c *consumer) addNeeds(least, whole any) error {
	for _, need := range c.entry.Needs {
		p, err := place.Parse(need.Place)
		if err != nil || p.Kind() != place.Data {
			continue // headers and keys are there in any case
		}
		value, there := p.In(whole)
		if _, has := p.In(least); has || !there {
			continue
		}
		if err := p.Set(least, value); err != nil {
			return fmt.Errorf("data with only what is needed is not made: %w", err)
		}
	}
	return nil
}

// shape is data without its values: which fields there are.
func shape(data any) any {
	object, ok := data.(map[string]any)
	if !ok {
		return nil
	}
	fields := map[string]any{}
	for name, value := range object {
		fields[name] = shape(value)
	}
	return fields
}

// unknownField is a field that no schema has.
const unknownField = "$.weir_unknown_field"

// tolerates sends an event with a field more, where the schema leaves room.
func tolerates(ctx context.Context, c *consumer) Outcome {
	if why := c.unobservable(); why != "" {
		return vacuous("%s", why)
	}
	more := live.Set(unknownField, "of a later version")
	if _, err := c.Flow.Make(c.entry.Event, more); err != nil {
		return vacuous("the schema has no room for a field that is not in it")
	}
	return c.processes(ctx, "an event with a field that the schema does not have was not processed", more)
}

// processes sends an event, which must have its effect as a good one has.
func (c *consumer) processes(ctx context.Context, not string, overrides ...live.Override) Outcome {
	sent, err := c.send(ctx, overrides...)
	if err != nil {
		return inconclusive(err)
	}
	effect, err := c.effectOf(ctx, sent)
	if missed := (*live.MissedError)(nil); errors.As(err, &missed) {
		return c.fail([]*live.Record{sent}, "%s: %v%s", not, err, c.whereabouts(ctx, sent))
	}
	if err != nil {
		return inconclusive(err)
	}
	return pass(sent, effect)
}
