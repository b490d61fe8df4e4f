package scenario

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/loadgen/kafka"
)

func TestTruncations(t *testing.T) {
	met := []kafka.Truncation{{Topic: "a", Partition: 1, From: 5, To: 9}}
	for name, tc := range map[string]struct {
		met                    []kafka.Truncation
		begin, positions, ends offsets
		want                   []invariant.Truncation
	}{
		"read to the end":        {positions: offsets{"a": {0: 10}}, ends: offsets{"a": {0: 10}}},
		"not read to the end":    {positions: offsets{"a": {0: 7}}, ends: offsets{"a": {0: 10}}},
		"an end that is unknown": {positions: offsets{"a": {0: 7}}, ends: offsets{}},
		"a log that came back empty": {
			positions: offsets{"a": {0: 1990, 1: 3}}, ends: offsets{"a": {0: 0, 1: 3}},
			want: []invariant.Truncation{{Topic: "a", Partition: 0, From: 0, To: 1990}},
		},
		"a log that had records before the run, and came back with fewer": {
			begin: offsets{"a": {0: 1000, 1: 1000}}, positions: offsets{"a": {0: 1200, 1: 1000}}, ends: offsets{"a": {0: 30, 1: 0}},
			want: []invariant.Truncation{{Topic: "a", Partition: 0, From: 1000, To: 1200}},
		},
		"met by the reader where the run began in the middle of it": {
			met: met, begin: offsets{"a": {1: 7}}, positions: offsets{"a": {1: 12}}, ends: offsets{"a": {1: 12}},
			want: []invariant.Truncation{{Topic: "a", Partition: 1, From: 7, To: 9}},
		},
		"met by the reader, which read on": {
			met: met, positions: offsets{"a": {1: 12}}, ends: offsets{"a": {1: 12}},
			want: []invariant.Truncation{{Topic: "a", Partition: 1, From: 5, To: 9}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, truncations(tc.met, tc.begin, tc.positions, tc.ends)); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}
