package publish

import (
	"math"
	"strconv"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/history"
)

// segment is Kafka's default of segment.ms.
const segment = 7 * 24 * time.Hour

// retentionOf is how long a topic keeps records, as package matrix takes it
// when it chooses the versions to compare.
func retentionOf(set []*contracts.Contract, topic string) history.Retention {
	kept := history.Retention{Forever: true}
	for _, c := range set {
		facts, stated := c.Topics[topic]
		if !stated {
			continue
		}
		period := time.Duration(facts.Retention)
		if ms, ok := milliseconds(facts.Config["retention.ms"]); ok {
			period = ms
		}
		slack := segment
		if ms, ok := milliseconds(facts.Config["segment.ms"]); ok {
			slack = ms
		}
		switch {
		case facts.Config["cleanup.policy"] == "compact", period < 0:
			kept = history.Retention{Forever: true}
		case period > 0:
			kept = history.Retention{Period: period, Slack: slack}
		}
	}
	return kept
}

func milliseconds(value string) (time.Duration, bool) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0, false
	}
	if n < 0 {
		return -1, true
	}
	return time.Duration(min(n, math.MaxInt64/int64(time.Millisecond))) * time.Millisecond, true
}
