package capacity

import (
	"math"
	"time"
)

// Sample is a lag, in records, at a time.
type Sample struct {
	At  time.Duration
	Lag float64
}

const (
	// growing is the share of the rate from which on a lag that grows matters.
	growing = 0.01
	// minSamples is how many samples show a trend at all.
	minSamples = 5
	// quantile is that of the normal distribution for 95% confidence, from one
	// side.
	quantile = 1.645
)

// Growth says by how many records per second a lag grows, and whether it does:
// by more than 1% of the rate, and with 95% confidence. It is the slope of a
// least-squares line. Samples follow from each other (a group that commits
// every five seconds has a lag like a saw), so the error of the slope is
// widened by the first autocorrelation r of what is left: as if there were
// (1−r)/(1+r) of the samples. (The capacity benchmark Theodolite judges by the
// slope alone.)
func Growth(samples []Sample, rate float64) (perSecond float64, grows bool) {
	n := float64(len(samples))
	if len(samples) < minSamples {
		return 0, false
	}
	var meanAt, meanLag float64
	for _, s := range samples {
		meanAt += s.At.Seconds() / n
		meanLag += s.Lag / n
	}
	var xx, xy float64
	for _, s := range samples {
		x := s.At.Seconds() - meanAt
		xx += x * x
		xy += x * (s.Lag - meanLag)
	}
	if xx == 0 {
		return 0, false
	}
	slope := xy / xx
	var squares, neighbours, before float64
	for i, s := range samples {
		rest := s.Lag - meanLag - slope*(s.At.Seconds()-meanAt)
		squares += rest * rest
		if i > 0 {
			neighbours += rest * before
		}
		before = rest
	}
	deviation := math.Sqrt(squares / (n - 2) / xx)
	if squares > 0 {
		r := min(max(neighbours/squares, 0), 0.9)
		deviation *= math.Sqrt((1 + r) / (1 - r))
	}
	return slope, slope > growing*rate && slope > quantile*deviation
}
