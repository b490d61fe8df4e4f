// Package cluster names what a run needs of brokers, whatever they are: the
// interfaces that the cluster kinds implement and the Provider through which
// a kind is passed to a run. Providers are passed, never registered.
//
// The abilities that faults need (kill, start, pause, wipe) are the
// interfaces of package chaos/fault; a cluster has those that it implements.
package cluster

import (
	"context"
	"io"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/reports/run"
)

// The cluster kinds.
const (
	Embedded = "embedded"
	Docker   = "docker"
	External = "external"
)

// RunLabel is the label of containers, networks and volumes that holds the id of
// the run that they belong to.
const RunLabel = "weir.run"

// Spec is what a scenario asks of a cluster.
type Spec struct {
	// Kind is embedded, docker or external.
	Kind string
	// Brokers is the number of brokers; default 3.
	Brokers int
	// Config are broker settings by Kafka's names. A kind refuses those
	// that it cannot honor.
	Config map[string]string
	// Image is the container image of a docker cluster; default
	// apache/kafka:4.3.1, or WEIR_KAFKA_IMAGE.
	Image string
	// DiskBytes is the size of each broker's disk, of a docker cluster;
	// default that of the engine's machine.
	DiskBytes int64
	// Racks are given to the brokers of a docker cluster in turn; default
	// none.
	Racks []string
	// Controllers is combined (default) or separate.
	Controllers string
	// Bootstrap and ClientConfig (a client.properties file) locate an
	// external cluster.
	Bootstrap    []string
	ClientConfig string
	// Nodes are commands that act on nodes of an external cluster, by broker
	// id; default none: Weir then has no hold on them.
	Nodes map[int32]Commands
	// RunID labels everything that is started, so that it can be removed.
	RunID string
	// Log receives progress lines and, for docker, the brokers' logs go to
	// LogDir when that is not empty.
	Log    io.Writer
	LogDir string
}

// Commands act on a node of an external cluster: each is a program and its
// arguments, which no shell sees.
type Commands struct {
	Kill, Stop, Start, Pause, Unpause []string
	// Operator says that somebody else starts a node that is down: healing
	// waits for that.
	Operator bool
}

// Cluster is a set of brokers that a run uses.
type Cluster interface {
	// Bootstrap are the addresses for clients on this host.
	Bootstrap() []string
	// ContainerBootstrap are the addresses for a service in a container,
	// and the network that the container must join ("host" for the host's
	// own). It errs where no container can reach the brokers.
	ContainerBootstrap() (addresses []string, network string, err error)
	// ClientOptions are what a franz-go client needs to connect: seed
	// brokers, and TLS and SASL where the cluster asks for them.
	ClientOptions() []kgo.Opt
	// ClientProperties are the same settings by Kafka's own names, for
	// services; without bootstrap.servers.
	ClientProperties() map[string]string
	// Info describes the cluster for the report.
	Info() run.Cluster
	// Nodes are the broker ids.
	Nodes() []int32
	// Close removes everything that was started. It is safe to call twice.
	Close(ctx context.Context) error
}

// ContainerHost is implemented by clusters whose containers have a network of
// their own, from which they reach listeners of this process.
type ContainerHost interface {
	// ContainerHost is an IP address of this host at which containers on
	// the network of ContainerBootstrap reach it. It errs with the reason
	// where there is none.
	ContainerHost() (string, error)
}

// Provider starts clusters of one kind.
type Provider interface {
	Kind() string
	// Check answers the error with which Start would refuse a Spec, an
	// ErrRefused, as far as it is known without starting or asking anything.
	Check(spec Spec) error
	// Abilities has the methods of the cluster that Start returns for a
	// Spec, to tell which faults it can suffer. None of them may be called.
	Abilities(spec Spec) any
	// Start returns a cluster that is ready: all brokers registered and
	// able to create topics.
	Start(ctx context.Context, spec Spec) (Cluster, error)
}

// Sweeper is implemented by providers whose clusters leave something behind
// where the process is killed.
type Sweeper interface {
	// Sweep removes what dead runs left, and says to log what, or why it
	// cannot. Where no run was killed it asks nobody and says nothing.
	Sweep(ctx context.Context, log io.Writer)
}

// Sweep has all those sweep that can.
func Sweep[T any](ctx context.Context, log io.Writer, all ...T) {
	for _, one := range all {
		if s, can := any(one).(Sweeper); can {
			s.Sweep(ctx, log)
		}
	}
}
