package proxy

import (
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestNames(t *testing.T) {
	if key, ok := RequestNamed("OffsetCommit"); !ok || key != kmsg.OffsetCommit {
		t.Errorf("OffsetCommit is %d, %t", key, ok)
	}
	if key, ok := RequestNamed("offsetcommit"); ok {
		t.Errorf("offsetcommit is %d", key)
	}
	if e := ErrorNamed("NOT_COORDINATOR"); e != kerr.NotCoordinator {
		t.Errorf("NOT_COORDINATOR is %v", e)
	}
	if e := ErrorNamed("NOT_LEADER_OR_FOLLOWER"); e != kerr.NotLeaderForPartition {
		t.Errorf("NOT_LEADER_OR_FOLLOWER is %v", e)
	}
	if e := ErrorNamed("NOT_AN_ERROR"); e != nil {
		t.Errorf("NOT_AN_ERROR is %v", e)
	}
	for _, names := range [][]string{RequestNames(), ErrorNames()} {
		if sorted := slices.Sorted(slices.Values(names)); len(names) < 80 || len(slices.Compact(sorted)) != len(names) {
			t.Errorf("%d names, or some twice: %v", len(names), names)
		}
	}
	for _, name := range RequestNames() {
		if _, ok := RequestNamed(name); !ok {
			t.Errorf("%s has no key", name)
		}
	}
}
