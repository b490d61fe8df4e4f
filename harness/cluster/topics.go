package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/reports/run"
)

// topicPoll is the pause between two looks at the metadata.
const topicPoll = 50 * time.Millisecond

// CreateTopics creates the topics that do not exist and returns when every
// partition of all of them has a leader. It sets Created of each topic: true
// for those it made, false for those that were there, whose Partitions and
// Replication it then replaces by the facts. A Partitions or Replication of
// zero asks for the brokers' default (num.partitions,
// default.replication.factor).
//
// On an error the flags still tell what was created.
func CreateTopics(ctx context.Context, cl Cluster, topics []run.Topic) error {
	if len(topics) == 0 {
		return nil
	}
	return withAdmin(cl, func(adm *kadm.Client) error {
		for i := range topics {
			if err := createTopic(ctx, adm, &topics[i]); err != nil {
				return err
			}
		}
		return waitForLeaders(ctx, adm, topics)
	})
}

// DeleteTopics deletes topics and returns when they are gone from the
// metadata. A topic that does not exist is no error.
func DeleteTopics(ctx context.Context, cl Cluster, names ...string) error {
	if len(names) == 0 {
		return nil
	}
	return withAdmin(cl, func(adm *kadm.Client) error {
		responses, err := adm.DeleteTopics(ctx, names...)
		if err != nil {
			return fmt.Errorf("delete topics: %w", err)
		}
		var errs []error
		for _, r := range responses.Sorted() {
			if r.Err != nil && !errors.Is(r.Err, kerr.UnknownTopicOrPartition) {
				errs = append(errs, fmt.Errorf("delete topic %s: %w", r.Topic, r.Err))
			}
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
		return waitUntilGone(ctx, adm, names)
	})
}

func withAdmin(cl Cluster, do func(*kadm.Client) error) error {
	// kadm answers from the client's cache, which by default is up to 5 s old.
	client, err := kgo.NewClient(append(cl.ClientOptions(), kgo.MetadataMinAge(topicPoll))...)
	if err != nil {
		return fmt.Errorf("connect to the %s cluster: %w", cl.Info().Kind, err)
	}
	defer client.Close()
	return do(kadm.NewClient(client))
}

func createTopic(ctx context.Context, adm *kadm.Client, t *run.Topic) error {
	partitions, replication := int32(t.Partitions), int16(t.Replication)
	if partitions == 0 {
		partitions = -1
	}
	if replication == 0 {
		replication = -1
	}
	configs := make(map[string]*string, len(t.Config))
	for name, value := range t.Config {
		configs[name] = kadm.StringPtr(value)
	}
	r, err := adm.CreateTopic(ctx, partitions, replication, configs, t.Name)
	switch {
	case errors.Is(err, kerr.TopicAlreadyExists):
		t.Created = false
		return nil
	case isDenied(err) && exists(ctx, adm, t.Name):
		// Brokers look at the right to create before they look for the topic.
		t.Created = false
		return nil
	case err != nil:
		detail := ""
		if r.ErrMessage != "" {
			detail = ": " + r.ErrMessage
		}
		return &TopicError{Topic: t.Name, Err: fmt.Errorf("create topic %s (%d partitions, replication %d): %w%s", t.Name, t.Partitions, t.Replication, err, detail)}
	}
	t.Created = true
	return nil
}

func isDenied(err error) bool {
	return errors.Is(err, kerr.TopicAuthorizationFailed) || errors.Is(err, kerr.ClusterAuthorizationFailed)
}

func exists(ctx context.Context, adm *kadm.Client, name string) bool {
	listed, err := adm.ListTopicsWithInternal(ctx, name)
	return err == nil && listed.Has(name)
}

// TopicError is a topic that could not be created.
type TopicError struct {
	Topic string
	Err   error
}

func (e *TopicError) Error() string { return e.Err.Error() }
func (e *TopicError) Unwrap() error { return e.Err }

// Refused says whether the brokers would refuse the same request again.
func (e *TopicError) Refused() bool {
	for _, refusal := range []error{kerr.InvalidConfig, kerr.InvalidReplicationFactor, kerr.InvalidPartitions, kerr.InvalidTopicException, kerr.PolicyViolation, kerr.InvalidRequest} {
		if errors.Is(e.Err, refusal) {
			return true
		}
	}
	return false
}

func waitForLeaders(ctx context.Context, adm *kadm.Client, topics []run.Topic) error {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.Name
	}
	return poll(ctx, func() (string, error) {
		details, err := adm.ListTopicsWithInternal(ctx, names...)
		if err != nil {
			return "", fmt.Errorf("wait for the leaders of new topics: %w", err)
		}
		var leaderless []string
		for i := range topics {
			d, known := details[topics[i].Name]
			if !known || d.Err != nil || len(d.Partitions) == 0 {
				leaderless = append(leaderless, topics[i].Name)
				continue
			}
			for _, p := range d.Partitions.Sorted() {
				if p.Leader < 0 {
					leaderless = append(leaderless, fmt.Sprintf("%s/%d", p.Topic, p.Partition))
				}
			}
			topics[i].Partitions = len(d.Partitions)
			topics[i].Replication = d.Partitions.NumReplicas()
		}
		if len(leaderless) == 0 {
			return "", nil
		}
		return "no leader yet for " + strings.Join(leaderless, ", "), nil
	})
}

func waitUntilGone(ctx context.Context, adm *kadm.Client, names []string) error {
	return poll(ctx, func() (string, error) {
		// Asking for topics by name could create them again.
		details, err := adm.ListTopicsWithInternal(ctx)
		if err != nil {
			return "", fmt.Errorf("wait until topics are gone: %w", err)
		}
		var left []string
		for _, name := range details.Names() {
			if slices.Contains(names, name) {
				left = append(left, name)
			}
		}
		if len(left) == 0 {
			return "", nil
		}
		return "still there: " + strings.Join(left, ", "), nil
	})
}

// poll calls look until it finds nothing that is missing; what was missing
// last is in the error when ctx ends first.
func poll(ctx context.Context, look func() (missing string, err error)) error {
	ticker := time.NewTicker(topicPoll)
	defer ticker.Stop()
	for {
		missing, err := look()
		if err != nil || missing == "" {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", missing, ctx.Err())
		case <-ticker.C:
		}
	}
}
