package scenario

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/harness/external"
	"github.com/flowweir/weir/loadgen/kafka"
)

// strangersTimeout bounds the search for groups, which explains a failure and
// must not prolong it.
const strangersTimeout = 5 * time.Second

// unjoined names the groups that consumers have by their contracts and that
// nobody ever joined, each with who reads the topic in their place: most often
// the service itself, in a group of another name.
func (x *execution) unjoined(ctx context.Context) (all []string) {
	ctx, cancel := context.WithTimeout(ctx, strangersTimeout)
	defer cancel()
	var seen []string
	for _, f := range x.plan.Flows {
		for i := range f.Reactions {
			r := &f.Reactions[i]
			group := r.Consumes.Group
			if group == "" || slices.Contains(seen, group) || x.joinedEver(ctx, group) {
				continue
			}
			seen = append(seen, group)
			at := ""
			if p := r.Contract.Doc.Position("consumes", r.entry, "group"); p != nil {
				at = fmt.Sprintf(" (%s)", p)
			}
			all = append(all, fmt.Sprintf("nobody joined group %s, in which %s reads %s by its contract%s%s", group, r.Contract.Service.Name, f.Topic, at, x.instead(ctx, f.Topic)))
		}
	}
	return all
}

// joinedEver says whether a group has a member, or has committed something. Of a
// group that cannot be asked for, it says so.
func (x *execution) joinedEver(ctx context.Context, group string) bool {
	state, err := within(ctx, func(ctx context.Context) (kafka.GroupState, error) { return kafka.ReadGroup(ctx, x.admin, group) })
	return err != nil || state.Members > 0 || slices.ContainsFunc(state.Partitions, func(p kafka.GroupPartition) bool { return p.Committed >= 0 })
}

// instead says which groups that the run does not know read a topic; "" where
// there is none, or it is not known.
func (x *execution) instead(ctx context.Context, topic string) string {
	others, err := within(ctx, func(ctx context.Context) ([]string, error) {
		return external.OtherGroups(ctx, x.admin, topic, x.plan.groupNames())
	})
	switch {
	case err != nil || len(others) == 0:
		return ""
	case len(others) == 1:
		return fmt.Sprintf("; group %s reads %s instead: if that is its, name it in the contract, or have it join the contract's", others[0], topic)
	}
	return fmt.Sprintf("; other groups read %s: %s: if one is its, name it in the contract, or have it join the contract's", topic, strings.Join(others, ", "))
}

// joinedInstead says which other groups read what a service reads by its
// contracts, after the service was waited for in vain.
func (x *execution) joinedInstead(ctx context.Context, s *Service) string {
	if s.Ready == nil || s.Ready.Group == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, strangersTimeout)
	defer cancel()
	for _, c := range x.plan.Contracts {
		for i := range c.Consumes {
			if topic := c.Consumes[i].TopicName(); c.Service.Name == s.Name && topic != "" {
				if said := x.instead(ctx, topic); said != "" {
					return said
				}
			}
		}
	}
	return ""
}
