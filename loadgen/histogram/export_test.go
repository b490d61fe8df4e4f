package histogram

import (
	"math/bits"
	"time"
)

// MergeForTest adds n samples of d, more than a test could record.
func (s *Stats) MergeForTest(n uint64, d time.Duration) {
	o := Stats{Count: int64(n), Min: d, Max: d}
	o.sumHigh, o.sumLow = bits.Mul64(n, uint64(d))
	s.merge(&o)
}
