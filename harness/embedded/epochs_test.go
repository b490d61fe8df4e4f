package embedded

import "testing"

func TestEpochEnd(t *testing.T) {
	p := partitionID{partition: 1}
	e := epochs{p: {{2, 10}, {4, 10}, {6, 25}}}
	for _, tc := range []struct {
		name      string
		in        epochs
		id        partitionID
		epoch     int32
		current   int32
		wantEpoch int32
		wantEnd   int64
	}{
		{"no failover yet", nil, p, 0, 0, 0, 30},
		{"another partition", e, partitionID{partition: 2}, 0, 0, 0, 30},
		{"first epoch", e, p, 0, 6, 0, 10},
		{"between first and second", e, p, 1, 6, 0, 10},
		{"an epoch without a record", e, p, 2, 6, 2, 10},
		{"last but one", e, p, 4, 6, 4, 25},
		{"skipped epoch", e, p, 5, 6, 4, 25},
		{"current", e, p, 6, 6, 6, 30},
		{"not yet", e, p, 7, 6, -1, -1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			epoch, end := tc.in.end(tc.id, tc.epoch, tc.current, 30)
			if epoch != tc.wantEpoch || end != tc.wantEnd {
				t.Errorf("end() = %d, %d; want %d, %d", epoch, end, tc.wantEpoch, tc.wantEnd)
			}
		})
	}
}
