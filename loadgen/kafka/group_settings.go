package kafka

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Protocol is how a group shares its partitions out (Kafka's group.protocol).
type Protocol string

// The protocols.
const (
	// Classic: a member of the group assigns.
	Classic Protocol = "classic"
	// Modern: the coordinator assigns (KIP-848). Brokers know it from Kafka
	// 4.0 on.
	Modern Protocol = "consumer"
)

// GroupSettings are what of a consumer the flow under test could set itself.
// Start from [DefaultGroupSettings]: the zero value is not valid.
type GroupSettings struct {
	// Protocol is Kafka's group.protocol. Default classic.
	Protocol Protocol
	// Static gives each member a group.instance.id, GROUP-0 and so on: one
	// that leaves and comes back within the session timeout causes no
	// rebalance, and one that is closed does not leave. Default false.
	Static bool
	// ReadCommitted is Kafka's isolation.level=read_committed. Default
	// read_uncommitted.
	ReadCommitted bool
	// Earliest lets a group without commits begin with the first record that
	// the log has (auto.offset.reset=earliest). Default: with the first one
	// that is stamped at the load's start or later.
	Earliest bool
	// SessionTimeout is Kafka's session.timeout.ms. It says nothing in the
	// protocol Modern, where the broker has it. Default 45 s.
	SessionTimeout time.Duration
	// FetchMinBytes, FetchMaxBytes, FetchMaxPartitionBytes and FetchMaxWait
	// are Kafka's fetch.min.bytes, fetch.max.bytes,
	// max.partition.fetch.bytes and fetch.max.wait.ms. Defaults 1 byte, 50
	// MiB, 1 MiB and 500 ms, as Kafka's.
	FetchMinBytes, FetchMaxBytes, FetchMaxPartitionBytes int
	FetchMaxWait                                         time.Duration
	// MaxPollRecords is Kafka's max.poll.records: what is processed before a
	// member looks for more, and before a rebalance goes on. Default 500.
	MaxPollRecords int
}

// DefaultGroupSettings are the defaults of every setting.
func DefaultGroupSettings() GroupSettings {
	return GroupSettings{
		Protocol:       Classic,
		SessionTimeout: 45 * time.Second,
		FetchMinBytes:  1, FetchMaxBytes: 50 << 20, FetchMaxPartitionBytes: 1 << 20,
		FetchMaxWait:   500 * time.Millisecond,
		MaxPollRecords: 500,
	}
}

// Validate says what is impossible.
func (s GroupSettings) Validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if s.Protocol != Classic && s.Protocol != Modern {
		wrong("the protocol %q is not one of classic, consumer", s.Protocol)
	}
	if s.SessionTimeout < time.Second || s.SessionTimeout > 30*time.Minute {
		wrong("a session timeout of %s is not between 1s and 30m", s.SessionTimeout)
	}
	if s.FetchMaxWait < 10*time.Millisecond || s.FetchMaxWait > time.Minute {
		wrong("a fetch wait of %s is not between 10ms and 1m", s.FetchMaxWait)
	}
	if s.FetchMinBytes < 0 || s.FetchMaxPartitionBytes < 1 || s.FetchMaxPartitionBytes > s.FetchMaxBytes || s.FetchMinBytes > s.FetchMaxBytes || s.FetchMaxBytes > 1<<30 {
		wrong("fetches of %d to %d bytes, %d of a partition, cannot be: the least and a partition's are at most all, and all at most 1 GiB", s.FetchMinBytes, s.FetchMaxBytes, s.FetchMaxPartitionBytes)
	}
	if s.MaxPollRecords < 1 {
		wrong("max-poll-records %d is not at least 1", s.MaxPollRecords)
	}
	return errors.Join(errs...)
}

// Map is the settings by Kafka's names, for a report.
func (s GroupSettings) Map() map[string]string {
	m := map[string]string{
		"group.protocol":            string(s.Protocol),
		"isolation.level":           "read_uncommitted",
		"auto.offset.reset":         "by_duration", // of no length at the load's start
		"fetch.min.bytes":           strconv.Itoa(s.FetchMinBytes),
		"fetch.max.bytes":           strconv.Itoa(s.FetchMaxBytes),
		"max.partition.fetch.bytes": strconv.Itoa(s.FetchMaxPartitionBytes),
		"fetch.max.wait.ms":         strconv.FormatInt(s.FetchMaxWait.Milliseconds(), 10),
		"max.poll.records":          strconv.Itoa(s.MaxPollRecords),
		"weir.static.membership":    strconv.FormatBool(s.Static),
	}
	if s.ReadCommitted {
		m["isolation.level"] = "read_committed"
	}
	if s.Earliest {
		m["auto.offset.reset"] = "earliest"
	}
	if s.Protocol == Classic {
		m["session.timeout.ms"] = strconv.FormatInt(s.SessionTimeout.Milliseconds(), 10)
	}
	return m
}

// options are the client's options of a member.
func (s GroupSettings) options(group string, member int) []kgo.Opt {
	opts := []kgo.Opt{
		kgo.SessionTimeout(s.SessionTimeout),
		kgo.FetchMinBytes(int32(s.FetchMinBytes)),
		kgo.FetchMaxBytes(int32(s.FetchMaxBytes)),
		kgo.FetchMaxPartitionBytes(int32(s.FetchMaxPartitionBytes)),
		kgo.FetchMaxWait(s.FetchMaxWait),
	}
	if s.Static {
		opts = append(opts, kgo.InstanceID(fmt.Sprintf("%s-%d", group, member)))
	}
	if s.ReadCommitted {
		opts = append(opts, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	}
	if s.Protocol == Modern {
		// The client speaks the new protocol for these assignors only.
		opts = append(opts, kgo.ServerSideBalancer(), kgo.Balancers(kgo.StickyBalancer()))
	}
	return opts
}
