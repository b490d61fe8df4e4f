package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/flowweir/weir/harness/internal/port"
)

// The Java heaps of nodes. With its own a broker needs 330 MB at first and up to
// 730 MB after an hour of load.
const (
	brokerHeap     = "-Xms256m -Xmx512m"
	controllerHeap = "-Xms64m -Xmx256m"
)

// separate is the Spec's word for controllers that are no brokers; controllers
// is how many they are: the least of which one can be lost.
const (
	separate    = "separate"
	controllers = 3
)

// node is a broker, which may be a controller too, or a controller only.
type node struct {
	id        int32
	name      string // on the cluster's networks
	broker    bool
	container string // its name, which stays the same
	volume    string
	hostAddr  string // host:port for clients on the host
	port      *port.Reservation

	mu   sync.Mutex // one action on the container at a time
	logs *logFollower
}

// nodeSpec is what a node's container is made from.
type nodeSpec struct {
	own       owner
	image     string
	clusterID string
	nets      *networks
	host      hostAddress
	brokers   int
	voters    []int32 // the controllers
	config    map[string]string
	jvm       jvm
	disk      int64    // bytes; 0: no size of its own
	racks     []string // of the nodes in turn
}

// describe is what labelSpec says: enough to tell two clusters apart.
func (s *nodeSpec) describe() string { return describeSpec(s.brokers, s.image, s.config) }

// quorum is Kafka's controller.quorum.voters.
func (s *nodeSpec) quorum() string {
	voters := make([]string, len(s.voters))
	for i, id := range s.voters {
		voters[i] = fmt.Sprintf("%d@%s", id, netip.AddrPortFrom(s.nets.node(netController, id), portController))
	}
	return strings.Join(voters, ",")
}

// node is one that is not made yet.
func (s *nodeSpec) node(id int32) *node {
	name := nodeName(id, s.brokers)
	return &node{id: id, name: name, broker: int(id) < s.brokers, container: s.own.name(name), volume: s.own.name(name + "-data")}
}

// nodeName is the name on the cluster's networks of a node of so many brokers,
// which have the first ids.
func nodeName(id int32, brokers int) string {
	if int(id) < brokers {
		return fmt.Sprintf("broker-%d", id)
	}
	return fmt.Sprintf("controller-%d", id)
}

func servicesAddress(n *node) string {
	return net.JoinHostPort(n.name, strconv.Itoa(portServices))
}

// nodeAttempts bounds retries when a chosen port turns out to be taken.
const nodeAttempts = 10

// mounts puts a node's volume where its data lies.
func (n *node) mounts() []mount.Mount {
	return []mount.Mount{{Type: mount.TypeVolume, Source: n.volume, Target: dataVolume}}
}

// startNode makes a node's volume and container and starts it. The port of a
// broker is fixed and reserved from then on; a controller has none.
func (e *engine) startNode(ctx context.Context, spec *nodeSpec, n *node) error {
	if err := e.createVolume(ctx, spec, n); err != nil {
		return fmt.Errorf("node %d: create volume: %w", n.id, err)
	}
	var err error
	for range nodeAttempts {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("node %d: %w", n.id, err)
		}
		if n.broker {
			// Where the engine is elsewhere, a port that is free here is only a
			// guess, which its start confirms or not.
			if n.port, err = port.Reserve(); err != nil {
				return fmt.Errorf("node %d: %w", n.id, err)
			}
			n.hostAddr = net.JoinHostPort(spec.host.advertise, strconv.Itoa(n.port.Number()))
		}
		if err = e.createNode(ctx, spec, n); err == nil {
			_, err = e.ContainerStart(ctx, n.container, client.ContainerStartOptions{})
		}
		if err == nil {
			return nil
		}
		n.port.Release()
		if !isPortTaken(err) {
			break
		}
		if err := e.removeContainer(ctx, n.container); err != nil {
			return err
		}
	}
	return fmt.Errorf("node %d: create and start container: %w", n.id, err)
}

// networks are those that a node is on. Engines before API 1.44 take one at
// creation, the first.
func (n *node) networks() []int {
	if n.broker {
		return []int{netServices, netReplication, netController}
	}
	return []int{netController}
}

func (n *node) role() (role, heap string) {
	if n.broker {
		return roleBroker, brokerHeap
	}
	return roleController, controllerHeap
}

func (e *engine) createNode(ctx context.Context, spec *nodeSpec, n *node) error {
	first, others := n.networks()[0], n.networks()[1:]
	role, heap := n.role()
	var (
		ports   network.PortMap
		exposed network.PortSet
	)
	if n.broker {
		inside, _ := network.PortFrom(portHost, network.TCP)
		exposed = network.PortSet{inside: {}}
		ports = network.PortMap{inside: {{HostIP: spec.host.bind, HostPort: strconv.Itoa(n.port.Number())}}}
	}
	_, err := e.ContainerCreate(making(ctx), client.ContainerCreateOptions{
		Name: n.container,
		Config: &container.Config{
			Image:      spec.image,
			Hostname:   n.name,
			Entrypoint: []string{"sh", "-c", startScript},
			// The public image would write log files where its user must not.
			Env:          append([]string{"WEIR_CLUSTER_ID=" + spec.clusterID, "KAFKA_HEAP_OPTS=" + heap, "LOG_DIR=/tmp/kafka-logs"}, spec.jvm.environment()...),
			ExposedPorts: exposed,
			Labels:       spec.own.with(role, labelNode, strconv.Itoa(int(n.id)), labelAddress, n.hostAddr, labelSpec, spec.describe()),
			StopSignal:   "SIGTERM",
		},
		HostConfig: &container.HostConfig{
			NetworkMode:  container.NetworkMode(spec.nets.names[first]),
			PortBindings: ports,
			Mounts:       n.mounts(),
			LogConfig:    container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "64m", "max-file": "2"}},
		},
		NetworkingConfig: &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
			spec.nets.names[first]: spec.nets.endpoint(first, n),
		}},
	})
	if err != nil {
		return err
	}
	for _, net := range others {
		if err := e.joinNetwork(ctx, spec.nets, net, n); err != nil {
			return err
		}
	}
	config := spec.config
	if len(spec.racks) > 0 && n.broker {
		config = maps.Clone(config)
		if config == nil {
			config = map[string]string{}
		}
		config[rackSetting] = spec.racks[int(n.id)%len(spec.racks)]
	}
	return e.writeProperties(ctx, n.container, serverProperties(n.id, spec.roles(n), spec.quorum(), addresses{
		host:        n.hostAddr,
		services:    servicesAddress(n),
		replication: netip.AddrPortFrom(spec.nets.node(netReplication, n.id), portReplication).String(),
	}, config, spec.brokers))
}

// writeProperties puts a node's configuration into its container, where it
// stays through kills and starts. A bind mount would need a directory on the
// engine's machine.
func (e *engine) writeProperties(ctx context.Context, id, content string) error {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := w.WriteHeader(&tar.Header{Name: strings.TrimPrefix(propertiesPath, "/tmp/"), Mode: 0o644, Size: int64(len(content))}); err != nil {
		return err
	}
	if _, err := w.Write([]byte(content)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if _, err := e.CopyToContainer(ctx, id, client.CopyToContainerOptions{DestinationPath: "/tmp", Content: &archive}); err != nil {
		return fmt.Errorf("write %s: %w", propertiesPath, err)
	}
	return nil
}

func isPortTaken(err error) bool {
	for _, sign := range []string{"port is already allocated", "address already in use", "Only one usage of each socket address"} {
		if strings.Contains(err.Error(), sign) {
			return true
		}
	}
	return false
}
