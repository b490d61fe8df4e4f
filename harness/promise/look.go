package promise

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/flowweir/weir/harness/live"
)

// endTimeout bounds the reading of what is in a topic already.
const endTimeout = 10 * time.Second

// topic reads a topic to its present end and answers the records that meet
// conditions.
func (j *judgment) topic(ctx context.Context, name string, conditions ...live.Condition) ([]*live.Record, error) {
	t, err := j.Flow.Topic(name)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, endTimeout)
	defer cancel()
	if _, err := t.ReadToEnd(ctx); err != nil {
		return nil, fmt.Errorf("%s was not read to its end within %s: %w", name, endTimeout, err)
	}
	var out []*live.Record
	for _, r := range t.Records() {
		if live.Holds(r, conditions) {
			out = append(out, r)
		}
	}
	return out, nil
}

// events are those of a contract's event that meet conditions, to the present
// end of its topic.
func (j *judgment) events(ctx context.Context, event string, conditions ...live.Condition) ([]*live.Record, error) {
	_, p, err := j.Flow.Producer(event)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", event, err)
	}
	return j.topic(ctx, p.TopicName(), append([]live.Condition{live.Of(event)}, conditions...)...)
}

// settled watches for Settle that no more than so many events come, and then
// answers all that meet the conditions, to the end of the topic.
func (j *judgment) settled(ctx context.Context, event string, most int, conditions ...live.Condition) ([]*live.Record, error) {
	_, p, err := j.Flow.Producer(event)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", event, err)
	}
	return j.settledIn(ctx, p.TopicName(), most, append([]live.Condition{live.Of(event)}, conditions...)...)
}

func (j *judgment) settledIn(ctx context.Context, topic string, most int, conditions ...live.Condition) ([]*live.Record, error) {
	t, err := j.Flow.Topic(topic)
	if err != nil {
		return nil, err
	}
	window, cancel := context.WithTimeout(ctx, j.Settle)
	defer cancel()
	n := 0
	_, err = t.Await(window, func(r *live.Record) bool {
		if live.Holds(r, conditions) {
			n++
		}
		return n > most
	})
	if err != nil && window.Err() == nil {
		return nil, err // a service died
	}
	return j.topic(ctx, topic, conditions...)
}

// groupPoll is the pause between two looks at a group.
const groupPoll = 5 * time.Millisecond

// committed waits until a group has committed its way past a record.
func (j *judgment) committed(ctx context.Context, group string, of *live.Record) (bool, error) {
	limit, cancel := context.WithTimeout(ctx, j.Within)
	defer cancel()
	for {
		at, err := j.Flow.Committed(limit, group, of)
		if err == nil && at > of.Offset {
			return true, nil
		}
		if dead := j.Flow.Alive(); dead != nil {
			return false, dead
		}
		select {
		case <-limit.Done():
			if ctx.Err() != nil || err != nil && !errors.Is(err, context.DeadlineExceeded) {
				return false, errors.Join(ctx.Err(), err)
			}
			return false, nil
		case <-time.After(groupPoll):
		}
	}
}

// sameKey are overrides that give another event the record key of one.
func (j *judgment) sameKey(of *live.Record) ([]live.Override, error) {
	_, p, err := j.Flow.Producer(of.Event)
	if err != nil {
		return nil, err
	}
	if p.Key == nil {
		return nil, fmt.Errorf("the contract of %s says nothing of its key", of.Event)
	}
	if p.Key.Place == "" {
		return nil, fmt.Errorf("events of one key are not made where it comes from a template (%s)", p.Key.Template)
	}
	if strings.HasPrefix(p.Key.Place, "header:") {
		value, _ := of.At(p.Key.Place)
		return []live.Override{live.Set(p.Key.Place, value)}, nil
	}
	value, ok := of.DataAt(p.Key.Place)
	if !ok {
		return nil, fmt.Errorf("the event has nothing at %s, which its key is made of", p.Key.Place)
	}
	return []live.Override{live.Set(p.Key.Place, value)}, nil
}
