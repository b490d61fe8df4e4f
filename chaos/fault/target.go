// Package fault is what is broken on purpose: the schedule of a run's faults,
// their injection and healing, and the evidence that each one bit.
//
// Faults act on small interfaces that clusters and services implement, and on
// the connections between clients and brokers through package proxy; a
// fault whose target lacks the ability is refused before the run starts, with
// the reason. A fault that left no evidence makes the run vacuous: this
// package collects the facts before and after and never assumes.
package fault

import (
	"context"
	"time"
)

// A cluster implements those of the following interfaces that mean something
// for it. Nodes are Kafka broker ids. Each call returns when the engine has
// done it, not when the cluster has noticed.
type (
	// Killer ends a node without warning (SIGKILL).
	Killer interface {
		Kill(ctx context.Context, node int32) error
	}
	// Stopper ends a node in an orderly way (SIGTERM, controlled shutdown).
	Stopper interface {
		Stop(ctx context.Context, node int32) error
	}
	// Starter brings a killed or stopped node back, with the data it had.
	// Starting a node that runs is no error.
	Starter interface {
		Start(ctx context.Context, node int32) error
	}
	// Pauser freezes a node: connections stay, nothing answers. Unpausing a
	// node that is not paused is no error (a paused node may have been
	// killed: heal by state).
	Pauser interface {
		Pause(ctx context.Context, node int32) error
		Unpause(ctx context.Context, node int32) error
	}
	// Isolator cuts a node off from a network of the cluster. Rejoin brings
	// it back with the addresses that it had; a node that is on the network
	// already is no error.
	Isolator interface {
		Isolate(ctx context.Context, node int32, network Network) error
		Rejoin(ctx context.Context, node int32, network Network) error
	}
	// DiskFiller leaves no space on a node's disk, and gives it back. Disks
	// have a size of their own, DiskBytes, or they cannot be filled and it
	// is 0.
	DiskFiller interface {
		DiskBytes() int64
		FillDisk(ctx context.Context, node int32) error
		FreeDisk(ctx context.Context, node int32) error
	}
	// Wiper empties the disk of a node that is down.
	Wiper interface {
		Wipe(ctx context.Context, node int32) error
	}
)

// Network is one that nodes of a cluster share among themselves.
type Network string

// The networks: brokers copy records from each other over one, and hear from
// controllers over the other, which controllers share among themselves too.
const (
	Replication    Network = "replication"
	ControllerLink Network = "controller"
)

// Simulator is implemented by clusters whose broker faults only imitate a
// failover. SimulatedNote says what such a fault does and does not show.
type Simulator interface {
	SimulatedNote() string
}

// Service is a service under test, as far as a fault needs it.
type Service interface {
	Name() string
	// Crash ends the service without warning (SIGKILL to its process group
	// or container) and returns when it is gone.
	Crash(ctx context.Context) error
	// Restart ends the service in an orderly way and starts it again.
	Restart(ctx context.Context) error
	// Start starts a service that is down and waits until it is ready.
	Start(ctx context.Context) error
	// Running says whether the service is up, and since when it is in that
	// state.
	Running() (up bool, since time.Time)
}

// ServicePauser is a Service that can be frozen where it stands: its
// connections and its memberships stay, and it does nothing until it goes on,
// as one whose machine swaps or whose garbage is collected.
type ServicePauser interface {
	Service
	Pause(ctx context.Context) error
	// Unpause lets a paused service go on; of one that is not paused, or has
	// ended meanwhile, it is no error.
	Unpause(ctx context.Context) error
}
