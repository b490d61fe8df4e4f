package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/reports/run"
)

// Change is a change of one topic or of one client's quota. It is data: what
// undoes it can be kept in a file, for a later process to undo what this one
// did. One of Delete, Create, Config, Quota and Run is set.
type Change struct {
	// Delete is a topic that is deleted, with its records.
	Delete string `json:"delete,omitempty"`
	// Create is a topic that is created, empty.
	Create *run.Topic `json:"create,omitempty"`
	// Config are settings of Topic; a setting without a value goes back to
	// the brokers' default.
	Topic  string             `json:"topic,omitempty"`
	Config map[string]*string `json:"config,omitempty"`
	// Quota are bounds of Client by Kafka's names (producer_byte_rate,
	// consumer_byte_rate), in bytes per second and broker; one without a
	// value is removed. No Client is all that have no quota of their own.
	Client string              `json:"client,omitempty"`
	Quota  map[string]*float64 `json:"quota,omitempty"`
	// Run is a command that brings a node back: a program and its arguments.
	// It is applied by who can run it, and has no inverse.
	Run []string `json:"run,omitempty"`
}

// String says what the change does.
func (c Change) String() string {
	switch {
	case c.Delete != "":
		return "delete topic " + c.Delete
	case c.Create != nil:
		return "create topic " + c.Create.Name
	case len(c.Run) > 0:
		return "run " + strings.Join(c.Run, " ")
	case c.Topic != "":
		return "set " + c.settings() + " of topic " + c.Topic
	}
	return "set the quota of " + c.client() + " to " + c.bounds()
}

func (c Change) settings() string {
	return list(c.Config, func(v string) string { return v }, "default")
}
func (c Change) bounds() string {
	return list(c.Quota, func(v float64) string { return fmt.Sprintf("%.0f", v) }, "none")
}

func (c Change) client() string {
	if c.Client == "" {
		return "clients without one of their own"
	}
	return "client " + c.Client
}

// list renders name=value in order of the names.
func list[V any](values map[string]*V, render func(V) string, none string) string {
	out := make([]string, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		text := none
		if v := values[name]; v != nil {
			text = render(*v)
		}
		out = append(out, name+"="+text)
	}
	return strings.Join(out, ", ")
}

// Inverse is the change that undoes this one, from what the cluster says now.
// Records of a deleted topic do not come back.
func (c Change) Inverse(ctx context.Context, adm *kadm.Client) (Change, error) {
	return again(ctx, func() (Change, error) { return c.inverse(ctx, adm) })
}

// again asks until the answer is no error that passes by, or ctx ends: a
// broker that was cut off hears of topics late, and denies them until then.
func again[T any](ctx context.Context, ask func() (T, error)) (answer T, err error) {
	_ = poll(ctx, func() (string, error) {
		if answer, err = ask(); kerr.IsRetriable(err) {
			return "no answer", nil
		}
		return "", nil
	})
	return answer, err
}

func (c Change) inverse(ctx context.Context, adm *kadm.Client) (Change, error) {
	switch {
	case c.Delete != "":
		shape, err := topicShape(ctx, adm, c.Delete)
		return Change{Create: shape}, err
	case c.Create != nil:
		return Change{Delete: c.Create.Name}, nil
	case c.Topic != "":
		all, err := topicConfig(ctx, adm, c.Topic)
		undo := Change{Topic: c.Topic, Config: map[string]*string{}}
		for name := range c.Config {
			undo.Config[name] = nil
			if own, ok := all[name]; ok && own.Source == kmsg.ConfigSourceDynamicTopicConfig {
				undo.Config[name] = own.Value
			}
		}
		return undo, err
	}
	now, err := quotas(ctx, adm, c.Client)
	undo := Change{Client: c.Client, Quota: map[string]*float64{}}
	for name := range c.Quota {
		undo.Quota[name] = nil
		if v, set := now[name]; set {
			undo.Quota[name] = &v
		}
	}
	return undo, err
}

// Apply makes the change. What is so already is no error.
func (c Change) Apply(ctx context.Context, adm *kadm.Client) error {
	if err := c.apply(ctx, adm); err != nil {
		return fmt.Errorf("%s: %w", c, err)
	}
	return nil
}

func (c Change) apply(ctx context.Context, adm *kadm.Client) error {
	switch {
	case c.Delete != "":
		r, err := adm.DeleteTopic(ctx, c.Delete)
		if err == nil {
			err = r.Err
		}
		if errors.Is(err, kerr.UnknownTopicOrPartition) {
			return nil
		}
		return err
	case c.Create != nil:
		t := *c.Create
		err := createTopic(ctx, adm, &t)
		if err != nil {
			return err
		}
		return waitForLeaders(ctx, adm, []run.Topic{t})
	case c.Topic != "":
		var ops []kadm.AlterConfig
		for _, name := range slices.Sorted(maps.Keys(c.Config)) {
			op := kadm.AlterConfig{Op: kadm.SetConfig, Name: name, Value: c.Config[name]}
			if op.Value == nil {
				op.Op = kadm.DeleteConfig
			}
			ops = append(ops, op)
		}
		responses, err := adm.AlterTopicConfigs(ctx, ops, c.Topic)
		for _, r := range responses {
			if r.Err != nil {
				err = errors.Join(err, fmt.Errorf("%w %s", r.Err, r.ErrMessage))
			}
		}
		return err
	}
	entry := kadm.AlterClientQuotaEntry{Entity: kadm.ClientQuotaEntity{{Type: "client-id", Name: clientName(c.Client)}}}
	for _, name := range slices.Sorted(maps.Keys(c.Quota)) {
		op := kadm.AlterClientQuotaOp{Key: name, Remove: c.Quota[name] == nil}
		if !op.Remove {
			op.Value = *c.Quota[name]
		}
		entry.Ops = append(entry.Ops, op)
	}
	responses, err := adm.AlterClientQuotas(ctx, []kadm.AlterClientQuotaEntry{entry})
	for _, r := range responses {
		if r.Err != nil {
			err = errors.Join(err, fmt.Errorf("%w %s", r.Err, r.ErrMessage))
		}
	}
	return err
}

