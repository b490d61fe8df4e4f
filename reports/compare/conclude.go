package compare

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/summary"
)

// conclude sets the verdict over all metrics, its sentence and the exit code:
// a regression fails; one that cannot be excluded, or anything that forbids a
// judgement, is inconclusive. One run a side was never meant to be judged: it
// is described, with exit code 0.
func (c *Comparison) conclude() {
	switch {
	case !c.Judged:
		c.Verdict, c.Reason = finding.Inconclusive, c.unjudged()
	case len(c.with(Yes)) > 0:
		c.Verdict, c.Reason = finding.Fail, c.slower()
	case len(c.with(Unknown)) > 0:
		c.Verdict, c.Reason = finding.Inconclusive, c.unknown()
	default:
		c.Verdict, c.Reason = finding.Pass, c.none()
	}
	c.Code = c.Verdict.ExitCode()
	if len(c.Base) == 1 && len(c.Candidate) == 1 && finding.Errors(c.Findings) == 0 {
		c.Code = 0
	}
}

// with are the metrics of which a regression is yes, no or unknown.
func (c *Comparison) with(regression string) []Metric {
	var all []Metric
	for _, m := range c.Metrics {
		if m.Regression == regression {
			all = append(all, m)
		}
	}
	return all
}

func (c *Comparison) unjudged() string {
	sides := fmt.Sprintf("%s against %d", summary.Plural(len(c.Base), "run", "runs"), len(c.Candidate))
	switch {
	case finding.Errors(c.Findings) > 0:
		return sides + ", described and not judged: these runs cannot be compared"
	case c.Predicted && len(c.Base) < MinRuns:
		return fmt.Sprintf("%s, described and not judged: a judgement needs %d runs of the base", sides, MinRuns)
	case min(len(c.Base), len(c.Candidate)) < MinRuns && !c.Predicted:
		return fmt.Sprintf("%s, described and not judged: a judgement needs %d runs a side", sides, MinRuns)
	}
	return sides + ", not judged: no metric has enough samples in every run"
}

func (c *Comparison) slower() string {
	const most = 3
	found := c.with(Yes)
	var said []string
	for _, m := range found[:min(len(found), most)] {
		said = append(said, fmt.Sprintf("%s %s", m.Name, m.Change()))
	}
	text := strings.Join(said, ", ")
	if more := len(found) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return "the candidate is slower: " + text
}

func (c *Comparison) unknown() string {
	unknown := c.with(Unknown)
	widest, at := 0.0, Metric{}
	for _, m := range unknown {
		if m.Interval != nil && m.Unit != UnitShare && m.Interval.Detectable > widest {
			widest, at = m.Interval.Detectable, m
		}
	}
	text := fmt.Sprintf("can't tell: a regression of %s is neither shown nor excluded", summary.Plural(len(unknown), "metric", "metrics"))
	if widest > 0 {
		text += fmt.Sprintf("; runs that vary like these show a change of %s from about %s on", at.Name, percent(signOf(at)*widest))
	}
	return text
}

// signOf is the sign of a change for the worse.
func signOf(m Metric) float64 {
	if m.Better == "higher" {
		return -1
	}
	return 1
}

func (c *Comparison) none() string {
	text := fmt.Sprintf("no metric is worse by more than %s", summary.Share(c.Threshold))
	var better []string
	for _, m := range c.Metrics {
		if m.Outcome == Faster || m.Outcome == Fewer {
			better = append(better, m.Name)
		}
	}
	if len(better) > 0 {
		text += ", and better are " + strings.Join(better, ", ")
	}
	return text
}

// Change is the difference in words: "+26.2%", and in percentage points for a
// share: "+0.12 points". A metric without one has "–".
func (m Metric) Change() string {
	if m.Difference == nil {
		return "–"
	}
	return m.change(*m.Difference)
}

func (m Metric) change(d float64) string {
	if m.Unit == UnitShare {
		return signed(d*100, 3) + " points"
	}
	return percent(d)
}

// Range is the interval in words: "+10.1% … +44.6%".
func (m Metric) Range() string {
	if m.Interval == nil {
		return "–"
	}
	low := strings.TrimSuffix(m.change(m.Interval.Low), " points")
	return low + " … " + m.change(m.Interval.High)
}

func nanoseconds(v float64) time.Duration { return time.Duration(math.Round(v)) }

// Words are the outcome as people say it; "–" where nothing is judged.
func (m Metric) Words() string {
	switch {
	case m.Outcome == "":
		return "–"
	case m.Outcome == CannotTell && m.Regression == No:
		return "not worse"
	case m.Outcome == CannotTell:
		return "can't tell"
	}
	return string(m.Outcome)
}

// Format writes a value of the metric with its unit.
func (m Metric) Format(v float64) string {
	switch m.Unit {
	case UnitNanoseconds:
		return summary.Duration(nanoseconds(v))
	case UnitRate:
		return summary.Rate(v)
	}
	return summary.Share(v)
}

// percent writes a relative difference with its sign, from ten times on as a
// factor.
func percent(d float64) string {
	decimals := 1
	if d >= 9 {
		return fmt.Sprintf("×%.0f", 1+d)
	}
	if math.Abs(d) >= 0.9995 {
		decimals = 0
	}
	return signed(d*100, decimals) + "%"
}

// signed writes f with its sign.
func signed(f float64, decimals int) string {
	s := strings.Replace(fmt.Sprintf("%+.*f", decimals, f), "-", "−", 1)
	if strings.Trim(s, "+−0.") == "" {
		return s[strings.IndexByte(s, '0'):] // zero has no sign
	}
	return s
}
