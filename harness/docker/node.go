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

// heap is the Java heap of a broker. With it a node needs 330 MB at first and
// up to 730 MB after an hour of load.
const heap = "-Xms256m -Xmx512m"

// node is one broker-controller.
type node struct {
	id        int32
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
	config    map[string]string
	jvm       jvm
	disk      int64    // bytes; 0: no size of its own
	racks     []string // of the nodes in turn
}

// describe is what labelSpec says: enough to tell two clusters apart.
func (s *nodeSpec) describe() string { return describeSpec(s.brokers, s.image, s.config) }

func (s *nodeSpec) voters() string {
	voters := make([]string, s.brokers)
	for id := range s.brokers {
		voters[id] = fmt.Sprintf("%d@%s", id, netip.AddrPortFrom(s.nets.node(netController, int32(id)), portController))
	}
	return strings.Join(voters, ",")
}

// alias is a node's name on the services' network.
func alias(id int32) string { return fmt.Sprintf("broker-%d", id) }

func servicesAddress(id int32) string {
	return net.JoinHostPort(alias(id), strconv.Itoa(portServices))
}

// nodeAttempts bounds retries when a chosen port turns out to be taken.
const nodeAttempts = 10

// mounts puts a node's volume where its data lies.
func (n *node) mounts() []mount.Mount {
	return []mount.Mount{{Type: mount.TypeVolume, Source: n.volume, Target: dataVolume}}
}

// startNode makes a node's volume and container and starts it. The port is
// fixed and reserved from then on.
func (e *engine) startNode(ctx context.Context, spec *nodeSpec, id int32) (*node, error) {
	n := &node{
		id:        id,
		container: spec.own.name(alias(id)),
		volume:    spec.own.name(alias(id) + "-data"),
	}
	if err := e.createVolume(ctx, spec, n); err != nil {
		return nil, fmt.Errorf("node %d: create volume: %w", id, err)
	}
	var err error
	for range nodeAttempts {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("node %d: %w", id, err)
		}
		// Where the engine is elsewhere, a port that is free here is only a
		// guess, which its start confirms or not.
		if n.port, err = port.Reserve(); err != nil {
			return nil, fmt.Errorf("node %d: %w", id, err)
		}
		n.hostAddr = net.JoinHostPort(spec.host.advertise, strconv.Itoa(n.port.Number()))
		if err = e.createNode(ctx, spec, n, n.port.Number()); err == nil {
			_, err = e.ContainerStart(ctx, n.container, client.ContainerStartOptions{})
		}
		if err == nil {
			return n, nil
		}
		n.port.Release()
		if !isPortTaken(err) {
			break
		}
		if err := e.removeContainer(ctx, n.container); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("node %d: create and start container: %w", id, err)
}

func (e *engine) createNode(ctx context.Context, spec *nodeSpec, n *node, hostPort int) error {
	kafkaPort, _ := network.PortFrom(portHost, network.TCP)
	_, err := e.ContainerCreate(making(ctx), client.ContainerCreateOptions{
		Name: n.container,
		Config: &container.Config{
			Image:      spec.image,
			Hostname:   alias(n.id),
			Entrypoint: []string{"sh", "-c", startScript},
			// The public image would write log files where its user must not.
			Env:          append([]string{"WEIR_CLUSTER_ID=" + spec.clusterID, "KAFKA_HEAP_OPTS=" + heap, "LOG_DIR=/tmp/kafka-logs"}, spec.jvm.environment()...),
			ExposedPorts: network.PortSet{kafkaPort: {}},
			Labels:       spec.own.with(roleBroker, labelNode, strconv.Itoa(int(n.id)), labelAddress, n.hostAddr, labelSpec, spec.describe()),
			StopSignal:   "SIGTERM",
		},
		HostConfig: &container.HostConfig{
			NetworkMode:  container.NetworkMode(spec.nets.names[netServices]),
			PortBindings: network.PortMap{kafkaPort: {{HostIP: spec.host.bind, HostPort: strconv.Itoa(hostPort)}}},
			Mounts:       n.mounts(),
			LogConfig:    container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "64m", "max-file": "2"}},
		},
		NetworkingConfig: &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
			spec.nets.names[netServices]: spec.nets.endpoint(netServices, n.id),
		}},
	})
	if err != nil {
		return err
	}
	// Engines before API 1.44 take one network at creation.
	for _, net := range []int{netReplication, netController} {
		if err := e.joinNetwork(ctx, spec.nets, net, n); err != nil {
			return err
		}
	}
	config := spec.config
	if len(spec.racks) > 0 {
		config = maps.Clone(config)
		if config == nil {
			config = map[string]string{}
		}
		config[rackSetting] = spec.racks[int(n.id)%len(spec.racks)]
	}
	return e.writeProperties(ctx, n.container, serverProperties(n.id, spec.voters(), addresses{
		host:        n.hostAddr,
		services:    servicesAddress(n.id),
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
