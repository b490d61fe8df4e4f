package summary

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/flowweir/weir/reports/run"
)

// BrokerLines say what the brokers said of themselves, one series a line: over
// all brokers the lowest, the mean of means, and the highest value, with the
// broker that had it. Then the series of which nothing came.
func BrokerLines(m *run.BrokerMetrics) []string {
	if m == nil {
		return nil
	}
	var lines []string
	for at := 0; at < len(m.Series); {
		end := at
		for end < len(m.Series) && m.Series[end].Series == m.Series[at].Series {
			end++
		}
		lines = append(lines, brokerLine(m.Series[at:end]))
		at = end
	}
	if len(m.Absent) > 0 {
		lines = append(lines, "nothing came of "+strings.Join(m.Absent, ", "))
	}
	return lines
}

// brokerLine is one series of all its brokers.
func brokerLine(all []run.BrokerSeries) string {
	low, high, sum := all[0], all[0], 0.0
	for _, s := range all {
		if s.Min < low.Min {
			low = s
		}
		if s.Max > high.Max {
			high = s
		}
		sum += s.Mean
	}
	unit := all[0].Unit
	of := func(s run.BrokerSeries) string {
		if len(all) == 1 {
			return ""
		}
		return " (" + s.Broker + ")"
	}
	return fmt.Sprintf("%s of %s: min %s%s · mean %s · max %s%s", all[0].Series, Plural(len(all), "broker", "brokers"),
		BrokerValue(low.Min, unit), of(low), BrokerValue(sum/float64(len(all)), unit), BrokerValue(high.Max, unit), of(high))
}

// BrokerValue writes a value of a series with its unit.
func BrokerValue(v float64, unit string) string {
	number := strconv.FormatFloat(v, 'g', 4, 64)
	if v >= 1e4 || v <= -1e4 {
		number = strconv.FormatFloat(v, 'f', 0, 64)
	}
	switch unit {
	case run.UnitShare:
		return Share(v)
	case run.UnitCount:
		return number
	case run.UnitRate:
		return number + "/s"
	}
	return number + " " + unit
}
