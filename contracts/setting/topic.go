package setting

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// topics are the settings of topics, those of tiered storage and those that
// Kafka 4.0 removed included.
var topics = map[string]Type{
	"cleanup.policy":                          listOf("delete", "compact"),
	"compression.gzip.level":                  level(1, 9),
	"compression.lz4.level":                   Between(1, 17),
	"compression.type":                        OneOf("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
	"compression.zstd.level":                  Between(-131072, 22),
	"delete.retention.ms":                     From(0),
	"file.delete.delay.ms":                    From(0),
	"flush.messages":                          From(1),
	"flush.ms":                                From(0),
	"follower.replication.throttled.replicas": anything,
	"index.interval.bytes":                    int32From(0),
	"leader.replication.throttled.replicas":   anything,
	"local.retention.bytes":                   From(-2),
	"local.retention.ms":                      From(-2),
	"max.compaction.lag.ms":                   From(1),
	"max.message.bytes":                       int32From(0),
	"message.downconversion.enable":           Boolean,
	"message.format.version":                  anything,
	"message.timestamp.after.max.ms":          From(0),
	"message.timestamp.before.max.ms":         From(0),
	"message.timestamp.difference.max.ms":     From(0),
	"message.timestamp.type":                  OneOf("CreateTime", "LogAppendTime"),
	"min.cleanable.dirty.ratio":               ratio,
	"min.compaction.lag.ms":                   From(0),
	"min.insync.replicas":                     int32From(1),
	"preallocate":                             Boolean,
	"remote.log.copy.disable":                 Boolean,
	"remote.log.delete.on.disable":            Boolean,
	"remote.storage.enable":                   Boolean,
	"retention.bytes":                         From(-1),
	"retention.ms":                            From(-1),
	"segment.bytes":                           int32From(14),
	"segment.index.bytes":                     int32From(4),
	"segment.jitter.ms":                       From(0),
	"segment.ms":                              From(1),
	"unclean.leader.election.enable":          Boolean,
}

// CheckTopic errs on a value of a topic's setting that Kafka refuses. Of
// settings that it does not know it says nothing.
func CheckTopic(name, value string) error {
	if check := topics[name]; check != nil {
		return check(value)
	}
	return nil
}

// MeaningOfTopic is the one form of all values of a topic's setting that are the
// same to Kafka: a number has several, and a list has no order. A value of no
// known setting, or that Kafka refuses, is its own.
func MeaningOfTopic(name, value string) string {
	if topics[name] == nil || CheckTopic(name, value) != nil {
		return value
	}
	value = Trimmed(value)
	if Boolean(value) == nil {
		return strings.ToLower(value)
	}
	switch name {
	case "cleanup.policy", "follower.replication.throttled.replicas", "leader.replication.throttled.replicas":
		parts := strings.Split(value, ",")
		for i := range parts {
			parts[i] = Trimmed(parts[i])
		}
		slices.Sort(parts)
		return strings.Join(slices.Compact(parts), ",")
	case "min.cleanable.dirty.ratio":
		n, _ := strconv.ParseFloat(value, 64)
		return strconv.FormatFloat(n, 'g', -1, 64)
	}
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		return strconv.FormatInt(n, 10)
	}
	return value
}

// Topics are the names of the settings of topics, sorted.
func Topics() []string { return slices.Sorted(maps.Keys(topics)) }

// KnownTopic reports whether a topic can have a setting: one of Kafka's, or one
// of a vendor's own, which begin with its name.
func KnownTopic(name string) bool {
	return topics[name] != nil || strings.HasPrefix(name, "confluent.") || strings.HasPrefix(name, "redpanda.")
}
