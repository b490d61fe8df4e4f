package capacity

import (
	"math"
	"slices"
)

// Kind is what a search found.
type Kind string

// The kinds of result.
const (
	// Found: the rate is confirmed, and one within the resolution above it
	// missed.
	Found Kind = "found"
	// AtLeast: the rate is confirmed; what the flow takes above it is not known.
	AtLeast Kind = "at-least"
	// Below: the lowest rate missed.
	Below Kind = "below"
	// Unsure: no rate is confirmed.
	Unsure Kind = "unsure"
)

// Result is what is known of the capacity.
type Result struct {
	Kind Kind
	// Rate is the answer, in events per second: the highest rate that met,
	// lowered where its confirmations missed. For Below and where nothing met
	// it is 0.
	Rate float64
	// Confirmed of Wanted confirmations met at Rate.
	Confirmed, Wanted int
	// Sure is the lowest share of such probes that meets at Rate, with 95%
	// confidence: 0.05^(1/n) of n that all met, the one-sided limit of Clopper
	// and Pearson. 0 where none was confirmed.
	Sure float64
	// Missed is the lowest rate that counted as missed, Undecided the rate of
	// the probe without evidence; 0 where there is none.
	Missed, Undecided float64
	// Unsteady are the rates at which some probes met and others missed, in
	// ascending order.
	Unsteady []float64
}

// confidence is that of Result.Sure.
const confidence = 0.95

// Result is what is known so far; the answer where the search has ended.
func (s *Search) Result() Result {
	r := Result{Rate: s.low, Confirmed: s.confirmed, Wanted: s.config.Confirmations, Missed: s.high, Undecided: s.blind}
	for _, rate := range s.order {
		if t := s.seen[rate]; t.met > 0 && t.missed > 0 {
			r.Unsteady = append(r.Unsteady, rate)
		}
	}
	slices.Sort(r.Unsteady)
	if s.confirmed > 0 {
		r.Sure = math.Pow(1-confidence, 1/float64(s.confirmed))
	}
	switch {
	case s.low == 0 && s.high > 0:
		r.Kind = Below
	case !s.ended || s.unconfirmed:
		r.Kind = Unsure
	case s.resolved:
		r.Kind = Found
	default:
		r.Kind = AtLeast
	}
	return r
}
