package external

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness/cluster"
)

// authority issues certificates for a test.
type authority struct {
	t           testing.TB
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         string
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{t: t}
	a.certificate, a.key, a.pem = a.make(&x509.Certificate{
		Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	return a
}

func (a *authority) make(template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey, string) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(1)
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.certificate, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return certificate, key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// issue answers a certificate and its key as PEM.
func (a *authority) issue(name string, ips ...net.IP) (certificate, key string) {
	a.t.Helper()
	_, private, certificate := a.make(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IPAddresses: ips,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		a.t.Fatal(err)
	}
	return certificate, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// serverTLS is for brokers whose certificate is for ip.
func (a *authority) serverTLS(ip net.IP, auth tls.ClientAuthType) *tls.Config {
	a.t.Helper()
	certificate, key := a.issue("broker", ip)
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		a.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: auth, ClientCAs: pool}
}

// file writes text and answers the file's name.
func file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func fake(t testing.TB, opts ...kfake.Opt) []string {
	t.Helper()
	k, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(2)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return k.ListenAddrs()
}

// inline writes PEM text as a value of a .properties file.
func inline(text string) string { return strings.ReplaceAll(text, "\n", `\n`) }

func TestConnect(t *testing.T) {
	loopback, elsewhere := net.IPv4(127, 0, 0, 1), net.IPv4(192, 0, 2, 1)
	ours, theirs := newAuthority(t), newAuthority(t)
	certificate, key := ours.issue("client")
	strange, strangeKey := theirs.issue("client")
	keystore := file(t, "client.pem", key+certificate)
	trust := "ssl.truststore.type=PEM\nssl.truststore.location=" + file(t, "ca.pem", "a comment\n"+ours.pem) + "\n"
	plainTLS := kfake.TLS(ours.serverTLS(loopback, tls.NoClientCert))
	mutual := kfake.TLS(ours.serverTLS(loopback, tls.RequireAndVerifyClientCert))
	misnamed := kfake.TLS(ours.serverTLS(elsewhere, tls.NoClientCert))
	users := []kfake.Opt{
		kfake.EnableSASL(), kfake.Superuser("PLAIN", "alice", "p w;\"1"),
		kfake.Superuser("SCRAM-SHA-256", "bob", "secret256"), kfake.Superuser("SCRAM-SHA-512", "carol", "secret512"),
	}
	login := func(mechanism, module, user, password string) string {
		return fmt.Sprintf("sasl.mechanism=%s\nsasl.jaas.config=%s%s required \\\n  username=\"%s\" \\\n  password=\"%s\";\n", mechanism, modulePackages[module], module, user, password)
	}
	for _, c := range []struct {
		name    string
		brokers []kfake.Opt
		text    string
		wrong   string // of the error; empty: it connects
	}{
		{"plaintext", nil, "", ""},
		{"TLS", []kfake.Opt{plainTLS}, "security.protocol=SSL\n" + trust, ""},
		{"TLS, authority inline", []kfake.Opt{plainTLS}, "security.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.certificates=" + inline(ours.pem), ""},
		{"TLS 1.2", []kfake.Opt{plainTLS}, "security.protocol=SSL\nssl.enabled.protocols=TLSv1.2\n" + trust, ""},
		{"TLS of an unknown authority", []kfake.Opt{plainTLS}, "security.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.certificates=" + inline(theirs.pem), "certificate"},
		{"TLS of the system's authorities", []kfake.Opt{plainTLS}, "security.protocol=SSL\n", "certificate"},
		{"TLS with another name", []kfake.Opt{misnamed}, "security.protocol=SSL\n" + trust, "127.0.0.1"},
		{"TLS with another name, names unchecked", []kfake.Opt{misnamed}, "security.protocol=SSL\nssl.endpoint.identification.algorithm=\n" + trust, ""},
		{"an unknown authority, names unchecked", []kfake.Opt{misnamed}, "security.protocol=SSL\nssl.endpoint.identification.algorithm=\nssl.truststore.type=PEM\nssl.truststore.certificates=" + inline(theirs.pem), "certificate"},
		{"mutual TLS", []kfake.Opt{mutual}, "security.protocol=SSL\nssl.keystore.type=PEM\nssl.keystore.location=" + keystore + "\n" + trust, ""},
		{"mutual TLS, inline", []kfake.Opt{mutual}, "security.protocol=SSL\nssl.keystore.type=PEM\nssl.keystore.key=" + inline(key) + "\nssl.keystore.certificate.chain=" + inline(certificate) + "\n" + trust, ""},
		{"mutual TLS without a certificate", []kfake.Opt{mutual}, "security.protocol=SSL\n" + trust, "certificate required"},
		{"mutual TLS with a stranger's certificate", []kfake.Opt{mutual}, "security.protocol=SSL\nssl.keystore.type=PEM\nssl.keystore.location=" + file(t, "s.pem", strangeKey+strange) + "\n" + trust, "tls"},
		{"PLAIN", users, "security.protocol=SASL_PLAINTEXT\n" + login("PLAIN", plainModule, "alice", `p w;\\"1`), ""},
		{"PLAIN, wrong password", users, "security.protocol=SASL_PLAINTEXT\n" + login("PLAIN", plainModule, "alice", "hunter2"), "SASL"},
		{"SCRAM-SHA-256", users, "security.protocol=SASL_PLAINTEXT\n" + login("SCRAM-SHA-256", scramModule, "bob", "secret256"), ""},
		{"SCRAM-SHA-256, wrong password", users, "security.protocol=SASL_PLAINTEXT\n" + login("SCRAM-SHA-256", scramModule, "bob", "hunter2"), "SASL"},
		{"SCRAM-SHA-512 over TLS", append(users, plainTLS), "security.protocol=SASL_SSL\n" + trust + login("SCRAM-SHA-512", scramModule, "carol", "secret512"), ""},
		{"SCRAM-SHA-512 over mutual TLS", append(users, mutual), "security.protocol=SASL_SSL\nssl.keystore.type=PEM\nssl.keystore.location=" + keystore + "\n" + trust + login("SCRAM-SHA-512", scramModule, "carol", "secret512"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			addresses := fake(t, c.brokers...)
			properties := file(t, "client.properties", "bootstrap.servers="+strings.Join(addresses, ",")+"\n"+c.text)
			cl, err := Provider().Start(t.Context(), cluster.Spec{ClientConfig: properties})
			if c.wrong != "" {
				if !errors.Is(err, cluster.ErrUnavailable) || !strings.Contains(err.Error(), c.wrong) || strings.Contains(err.Error(), "hunter2") {
					t.Fatalf("got %v, want ErrUnavailable with %q and no secret", err, c.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			checkCluster(t, cl, addresses)
		})
	}
}

func checkCluster(t *testing.T, cl cluster.Cluster, addresses []string) {
	t.Helper()
	kafka, err := kgo.NewClient(append(cl.ClientOptions(), kgo.AllowAutoTopicCreation())...)
	if err != nil {
		t.Fatal(err)
	}
	defer kafka.Close()
	if err := kafka.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	info := cl.Info()
	if info.Kind != "external" || info.Brokers != 2 || !info.Durable || info.Version == "" || strings.Join(info.Bootstrap, ",") != strings.Join(addresses, ",") {
		t.Errorf("Info: %+v", info)
	}
	if text := fmt.Sprintf("%+v", info); strings.Contains(text, "secret") || strings.Contains(text, "p w") {
		t.Errorf("Info shows a secret: %s", text)
	}
	if len(cl.Nodes()) != 2 {
		t.Errorf("Nodes: %v", cl.Nodes())
	}
	got, network, err := cl.ContainerBootstrap()
	if err != nil || network != "host" || strings.Join(got, ",") != strings.Join(addresses, ",") {
		t.Errorf("ContainerBootstrap: %v, %q, %v", got, network, err)
	}
	if _, has := cl.ClientProperties()["bootstrap.servers"]; has {
		t.Error("ClientProperties have bootstrap.servers")
	}
	if err := cl.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// A service runs in a directory of its own.
func TestClientPropertiesNameFilesAbsolutely(t *testing.T) {
	a := newAuthority(t)
	t.Chdir(filepath.Dir(file(t, "ca.pem", a.pem)))
	if err := os.WriteFile("ca.pem", []byte(a.pem), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "bootstrap.servers=a:1\nclient.id=me\nsecurity.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.location=ca.pem\n"
	c, err := configure(cluster.Spec{ClientConfig: file(t, "client.properties", text)})
	if err != nil {
		t.Fatal(err)
	}
	absolute, err := filepath.Abs("ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"security.protocol": "SSL", "ssl.truststore.type": "PEM", "ssl.truststore.location": absolute}
	got := c.ClientProperties()
	if len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for key, value := range want {
		if got[key] != value {
			t.Errorf("%s = %q, want %q", key, got[key], value)
		}
	}
}

func TestNoBroker(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Provider().Start(t.Context(), cluster.Spec{Bootstrap: []string{address}})
	if !errors.Is(err, cluster.ErrUnavailable) || !strings.Contains(err.Error(), "connect to "+address+" with PLAINTEXT") {
		t.Errorf("got %v", err)
	}
}
