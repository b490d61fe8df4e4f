package scenario

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/chaos/proxy"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/reports/finding"
)

// ownDoor is the door of the proxy through which the run's own clients go:
// load, observers and groups. Each service has one of its own name. What asks
// the cluster for facts goes past the proxy: it is no part of the flow.
const ownDoor = ""

const proxyNote = "clients reach the brokers through a proxy in this process, because faults of the scenario need it: what is measured includes it"

// linkFaults are the faults that need a proxy.
func (p *Plan) linkFaults() (links []fault.Fault) {
	for _, f := range p.Faults {
		if f.NeedsProxy() {
			links = append(links, f)
		}
	}
	return links
}

// startProxy puts a proxy between the clients and the brokers where a fault of
// the plan needs one, and only there.
func (x *execution) startProxy(ctx context.Context) error {
	links := x.plan.linkFaults()
	if len(links) == 0 {
		return nil
	}
	cfg := proxy.Config{Bootstrap: x.up.Bootstrap(), Nodes: map[int32]string{}, Seed: x.info.Seed}
	known, err := x.admin.ListBrokers(ctx)
	if err != nil {
		return &InfrastructureError{"reading the brokers' addresses", err}
	}
	for _, b := range known {
		cfg.Nodes[b.NodeID] = net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port)))
	}
	if x.proxy, err = proxy.New(cfg); err != nil {
		return &InfrastructureError{"starting the proxy", err}
	}
	if x.door, err = x.proxy.Door(ownDoor); err != nil {
		return &InfrastructureError{"starting the proxy", err}
	}
	x.info.Cluster.Notes = append(x.info.Cluster.Notes, proxyNote)
	return x.writeInfo()
}

// refuseProxy says which faults cannot be had, because connections cannot be
// seen into or clients cannot reach the proxy.
func (x *execution) refuseProxy() error {
	links := x.plan.linkFaults()
	if len(links) == 0 {
		return nil
	}
	reason := ""
	if protocol := x.up.ClientProperties()["security.protocol"]; strings.Contains(protocol, "SSL") {
		reason = fmt.Sprintf("the cluster speaks %s, and nothing can be seen inside TLS; give Weir a PLAINTEXT or SASL_PLAINTEXT listener", protocol)
	}
	for i := range x.plan.Scenario.Services {
		s := &x.plan.Scenario.Services[i]
		if _, err := x.proxyHost(s); err != nil && reason == "" {
			reason = fmt.Sprintf("%s is a container, and %v; run it as a process (build or command)", s.Name, err)
		}
	}
	if reason == "" {
		return nil
	}
	var findings []finding.Finding
	for _, f := range links {
		refusal := fault.Refusal{Fault: f, Reason: reason}
		findings = append(findings, finding.Finding{ID: NotBuilt, Severity: finding.Error, Message: refusal.Error(),
			Position: x.plan.Scenario.Doc.Position(x.plan.place(f)...)})
	}
	return &PlanError{Findings: findings}
}

// proxyHost is the address of this host at which a service reaches the proxy,
// or why it cannot.
func (x *execution) proxyHost(s *Service) (string, error) {
	if s.Image == "" {
		return proxy.Loopback, nil
	}
	_, network, err := x.up.ContainerBootstrap()
	switch host, apart := x.up.(cluster.ContainerHost); {
	case err != nil:
		return "", err
	case network == hostNetwork && runtime.GOOS != "linux":
		return "", fmt.Errorf("on %s containers cannot reach the proxy at %s of this host", runtime.GOOS, proxy.Loopback)
	case network == hostNetwork:
		return proxy.Loopback, nil
	case apart:
		return host.ContainerHost()
	}
	return "", fmt.Errorf("from the network of a cluster of kind %s it cannot reach the proxy at %s of this host", x.up.Info().Kind, proxy.Loopback)
}

// hostNetwork is the network of containers that share the host's.
const hostNetwork = "host"

// clientOptions are what the run's own clients of the flow connect with.
func (x *execution) clientOptions() []kgo.Opt {
	options := append(slices.Clone(x.up.ClientOptions()), kgo.WithHooks(&x.throttled))
	if x.proxy != nil {
		options = append(options, kgo.SeedBrokers(x.door.Bootstrap()...))
	}
	return options
}

// addresses are the brokers as a service reaches them, and the network that
// its container joins.
func (x *execution) addresses(s *Service) (bootstrap []string, network string, err error) {
	bootstrap = x.up.Bootstrap()
	if s.Image != "" {
		if bootstrap, network, err = x.up.ContainerBootstrap(); err != nil {
			return nil, "", err
		}
	}
	if x.proxy == nil {
		return bootstrap, network, nil
	}
	host, err := x.proxyHost(s)
	if err != nil {
		return nil, "", err
	}
	door, err := x.proxy.DoorAt(s.Name, host)
	if err != nil {
		return nil, "", err
	}
	return door.Bootstrap(), network, nil
}

// spoil puts a rule in force for a fault.
func (x *execution) spoil(rule proxy.Rule) (fault.Spoiled, error) { return x.proxy.Apply(rule) }

// noteRefused warns of connections that the proxy had to close, which no fault
// of the scenario did.
func (x *execution) noteRefused() {
	if x.proxy == nil {
		return
	}
	for reason, n := range x.proxy.Stats().Refused {
		x.warn(fmt.Sprintf("the proxy closed %d connections: %s", n, reason))
	}
}
