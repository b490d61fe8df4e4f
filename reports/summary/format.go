package summary

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/run"
)

// Duration writes d with three significant digits and the unit that fits:
// "410 µs", "2.41 ms", "4.12 s", "2 m 05 s", "1 h 02 m". Zero is "0".
func Duration(d time.Duration) string {
	if d < 0 {
		return "−" + Duration(-d)
	}
	units := []struct {
		unit time.Duration
		name string
	}{{time.Nanosecond, "ns"}, {time.Microsecond, "µs"}, {time.Millisecond, "ms"}, {time.Second, "s"}}
	switch {
	case d == 0:
		return "0"
	case d >= time.Hour-30*time.Second:
		m := int64(d.Round(time.Minute) / time.Minute)
		return fmt.Sprintf("%d h %02d m", m/60, m%60)
	case d >= time.Minute-50*time.Millisecond: // 59.96 s would read 60 s
		s := int64(d.Round(time.Second) / time.Second)
		return fmt.Sprintf("%d m %02d s", s/60, s%60)
	}
	for i, u := range units {
		s := digits(float64(d) / float64(u.unit))
		// 999.6 µs rounds to 1000: that is 1 ms.
		if i == len(units)-1 || s != "1000" && d < 1000*u.unit {
			return s + " " + u.name
		}
	}
	panic("unreachable: the last unit always fits")
}

// Moment writes a time since the load began: "+20.110 s", "−1.200 s".
func Moment(at time.Duration) string {
	sign := "+"
	if at < 0 {
		sign, at = "−", -at
	}
	return fmt.Sprintf("%s%.3f s", sign, at.Seconds())
}

// Count writes n with thousands separators: "287,500".
func Count[T ~int | ~int32 | ~int64 | ~uint64](n T) string {
	s := fmt.Sprint(n)
	sign := ""
	if n < 0 {
		sign, s = "−", s[1:]
	}
	var b strings.Builder
	for i, r := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return sign + b.String()
}

// Bytes writes n in binary units with three significant digits: "412 B",
// "1.5 KiB", "38 MiB".
func Bytes[T ~int | ~int64 | ~uint64](n T) string {
	f := float64(n)
	for _, unit := range []string{"B", "KiB", "MiB", "GiB", "TiB"} {
		if math.Abs(f) < 999.5 || unit == "TiB" {
			return digits(f) + " " + unit
		}
		f /= 1024
	}
	panic("unreachable: the last unit always fits")
}

// Rate writes a number of records per second: "4,999/s", "0.25/s".
func Rate(perSecond float64) string {
	if math.Abs(perSecond) >= 999.5 {
		return Count(int64(math.Round(perSecond))) + "/s"
	}
	return digits(perSecond) + "/s"
}

// Share writes a share of 1 in percent, so that what is not everything never
// reads as 100% and what is not nothing never as 0%.
func Share(f float64) string {
	if math.IsNaN(f) {
		return "–"
	}
	percent := f * 100
	s := strconv.FormatFloat(math.Round(percent*100)/100, 'f', -1, 64)
	switch {
	case s == "100" && f < 1:
		return "> 99.99%"
	case s == "0" && f > 0:
		return "< 0.01%"
	}
	return s + "%"
}

// CPU writes what the generator used of the CPU that it could get: "41% of 1.5
// cores".
func CPU(g run.Generator) string {
	if g.Cores == 0 {
		return Share(g.CPU)
	}
	cores := digits(g.Cores)
	if cores == "1" {
		return Share(g.CPU) + " of 1 core"
	}
	return Share(g.CPU) + " of " + cores + " cores"
}

// QuantileName is "p50", "p99.9", or "max" for 1.
func QuantileName(q float64) string {
	if q >= 1 {
		return "max"
	}
	return "p" + strconv.FormatFloat(math.Round(q*1e8)/1e6, 'f', -1, 64)
}

// Quantile writes a percentile, or why it is withheld: a percentile of too
// few samples is chance, and every view leaves it out.
func Quantile(q run.Quantile) string {
	if !q.Judged {
		return fmt.Sprintf("not judged (n < %s)", Count(q.Need))
	}
	return Duration(q.Value)
}

// KindName is a latency kind in words.
func KindName(kind string) string {
	return strings.ReplaceAll(kind, "-", " ")
}

// Moments are the two moments of a known latency kind; empty for others.
func Moments(kind string) (from, to string) {
	switch kind {
	case run.ScheduleDelay:
		return "due", "sent"
	case run.Send:
		return "sent", "acked"
	case run.Publish:
		return "due", "acked"
	case run.EndToEnd:
		return "due", "received"
	case run.Effect:
		return "due", "effect observed"
	}
	return "", ""
}

// PhaseName is a phase in words; "" is the whole run.
func PhaseName(phase string) string {
	switch phase {
	case "":
		return "whole run"
	case run.PhaseWarmup:
		return "warm-up"
	}
	return phase
}

// digits writes f with three significant digits, no more than needed.
func digits(f float64) string {
	decimals := 2
	switch a := math.Abs(f); {
	case a >= 99.95:
		decimals = 0
	case a >= 9.995:
		decimals = 1
	}
	s := strconv.FormatFloat(f, 'f', decimals, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
