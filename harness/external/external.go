// Package external is the cluster kind external: brokers that Weir did not
// start, reached by bootstrap addresses or by Kafka's own client.properties,
// with TLS, mutual TLS and SASL (PLAIN, SCRAM-SHA-256 and -512, OAUTHBEARER).
//
// Of client.properties each setting that says how to connect is honored as
// Kafka honors it, or refused with its place; none is ignored. Stores must be
// PEM. Values of secrets are in no error and in nothing that Info returns;
// ClientProperties, which services need, has them, and Redacted hides them.
//
// The package changes nothing on the cluster, and has no hold on the brokers
// but by the commands that Spec.Nodes names. The facts that a guard needs are here (who else
// reads a topic, what a run itself created); what may be done with them is
// decided by package scenario.
package external

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/reports/run"
)

// connectTimeout bounds the first answer of the brokers.
const connectTimeout = 20 * time.Second

// Provider connects to clusters of the kind external.
func Provider() cluster.Provider { return provider{} }

type provider struct{}

func (provider) Kind() string { return cluster.External }

func (provider) Abilities(spec cluster.Spec) any {
	if len(spec.Nodes) > 0 {
		return (*Operated)(nil)
	}
	return (*Cluster)(nil)
}

func (provider) Check(spec cluster.Spec) error {
	_, err := configure(spec)
	return err
}

// Start connects to the brokers that Spec.Bootstrap or Spec.ClientConfig
// names (the addresses of Bootstrap win) and returns when they answered. The
// number of brokers is a fact here: Spec.Brokers is not read.
func (provider) Start(ctx context.Context, spec cluster.Spec) (cluster.Cluster, error) {
	c, err := configure(spec)
	if err != nil {
		return nil, err
	}
	if spec.Log == nil {
		spec.Log = io.Discard
	}
	for _, warning := range c.warnings {
		_, _ = fmt.Fprintf(spec.Log, "external: %s\n", warning)
	}
	if err := c.connect(ctx); err != nil {
		return nil, fmt.Errorf("external: %w: connect to %s with %s: %w", cluster.ErrUnavailable, strings.Join(c.bootstrap, ","), c.security(), err)
	}
	if len(spec.Nodes) > 0 {
		return &Operated{Cluster: c, commands: spec.Nodes, away: map[int32]bool{}}, nil
	}
	return c, nil
}

// configure reads what locates the cluster, without connecting.
func configure(spec cluster.Spec) (*Cluster, error) {
	switch {
	case len(spec.Config) > 0:
		return nil, cluster.Refuse("config", "external: cluster.config: Weir does not change the brokers' settings: remove it")
	case spec.Image != "":
		return nil, cluster.Refuse("image", "external: cluster.image: the brokers are there already: remove it")
	case spec.DiskBytes != 0:
		return nil, cluster.Refuse("disk", "external: cluster.disk: the brokers have their disks already: remove it")
	case len(spec.Racks) > 0:
		return nil, cluster.Refuse("racks", "external: cluster.racks: the brokers are in their racks already: remove it")
	case spec.Controllers != "":
		return nil, cluster.Refuse("controllers", "external: cluster.controllers: the controllers are there already: remove it")
	}
	settings := &config{}
	if spec.ClientConfig != "" {
		var err error
		if settings, err = readConfig(spec.ClientConfig); err != nil {
			return nil, cluster.Refuse(fieldClientConfig, "external: %w", err)
		}
	}
	c := &Cluster{
		warnings: settings.warnings, clientID: settings.get(keyClientID, "weir"), settings: settings,
		addresses: addresses{advertised: map[string]int32{}, reached: map[string]bool{}},
	}
	var errs [4]error
	c.bootstrap, errs[0] = settings.bootstrap()
	c.protocol, errs[1] = settings.protocol()
	c.tls, errs[2] = settings.tlsConfig(c.protocol)
	c.sasl, errs[3] = settings.mechanism(c.protocol)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, cluster.Refuse(fieldClientConfig, "external: %w", err)
	}
	if len(spec.Bootstrap) > 0 {
		c.bootstrap = slices.Clone(spec.Bootstrap)
		for _, address := range c.bootstrap {
			if err := checkAddress(address); err != nil {
				return nil, cluster.Refuse(fieldBootstrap, "external: %w", err)
			}
		}
	}
	if len(c.bootstrap) == 0 {
		return nil, cluster.Refuse(fieldBootstrap, "external: no addresses of brokers: set cluster.bootstrap, WEIR_BOOTSTRAP, or %s in the file of cluster.client-config", keyBootstrap)
	}
	c.properties = settings.forServices()
	return c, nil
}

// The fields of a scenario's cluster that locate one of this kind.
const (
	fieldBootstrap    = "bootstrap"
	fieldClientConfig = "client-config"
)

