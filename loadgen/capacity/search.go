package capacity

import (
	"fmt"
	"math"
)

// Config bounds a search.
type Config struct {
	// From is the first and lowest rate, in events per second.
	From float64
	// Max is never exceeded; 0 is no bound.
	Max float64
	// Resolution is how near, as a share, the answer must come to the lowest
	// rate that missed.
	Resolution float64
	// Confirmations is how many probes at the answer must all meet.
	Confirmations int
}

// The bounds of Config.
const (
	minResolution    = 0.005
	maxResolution    = 1.0
	maxConfirmations = 100
)

// Outcome is what a probe showed.
type Outcome string

// The outcomes of a probe.
const (
	// Met: the flow held its objectives at the rate.
	Met Outcome = "met"
	// Missed: it did not.
	Missed Outcome = "missed"
	// Undecided: nothing is shown of the flow.
	Undecided Outcome = "undecided"
)

// Purpose is why a probe is made.
type Purpose string

// The purposes of a probe.
const (
	Bracket Purpose = "bracket"
	Bisect  Purpose = "bisect"
	Confirm Purpose = "confirm"
)

// Step is a probe to make.
type Step struct {
	Purpose Purpose
	Rate    float64
	// Repeat says that the probe before it was the same and missed.
	Repeat bool
}

// maxLowered is how often a missed confirmation lowers the answer.
const maxLowered = 8

// Search is a search that goes on.
type Search struct {
	config Config
	next   Step
	ended  bool

	// low is the highest rate that met, high the lowest that counted as
	// missed; 0 where there is none.
	low, high float64
	// blind is the rate of a probe without evidence; 0 where there was none.
	blind     float64
	confirmed int
	lowered   int
	// unconfirmed: the confirmations ended without all of them.
	unconfirmed bool
	// resolved: high is within the resolution of low.
	resolved   bool
	missedLast bool
	seen       map[float64]*tally
	order      []float64
}

// tally counts what the probes at one rate showed.
type tally struct{ met, missed int }

// New begins a search.
func New(c Config) (*Search, error) {
	switch {
	case !(c.From > 0) || math.IsInf(c.From, 0):
		return nil, fmt.Errorf("the search begins at a rate above 0, and not at %g/s", c.From)
	case c.Max != 0 && !(c.Max >= c.From) || math.IsInf(c.Max, 0):
		return nil, fmt.Errorf("the highest rate, %g/s, is below the first, %g/s", c.Max, c.From)
	case !(c.Resolution >= minResolution && c.Resolution <= maxResolution):
		return nil, fmt.Errorf("a resolution of %g%% is not between 0.5%% and 100%%", c.Resolution*100)
	case c.Confirmations < 1 || c.Confirmations > maxConfirmations:
		return nil, fmt.Errorf("%d confirmations are not between 1 and %d", c.Confirmations, maxConfirmations)
	}
	return &Search{config: c, next: Step{Purpose: Bracket, Rate: c.From}, seen: map[float64]*tally{}}, nil
}

// Next is the probe to make; false where the search has ended.
func (s *Search) Next() (Step, bool) { return s.next, !s.ended }

// Observe takes what the probe of Next showed.
func (s *Search) Observe(o Outcome) {
	if s.ended {
		return
	}
	step := s.next
	s.count(step.Rate, o)
	afterMiss := s.missedLast
	s.missedLast = o == Missed
	switch {
	case o == Undecided:
		s.undecided(step)
	case o == Met && step.Purpose == Confirm:
		s.confirmed++
		s.confirm()
	case o == Met:
		s.low = step.Rate
		s.narrow()
	case !step.Repeat && (step.Purpose != Confirm || afterMiss):
		s.next.Repeat = true
	case step.Purpose == Confirm:
		s.lower(step.Rate)
	default:
		s.high = step.Rate
		s.narrow()
	}
}

func (s *Search) count(rate float64, o Outcome) {
	t := s.seen[rate]
	if t == nil {
		t = &tally{}
		s.seen[rate] = t
		s.order = append(s.order, rate)
	}
	switch o {
	case Met:
		t.met++
	case Missed:
		t.missed++
	}
}

// narrow chooses the next rate of the bracket or of the bisection.
func (s *Search) narrow() {
	switch {
	case s.low == 0:
		s.ended = true // not even the lowest rate
	case s.high == 0 && s.low == s.config.Max:
		s.confirm()
	case s.high == 0:
		rate := 2 * s.low
		if s.config.Max > 0 {
			rate = min(rate, s.config.Max)
		}
		s.next = Step{Purpose: Bracket, Rate: rate}
	case s.high <= s.low*(1+s.config.Resolution):
		s.resolved = true
		s.confirm()
	default:
		s.next = Step{Purpose: Bisect, Rate: between(s.low, s.high)}
	}
}

// between is the geometric mean, in whole events per second where that still
// lies between the two.
func between(low, high float64) float64 {
	mean := math.Sqrt(low) * math.Sqrt(high)
	if whole := math.Round(mean); mean >= 100 && low < whole && whole < high {
		return whole
	}
	return mean
}

// confirm probes the answer until it is confirmed.
func (s *Search) confirm() {
	s.next = Step{Purpose: Confirm, Rate: s.low}
	s.ended = s.confirmed == s.config.Confirmations
}

// lower takes the next lower answer after a missed confirmation.
func (s *Search) lower(rate float64) {
	s.high = rate
	s.lowered++
	below := rate / (1 + s.config.Resolution)
	if s.lowered > maxLowered || below < s.config.From {
		s.ended, s.unconfirmed = true, true
		return
	}
	s.low, s.confirmed, s.resolved = below, 0, true
	s.confirm()
}

// undecided ends the search; what was met before is still confirmed.
func (s *Search) undecided(step Step) {
	s.blind = step.Rate
	if step.Purpose == Confirm || s.low == 0 {
		s.ended, s.unconfirmed = true, true
		return
	}
	s.confirm()
}
