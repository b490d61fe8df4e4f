package docker

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/lease"
)

// DefaultBrokers is the number of nodes where a Spec names none: the least
// with which acks=all and min.insync.replicas=2 survive one of them.
const DefaultBrokers = 3

// cleanupTimeout bounds the removal of what a failed start left.
const cleanupTimeout = 30 * time.Second

// Provider starts clusters of the kind docker.
func Provider() cluster.Provider { return provider{} }

type provider struct{}

func (provider) Kind() string { return cluster.Docker }

// Abilities are those of a cluster that is not started.
func (provider) Abilities(spec cluster.Spec) any {
	_ = check(&spec) // what is wrong is Check's to say; the defaults are what counts
	return &Cluster{spec: spec}
}

func (provider) Check(spec cluster.Spec) error { return check(&spec) }

// Start removes what dead runs left behind, starts the nodes in parallel and
// returns when all of them are registered, reachable from here, and able to
// create a topic on all of them. The cluster's run is alive, to the sweeps of
// other processes, until Close or the end of this process.
func (provider) Start(ctx context.Context, spec cluster.Spec) (cluster.Cluster, error) {
	if err := check(&spec); err != nil {
		return nil, err
	}
	e, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	e.sweepBeforeStart(ctx, spec.Log)
	namespace, err := lease.Namespace()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", cluster.ErrUnavailable, err)
	}
	held, err := e.hold(spec.RunID, namespace)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", cluster.ErrUnavailable, err)
	}
	c, err := e.start(ctx, spec, runOwner(spec.RunID, namespace))
	if err != nil {
		return nil, errors.Join(err, held.end(false)) // what of it may remain the next start looks for
	}
	c.held = held
	return c, nil
}

// Sweep removes what dead runs left on the engines that they used.
func (provider) Sweep(ctx context.Context, log io.Writer) { sweepRecords(ctx, log) }

// check refuses what this kind cannot do and fills in the defaults.
func check(spec *cluster.Spec) error {
	if spec.Brokers == 0 {
		spec.Brokers = DefaultBrokers
	}
	most := maxNodes
	switch spec.Controllers {
	case "", "combined":
	case separate:
		most -= controllers
	default:
		return cluster.Refuse("controllers", "docker: controllers: %q: there are combined and separate", spec.Controllers)
	}
	if spec.Brokers < 1 || spec.Brokers > most {
		return cluster.Refuse("brokers", "docker: %d brokers: there can be 1 to %d", spec.Brokers, most)
	}
	if _, set := spec.Config[rackSetting]; set && len(spec.Racks) > 0 {
		return cluster.RefuseSetting(cluster.Docker, rackSetting, spec.Config[rackSetting], errors.New("cluster.racks gives the brokers theirs: remove one of the two"))
	}
	if spec.DiskBytes != 0 && spec.DiskBytes < minDisk {
		return cluster.Refuse("disk", "docker: a disk of %d bytes: a broker needs %d MiB to start", spec.DiskBytes, minDisk>>20)
	}
	if len(spec.Bootstrap) > 0 || spec.ClientConfig != "" {
		return cluster.Refuse("kind", "docker: bootstrap and client-config belong to the kind external")
	}
	if spec.RunID == "" {
		spec.RunID = randomID()
	}
	if spec.Log == nil {
		spec.Log = io.Discard
	}
	return checkConfig(spec.Config)
}

// start makes a cluster that belongs to own. Whatever fails, nothing of it
// remains.
func (e *engine) start(ctx context.Context, spec cluster.Spec, own owner) (_ *Cluster, err error) {
	began := time.Now()
	image, err := e.chooseImage(ctx, spec.Image, spec.Log)
	if err != nil {
		return nil, err
	}
	options, err := e.chooseJVM(ctx, spec.Brokers)
	if err != nil {
		return nil, err
	}
	if spec.LogDir != "" {
		if err := os.MkdirAll(spec.LogDir, 0o755); err != nil {
			return nil, fmt.Errorf("directory for the brokers' logs: %w", err)
		}
	}
	c := &Cluster{engine: e, own: own, spec: spec, image: image, jvm: options}
	defer func() {
		if err != nil {
			clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
			defer cancel()
			err = errors.Join(err, c.Close(clean))
		}
	}()
	if c.nets, err = e.createNetworks(ctx, own); err != nil {
		return nil, err
	}
	host, err := e.address(ctx, c.nets.gateway())
	if err != nil {
		return nil, err
	}
	if err := c.startNodes(ctx, host); err != nil {
		return nil, err
	}
	if err := c.waitReady(ctx); err != nil {
		return nil, err
	}
	if c.version, err = c.inspectBrokers(ctx); err != nil {
		return nil, err
	}
	_, _ = fmt.Fprintf(spec.Log, "docker: %d brokers of %s ready after %s\n", spec.Brokers, image, time.Since(began).Round(100*time.Millisecond))
	return c, nil
}

func (c *Cluster) startNodes(ctx context.Context, host hostAddress) error {
	spec := &nodeSpec{
		own: c.own, image: c.image, clusterID: newClusterID(), nets: c.nets,
		host: host, brokers: c.spec.Brokers, voters: c.Controllers(), config: c.spec.Config, jvm: c.jvm, disk: c.spec.DiskBytes, racks: c.spec.Racks,
	}
	nodes := make([]*node, c.spec.Brokers)
	if c.Separate() {
		nodes = make([]*node, c.spec.Brokers+controllers)
	}
	group, groupCtx := errgroup.WithContext(ctx)
	for id := range nodes {
		nodes[id] = spec.node(int32(id))
		group.Go(func() error { return c.engine.startNode(groupCtx, spec, nodes[id]) })
	}
	if err := group.Wait(); err != nil {
		for _, n := range nodes {
			n.port.Release()
		}
		return fmt.Errorf("%w: %w", cluster.ErrUnavailable, err)
	}
	c.nodes = nodes
	for _, n := range nodes {
		if err := c.follow(ctx, n); err != nil {
			return fmt.Errorf("node %d: %w", n.id, err)
		}
	}
	return nil
}

// newClusterID is a random UUID in Kafka's base64 form. One that begins with
// a dash would read as an option of the format command.
func newClusterID() string {
	var b [16]byte
	for {
		_, _ = rand.Read(b[:]) // never fails, by its documentation
		if id := base64.RawURLEncoding.EncodeToString(b[:]); id[0] != '-' {
			return id
		}
	}
}
