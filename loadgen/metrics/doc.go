// Package metrics serves the figures of a run while it goes on, as Prometheus
// and everything that reads its text formats scrape them: text 0.0.4, or
// OpenMetrics 1.0 where the reader asks for it.
//
// Guarantees. Counters and histograms only grow during a run. Latencies are
// native classic histograms in seconds, by phase; what has no latency is
// counted beside them, so that none disappears. There are never more than
// MaxPartitions partitions, MaxNames topics, groups and faults: what goes
// beyond is added up under "(other)". A scrape takes no lock that the load
// waits for.
//
// The figures of latencies are those of the last interval that ended: a second
// old at most, ten seconds beyond the first ten minutes.
//
// It is not for the results of a run, which are exact and stand in the run
// directory, and it keeps nothing: what no one scraped is gone with the run.
package metrics
