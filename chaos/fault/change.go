package fault

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Change is what a fault changes of the cluster's topics or quotas.
type Change struct {
	Topic  string            // of DeleteTopic and AlterTopic
	Config map[string]string // of AlterTopic, by Kafka's names
	// Client is the client.id of SetQuota; empty are all that have no quota of
	// their own.
	Client string
	// Produce and Consume are bytes per second at each broker; 0 is no bound.
	Produce, Consume int64
}

// Changed is a change that was made.
type Changed struct {
	// Before and After are what the cluster says of what was changed.
	Before, After string
	// Undo brings back what there was; nil where nothing was touched.
	Undo func(ctx context.Context) error
}

// changeName says what a change does.
func (f Fault) changeName() string {
	c := f.Change
	switch f.Kind {
	case DeleteTopic:
		return "delete topic " + c.Topic
	case AlterTopic:
		settings := make([]string, 0, len(c.Config))
		for _, name := range slices.Sorted(maps.Keys(c.Config)) {
			settings = append(settings, name+"="+c.Config[name])
		}
		return fmt.Sprintf("set %s of topic %s", strings.Join(settings, ", "), c.Topic)
	}
	var bounds []string
	if c.Produce > 0 {
		bounds = append(bounds, fmt.Sprintf("produce %d bytes/s", c.Produce))
	}
	if c.Consume > 0 {
		bounds = append(bounds, fmt.Sprintf("consume %d bytes/s", c.Consume))
	}
	client := "clients without a quota of their own"
	if c.Client != "" {
		client = "client " + c.Client
	}
	return fmt.Sprintf("have %s %s at each broker at most", client, strings.Join(bounds, " and "))
}

// target is what the fault acts on, for a report.
func (f Fault) target() string {
	if f.Change == nil {
		return f.Target.String()
	}
	return cmp.Or(f.Change.Topic, f.Change.Client, "all clients")
}

// aimChange notes what the topic was like that is about to be deleted.
func (in *Injector) aimChange(ctx context.Context, s *injection) error {
	if s.fault.Kind != DeleteTopic {
		return nil
	}
	before, err := in.cfg.Facts.State(ctx)
	if err != nil {
		return fmt.Errorf("the cluster's state before the fault: %w", err)
	}
	maps.DeleteFunc(before, func(tp TopicPartition, _ PartitionState) bool { return tp.Topic != s.fault.Change.Topic })
	s.evidence = newBrokerEvidence(nil, before, nil)
	return nil
}

func (in *Injector) change(ctx context.Context, s *injection) error {
	changed, err := in.cfg.Change(ctx, s.fault)
	in.mu.Lock()
	s.changed = changed
	in.mu.Unlock()
	if err == nil && s.evidence != nil {
		in.observe(ctx, s, lookTimeout) // it may be healed before the next look
	}
	return err
}

// stood says whether a client that is not the run's own, of which nobody tells
// how long brokers held it back, can be why the flow stood still.
func (c *Change) stood(st Stand) bool {
	if c.Client == "" || strings.HasPrefix(c.Client, ownClients) {
		return false
	}
	return c.Produce > 0 && st.Publish >= minStall || c.Consume > 0 && st.Consume >= minStall
}

// ownClients begins the client.id of each client that a run itself has.
const ownClients = "weir-"

// judgeChange decides from what the cluster said before and after, and for a
// quota from how clients were held back.
func (s *injection) judgeChange(st Stand, errs int64) (trace bool, facts []string) {
	c := s.changed
	facts = append(facts, fmt.Sprintf("before: %s; then: %s", c.Before, c.After))
	switch s.fault.Kind {
	case DeleteTopic:
		trace = len(s.evidence.gone) > 0
		facts = append(facts, sample("deleted", s.evidence.gone)...)
	case AlterTopic:
		trace = c.Before != c.After
	case SetQuota:
		held := s.during.Throttled - s.before.Throttled
		facts = append(facts, fmt.Sprintf("brokers held the run's own clients back for %s in all", held.Round(time.Millisecond)))
		trace = held > 0 || s.fault.Change.stood(st)
	}
	return s.injected && trace, append(facts, fmt.Sprintf("%d client errors while it was open", errs))
}
