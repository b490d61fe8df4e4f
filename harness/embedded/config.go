package embedded

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/flowweir/weir/harness/cluster"
)

// settings are the broker settings of a Spec, sorted by what becomes of them.
type settings struct {
	sessionTimeout time.Duration     // broker.session.timeout.ms
	partitions     int               // num.partitions; 0: not set
	autoCreate     bool              // auto.create.topics.enable
	kfake          map[string]string // passed on
	unexercised    []string          // accepted, without effect here; sorted
}

// honored are the settings that change what kfake does. kfake accepts more
// (log.dir, super.users, …), but those have no effect on how it behaves.
var honored = setOf(
	"compression.type",
	"group.consumer.heartbeat.interval.ms",
	"group.consumer.session.timeout.ms",
	"group.max.session.timeout.ms",
	"group.max.size",
	"group.min.session.timeout.ms",
	"group.share.delivery.count.limit",
	"group.share.heartbeat.interval.ms",
	"group.share.max.share.sessions",
	"group.share.max.size",
	"group.share.partition.max.record.locks",
	"group.share.record.lock.duration.ms",
	"group.share.session.timeout.ms",
	"log.cleaner.backoff.ms",
	"log.message.timestamp.type",
	"log.retention.bytes",
	"log.retention.ms",
	"log.roll.ms",
	"log.segment.bytes",
	"max.incremental.fetch.session.cache.slots",
	"message.max.bytes",
	"offsets.retention.check.interval.ms",
	"offsets.retention.minutes",
	"transaction.max.timeout.ms",
	"transactional.id.expiration.ms",
)

// unexercised are settings of replication, of the controller and of a
// broker's threads, which one process with one log does not have. They are
// accepted so that a scenario runs unchanged on embedded and on docker, and
// named in the notes of Info.
var unexercised = setOf(
	"auto.leader.rebalance.enable",
	"broker.heartbeat.interval.ms",
	"controlled.shutdown.enable",
	"default.replication.factor",
	"group.consumer.min.heartbeat.interval.ms",
	"group.consumer.min.session.timeout.ms",
	"group.initial.rebalance.delay.ms",
	"group.share.min.heartbeat.interval.ms",
	"group.share.min.session.timeout.ms",
	"leader.imbalance.check.interval.seconds",
	"leader.imbalance.per.broker.percentage",
	"min.insync.replicas",
	"num.io.threads",
	"num.network.threads",
	"num.replica.fetchers",
	"offsets.topic.num.partitions",
	"offsets.topic.replication.factor",
	"replica.fetch.wait.max.ms",
	"replica.lag.time.max.ms",
	"share.coordinator.state.topic.min.isr",
	"share.coordinator.state.topic.replication.factor",
	"transaction.state.log.min.isr",
	"transaction.state.log.num.partitions",
	"transaction.state.log.replication.factor",
	"unclean.leader.election.enable",
)

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return set
}

// parseSettings errs on the first setting, in alphabetical order, that
// embedded brokers cannot honor or whose value is not of its type.
func parseSettings(config map[string]string) (settings, error) {
	s := settings{
		sessionTimeout: defaultSessionTimeout,
		kfake:          map[string]string{"group.consumer.heartbeat.interval.ms": "100"},
	}
	for _, name := range slices.Sorted(maps.Keys(config)) {
		if err := s.set(name, config[name]); err != nil {
			return settings{}, cluster.RefuseSetting(cluster.Embedded, name, config[name], err)
		}
	}
	return s, nil
}

func (s *settings) set(name, value string) error {
	switch {
	case name == "broker.session.timeout.ms":
		ms, err := positive(value)
		s.sessionTimeout = time.Duration(ms) * time.Millisecond
		return err
	case name == "num.partitions":
		n, err := positive(value)
		s.partitions = n
		return err
	case name == "auto.create.topics.enable":
		b, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("want true or false")
		}
		s.autoCreate = b
	case honored[name]:
		if err := checkValue(name, value); err != nil {
			return err
		}
		s.kfake[name] = value
	case unexercised[name]:
		if err := cluster.CheckSetting(name, value); err != nil {
			return err
		}
		s.unexercised = append(s.unexercised, name)
	default:
		return fmt.Errorf("embedded brokers cannot honor it; remove it or use cluster kind docker")
	}
	return nil
}

// checkValue refuses what kfake would silently replace by its default.
func checkValue(name, value string) error {
	switch name {
	case "compression.type", "log.message.timestamp.type":
		if value == "" {
			return fmt.Errorf("want a value")
		}
	case "log.retention.bytes", "log.retention.ms":
		if _, err := strconv.ParseInt(value, 10, 64); err != nil {
			return fmt.Errorf("want a whole number")
		}
	default:
		_, err := positive(value)
		return err
	}
	return nil
}

func positive(value string) (int, error) {
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("want a whole number from 1 to %d", int32(1<<31-1))
	}
	return int(n), nil
}

func (s *settings) options() []kfake.Opt {
	opts := []kfake.Opt{kfake.BrokerConfigs(s.kfake)}
	if s.partitions > 0 {
		opts = append(opts, kfake.DefaultNumPartitions(s.partitions))
	}
	if s.autoCreate {
		opts = append(opts, kfake.AllowAutoTopicCreation())
	}
	return opts
}

func (s *settings) notes() []string {
	if len(s.unexercised) == 0 {
		return nil
	}
	return []string{"accepted and not exercised by embedded brokers: " + strings.Join(s.unexercised, ", ")}
}
