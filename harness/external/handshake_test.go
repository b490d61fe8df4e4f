package external

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/harness/cluster"
)

// closing is a listener that ends each connection at its first bytes, as
// Kafka's without TLS does when a client speaks TLS.
func closing(t testing.TB) []string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.ReadAtLeast(conn, make([]byte, 512), 1)
			_ = conn.Close()
		}
	}()
	return []string{listener.Addr().String()}
}

// TestListenersOfAnotherKind: what is likely wrong is said, with the setting
// to change, where the client itself knows no more than EOF.
func TestListenersOfAnotherKind(t *testing.T) {
	authority := newAuthority(t)
	trust := "ssl.truststore.type=PEM\nssl.truststore.location=" + file(t, "ca.pem", authority.pem) + "\n"
	secured := kfake.TLS(authority.serverTLS(net.IPv4(127, 0, 0, 1), tls.NoClientCert))
	strange := kfake.TLS(newAuthority(t).serverTLS(net.IPv4(127, 0, 0, 1), tls.NoClientCert))
	mutual := kfake.TLS(authority.serverTLS(net.IPv4(127, 0, 0, 1), tls.RequireAndVerifyClientCert))
	mutual12 := authority.serverTLS(net.IPv4(127, 0, 0, 1), tls.RequireAndVerifyClientCert)
	mutual12.MaxVersion = tls.VersionTLS12
	misnamed := kfake.TLS(authority.serverTLS(net.IPv4(192, 0, 2, 1), tls.NoClientCert))
	certificate, key := newAuthority(t).issue("client")
	stranger := "ssl.keystore.type=PEM\nssl.keystore.location=" + file(t, "client.pem", key+certificate) + "\n"
	users := []kfake.Opt{kfake.EnableSASL(), kfake.Superuser("PLAIN", "alice", "x"), kfake.Superuser("SCRAM-SHA-256", "bob", "y"), kfake.NumBrokers(1)}
	one := kfake.NumBrokers(1)
	plain := "sasl.mechanism=PLAIN\nsasl.jaas.config=" + plainClass + " required username=\"alice\" password=\"hunter2\";\n"
	scram := "sasl.mechanism=SCRAM-SHA-256\nsasl.jaas.config=" + modulePackages[scramModule] + scramModule + " required username=\"bob\" password=\"hunter2\";\n"
	for _, c := range []struct {
		name, text string
		addresses  []string
		want       string
	}{
		{"a wrong password of PLAIN", "security.protocol=SASL_PLAINTEXT\n" + plain, fake(t, users...),
			"SASL_PLAINTEXT and PLAIN: authentication was refused: check username and password in sasl.jaas.config (FILE:4:18), and whether the user has a password for PLAIN"},
		{"a wrong password of SCRAM", "security.protocol=SASL_PLAINTEXT\n" + scram, fake(t, users...),
			"SASL_PLAINTEXT and SCRAM-SHA-256: authentication was refused: check username and password in sasl.jaas.config (FILE:4:18), and whether the user has a password for SCRAM-SHA-256"},
		{"TLS to a listener without that ends the connection", "security.protocol=SSL\n" + trust, closing(t),
			"SSL: the listener does not answer in TLS: set security.protocol (FILE:2:19) to PLAINTEXT, or take the port of a listener with TLS ("},
		{"TLS to a listener without that stays silent", "security.protocol=SASL_SSL\n" + trust + plain, fake(t, one),
			"SASL_SSL and PLAIN: the listener does not answer in TLS: set security.protocol (FILE:2:19) to SASL_PLAINTEXT, or take the port of a listener with TLS (context deadline exceeded)"},
		{"plain text to a listener with TLS", "", fake(t, one, secured),
			"PLAINTEXT: the listener ends a connection without TLS, as one with TLS does: set security.protocol in FILE to SSL ("},
		{"plain text to a listener with TLS and SASL", "security.protocol=SASL_PLAINTEXT\n" + plain, fake(t, append(users, secured)...),
			"SASL_PLAINTEXT and PLAIN: the listener ends a connection without TLS, as one with TLS does: set security.protocol (FILE:2:19) to SASL_SSL ("},
		{"no SASL to a listener with SASL", "security.protocol=PLAINTEXT\n", fake(t, users...),
			"PLAINTEXT: the listener ends a connection without SASL, as one with SASL does: set security.protocol (FILE:2:19) to SASL_PLAINTEXT, with sasl.mechanism and sasl.jaas.config ("},
		{"an authority that is not trusted", "security.protocol=SSL\n" + trust, fake(t, one, strange),
			"SSL: the broker's certificate is of an authority that is not trusted: name the authority's certificate in ssl.truststore.location (FILE:4:25) ("},
		{"no certificate of the client", "security.protocol=SSL\n" + trust, fake(t, one, mutual),
			"SSL: the broker wants a certificate of the client: set ssl.keystore.location in FILE to a file in PEM with the client's certificate and its private key, and ssl.keystore.type=PEM ("},
		{"no certificate of the client, TLS 1.2", "security.protocol=SSL\n" + trust, fake(t, one, kfake.TLS(mutual12)),
			"SSL: the broker ended the handshake, as one does that wants a certificate of the client (ssl.keystore.location in FILE) or another version of TLS (ssl.enabled.protocols in FILE) ("},
		{"a stranger's certificate", "security.protocol=SSL\n" + trust + stranger, fake(t, one, mutual),
			"SSL: the broker does not take the client's certificate: ssl.keystore.location (FILE:6:23) must have one of an authority that the brokers trust ("},
		{"a certificate for another address", "security.protocol=SSL\n" + trust, fake(t, one, misnamed),
			"SSL: the broker's certificate is for 192.0.2.1 and not for 127.0.0.1: connect to an address that it is for (bootstrap.servers, advertised.listeners), or set ssl.endpoint.identification.algorithm in FILE to nothing, which checks no names ("},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			properties := file(t, "client.properties", "bootstrap.servers="+strings.Join(c.addresses, ",")+"\n"+c.text)
			_, err := Provider().Start(t.Context(), cluster.Spec{ClientConfig: properties})
			if !errors.Is(err, cluster.ErrUnavailable) {
				t.Fatalf("got %v, want ErrUnavailable", err)
			}
			got := strings.ReplaceAll(err.Error(), properties, "FILE")
			if want := "external: cluster unavailable: connect to " + c.addresses[0] + " with " + c.want; !strings.HasPrefix(got, want) || strings.Contains(got, "hunter2") {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// TestAnswersToHandshakes: what brokers of Kafka answer, which fake ones do
// not.
func TestAnswersToHandshakes(t *testing.T) {
	jaas := "sasl.jaas.config=" + plainClass + ` required username="alice" password="hunter2";` + "\n"
	sasl := "bootstrap.servers=a:1\nsecurity.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n" + jaas
	oauth := "bootstrap.servers=a:1\nsecurity.protocol=SASL_SSL\nsasl.mechanism=OAUTHBEARER\nsasl.jaas.config=" + modulePackages[oauthModule] + oauthModule +
		" required;\nsasl.oauthbearer.token.endpoint.url=https://x/\nsasl.oauthbearer.client.credentials.client.id=a\nsasl.oauthbearer.client.credentials.client.secret=hunter2\n"
	for _, c := range []struct {
		name, text string
		failed     kmsg.Key
		err        error
		want       string
	}{
		{"another mechanism", sasl, kmsg.SASLHandshake, kerr.UnsupportedSaslMechanism, "the listener does not offer PLAIN: set sasl.mechanism (FILE:3:16) to a mechanism that it offers (UNSUPPORTED_SASL_MECHANISM"},
		{"no SASL", sasl, kmsg.SASLHandshake, kerr.IllegalSaslState, "the listener takes no SASL: set security.protocol (FILE:2:19) to SSL, or take the port of a listener with SASL (ILLEGAL_SASL_STATE"},
		{"a wrong password", sasl, kmsg.Metadata, kerr.SaslAuthenticationFailed, "authentication was refused: check username and password in sasl.jaas.config (FILE:4:18), and whether the user has a password for PLAIN (SASL_AUTHENTICATION_FAILED"},
		{"a token that is not taken", oauth, kmsg.Metadata, kerr.SaslAuthenticationFailed, "authentication was refused: check the client and its scope at the token endpoint, and whether the brokers take its tokens (sasl.oauthbearer.token.endpoint.url (FILE:5:37)) (SASL_AUTHENTICATION_FAILED"},
		{"no answer", "bootstrap.servers=a:1\n", kmsg.ApiVersions, os.ErrDeadlineExceeded, "the listener takes connections and answers nothing: check that the port is one of Kafka's, and security.protocol in FILE (i/o timeout)"},
		{"anything else", sasl, kmsg.Metadata, io.EOF, "EOF"},
	} {
		properties := file(t, "client.properties", c.text)
		cl, err := configure(cluster.Spec{ClientConfig: properties})
		if err != nil {
			t.Fatal(err)
		}
		h := newHandshake(cl, func() {})
		h.failed = c.failed.Int16()
		got := strings.ReplaceAll(h.explain(c.err).Error(), properties, "FILE")
		if !strings.HasPrefix(got, c.want) || !errors.Is(h.explain(c.err), c.err) {
			t.Errorf("%s: got  %s\nwant %s", c.name, got, c.want)
		}
	}
}
