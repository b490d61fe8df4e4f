package docker

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/flowweir/weir/harness/cluster"
)

// The listeners of a node and the ports they have inside of containers.
const (
	portHost        = 9092
	portServices    = 9093
	portReplication = 9094
	portController  = 9095
)

// Where things are in a node's container. The image's user may write to its
// volume and to /tmp only.
const (
	dataVolume     = "/var/lib/kafka/data"
	logDirs        = dataVolume + "/log"
	propertiesPath = "/tmp/weir/server.properties"
)

// addresses are a node's advertised addresses. A proxy in front of them is
// none of the node's business: it rewrites what the node answers (package
// chaos/proxy says why).
type addresses struct {
	host, services, replication string // host:port
}

// rackSetting is the setting that puts a broker into a rack.
const rackSetting = "broker.rack"

// owned are the settings that make nodes a cluster of Weir; a user's value
// would take it apart.
var owned = []string{
	"advertised.listeners", "broker.id", "controller.listener.names",
	"controller.quorum.bootstrap.servers", "controller.quorum.voters",
	"inter.broker.listener.name", "listener.security.protocol.map",
	"listeners", "log.dir", "log.dirs", "metadata.log.dir", "node.id",
	"process.roles", "security.inter.broker.protocol",
}

// checkConfig refuses what Weir itself must set, and what could not be
// written down in one line.
func checkConfig(config map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(config)) {
		refuse := func(why string) error {
			return cluster.RefuseSetting(cluster.Docker, name, config[name], errors.New(why))
		}
		if slices.Contains(owned, name) {
			return refuse("Weir sets it, to give each node its listeners and its disk: remove it")
		}
		if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == '=' || r == ':' || r > '~' }) {
			return refuse("that is no name of a setting")
		}
		if err := cluster.CheckSetting(name, config[name]); err != nil {
			return refuse(err.Error())
		}
		if why := below(config, name); why != "" {
			return refuse(why)
		}
	}
	return nil
}

// floors are settings whose value another bounds from below, with Kafka's
// default of that bound.
var floors = map[string]struct {
	least string
	value int
}{
	"group.consumer.session.timeout.ms":    {"group.consumer.min.session.timeout.ms", 45_000},
	"group.consumer.heartbeat.interval.ms": {"group.consumer.min.heartbeat.interval.ms", 5_000},
	"group.share.session.timeout.ms":       {"group.share.min.session.timeout.ms", 45_000},
	"group.share.heartbeat.interval.ms":    {"group.share.min.heartbeat.interval.ms", 5_000},
}

// below says which setting keeps a setting above what it is, where brokers
// would not start therefore; "" where none does.
func below(config map[string]string, name string) string {
	floor, bounded := floors[name]
	if !bounded {
		return ""
	}
	if set, err := strconv.Atoi(config[floor.least]); err == nil {
		floor.value = set
	}
	if value, err := strconv.Atoi(config[name]); err != nil || value >= floor.value {
		return ""
	}
	return fmt.Sprintf("brokers start only if %s, now %d, is as low: set it too", floor.least, floor.value)
}

// defaults are the settings that differ from Kafka's own, for n brokers.
// What a Spec says wins over them.
func defaults(n int) map[string]string {
	replication := strconv.Itoa(min(3, n))
	inSync := strconv.Itoa(min(2, (n+1)/2))
	return map[string]string{
		"default.replication.factor": replication,
		"min.insync.replicas":        inSync,
		// Internal topics must survive what the faults do to one node.
		"offsets.topic.replication.factor":                 replication,
		"transaction.state.log.replication.factor":         replication,
		"transaction.state.log.min.isr":                    inSync,
		"share.coordinator.state.topic.replication.factor": replication,
		"share.coordinator.state.topic.min.isr":            inSync,
		// Kafka waits 3 s for more members before the first rebalance.
		"group.initial.rebalance.delay.ms": "0",
	}
}

// roles are what a node is.
type roles struct{ broker, controller bool }

func (s *nodeSpec) roles(n *node) roles {
	return roles{n.broker, slices.Contains(s.voters, n.id)}
}

// serverProperties is the server.properties of a node. What a user sets is for
// controllers too, which know broker.session.timeout.ms and defaults of topics.
func serverProperties(id int32, is roles, voters string, adv addresses, config map[string]string, brokers int) string {
	settings := defaults(brokers)
	maps.Copy(settings, config)
	var names, listeners []string
	if is.broker {
		names = append(names, "broker")
		listeners = append(listeners, fmt.Sprintf("HOST://:%d,SERVICES://:%d,REPLICATION://:%d", portHost, portServices, portReplication))
		settings["advertised.listeners"] = fmt.Sprintf("HOST://%s,SERVICES://%s,REPLICATION://%s", adv.host, adv.services, adv.replication)
		settings["inter.broker.listener.name"] = "REPLICATION"
	}
	if is.controller {
		names = append(names, "controller")
		listeners = append(listeners, fmt.Sprintf("CONTROLLER://:%d", portController))
	}
	maps.Copy(settings, map[string]string{
		"process.roles":                  strings.Join(names, ","),
		"node.id":                        strconv.Itoa(int(id)),
		"controller.quorum.voters":       voters,
		"listeners":                      strings.Join(listeners, ","),
		"listener.security.protocol.map": "HOST:PLAINTEXT,SERVICES:PLAINTEXT,REPLICATION:PLAINTEXT,CONTROLLER:PLAINTEXT",
		"controller.listener.names":      "CONTROLLER",
		"log.dirs":                       logDirs,
	})
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		b.WriteString(name)
		b.WriteByte('=')
		writeValue(&b, settings[name])
		b.WriteByte('\n')
	}
	return b.String()
}

// writeValue escapes a value for java.util.Properties, whose files are
// Latin-1.
func writeValue(b *strings.Builder, value string) {
	for i, r := range value {
		switch {
		case r == '\\':
			b.WriteString(`\\`)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == ' ' && i == 0:
			b.WriteString(`\ `)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		case r < ' ' || r > '~':
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
}

// startScript formats an empty disk and becomes the broker. It relies only on
// what the public image has. The format step is short-lived: without the
// optimizing compiler it takes half the time.
const startScript = `set -e
if [ ! -f ` + logDirs + `/meta.properties ]; then
	KAFKA_HEAP_OPTS=-Xmx128m KAFKA_JVM_PERFORMANCE_OPTS='-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' \
		/opt/kafka/bin/kafka-storage.sh format --ignore-formatted --cluster-id "$WEIR_CLUSTER_ID" --config ` + propertiesPath + `
fi
exec /opt/kafka/bin/kafka-server-start.sh ` + propertiesPath + `
`
