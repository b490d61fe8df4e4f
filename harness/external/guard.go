package external

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/reports/run"
)

// OtherGroups answers the groups, other than those of except, that read a
// topic: that have members which are subscribed to it or are assigned a
// partition of it, or that have committed an offset of it. It covers classic,
// consumer (KIP-848) and share groups; a streams group (KIP-1071) shows by
// its commits, a consumer without a group not at all.
//
// A group that it may not look into is an error: nobody can tell then.
func OtherGroups(ctx context.Context, adm *kadm.Client, topic string, except []string) ([]string, error) {
	listed, err := adm.ListGroups(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the groups that may read %s: %w", topic, err)
	}
	modern, err := newProtocol(ctx, adm)
	if err != nil {
		return nil, fmt.Errorf("find out what groups the brokers know: %w", err)
	}
	var others []string
	for _, group := range listed.Sorted() {
		if slices.Contains(except, group.Group) {
			continue
		}
		reads, err := reads(ctx, adm, group, topic, modern)
		if err != nil {
			return nil, fmt.Errorf("find out whether group %s reads %s: %w", group.Group, topic, err)
		}
		if reads {
			others = append(others, group.Group)
		}
	}
	return others, nil
}

func reads(ctx context.Context, adm *kadm.Client, group kadm.ListedGroup, topic string, modern bool) (bool, error) {
	if group.ProtocolType == "share" {
		return shareReads(ctx, adm, group.Group, topic)
	}
	offsets, err := adm.FetchOffsets(ctx, group.Group)
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return false, err
	}
	for _, o := range offsets.Sorted() {
		if o.Topic == topic && o.At >= 0 {
			return true, nil
		}
	}
	switch group.ProtocolType {
	case "consumer", "":
	default:
		return false, nil // Connect workers, schema registries, streams
	}
	// Brokers answer about a group of either protocol when they are asked
	// about the other, without its members: both questions count.
	classic, err := classicReads(ctx, adm, group.Group, topic)
	if err != nil || classic || !modern {
		return classic, err
	}
	return consumerReads(ctx, adm, group.Group, topic)
}

func classicReads(ctx context.Context, adm *kadm.Client, group, topic string) (bool, error) {
	described, err := adm.DescribeGroups(ctx, group)
	if err != nil {
		return false, err
	}
	g := described[group]
	switch {
	case errors.Is(g.Err, kerr.GroupIDNotFound):
		return false, nil
	case g.Err != nil:
		return false, g.Err
	}
	return slices.Contains(g.JoinTopics(), topic) || has(g.AssignedPartitions(), topic), nil
}

// Members answers how many members a group has, of either protocol; none where
// there is no such group.
func Members(ctx context.Context, adm *kadm.Client, group string) (int, error) {
	classic, err := adm.DescribeGroups(ctx, group)
	if err != nil {
		return 0, err
	}
	g := classic[group]
	if g.Err != nil && !errors.Is(g.Err, kerr.GroupIDNotFound) {
		return 0, g.Err
	}
	modern, err := newProtocol(ctx, adm)
	if err != nil || !modern {
		return len(g.Members), err
	}
	described, err := adm.DescribeConsumerGroups(ctx, group)
	if err != nil {
		return 0, err
	}
	m := described[group]
	if m.Err != nil && !errors.Is(m.Err, kerr.GroupIDNotFound) {
		return 0, m.Err
	}
	return max(len(g.Members), len(m.Members)), nil
}

// consumerReads looks at a group of the new protocol. One that is gone reads
// nothing.
func consumerReads(ctx context.Context, adm *kadm.Client, group, topic string) (bool, error) {
	described, err := adm.DescribeConsumerGroups(ctx, group)
	if err != nil {
		return false, err
	}
	g := described[group]
	switch {
	case errors.Is(g.Err, kerr.GroupIDNotFound):
		return false, nil
	case g.Err != nil:
		return false, g.Err
	case slices.Contains(g.SubscribedTopics(), topic), has(g.AssignedPartitions(), topic):
		return true, nil
	}
	for _, m := range g.Members {
		if m.SubscribedTopicRegex == nil || *m.SubscribedTopicRegex == "" {
			continue
		}
		pattern, err := regexp.Compile("^(?:" + *m.SubscribedTopicRegex + ")$")
		if err != nil {
			return false, fmt.Errorf("the pattern of member %s: %w", m.MemberID, err)
		}
		if pattern.MatchString(topic) {
			return true, nil
		}
	}
	return false, nil
}

