package histogram

import (
	"errors"

	"github.com/flowweir/weir/reports/run"
)

// Recompute computes the latencies of a run from its logs alone. They equal
// what Latencies returned when the run closed its meter. Where a log was cut
// off, the latencies before the cut come with an error that wraps
// ErrTruncated.
func Recompute(dir string) ([]run.Latency, error) {
	all := newSet(0)
	var cut error
	for _, k := range Kinds() {
		intervals, err := ReadLog(dir, k)
		if errors.Is(err, ErrTruncated) {
			cut = errors.Join(cut, err)
		} else if err != nil {
			return nil, err
		}
		for _, i := range intervals {
			all[k][i.Phase].merge(&cell{Stats: i.Stats, hist: i.Histogram})
		}
	}
	return all.latencies(), cut
}
