package docker

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"

	"github.com/flowweir/weir/harness/cluster"
)

// engine is the container engine that testcontainers found: DOCKER_HOST, the
// current Docker context, the default and rootless sockets, or
// ~/.testcontainers.properties.
type engine struct {
	*client.Client
	provider *testcontainers.DockerProvider
}

var connecting sync.Mutex

// connect finds the engine. Where there is none the error wraps
// cluster.ErrNoEngine and says what to do.
func connect(ctx context.Context) (*engine, error) {
	// Testcontainers prints a banner to its default logger when it first
	// asks the engine for its version. Weir's output is its own.
	connecting.Lock()
	defer connecting.Unlock()
	logger := tclog.Default()
	tclog.SetDefault(tclog.NewNoopLogger())
	defer tclog.SetDefault(logger)

	provider, err := testcontainers.NewDockerProvider(testcontainers.WithLogger(tclog.NewNoopLogger()))
	if err != nil {
		return nil, unreachable(err)
	}
	docker, ok := provider.Client().(*testcontainers.DockerClient)
	if !ok {
		return nil, fmt.Errorf("testcontainers gave a client of type %T", provider.Client())
	}
	if _, err := docker.Client.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true}); err != nil {
		return nil, unreachable(err)
	}
	if err := isNamed(os.Getenv("DOCKER_HOST"), docker.DaemonHost()); err != nil {
		return nil, unreachable(err)
	}
	return &engine{Client: docker.Client, provider: provider}, nil
}

// isNamed refuses an engine other than the one that DOCKER_HOST names:
// testcontainers goes on to the next place where the named one is dead.
func isNamed(named, answered string) error {
	if named == "" || strings.TrimSuffix(named, "/") == strings.TrimSuffix(answered, "/") {
		return nil
	}
	return fmt.Errorf("it does not answer, and the one at %s was not asked for", answered)
}

func unreachable(err error) error {
	host := os.Getenv("DOCKER_HOST")
	if host == "" {
		host = "the default socket"
	}
	return fmt.Errorf("%w at %s: start Docker, set DOCKER_HOST, or use --cluster embedded: %w", cluster.ErrNoEngine, host, err)
}

// hostAddress is where published ports of the engine are reached from here.
type hostAddress struct {
	advertise string     // for clients
	bind      netip.Addr // on the engine's machine
	local     bool       // the engine's loopback interface is ours
}

// address resolves the engine's address. gateway is the engine's own address
// on a bridge network: if an interface of this process has it, the engine's
// machine is this one, whatever testcontainers thinks of a /.dockerenv file.
func (e *engine) address(ctx context.Context, gateway netip.Addr) (hostAddress, error) {
	loopback := hostAddress{advertise: "127.0.0.1", bind: netip.AddrFrom4([4]byte{127, 0, 0, 1}), local: true}
	if _, overridden := os.LookupEnv("TESTCONTAINERS_HOST_OVERRIDE"); !overridden && isOurs(gateway) {
		return loopback, nil
	}
	host, err := e.provider.DaemonHost(ctx)
	if err != nil {
		return hostAddress{}, fmt.Errorf("%w: find the container engine's address (TESTCONTAINERS_HOST_OVERRIDE sets it): %w", cluster.ErrUnavailable, err)
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
	if err != nil || len(ips) == 0 {
		return hostAddress{}, fmt.Errorf("%w: resolve the container engine's address %q (TESTCONTAINERS_HOST_OVERRIDE sets another): %w", cluster.ErrUnavailable, host, err)
	}
	ip := ips[0].Unmap()
	if ip.IsLoopback() {
		return loopback, nil
	}
	return hostAddress{advertise: host, bind: ip}, nil
}

func isOurs(addr netip.Addr) bool {
	interfaces, err := net.InterfaceAddrs()
	if err != nil || !addr.IsValid() {
		return false
	}
	for _, a := range interfaces {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().Unmap() == addr {
			return true
		}
	}
	return false
}

// making is the context of requests that make something. The engine goes on
// with a request whose client has gone: a cancelled one would make its thing
// after everything was removed. Such requests are short.
func making(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }
