package versions

import (
	"math"
	"strconv"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/history"
	"github.com/flowweir/weir/contracts/setting"
)

// defaultSegment is Kafka's segment.ms: 7 days.
const defaultSegment = 7 * 24 * time.Hour

// Retention is how long a topic keeps records, as a contract states it; false
// where it does not. A topic that is compacted, or whose retention.ms is
// negative, keeps them forever.
func Retention(t contracts.Topic) (history.Retention, bool) {
	r := history.Retention{Period: time.Duration(t.Retention), Slack: defaultSegment}
	if ms, ok := milliseconds(setting.MeaningOfTopic("segment.ms", t.Config["segment.ms"])); ok {
		r.Slack = ms
	}
	if ms, ok := milliseconds(setting.MeaningOfTopic("retention.ms", t.Config["retention.ms"])); ok {
		r.Period = ms
	}
	if setting.MeaningOfTopic("cleanup.policy", t.Config["cleanup.policy"]) == "compact" || r.Period < 0 {
		return history.Retention{Forever: true}, true
	}
	return r, r.Period > 0
}

// milliseconds reads a setting of Kafka's; a negative one is -1.
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
