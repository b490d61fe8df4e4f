package cluster

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/flowweir/weir/contracts/document"
)

// brokerSettings are the settings of brokers that change what a run sees, by
// Kafka's names (its reference of broker configurations), each with what its
// value must be. Brokers have many more.
var brokerSettings = map[string]func(string) error{
	"auto.create.topics.enable":                        boolean,
	"auto.leader.rebalance.enable":                     boolean,
	"broker.heartbeat.interval.ms":                     from(1),
	"broker.session.timeout.ms":                        from(1),
	"compression.type":                                 oneOf("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
	"controlled.shutdown.enable":                       boolean,
	"default.replication.factor":                       from(1),
	"delete.topic.enable":                              boolean,
	"group.consumer.heartbeat.interval.ms":             from(1),
	"group.consumer.min.heartbeat.interval.ms":         from(1),
	"group.consumer.min.session.timeout.ms":            from(1),
	"group.consumer.session.timeout.ms":                from(1),
	"group.initial.rebalance.delay.ms":                 from(0),
	"group.max.session.timeout.ms":                     from(1),
	"group.max.size":                                   from(1),
	"group.min.session.timeout.ms":                     from(1),
	"group.share.min.heartbeat.interval.ms":            from(1),
	"group.share.min.session.timeout.ms":               from(1),
	"leader.imbalance.check.interval.seconds":          from(1),
	"leader.imbalance.per.broker.percentage":           from(0),
	"log.cleaner.backoff.ms":                           from(0),
	"log.cleanup.policy":                               oneOf("delete", "compact", "compact,delete", "delete,compact"),
	"log.flush.interval.messages":                      from(1),
	"log.flush.interval.ms":                            from(0),
	"log.message.timestamp.type":                       oneOf("CreateTime", "LogAppendTime"),
	"log.retention.bytes":                              from(-1),
	"log.retention.hours":                              from(-1),
	"log.retention.ms":                                 from(-1),
	"log.roll.ms":                                      from(1),
	"log.segment.bytes":                                from(1),
	"message.max.bytes":                                from(0),
	"min.insync.replicas":                              from(1),
	"num.io.threads":                                   from(1),
	"num.network.threads":                              from(1),
	"num.partitions":                                   from(1),
	"num.replica.fetchers":                             from(1),
	"offsets.retention.check.interval.ms":              from(1),
	"offsets.retention.minutes":                        from(1),
	"offsets.topic.num.partitions":                     from(1),
	"offsets.topic.replication.factor":                 from(1),
	"replica.fetch.wait.max.ms":                        from(0),
	"replica.lag.time.max.ms":                          from(1),
	"replica.socket.timeout.ms":                        from(1),
	"share.coordinator.state.topic.min.isr":            from(1),
	"share.coordinator.state.topic.replication.factor": from(1),
	"transaction.max.timeout.ms":                       from(1),
	"transaction.state.log.min.isr":                    from(1),
	"transaction.state.log.num.partitions":             from(1),
	"transaction.state.log.replication.factor":         from(1),
	"transactional.id.expiration.ms":                   from(1),
	"unclean.leader.election.enable":                   boolean,
}

// CheckSetting errs on a value of a broker setting that is not of Kafka's
// type. Of settings that it does not know it says nothing.
func CheckSetting(name, value string) error {
	if check := brokerSettings[name]; check != nil {
		return check(value)
	}
	return nil
}

// RefuseSetting is the refusal of a broker setting by a cluster kind, with the
// nearest name where it is not a known one.
func RefuseSetting(kind, name, value string, why error) error {
	e := &FieldError{Path: []string{"config", name}, Err: fmt.Errorf("%s: broker setting %s = %q: %w", kind, name, value, why)}
	if near := document.Nearest(name, slices.Collect(maps.Keys(brokerSettings))); near != "" && near != name {
		e.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	return e
}

func boolean(value string) error {
	if value != "true" && value != "false" {
		return fmt.Errorf("want true or false")
	}
	return nil
}

// from is the check for whole numbers that are not below least.
func from(least int64) func(string) error {
	return func(value string) error {
		if n, err := strconv.ParseInt(value, 10, 64); err != nil || n < least {
			return fmt.Errorf("want a whole number from %d", least)
		}
		return nil
	}
}

func oneOf(valid ...string) func(string) error {
	return func(value string) error {
		if !slices.Contains(valid, value) {
			return fmt.Errorf("want one of %s", strings.Join(valid, ", "))
		}
		return nil
	}
}
