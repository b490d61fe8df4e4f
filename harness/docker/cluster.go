package docker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/reports/run"
)

var (
	_ cluster.Cluster       = (*Cluster)(nil)
	_ cluster.ContainerHost = (*Cluster)(nil)
	_ fault.Quorum          = (*Cluster)(nil)
)

// errDown says that a fault had nothing to act on.
var errDown = errors.New("it is not running")

// Cluster is a set of brokers in containers. All methods may be called
// concurrently.
type Cluster struct {
	engine  *engine
	own     owner
	spec    cluster.Spec
	image   string
	jvm     jvm
	version string
	nets    *networks
	nodes   []*node // by id, fixed once started: brokers, then controllers that are none
	held    *hold   // nil for the development cluster

	closing sync.Mutex // guards what follows
	closed  bool
	logs    map[int32]*os.File // of all lives of a node
}

// Bootstrap are the addresses for clients on this host. They stay the same
// until Close.
func (c *Cluster) Bootstrap() []string {
	addrs := make([]string, c.spec.Brokers)
	for i, n := range c.brokers() {
		addrs[i] = n.hostAddr
	}
	return addrs
}

// ContainerBootstrap are the addresses on the network that a service's
// container must join.
func (c *Cluster) ContainerBootstrap() (addresses []string, network string, err error) {
	addresses = make([]string, c.spec.Brokers)
	for i, n := range c.brokers() {
		addresses[i] = servicesAddress(n)
	}
	return addresses, c.own.name(netNames[netServices]), nil
}

// ContainerHost is this host's address on the network of services: the
// engine's own one, where the engine is on this machine.
func (c *Cluster) ContainerHost() (string, error) {
	gateway := c.nets.gateway()
	if !isOurs(gateway) {
		return "", fmt.Errorf("the container engine is not on this host: from its network %s nothing reaches a listener here", c.nets.names[netServices])
	}
	return gateway.String(), nil
}

// ClientOptions are the seed brokers; the listeners are plain.
func (c *Cluster) ClientOptions() []kgo.Opt {
	return []kgo.Opt{kgo.SeedBrokers(c.Bootstrap()...)}
}

// ClientProperties are empty: clients need nothing but the addresses.
func (c *Cluster) ClientProperties() map[string]string { return map[string]string{} }

// Nodes are the broker ids, 0 to n-1, whether up or down.
func (c *Cluster) Nodes() []int32 { return span(0, c.spec.Brokers) }

func (c *Cluster) brokers() []*node { return c.nodes[:c.spec.Brokers] }

// Controllers are the ids of the controllers: those of all brokers, or those
// that follow them.
func (c *Cluster) Controllers() []int32 {
	if c.Separate() {
		return span(c.spec.Brokers, controllers)
	}
	return c.Nodes()
}

// Separate says whether the controllers are no brokers.
func (c *Cluster) Separate() bool { return c.spec.Controllers == separate }

// span are n ids from first on.
func span(first, n int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(first + i)
	}
	return ids
}

// Info describes the cluster for the report.
func (c *Cluster) Info() run.Cluster {
	notes := []string{"A killed node is a killed process: the page cache of its machine survives. Power loss is not shown."}
	switch n := c.spec.Brokers; {
	case c.Separate():
		notes = append(notes, fmt.Sprintf("The controllers are nodes of their own, %d to %d: with %d of %d down nothing is fenced or elected.", n, n+controllers-1, (controllers+1)/2, controllers))
	case n > 1:
		notes = append(notes, fmt.Sprintf("Each node is broker and controller: with %d of %d down there is no controller, and nothing is fenced or elected.", (n+1)/2, n))
	}
	if disk := c.spec.DiskBytes; disk > 0 {
		notes = append(notes, fmt.Sprintf("Each node's disk is %d MiB of its machine's memory: how fast disks are is not shown.", disk>>20))
	}
	if c.jvm.note != "" {
		notes = append(notes, c.jvm.note)
	}
	return run.Cluster{
		Kind:      cluster.Docker,
		Brokers:   c.spec.Brokers,
		Version:   c.version,
		Image:     c.image,
		Bootstrap: c.Bootstrap(),
		Config:    maps.Clone(c.spec.Config),
		Durable:   true,
		Notes:     notes,
	}
}

// Close removes everything that was started for the cluster's run: nodes,
// containers of services, networks and volumes. The brokers' logs are
// complete when it returns.
func (c *Cluster) Close(ctx context.Context) error {
	c.closing.Lock()
	defer c.closing.Unlock()
	if c.closed {
		return nil
	}
	if err := c.engine.removeAll(ctx, c.own); err != nil {
		return fmt.Errorf("remove the docker cluster: %w", err)
	}
	c.closed = true
	return errors.Join(c.detach(), c.held.end(true))
}

// detach stops copying logs, gives the ports back and leaves the containers
// alone.
func (c *Cluster) detach() error {
	var errs []error
	for _, n := range c.nodes {
		n.mu.Lock()
		n.logs.drain()
		n.logs = nil
		n.mu.Unlock()
		n.port.Release()
	}
	for _, log := range c.logs {
		errs = append(errs, log.Close())
	}
	c.logs = nil
	errs = append(errs, c.engine.Close())
	return errors.Join(errs...)
}

// LogFile is where a node's output is copied to; empty without Spec.LogDir.
func (c *Cluster) LogFile(id int32) string {
	if c.spec.LogDir == "" {
		return ""
	}
	return filepath.Join(c.spec.LogDir, nodeName(id, c.spec.Brokers)+".log")
}

// follow copies a node's output of its present life to its log file.
func (c *Cluster) follow(ctx context.Context, n *node) error {
	if c.spec.LogDir == "" {
		return nil
	}
	s, err := c.engine.state(ctx, n.container)
	if err != nil {
		return err
	}
	log, err := c.brokerLog(n.id)
	if err != nil {
		return err
	}
	n.logs.drain() // one writer at a time
	n.logs = c.engine.followLogs(n.container, s.started, log)
	return nil
}

func (c *Cluster) brokerLog(id int32) (*os.File, error) {
	c.closing.Lock()
	defer c.closing.Unlock()
	if log := c.logs[id]; log != nil {
		return log, nil
	}
	file, err := os.Create(c.LogFile(id))
	if err != nil {
		return nil, fmt.Errorf("log of node %d: %w", id, err)
	}
	if c.logs == nil {
		c.logs = map[int32]*os.File{}
	}
	c.logs[id] = file
	return file, nil
}
