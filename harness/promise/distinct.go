package promise

import (
	"fmt"

	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/harness/live"
)

// other makes an event with the data of another one, which differs from it in
// the key of idempotency; why says that there is none.
func (c *consumer) other(first *live.Record, known place.Place) (second *live.Record, why string, err error) {
	key := known.String()
	was, there := first.At(key)
	if !there {
		return nil, fmt.Sprintf("an event as its contract has it has no %s, the key of idempotency", key), nil
	}
	overrides := []live.Override{live.Data(first.Data)}
	if known.Kind() == place.Data {
		made, err := c.Flow.Make(c.entry.Event)
		if err != nil {
			return nil, "", err
		}
		value, ok := made.DataAt(key)
		if !ok || fmt.Sprint(value) == was {
			return nil, fmt.Sprintf("no other value for %s, the key of idempotency, was made from the schema", key), nil
		}
		overrides = append(overrides, live.Set(key, value))
	}
	if second, err = c.Flow.Make(c.entry.Event, overrides...); err != nil {
		return nil, "", err
	}
	if is, _ := second.At(key); is == was {
		return nil, fmt.Sprintf("two events were made that do not differ in %s, the key of idempotency", key), nil
	}
	return second, "", nil
}
