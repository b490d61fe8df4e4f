package promise

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/harness/live"
)

// needs sends an event with what its schema requires and what the consumer
// says that it needs, and no other field. A consumer with a schema of its own
// needs what that requires.
func needs(ctx context.Context, c *consumer) Outcome {
	whole, err := c.Flow.Make(c.entry.Event)
	if err != nil {
		return inconclusive(err)
	}
	least, err := c.Flow.Required(c.entry.Event)
	if err != nil {
		return moot("%v", err)
	}
	format, err := c.Flow.Format(c.entry.Event)
	if err != nil {
		return inconclusive(err)
	}
	isJSON := format == contracts.FormatJSONSchema
	if err := c.addNeeds(least, whole.Data, isJSON); err != nil {
		return vacuous("%v", err)
	}
	if err := c.addReadable(least, whole.Data); err != nil {
		return vacuous("the consumer's own schema refuses the event (%v): weir check compares the two", err)
	}
	if isJSON && reflect.DeepEqual(shape(least), shape(whole.Data)) || reflect.DeepEqual(least, whole.Data) {
		return moot("the schema has no field that is neither required nor needed")
	}
	return c.processes(ctx, form("without the fields that are neither required nor needed", live.Data(least)))
}

// addNeeds adds to data what the consumer needs and the schema does not
// require, from whole data. In Avro and Protobuf what is absent has a value all
// the same, null or zero.
func (c *consumer) addNeeds(least, whole any, isJSON bool) error {
	for _, need := range c.entry.Needs {
		p, err := place.Parse(need.Place)
		if err != nil || p.Kind() != place.Data {
			continue // headers and keys are there in any case
		}
		value, there := p.In(whole)
		if _, has := p.In(least); has && isJSON || !there {
			continue
		}
		if err := p.Set(least, value); err != nil {
			return fmt.Errorf("data with only what is needed is not made: %w", err)
		}
	}
	return nil
}

// addReadable adds to data those members of whole data without which the
// consumer's own schema refuses it.
func (c *consumer) addReadable(least, whole any) error {
	refused := func() error { return c.Flow.Readable(c.contract(), c.entry, least) }
	have, isObject := least.(map[string]any)
	all, _ := whole.(map[string]any)
	if err := refused(); err == nil || !isObject {
		return err
	}
	var added []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if _, there := have[name]; !there {
			have[name], added = all[name], append(added, name)
		}
	}
	if err := refused(); err != nil {
		return err
	}
	for _, name := range added {
		delete(have, name)
		if refused() != nil {
			have[name] = all[name]
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

// tolerates sends an event with a field more, where the schema leaves room.
func tolerates(ctx context.Context, c *consumer) Outcome {
	more := live.Stranger()
	made, err := c.Flow.Make(c.entry.Event, more)
	if err != nil {
		return moot("the schema has no room for a field that is not in it")
	}
	if c.Flow.Readable(c.contract(), c.entry, made.Data) != nil {
		return moot("the consumer's own schema has no room for a field that is not in it")
	}
	return c.processes(ctx, form("with a field that the schema does not have", more))
}
