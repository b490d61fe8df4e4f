package docker

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/moby/moby/client"

	"github.com/flowweir/weir/harness/cluster"
)

// DevCluster is the cluster of "weir cluster up": one per engine, found again
// by its label from any process, removed by Down alone. Its nodes' output
// stays with the engine ("docker logs weir-dev-broker-0").
type DevCluster struct {
	Image     string
	Config    map[string]string
	Bootstrap []string
	Nodes     []DevNode // by id
	Created   time.Time
}

// DevNode is a node of the development cluster.
type DevNode struct {
	ID      int32
	Address string // host:port for clients on this host
	Running bool
	Paused  bool
}

// devSpec is labelSpec.
type devSpec struct {
	Brokers int               `json:"brokers"`
	Image   string            `json:"image"`
	Config  map[string]string `json:"config,omitempty"`
}

// describeSpec marshals with sorted names, so that equal specs are equal text.
func describeSpec(brokers int, image string, config map[string]string) string {
	text, _ := json.Marshal(devSpec{brokers, image, config}) // strings and numbers always marshal
	return string(text)
}

// Up starts the development cluster and returns when it is ready. If it
// exists, its nodes that are down are started with their data; one that was
// made from another Spec is an error. What dead runs left is removed first. Spec.RunID and Spec.LogDir must be
// empty: the cluster belongs to no run.
func Up(ctx context.Context, spec cluster.Spec) (*DevCluster, error) {
	if spec.RunID != "" || spec.LogDir != "" {
		return nil, fmt.Errorf("docker: %w: the development cluster belongs to no run and has no directory for logs", cluster.ErrRefused)
	}
	if err := check(&spec); err != nil {
		return nil, err
	}
	if spec.Controllers == separate {
		return nil, cluster.Refuse("controllers", "docker: the development cluster's brokers are its controllers")
	}
	e, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = e.Close() }()
	e.sweepBeforeStart(ctx, spec.Log)
	found, err := e.findDev(ctx)
	if err != nil {
		return nil, err
	}
	if found == nil {
		if _, err = e.start(ctx, spec, devOwner()); err != nil {
			return nil, err
		}
	} else if err := e.revive(ctx, spec, found); err != nil {
		return nil, err
	}
	return e.status(ctx)
}

// Down removes the development cluster with its data. That there is none is
// no error.
func Down(ctx context.Context) error {
	e, err := connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	return e.removeAll(ctx, devOwner())
}

// Status describes the development cluster; nil if there is none.
func Status(ctx context.Context) (*DevCluster, error) {
	e, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = e.Close() }()
	return e.status(ctx)
}

// foundDev is the development cluster as the engine's labels tell it.
type foundDev struct {
	spec  string // labelSpec
	nodes []*node
	*DevCluster
}

func (e *engine) status(ctx context.Context) (*DevCluster, error) {
	found, err := e.findDev(ctx)
	if err != nil || found == nil {
		return nil, err
	}
	return found.DevCluster, nil
}

func (e *engine) findDev(ctx context.Context) (*foundDev, error) {
	filters := devOwner().filters().Add("label", labelRole+"="+roleBroker)
	containers, err := e.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("look for the development cluster: %w", err)
	}
	if len(containers.Items) == 0 {
		return nil, nil
	}
	out := &foundDev{DevCluster: &DevCluster{}}
	for _, c := range containers.Items {
		id, err := strconv.Atoi(c.Labels[labelNode])
		if err != nil || len(c.Names) == 0 {
			return nil, fmt.Errorf("container %s carries labels of the development cluster that Weir did not write: remove it", c.ID)
		}
		s, err := e.state(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		address := c.Labels[labelAddress]
		out.spec = c.Labels[labelSpec]
		out.nodes = append(out.nodes, &node{id: int32(id), name: nodeName(int32(id), id+1), broker: true, container: c.Names[0][1:], hostAddr: address})
		out.Nodes = append(out.Nodes, DevNode{ID: int32(id), Address: address, Running: s.running, Paused: s.paused})
		if created := time.Unix(c.Created, 0); out.Created.IsZero() || created.Before(out.Created) {
			out.Created = created
		}
	}
	slices.SortFunc(out.nodes, func(a, b *node) int { return cmp.Compare(a.id, b.id) })
	slices.SortFunc(out.Nodes, func(a, b DevNode) int { return cmp.Compare(a.ID, b.ID) })
	for _, n := range out.Nodes {
		out.Bootstrap = append(out.Bootstrap, n.Address)
	}
	var made devSpec
	if err := json.Unmarshal([]byte(out.spec), &made); err != nil {
		return nil, fmt.Errorf("label %s of the development cluster is damaged (\"weir cluster down\" removes it): %w", labelSpec, err)
	}
	if made.Brokers != len(out.nodes) {
		return nil, fmt.Errorf("the development cluster has %d of its %d brokers left: remove it with \"weir cluster down\"", len(out.nodes), made.Brokers)
	}
	out.Image, out.Config = made.Image, made.Config
	return out, nil
}

// revive brings a development cluster that exists to where a new one would
// be.
func (e *engine) revive(ctx context.Context, spec cluster.Spec, found *foundDev) error {
	image := spec.Image
	if image == "" {
		image = found.Image
	}
	if wanted := describeSpec(spec.Brokers, image, spec.Config); wanted != found.spec {
		return fmt.Errorf("docker: %w: a development cluster made from %s is there, and %s is asked for: remove it first, with \"weir cluster down\"", cluster.ErrRefused, found.spec, wanted)
	}
	c := &Cluster{engine: e, own: devOwner(), spec: spec, image: image, nodes: found.nodes}
	var errs []error
	for _, n := range c.nodes {
		errs = append(errs, c.Unpause(ctx, n.id), c.Start(ctx, n.id))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%w: %w", cluster.ErrUnavailable, err)
	}
	return c.waitReady(ctx)
}