func shareReads(ctx context.Context, adm *kadm.Client, group, topic string) (bool, error) {
	described, err := adm.DescribeShareGroups(ctx, group)
	if err != nil {
		return false, err
	}
	g := described[group]
	switch {
	case errors.Is(g.Err, kerr.GroupIDNotFound):
		return false, nil
	case g.Err != nil:
		return false, g.Err
	case slices.Contains(g.SubscribedTopics(), topic), has(g.AssignedPartitions(), topic):
		return true, nil
	}
	// A share group that is empty now keeps its place in the topic.
	offsets, err := adm.DescribeShareGroupOffsets(ctx, group)
	if err != nil {
		return false, err
	}
	o := offsets[group]
	if o.Err != nil && !errors.Is(o.Err, kerr.GroupIDNotFound) {
		return false, o.Err
	}
	_, holds := o.Offsets[topic]
	return holds, nil
}

// newProtocol says whether any broker has groups of KIP-848.
func newProtocol(ctx context.Context, adm *kadm.Client) (bool, error) {
	versions, err := adm.ApiVersions(ctx)
	for _, broker := range versions {
		if _, _, known := broker.KeyVersions(int16(kmsg.ConsumerGroupDescribe)); broker.Err == nil && known {
			return true, nil
		}
	}
	return false, err
}

func has(s kadm.TopicsSet, topic string) bool {
	_, there := s[topic]
	return there
}

// Created keeps what a run created on a cluster that is not its own, so that
// this is deleted and nothing else. It may be used concurrently.
type Created struct {
	mu     sync.Mutex
	topics []string
	groups []string
}

// Topics adds the topics of the list whose Created says that this run made
// them.
func (c *Created) Topics(topics []run.Topic) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range topics {
		if t.Created && !slices.Contains(c.topics, t.Name) {
			c.topics = append(c.topics, t.Name)
		}
	}
}

// ClaimGroup adds a group that the run is about to create by joining it. It
// answers false, and adds nothing, where the group exists.
func (c *Created) ClaimGroup(ctx context.Context, adm *kadm.Client, group string) (bool, error) {
	listed, err := adm.ListGroups(ctx)
	if err != nil {
		return false, fmt.Errorf("find out whether group %s exists: %w", group, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.Contains(c.groups, group) {
		return true, nil
	}
	if g, exists := listed[group]; exists && g.State != "Dead" {
		return false, nil
	}
	c.groups = append(c.groups, group)
	return true, nil
}

// Delete deletes what was added, groups before the topics that they read.
// What is gone already is no error; a group that still has members is one.
func (c *Created) Delete(ctx context.Context, adm *kadm.Client) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	if len(c.groups) > 0 {
		responses, err := adm.DeleteGroups(ctx, c.groups...)
		if err != nil {
			errs = append(errs, fmt.Errorf("delete groups: %w", err))
		}
		for _, r := range responses.Sorted() {
			if r.Err != nil && !errors.Is(r.Err, kerr.GroupIDNotFound) {
				errs = append(errs, fmt.Errorf("delete group %s: %w", r.Group, r.Err))
			}
		}
	}
	if len(c.topics) > 0 {
		responses, err := adm.DeleteTopics(ctx, c.topics...)
		if err != nil {
			errs = append(errs, fmt.Errorf("delete topics: %w", err))
		}
		for _, r := range responses.Sorted() {
			if r.Err != nil && !errors.Is(r.Err, kerr.UnknownTopicOrPartition) {
				errs = append(errs, fmt.Errorf("delete topic %s: %w", r.Topic, r.Err))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	c.topics, c.groups = nil, nil
	return nil
}
