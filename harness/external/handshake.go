package external

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// handshake watches how connections begin, so that it can be said why none
// came about: what the client says itself is often no more than EOF.
type handshake struct {
	cluster *Cluster
	// giveUp ends the attempt: where no address speaks TLS, none will.
	giveUp func()

	mu     sync.Mutex
	silent map[string]error // addresses that did not answer in TLS, and how
	failed int16            // the request that failed last, by its key
}

var _ kgo.HookBrokerE2E = (*handshake)(nil)

// noRequest is before any request.
const noRequest = -1

func newHandshake(c *Cluster, giveUp func()) *handshake {
	return &handshake{cluster: c, giveUp: giveUp, silent: map[string]error{}, failed: noRequest}
}

// OnBrokerE2E takes down which request failed.
func (h *handshake) OnBrokerE2E(_ kgo.BrokerMetadata, key int16, e2e kgo.BrokerE2E) {
	if e2e.Err() != nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.failed = key
	}
}

// dial connects as other clients do, and takes down who does not speak TLS.
func (h *handshake) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := h.cluster.dial(ctx, network, address)
	if err != nil && h.cluster.tls != nil && !isDial(err) && speaksNoTLS(err) {
		h.quiet(address, err)
	}
	return conn, err
}

// isDial says whether there was no connection to speak TLS on.
func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// speaksNoTLS says whether a handshake ended as it does before a listener
// without TLS: an answer in another protocol, the end, or silence.
func speaksNoTLS(err error) bool {
	var header tls.RecordHeaderError
	return errors.As(err, &header) || errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, context.DeadlineExceeded)
}

// quiet takes down an address that does not speak TLS.
func (h *handshake) quiet(address string, err error) {
	h.mu.Lock()
	h.silent[address] = err
	all := len(h.silent) >= len(h.cluster.bootstrap)
	h.mu.Unlock()
	if all {
		h.giveUp()
	}
}

// explain says of an error what is likely wrong, and what to do.
func (h *handshake) explain(err error) error {
	if err == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, address := range h.cluster.bootstrap {
		if silence := h.silent[address]; silence != nil {
			err = silence // and not that it was given up
		}
	}
	var known *dialError
	if errors.As(err, &known) {
		return known
	}
	if why := h.why(err); why != "" {
		return fmt.Errorf("%s (%w)", why, err)
	}
	return err
}

func (h *handshake) why(err error) string {
	c := h.cluster
	var (
		stranger x509.UnknownAuthorityError
		timeout  net.Error
	)
	switch {
	case errors.As(err, &stranger):
		return "the broker's certificate is of an authority that is not trusted: name the authority's certificate in " + c.settings.where(keyTrustFile)
	case c.tls != nil && wantsCertificate(err) && len(c.tls.Certificates) == 0:
		return "the broker wants a certificate of the client: set " + c.settings.where(keyStoreFile) + " to a file in PEM with the client's certificate and its private key, and " + keyStoreType + "=PEM"
	case c.tls != nil && wantsCertificate(err):
		return "the broker does not take the client's certificate: " + c.settings.where(keyStoreFile) + " must have one of an authority that the brokers trust"
	case c.tls != nil && len(c.tls.Certificates) == 0 && alerted(err, "handshake failure"):
		return "the broker ended the handshake, as one does that wants a certificate of the client (" + c.settings.where(keyStoreFile) + ") or another version of TLS (" + c.settings.where(keyTLSVersions) + ")"
	case len(h.silent) > 0:
		return "the listener does not answer in TLS: set " + c.settings.where(keyProtocol) + " to " + other(false, c.sasl != nil) + ", or take the port of a listener with TLS"
	case errors.Is(err, kerr.UnsupportedSaslMechanism):
		return "the listener does not offer " + c.sasl.Name() + ": set " + c.settings.where(keyMechanism) + " to a mechanism that it offers"
	case errors.Is(err, kerr.SaslAuthenticationFailed):
		return c.refused()
	case h.is(kmsg.SASLAuthenticate):
		return c.refused() + ", and whether the listener takes SASL"
	case h.is(kmsg.SASLHandshake), errors.Is(err, kerr.IllegalSaslState):
		return "the listener takes no SASL: set " + c.settings.where(keyProtocol) + " to " + other(c.tls != nil, false) + ", or take the port of a listener with SASL"
	case h.is(kmsg.ApiVersions) && errors.As(err, &timeout) && timeout.Timeout():
		return "the listener takes connections and answers nothing: check that the port is one of Kafka's, and " + c.settings.where(keyProtocol)
	case h.is(kmsg.ApiVersions) && c.tls == nil:
		return "the listener ends a connection without TLS, as one with TLS does: set " + c.settings.where(keyProtocol) + " to " + other(true, c.sasl != nil)
	case h.is(kmsg.Metadata) && c.sasl == nil:
		return "the listener ends a connection without SASL, as one with SASL does: set " + c.settings.where(keyProtocol) + " to " + other(c.tls != nil, true) + ", with " + keyMechanism + " and " + keyJAAS
	}
	return ""
}

// wantsCertificate says whether a broker refused the client for its certificate,
// or for having none.
func wantsCertificate(err error) bool {
	return alerted(err, "certificate required", "bad certificate", "unknown certificate authority")
}

// alerted says whether the broker ended TLS with one of the alerts, for which
// crypto/tls has no exported type.
func alerted(err error, alerts ...string) bool {
	return slices.ContainsFunc(alerts, func(alert string) bool { return strings.Contains(err.Error(), "remote error: tls: "+alert) })
}

func (h *handshake) is(key kmsg.Key) bool { return h.failed == key.Int16() }

// refused says that the broker did not take who the client said that it was.
func (c *Cluster) refused() string {
	if c.sasl.Name() == mechOAuth {
		return "authentication was refused: check the client and its scope at the token endpoint, and whether the brokers take its tokens (" + c.settings.where(keyTokenURL) + ")"
	}
	return "authentication was refused: check username and password in " + c.settings.where(keyJAAS) + ", and whether the user has a password for " + c.sasl.Name()
}

// other is the security.protocol of another kind of listener.
func other(secured, login bool) string {
	return map[[2]bool]string{
		{false, false}: protoPlaintext, {true, false}: protoSSL, {false, true}: protoSASLPlaintext, {true, true}: protoSASLSSL,
	}[[2]bool{secured, login}]
}

// where is a setting and its place, or the file that it belongs into.
func (c *config) where(key string) string {
	if p, set := c.entries[key]; set {
		return fmt.Sprintf("%s (%s)", key, p.valAt)
	}
	if c.file == "" {
		return key + " in a client.properties that cluster.client-config names"
	}
	return key + " in " + c.file
}