// forServices are the settings as a service needs them, whatever directory
// it runs in.
func (c *config) forServices() map[string]string {
	out := map[string]string{}
	for key, p := range c.entries {
		if key != keyBootstrap && key != keyClientID {
			out[key] = p.value
		}
	}
	for _, key := range []string{keyTrustFile, keyStoreFile} {
		if name, set := out[key]; set {
			if absolute, err := filepath.Abs(name); err == nil {
				out[key] = absolute
			}
		}
	}
	return out
}

var _ cluster.Cluster = (*Cluster)(nil)

// Cluster is a cluster that Weir did not start.
type Cluster struct {
	bootstrap  []string
	clientID   string
	protocol   string // security.protocol
	tls        *tls.Config
	sasl       sasl.Mechanism
	properties map[string]string
	warnings   []string
	settings   *config

	nodes     []int32
	version   string
	addresses addresses
}

// security says how connections are secured, without secrets.
func (c *Cluster) security() string {
	if c.sasl == nil {
		return c.protocol
	}
	return c.protocol + " and " + c.sasl.Name()
}

// connect asks the brokers for what Info tells.
func (c *Cluster) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	h := newHandshake(c, cancel)
	kafka, err := kgo.NewClient(append(c.seeds(), kgo.Dialer(h.dial), kgo.WithHooks(h), kgo.RequestRetries(3))...)
	if err != nil {
		return err
	}
	defer kafka.Close()
	adm := kadm.NewClient(kafka)
	meta, err := adm.BrokerMetadata(ctx)
	if err != nil {
		return h.explain(err)
	}
	c.addresses.mu.Lock()
	for _, broker := range meta.Brokers {
		c.nodes = append(c.nodes, broker.NodeID)
		address := net.JoinHostPort(broker.Host, strconv.Itoa(int(broker.Port)))
		if _, told := c.addresses.advertised[address]; !told {
			c.addresses.advertised[address] = broker.NodeID
		}
	}
	c.addresses.mu.Unlock()
	slices.Sort(c.nodes)
	if len(c.nodes) == 0 {
		return errors.New("the brokers tell of no broker")
	}
	versions, err := adm.ApiVersions(ctx)
	// Some brokers may be down; one that answers suffices.
	for _, v := range versions.Sorted() {
		if v.Err == nil {
			c.version = v.VersionGuess()
			return nil
		}
		err = cmp.Or(err, v.Err)
	}
	return h.explain(err)
}

// Bootstrap are the addresses that were given.
func (c *Cluster) Bootstrap() []string { return slices.Clone(c.bootstrap) }

// ContainerBootstrap are the same addresses, from the host's own network.
func (c *Cluster) ContainerBootstrap() (addresses []string, network string, err error) {
	return c.Bootstrap(), "host", nil
}

// ClientOptions are the seed brokers, the client id, TLS and SASL.
func (c *Cluster) ClientOptions() []kgo.Opt {
	return append(c.seeds(), kgo.Dialer(c.dial))
}

// seeds are the options of a client but for how it dials.
func (c *Cluster) seeds() []kgo.Opt {
	opts := []kgo.Opt{kgo.SeedBrokers(c.bootstrap...), kgo.ClientID(c.clientID)}
	if c.sasl != nil {
		opts = append(opts, kgo.SASL(c.sasl))
	}
	return opts
}

// ClientProperties are the settings of client.properties that say how to
// connect, without bootstrap.servers and client.id, with files' names made
// absolute. They hold secrets in clear text: show them through Redacted only.
func (c *Cluster) ClientProperties() map[string]string { return maps.Clone(c.properties) }

// Info describes the cluster for the report, without secrets.
func (c *Cluster) Info() run.Cluster {
	notes := []string{"The cluster was there before the run and may carry other load. Connections use " + c.security() + "."}
	return run.Cluster{
		Kind:      cluster.External,
		Brokers:   len(c.nodes),
		Version:   c.version,
		Bootstrap: c.Bootstrap(),
		Durable:   true,
		Notes:     append(notes, c.warnings...),
	}
}

// Nodes are the ids of the brokers that were up at the start.
func (c *Cluster) Nodes() []int32 { return slices.Clone(c.nodes) }

// FaultNote says why no broker of this cluster can be killed, stopped, paused
// or wiped, and what to do instead.
func (c *Cluster) FaultNote() string {
	return "Weir has no hold on the brokers of an external cluster: name commands in cluster.nodes, remove the broker faults, or run the scenario with --cluster docker. Faults of connections, of services and of the load work here."
}

// Close does nothing: the cluster is not Weir's. See Created for what a run
// leaves on it.
func (c *Cluster) Close(context.Context) error { return nil }
