package scenario

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/reports/run"
)

// TestLagThatIsNotKnown: a group of which nothing was heard for more than
// three seconds has no lag, least of all one of zero, and its highest one says
// so.
func TestLagThatIsNotKnown(t *testing.T) {
	w := newLagWatch(nil, []watchedGroup{{name: "a", topics: []string{"t"}}, {name: "b"}, {name: "never"}})
	saw := func(name string, at time.Duration, lag int64) {
		w.saw(name, lagSample{map[string]int64{"t/0": lag, "t/1": 1}, at})
	}
	saw("a", 0, 9)
	saw("b", 0, 1)
	saw("a", 2*time.Second, 4)
	equal(t, w.last(3*time.Second), map[string]map[string]int64{"a": {"t/0": 4, "t/1": 1}, "b": {"t/0": 1, "t/1": 1}})
	equal(t, w.last(4*time.Second), map[string]map[string]int64{"a": {"t/0": 4, "t/1": 1}})
	equal(t, w.total(3*time.Second), int64(-1)) // of a group nothing is known
	saw("never", 3*time.Second, 0)
	equal(t, w.total(3*time.Second), int64(5+2+1))
	equal(t, w.total(4*time.Second), int64(-1))
	saw("b", 3*time.Second, 1) // three seconds are not yet unknown
	saw("a", 12*time.Second, 2)
	saw("a", 18*time.Second, 2)

	equal(t, w.results(), []run.Group{
		{Name: "a", Topics: []string{"t"}, MaxLag: 10, EndLag: 3, Unknown: 10 * time.Second, UnknownAt: 2 * time.Second,
			Warning: "its lag was not known for 10s from 2s on, when it may have been higher"},
		{Name: "b", MaxLag: 2, EndLag: 2},
		{Name: "never", MaxLag: 1, MaxLagAt: 3 * time.Second, EndLag: 1},
	})
	equal(t, newLagWatch(nil, []watchedGroup{{name: "never"}}).results(), []run.Group{{Name: "never", Warning: "its lag was never known"}})
}

// TestLagWithoutALeader: the end that was seen last stands for a partition that
// nobody can append to, and a lag is known of all partitions or not at all.
func TestLagWithoutALeader(t *testing.T) {
	g := watchedGroup{name: "a", topics: []string{"t"}}
	w := newLagWatch(nil, []watchedGroup{g})
	state := func(partitions ...kafka.GroupPartition) kafka.GroupState {
		return kafka.GroupState{Group: "a", Partitions: partitions}
	}
	down := kerr.LeaderNotAvailable
	for _, tt := range []struct {
		name  string
		state kafka.GroupState
		want  map[string]int64
	}{
		{"all known", state(kafka.GroupPartition{Topic: "t", End: 10, Lag: 4, Committed: 6}, kafka.GroupPartition{Topic: "other", End: 99, Lag: 99}), map[string]int64{"t/0": 4}},
		{"no leader", state(kafka.GroupPartition{Topic: "t", Err: down, Lag: -1, Committed: 7}), map[string]int64{"t/0": 3}},
		{"no leader, and all committed", state(kafka.GroupPartition{Topic: "t", Err: down, Lag: -1, Committed: 11}), map[string]int64{"t/0": 0}},
		{"no leader, and no commit", state(kafka.GroupPartition{Topic: "t", Err: down, Lag: -1, Committed: -1}), nil},
		{"no leader, and never an end", state(kafka.GroupPartition{Topic: "t", End: 10, Lag: 4, Committed: 6}, kafka.GroupPartition{Topic: "t", Partition: 1, Err: down, Lag: -1, Committed: 7}), nil},
		{"another topic without a leader", state(kafka.GroupPartition{Topic: "other", Err: down, Lag: -1, Committed: 7}), map[string]int64{}},
	} {
		got, err := w.lagOf(g, tt.state)
		if (err == nil) != (tt.want != nil) {
			t.Errorf("%s: %v", tt.name, err)
		}
		equal(t, got, tt.want)
	}
}
