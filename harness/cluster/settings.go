package cluster

import (
	"fmt"
	"maps"
	"slices"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/setting"
)

// brokerSettings are the settings of brokers that change what a run sees, by
// Kafka's names (its reference of broker configurations), each with what its
// value must be. Brokers have many more.
var brokerSettings = map[string]setting.Type{
	"auto.create.topics.enable":                        setting.Boolean,
	"auto.leader.rebalance.enable":                     setting.Boolean,
	"broker.heartbeat.interval.ms":                     setting.From(1),
	"broker.session.timeout.ms":                        setting.From(1),
	"compression.type":                                 setting.OneOf("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
	"controlled.shutdown.enable":                       setting.Boolean,
	"default.replication.factor":                       setting.From(1),
	"delete.topic.enable":                              setting.Boolean,
	"group.consumer.heartbeat.interval.ms":             setting.From(1),
	"group.consumer.min.heartbeat.interval.ms":         setting.From(1),
	"group.consumer.min.session.timeout.ms":            setting.From(1),
	"group.consumer.session.timeout.ms":                setting.From(1),
	"group.initial.rebalance.delay.ms":                 setting.From(0),
	"group.max.session.timeout.ms":                     setting.From(1),
	"group.max.size":                                   setting.From(1),
	"group.min.session.timeout.ms":                     setting.From(1),
	"group.share.min.heartbeat.interval.ms":            setting.From(1),
	"group.share.min.session.timeout.ms":               setting.From(1),
	"leader.imbalance.check.interval.seconds":          setting.From(1),
	"leader.imbalance.per.broker.percentage":           setting.From(0),
	"log.cleaner.backoff.ms":                           setting.From(0),
	"log.cleanup.policy":                               setting.OneOf("delete", "compact", "compact,delete", "delete,compact"),
	"log.flush.interval.messages":                      setting.From(1),
	"log.flush.interval.ms":                            setting.From(0),
	"log.message.timestamp.type":                       setting.OneOf("CreateTime", "LogAppendTime"),
	"log.retention.bytes":                              setting.From(-1),
	"log.retention.hours":                              setting.From(-1),
	"log.retention.ms":                                 setting.From(-1),
	"log.roll.ms":                                      setting.From(1),
	"log.segment.bytes":                                setting.From(1),
	"message.max.bytes":                                setting.From(0),
	"min.insync.replicas":                              setting.From(1),
	"num.io.threads":                                   setting.From(1),
	"num.network.threads":                              setting.From(1),
	"num.partitions":                                   setting.From(1),
	"num.replica.fetchers":                             setting.From(1),
	"offsets.retention.check.interval.ms":              setting.From(1),
	"offsets.retention.minutes":                        setting.From(1),
	"offsets.topic.num.partitions":                     setting.From(1),
	"offsets.topic.replication.factor":                 setting.From(1),
	"replica.fetch.wait.max.ms":                        setting.From(0),
	"replica.lag.time.max.ms":                          setting.From(1),
	"replica.socket.timeout.ms":                        setting.From(1),
	"share.coordinator.state.topic.min.isr":            setting.From(1),
	"share.coordinator.state.topic.replication.factor": setting.From(1),
	"transaction.max.timeout.ms":                       setting.From(1),
	"transaction.state.log.min.isr":                    setting.From(1),
	"transaction.state.log.num.partitions":             setting.From(1),
	"transaction.state.log.replication.factor":         setting.From(1),
	"transactional.id.expiration.ms":                   setting.From(1),
	"unclean.leader.election.enable":                   setting.Boolean,
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
