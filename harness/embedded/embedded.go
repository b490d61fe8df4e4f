// Package embedded is the cluster kind "embedded": several brokers of
// franz-go's kfake in this process, on TCP ports of 127.0.0.1 that any Kafka
// client in any language can connect to. It starts in about a millisecond and
// needs nothing installed.
//
// What it guarantees: the protocol (contracts, ordering, consumer groups of
// both protocols, transactions), stable ports, and broker faults as a
// simulated failover. Kill, Stop and Pause end or silence a broker's
// connections; after broker.session.timeout.ms its leaderships and
// coordinators move to brokers that are up, the leader epochs rise, and
// Metadata names it no more. Start and Unpause bring it back on its port.
//
// What it is not for: durability and capacity. The brokers share one log in
// memory, so there is no replication, no in-sync set, no unclean election and
// nothing to wipe: acked records survive every fault here, whatever acks and
// min.insync.replicas say. A partition of replication factor 1 has no leader
// while its broker is out, as in Kafka. Leader epochs of all partitions rise
// when a broker leaves or returns, by up to two, also where the leader stays;
// in Kafka only those that the broker led do.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/internal/port"
	"github.com/flowweir/weir/reports/run"
)

const defaultBrokers = 3

// maxBrokers bounds Spec.Brokers: beyond it a typing error is likelier than
// a wish.
const maxBrokers = 100

var errClosed = errors.New("embedded: the cluster is closed")

// Provider starts embedded clusters.
func Provider() cluster.Provider { return provider{} }

type provider struct{}

func (provider) Kind() string { return cluster.Embedded }

func (provider) Abilities(cluster.Spec) any { return (*Cluster)(nil) }

func (provider) Check(spec cluster.Spec) error {
	if err := checkSpec(spec); err != nil {
		return err
	}
	_, err := parseSettings(spec.Config)
	return err
}

