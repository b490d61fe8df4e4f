package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/loadgen/kafka"
)

// Group is a snapshot of a consumer group, named as in contracts; one that
// does not exist is Dead.
func (f *Flow) Group(ctx context.Context, group string) (kafka.GroupState, error) {
	state, err := kafka.ReadGroup(ctx, f.admin, f.OnCluster(group))
	state.Group = group
	for i := range state.Partitions {
		state.Partitions[i].Topic = f.inContract(state.Partitions[i].Topic)
	}
	return state, err
}

// UnknownGroup is the error of asking for a group that is not there: it names
// those of the flow that are.
func (f *Flow) UnknownGroup(ctx context.Context, group string) error {
	return cluster.UnknownGroup(ctx, f.admin, f.cfg.Prefix, group)
}

// stateTimeout bounds a last look, when the time to wait is over.
const stateTimeout = 2 * time.Second

// StateOf says in words how a group is: "it is Stable with 1 member", or which
// groups are there where it is not.
func (f *Flow) StateOf(ctx context.Context, group string) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stateTimeout)
	defer cancel()
	state, err := f.Group(ctx, group)
	switch {
	case err != nil:
		return fmt.Sprintf("its state is not known: %v", err)
	case state.Unknown():
		return f.UnknownGroup(ctx, group).Error()
	case state.Members == 1:
		return fmt.Sprintf("it is %s with 1 member", state.State)
	}
	return fmt.Sprintf("it is %s with %d members", state.State, state.Members)
}

// Committed is the offset that a group has committed of a record's partition,
// the next that it would read; -1 where it has committed nothing, or is not
// there.
func (f *Flow) Committed(ctx context.Context, group string, of *Record) (int64, error) {
	commits, err := f.admin.FetchOffsets(ctx, f.OnCluster(group))
	if errors.Is(err, kerr.GroupIDNotFound) {
		return -1, nil
	}
	if err != nil {
		return -1, fmt.Errorf("read the commits of group %q: %w", group, err)
	}
	at, ok := commits.Lookup(f.OnCluster(of.Topic), of.Partition)
	if !ok {
		return -1, at.Err
	}
	return at.At, at.Err
}

// DeleteGroups deletes the consumer groups that bear the flow's prefix. One
// that still has members stays, and is no error. Without a prefix it does
// nothing: which groups are the flow's is then not known.
func (f *Flow) DeleteGroups(ctx context.Context) error {
	if f.cfg.Prefix == "" {
		return nil
	}
	groups, err := f.admin.ListGroups(ctx)
	if err != nil {
		return fmt.Errorf("list groups: %w", err)
	}
	own := slices.DeleteFunc(groups.Groups(), func(name string) bool { return !strings.HasPrefix(name, f.cfg.Prefix) })
	if len(own) == 0 {
		return nil
	}
	deleted, err := f.admin.DeleteGroups(ctx, own...)
	if err != nil {
		return fmt.Errorf("delete groups: %w", err)
	}
	for _, d := range deleted.Sorted() {
		if d.Err != nil && !errors.Is(d.Err, kerr.NonEmptyGroup) && !errors.Is(d.Err, kerr.GroupIDNotFound) {
			return fmt.Errorf("delete group %s: %w", d.Group, d.Err)
		}
	}
	return nil
}
