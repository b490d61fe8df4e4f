package kafka

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Topics that are deleted and made again. This client goes on with the id that a
// topic had, and fails everything that it is asked of it, until it is told to
// forget the topic; Kafka's own clients take up the new one by themselves.

// renew has the lane's client take up its topic where that was made again. What
// it holds then is failed. A record from before it did so last says nothing new.
func (l *lane) renew(sent time.Duration, err error) {
	if !errors.Is(err, kerr.UnknownTopicID) || sent <= time.Duration(l.renewed.Load()) || !l.renewing.CompareAndSwap(false, true) {
		return
	}
	// The client waits for this promise, and to forget is to wait for the client.
	l.producer.renewals.Go(func() {
		defer l.renewing.Store(false)
		l.forget()
	})
}

func (l *lane) forget() {
	l.client.PurgeTopicsFromProducing(l.producer.config.Topic)
	l.renewed.Store(int64(time.Since(l.producer.config.Start)))
}

// gone are the topics of which a fetch says that no broker has their id.
func gone(fetches kgo.Fetches) (topics []string) {
	fetches.EachError(func(topic string, _ int32, err error) {
		if errors.Is(err, kerr.UnknownTopicID) && !slices.Contains(topics, topic) {
			topics = append(topics, topic)
		}
	})
	return topics
}

// idsTimeout bounds the wait for ids of topics, for which reading stands still.
const idsTimeout = 2 * time.Second

// topicIDs are the ids of topics, of those that are there and have some.
func topicIDs(ctx context.Context, client *kgo.Client, topics []string) map[string]kadm.TopicID {
	ctx, cancel := context.WithTimeout(ctx, idsTimeout)
	defer cancel()
	ids := make(map[string]kadm.TopicID, len(topics))
	listed, _ := kadm.NewClient(client).ListTopics(ctx, topics...)
	for _, t := range listed {
		if t.Err == nil && t.ID != (kadm.TopicID{}) {
			ids[t.Topic] = t.ID
		}
	}
	return ids
}

// Recheck finds out whether topics were made again, and waits for that within
// ctx, while Run goes on: fetches tell it only after a while, and until then the
// new log seems to have been read.
func (r *Reader) Recheck(ctx context.Context) {
	r.mu.Lock()
	if r.asked == nil {
		r.asked = make(chan struct{})
	}
	asked := r.asked
	if r.wake != nil {
		r.wake()
	}
	r.mu.Unlock()
	select {
	case <-asked:
	case <-ctx.Done():
	}
}

func (r *Reader) takeAsked() chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	asked := r.asked
	r.asked = nil
	return asked
}

// renew begins anew with those of the topics that were made again: that a broker
// does not know an id may also be because the broker, or the topic, is new.
func (r *Reader) renew(ctx context.Context, topics []string, at time.Duration) {
	if len(topics) == 0 {
		return
	}
	for topic, id := range topicIDs(ctx, r.client, topics) {
		if had, known := r.ids[topic]; known && id != had {
			r.ids[topic] = id
			r.restart(topic, at)
		}
	}
}

func (r *Reader) restart(topic string, at time.Duration) {
	r.client.PurgeTopicsFromConsuming(topic)
	from := map[int32]kgo.Offset{}
	r.mu.Lock()
	for partition, pos := range r.positions[topic] {
		if pos.next > 0 {
			r.facts.Truncations = append(r.facts.Truncations, Truncation{topic, partition, 0, pos.next, at})
		}
		pos.rewind(0)
		r.read[topic][partition] = 0
		from[partition] = kgo.NewOffset().AtStart()
	}
	r.mu.Unlock()
	r.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{topic: from})
}

// renew begins anew with topics, after a poll whose rebalances are allowed. The
// group's commits went with a topic that was deleted; where one is only new, the
// member goes on where it was.
func (m *member) renew(topics []string) {
	if len(topics) > 0 {
		m.client.PurgeTopicsFromConsuming(topics...)
		m.client.AddConsumeTopics(topics...)
	}
}