func (provider) Start(ctx context.Context, spec cluster.Spec) (cluster.Cluster, error) {
	c, err := Start(ctx, spec)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Cluster is a running embedded cluster. Its methods may be called at the
// same time.
type Cluster struct {
	spec      cluster.Spec
	settings  settings
	kfake     *kfake.Cluster
	control   *controller
	bootstrap []string

	mu     sync.Mutex // guards what follows, and every change of kfake's brokers
	closed bool
	nodes  []*node
	// stranded are partitions without a leader: those of replication
	// factor 1 whose broker is out, with that broker.
	stranded map[partition]int32
	// withhold makes kfake answer for stranded partitions as Kafka does.
	withhold *kfake.FaultHandle

	// seen is what requests in flight may know of the above: they must not
	// wait for mu, whose holder may wait for them.
	seen atomic.Pointer[view]
	// epochs is replaced within each change of leaderships, so that no
	// request sees the one without the other.
	epochs atomic.Pointer[epochs]
}

var (
	_ cluster.Cluster = (*Cluster)(nil)
	_ fault.Killer    = (*Cluster)(nil)
	_ fault.Stopper   = (*Cluster)(nil)
	_ fault.Starter   = (*Cluster)(nil)
	_ fault.Pauser    = (*Cluster)(nil)
	_ fault.Simulator = (*Cluster)(nil)
)

// Start starts spec.Brokers brokers (default 3), with the ids 0, 1, 2, ….
//
// Of spec.Config it takes the settings that kfake honors and
// broker.session.timeout.ms (default 9000, as Kafka's), num.partitions and
// auto.create.topics.enable (default false, unlike Kafka's: a topic that
// nobody declared is an error in a test). Two defaults are lower than
// Kafka's so that tests do not wait: group.consumer.heartbeat.interval.ms is
// 100, and a group's first rebalance is not delayed. Settings that mean
// nothing without replication are accepted and listed in the notes of Info;
// all others are refused.
func Start(ctx context.Context, spec cluster.Spec) (*Cluster, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkSpec(spec); err != nil {
		return nil, err
	}
	settings, err := parseSettings(spec.Config)
	if err != nil {
		return nil, err
	}
	if spec.Brokers == 0 {
		spec.Brokers = defaultBrokers
	}
	c := &Cluster{spec: spec, settings: settings, stranded: make(map[partition]int32)}
	if err := c.start(); err != nil {
		for _, n := range c.nodes {
			n.gate.shut()
			n.port.Release()
		}
		return nil, fmt.Errorf("embedded: start %d brokers: %w", spec.Brokers, err)
	}
	return c, nil
}

func checkSpec(spec cluster.Spec) error {
	switch {
	case spec.Kind != "" && spec.Kind != cluster.Embedded:
		return cluster.Refuse("kind", "embedded: asked to start a cluster of kind %q", spec.Kind)
	case spec.Brokers < 0 || spec.Brokers > maxBrokers:
		return cluster.Refuse("brokers", "embedded: %d brokers: want 1 to %d", spec.Brokers, maxBrokers)
	case spec.Image != "":
		return cluster.Refuse("image", "embedded: cluster.image %q: embedded brokers run in this process; remove it or use kind docker", spec.Image)
	case spec.DiskBytes != 0:
		return cluster.Refuse("disk", "embedded: cluster.disk: embedded brokers have no disk; remove it or use kind docker")
	case len(spec.Racks) > 0:
		return cluster.Refuse("racks", "embedded: cluster.racks: embedded brokers are all in one place; remove it or use kind docker")
	case spec.Controllers != "" && spec.Controllers != "combined":
		return cluster.Refuse("controllers", "embedded: cluster.controllers %q: embedded brokers have no controllers to fail; use kind docker", spec.Controllers)
	}
	return nil
}

func (c *Cluster) start() error {
	var ports []int
	gates := make(map[string]*gate)
	for id := range int32(c.spec.Brokers) {
		ln, reserved, err := port.Listen()
		if err != nil {
			return err
		}
		n := &node{id: id, gate: newGate(ln), port: reserved}
		c.nodes = append(c.nodes, n)
		c.bootstrap = append(c.bootstrap, n.gate.addr.String())
		gates[n.gate.addr.String()] = n.gate
		ports = append(ports, n.gate.addr.Port)
	}
	door := newListener(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	listen := func(_, address string) (net.Listener, error) {
		if g, ok := gates[address]; ok {
			return g.listen(), nil
		}
		return backdoor{door}, nil
	}
	k, err := kfake.NewCluster(append(c.settings.options(),
		kfake.Ports(append(ports, 0)...), // the last one becomes kfake's controller
		kfake.ListenFn(listen),
		kfake.ClusterID("weir-embedded"),
	)...)
	if err != nil {
		return err
	}
	c.kfake = k
	c.control = &controller{kfake: k, node: int32(c.spec.Brokers), door: door, fmter: kmsg.NewRequestFormatter(kmsg.FormatterClientID("weir-embedded"))}
	if err := k.RemoveNode(c.control.node); err != nil {
		c.control.close()
		k.Close()
		return err
	}
	c.epochs.Store(&epochs{})
	c.publish()
	c.installControls()
	for _, n := range c.nodes {
		n.gate.serve()
	}
	return nil
}

// installControls teaches kfake what a KRaft broker does and it does not.
func (c *Cluster) installControls() {
	for _, key := range []kmsg.Key{kmsg.CreateTopics, kmsg.DeleteTopics, kmsg.CreatePartitions, kmsg.AlterUserSCRAMCredentials} {
		c.control.forward(key, nil)
	}
	for _, key := range []kmsg.Key{kmsg.Metadata, kmsg.DescribeCluster} {
		c.control.forward(key, func(resp kmsg.Response) { c.seen.Load().amend(resp) })
	}
	c.kfake.ControlKey(int16(kmsg.OffsetForLeaderEpoch), c.offsetForLeaderEpoch)
	c.control.refuseElections(func(topic string, p int32) bool {
		_, ok := c.seen.Load().stranded[partition{topic, p}]
		return ok
	})
}

// Bootstrap are the addresses of all brokers. They never change.
func (c *Cluster) Bootstrap() []string { return slices.Clone(c.bootstrap) }

// ContainerBootstrap are the same addresses, for a container on the host's
// network. Only Linux has that: elsewhere containers run in a virtual machine
// whose 127.0.0.1 is not this host's, and the brokers advertise 127.0.0.1.
func (c *Cluster) ContainerBootstrap() ([]string, string, error) {
	if runtime.GOOS != "linux" {
		return nil, "", fmt.Errorf("embedded: a container cannot reach brokers at 127.0.0.1 of this host on %s, where the host's network is not the containers'; run the service as a process (build or command) or use cluster kind docker", runtime.GOOS)
	}
	return c.Bootstrap(), "host", nil
}

// ClientOptions are the seed brokers.
func (c *Cluster) ClientOptions() []kgo.Opt { return []kgo.Opt{kgo.SeedBrokers(c.bootstrap...)} }

// ClientProperties is empty: the brokers ask for neither TLS nor SASL.
func (c *Cluster) ClientProperties() map[string]string { return map[string]string{} }

// Nodes are the broker ids, whether up or not.
func (c *Cluster) Nodes() []int32 {
	ids := make([]int32, len(c.nodes))
	for i, n := range c.nodes {
		ids[i] = n.id
	}
	return ids
}

// Info describes the cluster for the report.
func (c *Cluster) Info() run.Cluster {
	return run.Cluster{
		Kind:      cluster.Embedded,
		Brokers:   c.spec.Brokers,
		Version:   version(),
		Bootstrap: c.Bootstrap(),
		Config:    maps.Clone(c.spec.Config),
		Durable:   false,
		Notes:     append([]string{note}, c.settings.notes()...),
	}
}

const note = "embedded broker: no replication; broker faults are a simulated failover; no durability or capacity is claimed"

// SimulatedNote says what a broker fault here does and does not show.
func (c *Cluster) SimulatedNote() string {
	return fmt.Sprintf("simulated failover: connections end or fall silent and leadership moves after %s, so clients' retries, rebalances and idempotence are exercised; replication, in-sync sets, elections and disks are not, and no acknowledged record can be lost by the broker", c.settings.sessionTimeout)
}

// Close ends the brokers and drops their data. No goroutine of the cluster
// outlives it by more than the time that it takes to notice.
func (c *Cluster) Close(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	for _, n := range c.nodes {
		n.disarm()
		n.gate.shut()
		n.port.Release()
	}
	c.control.close()
	c.kfake.Close()
	return nil
}

func (c *Cluster) logf(format string, args ...any) {
	if c.spec.Log != nil {
		_, _ = fmt.Fprintf(c.spec.Log, "embedded: "+format+"\n", args...)
	}
}

// version is kfake's, as the build recorded it; kfake has no tags.
var version = sync.OnceValue(func() string {
	const module = "github.com/twmb/franz-go/pkg/kfake"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == module {
				return "kfake " + dep.Version
			}
		}
	}
	return "kfake"
})

const defaultSessionTimeout = 9 * time.Second
