package docker

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/flowweir/weir/chaos/fault"
)

// stopGrace is what a broker gets for a controlled shutdown before it is
// killed: it hands over the leadership of every partition.
const stopGrace = 60 * time.Second

var (
	_ fault.DiskFiller = (*Cluster)(nil)
	_ fault.Killer     = (*Cluster)(nil)
	_ fault.Stopper    = (*Cluster)(nil)
	_ fault.Starter    = (*Cluster)(nil)
	_ fault.Pauser     = (*Cluster)(nil)
	_ fault.Isolator   = (*Cluster)(nil)
	_ fault.Wiper      = (*Cluster)(nil)
)

// Kill sends SIGKILL to a node and returns when its process is gone. A node
// that is down already is an error: there was nothing to kill.
func (c *Cluster) Kill(ctx context.Context, id int32) error {
	return c.onNode(ctx, "kill", id, func(n *node, s state) error {
		if !s.running {
			return errDown
		}
		return c.engine.kill(ctx, n.container)
	})
}

// Stop sends SIGTERM to a node, which then hands over its leaderships, and
// returns when its process is gone: by itself, or by SIGKILL after 60 s. A
// paused node is thawed first. A node that is down already is an error.
func (c *Cluster) Stop(ctx context.Context, id int32) error {
	return c.onNode(ctx, "stop", id, func(n *node, s state) error {
		if !s.running {
			return errDown
		}
		return c.engine.stop(ctx, n.container, stopGrace)
	})
}

// Start starts a node that is down, with the addresses it had and the data
// that is on its volume. A node that runs, paused or not, is left as it is.
func (c *Cluster) Start(ctx context.Context, id int32) error {
	return c.onNode(ctx, "start", id, func(n *node, s state) error {
		if s.running {
			return nil
		}
		if _, err := c.engine.ContainerStart(ctx, n.container, client.ContainerStartOptions{}); err != nil {
			return err
		}
		return c.follow(ctx, n)
	})
}

// Pause freezes a node's processes. Connections stay open and new ones are
// accepted, but nothing answers.
func (c *Cluster) Pause(ctx context.Context, id int32) error {
	return c.onNode(ctx, "pause", id, func(n *node, s state) error {
		switch {
		case !s.running:
			return errDown
		case s.paused:
			return nil
		}
		return c.engine.pause(ctx, n.container)
	})
}

// Unpause thaws a node. One that is not paused, or is down, is left as it is.
func (c *Cluster) Unpause(ctx context.Context, id int32) error {
	return c.onNode(ctx, "unpause", id, func(n *node, _ state) error {
		return c.engine.unpause(ctx, n.container)
	})
}

// netOf are the networks that nodes share among themselves.
var netOf = map[fault.Network]int{fault.Replication: netReplication, fault.ControllerLink: netController}

// Isolate takes a node that is up off a network: what it says there reaches
// nobody, and it hears nobody. Its published port and its other networks stay.
// A node that is off it already is left so.
func (c *Cluster) Isolate(ctx context.Context, id int32, from fault.Network) error {
	return c.onNode(ctx, "isolate", id, func(n *node, s state) error {
		switch {
		case !s.running:
			return errDown
		case !slices.Contains(n.networks(), netOf[from]):
			return fmt.Errorf("it is a controller, which is not on the network of %s", from)
		}
		on, err := c.engine.onNetwork(ctx, c.nets, netOf[from], n)
		if err != nil || !on {
			return err
		}
		return c.engine.leaveNetwork(ctx, c.nets, netOf[from], n)
	})
}

// Rejoin puts a node back on a network, up or down, with the address and the
// name that it had there. One that is on it is left so.
func (c *Cluster) Rejoin(ctx context.Context, id int32, to fault.Network) error {
	return c.onNode(ctx, "rejoin", id, func(n *node, _ state) error {
		on, err := c.engine.onNetwork(ctx, c.nets, netOf[to], n)
		if err != nil || on {
			return err
		}
		return c.engine.joinNetwork(ctx, c.nets, netOf[to], n)
	})
}

// Wipe empties the volume of a node that is down. The node keeps its id and
// its addresses, and formats its disk anew when it is started.
func (c *Cluster) Wipe(ctx context.Context, id int32) error {
	return c.onNode(ctx, "wipe", id, func(n *node, s state) error {
		if s.running {
			return fmt.Errorf("it is running: kill or stop it first")
		}
		return c.engine.onVolume(ctx, c.own, c.image, n, "rm", "-rf", logDirs)
	})
}

// onVolume runs a command in a short-lived container that has a node's volume
// where the node has it.
func (e *engine) onVolume(ctx context.Context, own owner, image string, n *node, command ...string) error {
	created, err := e.ContainerCreate(making(ctx), client.ContainerCreateOptions{
		Name:       own.name("volume-" + randomID()),
		Config:     &container.Config{Image: image, Entrypoint: command, Labels: own.with(roleHelper)},
		HostConfig: &container.HostConfig{NetworkMode: "none", Mounts: n.mounts()},
	})
	if err != nil {
		return err
	}
	defer func() { _ = e.removeContainer(context.WithoutCancel(ctx), created.ID) }()
	if _, err := e.ContainerStart(ctx, created.ID, client.ContainerStartOptions{}); err != nil {
		return err
	}
	if err := e.waitEnded(ctx, created.ID); err != nil {
		return err
	}
	s, err := e.state(ctx, created.ID)
	if err == nil && s.exitCode != 0 {
		err = fmt.Errorf("%s ended with status %d: %s", command[0], s.exitCode, e.tail(ctx, created.ID))
	}
	return err
}

// onNode runs one action at a time on a node, with its state.
func (c *Cluster) onNode(ctx context.Context, action string, id int32, do func(*node, state) error) error {
	if id < 0 || int(id) >= len(c.nodes) {
		return fmt.Errorf("%s node %d: no such node; there are 0 to %d", action, id, len(c.nodes)-1)
	}
	n := c.nodes[id]
	n.mu.Lock()
	defer n.mu.Unlock()
	s, err := c.engine.state(ctx, n.container)
	if err == nil {
		err = do(n, s)
	}
	if err != nil {
		return fmt.Errorf("%s node %d: %w", action, id, err)
	}
	return nil
}
