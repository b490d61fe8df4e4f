package compare

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/flowweir/weir/reports/run"
)

// cell is how many samples of an interval have one of the values of a log.
type cell struct {
	bin   int32
	count int64
}

// latency is one kind of latency of one run in its steady phase: a sparse
// histogram for each interval. Counts are exact, so that any set of intervals
// can be merged.
type latency struct {
	// values are those that occur, ascending: the highest of each bucket, as
	// every view shows percentiles.
	values    []int64
	intervals [][]cell
	total     int64
}

// span is an interval as it stands in the log.
type span struct {
	start, length time.Duration
	bars          []bar
}

type bar struct{ value, count int64 }

// mostSamples bounds what a log may claim to hold, so that sums stay exact.
const mostSamples = 1 << 50

// readLatency reads the steady phase of a histogram log.
func readLatency(rec *run.Record, kind string) (*latency, error) {
	var spans []span
	var total int64
	for s, err := range rec.Spans(kind) {
		if err != nil {
			return nil, err
		}
		if s.Tag != run.PhaseSteady {
			continue
		}
		h, err := s.Histogram()
		if err == nil {
			if total += h.TotalCount(); h.TotalCount() < 0 || total > mostSamples {
				err = fmt.Errorf("it claims to hold %d samples", h.TotalCount())
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: histogram log of %s at %v: %w", rec.Root, kind, s.Start, err)
		}
		at := span{start: s.Start, length: s.Length}
		for _, b := range h.Distribution() {
			if b.Count != 0 {
				at.bars = append(at.bars, bar{b.To, b.Count})
			}
		}
		spans = append(spans, at)
	}
	return newLatency(spans), nil
}

// newLatency merges intervals to the length of the longest, ten seconds in a
// run of more than ten minutes, so that each weighs the same.
func newLatency(spans []span) *latency {
	slices.SortStableFunc(spans, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	step := time.Duration(1)
	bins := map[int64]int32{}
	for _, s := range spans {
		step = max(step, s.length)
		for _, b := range s.bars {
			bins[b.value] = 0
		}
	}
	l := &latency{values: make([]int64, 0, len(bins))}
	for v := range bins {
		l.values = append(l.values, v)
	}
	slices.Sort(l.values)
	for i, v := range l.values {
		bins[v] = int32(i)
	}
	dense := make([]int64, len(l.values))
	for i, s := range spans {
		for _, b := range s.bars {
			dense[bins[b.value]] += b.count
			l.total += b.count
		}
		if i+1 == len(spans) || spans[i+1].start/step != s.start/step {
			l.intervals = append(l.intervals, sparse(dense))
			clear(dense)
		}
	}
	return l
}

func sparse(dense []int64) []cell {
	n := 0
	for _, c := range dense {
		if c != 0 {
			n++
		}
	}
	cells := make([]cell, 0, n)
	for i, c := range dense {
		if c != 0 {
			cells = append(cells, cell{int32(i), c})
		}
	}
	return cells
}

// add adds an interval, or a block of them, to counts and answers how many
// samples it has.
func add(counts []int64, cells []cell) int64 {
	var n int64
	for _, c := range cells {
		counts[c.bin] += c.count
		n += c.count
	}
	return n
}

// blockLength is the number of consecutive intervals that are drawn together:
// the cube root of all, rounded up.
func blockLength(intervals int) int {
	return int(math.Ceil(math.Cbrt(float64(intervals)) - 1e-9))
}

// blocks are the sums of each length consecutive intervals, one for each at
// which a block can begin; the last ones go on at the beginning (a circular
// bootstrap), so that every interval is drawn equally often.
func (l *latency) blocks(length int) [][]cell {
	all := make([][]cell, len(l.intervals))
	dense := make([]int64, len(l.values))
	for i := range l.intervals {
		clear(dense)
		for j := range length {
			add(dense, l.intervals[(i+j)%len(l.intervals)])
		}
		all[i] = sparse(dense)
	}
	return all
}

// quantiles are the percentiles of merged counts, by the rule of
// HdrHistogram: the value that the sample of rank q·n, rounded, has.
func (l *latency) quantiles(counts []int64, total int64, qs []float64, into []float64) {
	bin, seen := -1, int64(0)
	for i, q := range qs { // ascending
		rank := min(max(int64(q*float64(total)+0.5), 1), total)
		for bin+1 < len(counts) && (seen < rank || bin < 0) {
			bin++
			seen += counts[bin]
		}
		into[i] = float64(l.values[bin])
	}
}

// whole are the percentiles of all intervals.
func (l *latency) whole(qs []float64) []float64 {
	counts := make([]int64, len(l.values))
	var total int64
	for _, cells := range l.intervals {
		total += add(counts, cells)
	}
	into := make([]float64, len(qs))
	l.quantiles(counts, total, qs, into)
	return into
}

// resample draws as many intervals as there are, in blocks, n times, and
// writes the percentiles of each draw.
func (l *latency) resample(rng *rand.Rand, n int, qs []float64, write func(draw int, percentiles []float64)) {
	length := blockLength(len(l.intervals))
	blocks := l.blocks(length)
	picks := (len(blocks) + length - 1) / length
	counts := make([]int64, len(l.values))
	into := make([]float64, len(qs))
	for draw := range n {
		clear(counts)
		var total int64
		for range picks {
			total += add(counts, blocks[rng.IntN(len(blocks))])
		}
		l.quantiles(counts, total, qs, into)
		write(draw, into)
	}
}
