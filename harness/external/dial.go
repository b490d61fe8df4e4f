package external

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// A connection begins with TCP, then TLS, then the versions of requests, then
// SASL. A listener that speaks something else ends it, or stays silent.
const (
	dialTimeout = 10 * time.Second
	tlsTimeout  = 5 * time.Second
)

// dialError says why no connection came about, and what to do.
type dialError struct {
	why string
	err error
}

func (e *dialError) Error() string { return fmt.Sprintf("%s (%v)", e.why, e.err) }

func (e *dialError) Unwrap() error { return e.err }

// addresses are those of the brokers, as they tell them.
type addresses struct {
	mu         sync.Mutex
	advertised map[string]int32 // the broker of an address
	reached    map[string]bool
}

// dial connects to a broker. All clients of the cluster connect through it, so
// that whatever request fails says what is wrong with the address.
func (c *Cluster) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, network, address)
	if err != nil {
		return nil, c.unreachable(ctx, address, err)
	}
	c.addresses.mu.Lock()
	c.addresses.reached[address] = true
	c.addresses.mu.Unlock()
	if c.tls == nil {
		return conn, nil
	}
	settings := c.tls.Clone()
	host, _, _ := net.SplitHostPort(address)
	if settings.ServerName == "" {
		settings.ServerName = host
	}
	secured := tls.Client(conn, settings)
	ctx, cancel := context.WithTimeout(ctx, tlsTimeout)
	defer cancel()
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, c.misnamed(host, err)
	}
	return secured, nil
}

// unreachable explains an error of an address that a broker advertises. One
// that was reached before is right: the broker is down.
func (c *Cluster) unreachable(ctx context.Context, address string, err error) error {
	c.addresses.mu.Lock()
	defer c.addresses.mu.Unlock()
	broker, advertised := c.addresses.advertised[address]
	if !advertised || c.addresses.reached[address] || slices.Contains(c.bootstrap, address) || errors.Is(ctx.Err(), context.Canceled) {
		return err
	}
	down := " it is down, or its"
	var name *net.DNSError
	if errors.As(err, &name) {
		down = " its"
	}
	return &dialError{fmt.Sprintf("broker %d advertises the address %s, which cannot be reached from here:%s advertised.listeners must name one that can be, for the listener that %s belongs to", broker, address, down, strings.Join(c.bootstrap, ",")), err}
}

// misnamed explains a certificate that is for another host.
func (c *Cluster) misnamed(host string, err error) error {
	var other x509.HostnameError
	if !errors.As(err, &other) {
		return err
	}
	names := slices.Clone(other.Certificate.DNSNames)
	for _, ip := range other.Certificate.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return &dialError{fmt.Sprintf("the broker's certificate names no host: have one made with %s as a subject alternative name, or set %s to nothing, which checks no names", host, c.settings.where(keyEndpoint)), err}
	}
	return &dialError{fmt.Sprintf("the broker's certificate is for %s and not for %s: connect to an address that it is for (bootstrap.servers, advertised.listeners), or set %s to nothing, which checks no names", strings.Join(names, ", "), host, c.settings.where(keyEndpoint)), err}
}