// clientName is nil for the default of all.
func clientName(client string) *string {
	if client == "" {
		return nil
	}
	return &client
}

// Describe says what the cluster has now of what the change is about, in the
// words of Change, so that before and after can be compared.
func (c Change) Describe(ctx context.Context, adm *kadm.Client) (string, error) {
	return again(ctx, func() (string, error) { return c.describe(ctx, adm) })
}

func (c Change) describe(ctx context.Context, adm *kadm.Client) (string, error) {
	switch {
	case c.Delete != "" || c.Create != nil:
		name := c.Delete
		if c.Create != nil {
			name = c.Create.Name
		}
		topics, err := adm.ListTopicsWithInternal(ctx)
		if err != nil {
			return "", err
		}
		if !topics.Has(name) {
			return "no topic " + name, nil
		}
		return fmt.Sprintf("topic %s with %d partitions", name, len(topics[name].Partitions)), nil
	case c.Topic != "":
		all, err := topicConfig(ctx, adm, c.Topic)
		if err != nil {
			return "", err
		}
		now := Change{Config: map[string]*string{}}
		for name := range c.Config {
			now.Config[name] = all[name].Value
		}
		return now.settings(), nil
	}
	all, err := quotas(ctx, adm, c.Client)
	if err != nil {
		return "", err
	}
	now := Change{Quota: map[string]*float64{}}
	for name := range c.Quota {
		now.Quota[name] = nil
		if v, set := all[name]; set {
			now.Quota[name] = &v
		}
	}
	return now.bounds(), nil
}

// Await returns when the cluster says that it is as the change has it, or
// when ctx ends: brokers hear of a change a moment after it was made. It
// answers what the cluster said last.
func (c Change) Await(ctx context.Context, adm *kadm.Client) (now string, err error) {
	err = poll(ctx, func() (string, error) {
		var err error
		if now, err = c.Describe(ctx, adm); err != nil || c.is(now) {
			return "", err
		}
		return "still " + now, nil
	})
	return now, err
}

// is says whether a description is that of the change as it was made. Of a
// setting that goes back to its default nobody knows what that is.
func (c Change) is(now string) bool {
	switch {
	case c.Delete != "":
		return now == "no topic "+c.Delete
	case c.Create != nil:
		return now != "no topic "+c.Create.Name
	case c.Topic != "":
		return now == c.settings() || slices.Contains(slices.Collect(maps.Values(c.Config)), nil)
	}
	return now == c.bounds()
}

// topicShape is a topic as CreateTopics would make it again.
func topicShape(ctx context.Context, adm *kadm.Client, name string) (*run.Topic, error) {
	details, err := adm.ListTopicsWithInternal(ctx, name)
	if err != nil {
		return nil, err
	}
	d := details[name]
	if d.Err != nil || !details.Has(name) {
		return nil, fmt.Errorf("topic %s: %w", name, cmp.Or(d.Err, error(kerr.UnknownTopicOrPartition)))
	}
	shape := &run.Topic{Name: name, Partitions: len(d.Partitions), Replication: d.Partitions.NumReplicas(), Config: map[string]string{}}
	all, err := topicConfig(ctx, adm, name)
	for _, c := range all {
		if c.Source == kmsg.ConfigSourceDynamicTopicConfig {
			shape.Config[c.Key] = c.MaybeValue()
		}
	}
	return shape, err
}

// topicConfig are the settings of a topic by their names.
func topicConfig(ctx context.Context, adm *kadm.Client, name string) (map[string]kadm.Config, error) {
	resources, err := adm.DescribeTopicConfigs(ctx, name)
	if err != nil {
		return nil, err
	}
	all := map[string]kadm.Config{}
	for _, r := range resources {
		if r.Err != nil {
			return nil, fmt.Errorf("settings of topic %s: %w %s", name, r.Err, r.ErrMessage)
		}
		for _, c := range r.Configs {
			all[c.Key] = c
		}
	}
	return all, nil
}

// quotas are the bounds that a client has of its own, or those of all that
// have none.
func quotas(ctx context.Context, adm *kadm.Client, client string) (map[string]float64, error) {
	component := kadm.DescribeClientQuotaComponent{Type: "client-id", MatchName: clientName(client), MatchType: kmsg.QuotasMatchTypeExact}
	if client == "" {
		component.MatchType = kmsg.QuotasMatchTypeDefault
	}
	described, err := adm.DescribeClientQuotas(ctx, true, []kadm.DescribeClientQuotaComponent{component})
	if err != nil {
		return nil, err
	}
	out := map[string]float64{}
	for _, d := range described {
		for _, v := range d.Values {
			out[v.Key] = v.Value
		}
	}
	return out, nil
}
