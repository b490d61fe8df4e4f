package history

import "time"

// Retention is how long a topic keeps records.
type Retention struct {
	// Period is Kafka's retention.ms.
	Period time.Duration
	// Slack is how long a record of a replaced version may outlive Period:
	// segment.ms, plus the time that a rollout of the service takes.
	Slack time.Duration
	// Forever is for topics that are compacted, or have retention.ms=-1.
	Forever bool
}

// Retained are those of the versions, sorted by number, that records still on
// the topic at now may have been written with: all whose successor was
// published at most Period and Slack ago, and the latest. The package
// documentation has the reason.
func Retained(versions []Version, r Retention, now time.Time) []Version {
	if r.Forever {
		return versions
	}
	kept := r.Period + r.Slack
	if kept < r.Period { // beyond 292 years, as retention.ms can be
		return versions
	}
	replacedBefore := now.Add(-kept)
	for i := len(versions) - 1; i > 0; i-- {
		if versions[i].Published.Before(replacedBefore) {
			return versions[i:]
		}
	}
	return versions
}
