package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/lease"
	"github.com/flowweir/weir/harness/service"
)

// hostNetwork is the name of the host's own network.
const hostNetwork = "host"

// Containers runs services under test in containers: on a docker cluster's
// network, where they belong to its run and go when it is closed, or on the
// host's network beside an embedded or external cluster. The engine is
// looked for when the first container is run.
//
// An image that is not present is pulled. A container that has ended is
// removed. After a crash of this process the next start removes what is left.
func Containers() service.Containers { return &containers{} }

// Sweep removes what dead runs left on the engines that they used.
func (*containers) Sweep(ctx context.Context, log io.Writer) { sweepRecords(ctx, log) }

type containers struct {
	mu     sync.Mutex
	engine *engine
}

func (cs *containers) connect(ctx context.Context, log io.Writer) (*engine, error) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.engine != nil {
		return cs.engine, nil
	}
	e, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	e.sweepBeforeStart(ctx, log)
	cs.engine = e
	return e, nil
}

// Run starts a container and returns when it runs.
func (cs *containers) Run(ctx context.Context, c service.Container) (service.Runner, error) {
	log := c.Log
	if log == nil {
		log = io.Discard
	}
	e, err := cs.connect(ctx, log)
	if err != nil {
		return nil, fmt.Errorf("service %s: %w", c.Name, err)
	}
	if err := e.ensureImage(ctx, c.Image, log); err != nil {
		return nil, fmt.Errorf("service %s: %w", c.Name, err)
	}
	own, bind, err := e.place(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("service %s: %w", c.Name, err)
	}
	// While the container lives its run does, whatever becomes of the
	// cluster, so that no other process takes it for a leftover.
	held, err := e.hold(own.labels[labelRun], own.labels[labelNamespace])
	if err != nil {
		return nil, fmt.Errorf("service %s: %w", c.Name, err)
	}
	r, err := e.runService(ctx, c, own, bind)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("service %s: %w", c.Name, err), held.end(false))
	}
	go r.watch(log, held)
	return r, nil
}

// place finds the run that a container belongs to, and the address on which
// its port is published.
func (e *engine) place(ctx context.Context, c service.Container) (owner, netip.Addr, error) {
	runID, name := c.Labels[labelRun], c.Network
	if name == "" || name == hostNetwork {
		name = "bridge"
	}
	inspected, err := e.NetworkInspect(ctx, name, client.NetworkInspectOptions{})
	if err != nil {
		return owner{}, netip.Addr{}, fmt.Errorf("%w: network %s: %w", cluster.ErrUnavailable, name, err)
	}
	host, err := e.address(ctx, gatewayOf(inspected.Network.IPAM))
	if err != nil {
		return owner{}, netip.Addr{}, err
	}
	if c.Network == hostNetwork && (runtime.GOOS != "linux" || !host.local) {
		return owner{}, netip.Addr{}, fmt.Errorf("%w: beside a cluster that is not a docker cluster a container needs the host's network, which it has only on Linux with an engine on the same machine: use --cluster docker, or run the service with command or build", cluster.ErrRefused)
	}
	if runID == "" {
		runID = inspected.Network.Labels[labelRun]
	}
	if runID == "" {
		runID = randomID()
	}
	namespace, err := lease.Namespace()
	if err != nil {
		return owner{}, netip.Addr{}, err
	}
	return runOwner(runID, namespace), host.bind, nil
}

func (e *engine) runService(ctx context.Context, c service.Container, own owner, bind netip.Addr) (*runner, error) {
	config := &container.Config{Image: c.Image, Cmd: c.Args, Labels: own.with(roleService)}
	for name, value := range c.Labels {
		if _, ours := config.Labels[name]; !ours {
			config.Labels[name] = value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		config.Env = append(config.Env, name+"="+c.Env[name])
	}
	host := &container.HostConfig{NetworkMode: container.NetworkMode(c.Network)}
	if c.Port != 0 && c.Network != hostNetwork {
		port, ok := network.PortFrom(uint16(c.Port), network.TCP)
		if !ok || c.Port > 65535 {
			return nil, fmt.Errorf("%d is no TCP port", c.Port)
		}
		config.ExposedPorts = network.PortSet{port: {}}
		host.PortBindings = network.PortMap{port: {{HostIP: bind, HostPort: strconv.Itoa(c.Port)}}}
	}
	created, err := e.ContainerCreate(making(ctx), client.ContainerCreateOptions{
		Name: own.name(nameOf(c.Name) + "-" + randomID()), Config: config, HostConfig: host,
	})
	if err != nil {
		return nil, fmt.Errorf("create container: %w", err)
	}
	if _, err := e.ContainerStart(ctx, created.ID, client.ContainerStartOptions{}); err != nil {
		return nil, errors.Join(fmt.Errorf("start container: %w", err), e.removeContainer(context.WithoutCancel(ctx), created.ID))
	}
	return &runner{engine: e, id: created.ID, done: make(chan struct{})}, nil
}

// runner is one life of a service's container.
type runner struct {
	engine *engine
	id     string
	done   chan struct{}
	exit   service.Exit // valid when done is closed
}

var _ service.Runner = (*runner)(nil)

func (r *runner) Terminate(ctx context.Context) error { return r.signal(ctx, "SIGTERM") }

func (r *runner) Kill(ctx context.Context) error { return r.signal(ctx, "SIGKILL") }

// signal is no error where the container has ended, or is gone.
func (r *runner) signal(ctx context.Context, name string) error {
	_, err := r.engine.ContainerKill(ctx, r.id, client.ContainerKillOptions{Signal: name})
	if ignoreGone(err) == nil {
		return nil
	}
	if s, stateErr := r.engine.state(ctx, r.id); ignoreGone(stateErr) == nil && !s.running {
		return nil
	}
	return fmt.Errorf("send %s to container %s: %w", name, r.id[:12], err)
}

func (r *runner) Done() <-chan struct{} { return r.done }

func (r *runner) Exit() service.Exit { return r.exit }

// watch copies the container's output, and removes it when it has ended.
func (r *runner) watch(log io.Writer, held *hold) {
	defer close(r.done)
	removed := false
	defer func() { _ = held.end(removed) }() // its files are all that could remain
	ctx := context.Background()
	follower := r.engine.followAll(r.id, log)
	err := r.engine.waitEnded(ctx, r.id)
	var s state
	if err == nil {
		s, err = r.engine.state(ctx, r.id)
	}
	follower.drain()
	switch {
	case err == nil:
		r.exit = exitOf(s)
	case errdefs.IsNotFound(err):
		r.exit = service.Exit{Code: -1, Reason: "its container was removed"}
	default:
		r.exit = service.Exit{Code: -1, Reason: fmt.Sprintf("the container engine lost it: %v", err)}
	}
	// If this fails the labels and the record remain, and the next sweep has it.
	removed = r.engine.removeContainer(ctx, r.id) == nil
}

// exitOf reads what engines write: 128 and the number of the signal for a
// process that was ended by one.
func exitOf(s state) service.Exit {
	if s.exitCode <= 128 || s.exitCode > 128+64 {
		return service.Exit{Code: s.exitCode, Reason: fmt.Sprintf("exit status %d", s.exitCode)}
	}
	reason := fmt.Sprintf("signal: %v", syscall.Signal(s.exitCode-128))
	if s.outOfMemory {
		reason += " (out of memory)"
	}
	return service.Exit{Code: -1, Reason: reason}
}
