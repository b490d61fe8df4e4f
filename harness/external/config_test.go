package external

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/flowweir/weir/harness/cluster"
)

// write puts a client.properties into a directory of its own.
func write(t testing.TB, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "client.properties")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const jaasLine = "sasl.jaas.config=" + plainClass + ` required username="alice" password="hunter2";` + "\n"

func TestConfigErrors(t *testing.T) {
	pemFile := filepath.Join("testdata", "key-old.pem")
	binary := filepath.Join(t.TempDir(), "store.jks")
	if err := os.WriteFile(binary, []byte{0xfe, 0xed, 0xfe, 0xed}, 0o600); err != nil {
		t.Fatal(err)
	}
	sasl := "security.protocol=SASL_PLAINTEXT\n"
	ssl := "security.protocol=SSL\n"
	oauth := sasl + "sasl.mechanism=OAUTHBEARER\nsasl.jaas.config=" + modulePackages[oauthModule] + oauthModule + " required"
	for _, c := range []struct{ text, want string }{
		// Unknown settings, with their place and the nearest name.
		{"bootstrap.server=a:1", ":1:1: unknown setting bootstrap.server: did you mean bootstrap.servers?"},
		{"security.protocl=SSL", ":1:1: unknown setting security.protocl: did you mean security.protocol?"},
		{"\n  sasl.kerberos.service.name=kafka", ":2:3: setting sasl.kerberos.service.name is not supported"},
		{"ssl.cipher.suites=X", ":1:1: setting ssl.cipher.suites is not supported"},
		{"security.providers=X", ":1:1: setting security.providers is not supported"},
		// Values.
		{"security.protocol=TLS", `:1:19: security.protocol: "TLS" is none of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL`},
		{"security.protocol=SSL ", `:1:19: security.protocol: "SSL " is none of`},
		{"bootstrap.servers=a:9092,b", `:1:19: bootstrap.servers: "b" is no host:port`},
		{"bootstrap.servers=", `:1:19: bootstrap.servers: "" is no host:port`},
		{"bootstrap.servers=http://a:1", `bootstrap.servers: "http://a:1" is no host:port`},
		{"client.id=x", "no addresses of brokers: set cluster.bootstrap, WEIR_BOOTSTRAP, or bootstrap.servers"},
		// Settings without effect.
		{"sasl.mechanism=PLAIN", ":1:16: sasl.mechanism: has no effect with security.protocol=PLAINTEXT: set that to SASL_SSL or SASL_PLAINTEXT"},
		{sasl + "ssl.keystore.type=PEM", ":2:19: ssl.keystore.type: has no effect with security.protocol=SASL_PLAINTEXT"},
		{sasl + "sasl.mechanism=PLAIN\nsasl.oauthbearer.scope=x\n" + jaasLine, ":3:24: sasl.oauthbearer.scope: has no effect with sasl.mechanism=PLAIN"},
		// SASL.
		{sasl, `sasl.mechanism: "" is none of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER (Kafka's default, GSSAPI, is not supported)`},
		{sasl + "sasl.mechanism=PLAIN", "sasl.jaas.config: is missing"},
		{sasl + "sasl.mechanism=SCRAM-SHA-256\n" + jaasLine, ":3:18: sasl.jaas.config: PlainLoginModule is not the login module of SCRAM-SHA-256"},
		{sasl + "sasl.mechanism=PLAIN\nsasl.jaas.config=" + plainClass + ` required username="alice";`, `option "password" of PlainLoginModule is missing`},
		{sasl + "sasl.mechanism=PLAIN\nsasl.jaas.config=" + plainClass + ` required username="alice" password="hunter2" user_bob="hunter2";`, `option "user_bob" of PlainLoginModule is not supported`},
		{oauth + ";", "sasl.oauthbearer.token.endpoint.url: is missing"},
		{oauth + ";\nsasl.oauthbearer.token.endpoint.url=ftp://x/", ":4:37: sasl.oauthbearer.token.endpoint.url: is no http or https URL"},
		{oauth + ";\nsasl.oauthbearer.token.endpoint.url=https://me:hunter2@x/", "must hold no user"},
		{oauth + ";\nsasl.oauthbearer.token.endpoint.url=https://x/", "sasl.oauthbearer.client.credentials.client.id: is missing"},
		{oauth + ` clientId="me";` + "\nsasl.oauthbearer.token.endpoint.url=https://x/", "sasl.oauthbearer.client.credentials.client.secret: is missing"},
		{oauth + ` unsecuredLoginStringClaim_sub="me";` + "\nsasl.oauthbearer.token.endpoint.url=https://x/", `option "unsecuredLoginStringClaim_sub" of OAuthBearerLoginModule is not supported`},
		{oauth + ";\nsasl.login.callback.handler.class=com.acme.Handler", "com.acme.Handler is not supported"},
		{oauth + ";\nsasl.oauthbearer.jwt.retriever.class=com.acme.Retriever", "com.acme.Retriever is not supported"},
		// TLS.
		{ssl + "ssl.truststore.location=no/such/file\nssl.truststore.type=PEM", ":2:25: ssl.truststore.location: no such file or directory (a relative name is looked up in the working directory"},
		{ssl + "ssl.truststore.location=" + pemFile, "the file is PEM, and Kafka takes it for JKS: set ssl.truststore.type=PEM"},
		{ssl + "ssl.truststore.location=" + binary, `JKS stores are not supported: convert it with "keytool -importkeystore`},
		{ssl + "ssl.truststore.type=PKCS12\nssl.truststore.location=" + binary, `"openssl pkcs12 -in ` + binary + ` -nokeys -nodes -out store.pem", then set ssl.truststore.location to that file and ssl.truststore.type=PEM`},
		{ssl + "ssl.truststore.type=BKS\nssl.truststore.location=" + binary, `"BKS" is none of PEM, PKCS12, JKS`},
		{ssl + "ssl.truststore.certificates=x", "needs ssl.truststore.type=PEM"},
		{ssl + "ssl.truststore.type=PEM\nssl.truststore.certificates=x", "there is no PEM certificate in it"},
		{ssl + "ssl.truststore.type=PEM\nssl.truststore.certificates=x\nssl.truststore.location=y", "ssl.truststore.location is set too"},
		{ssl + "ssl.keystore.key=hunter2", ":2:18: ssl.keystore.key: ssl.keystore.key and ssl.keystore.certificate.chain belong together"},
		{ssl + "ssl.key.password=hunter2", "there is no keystore for it"},
		{ssl + "ssl.keystore.type=PEM\nssl.keystore.password=hunter2\nssl.keystore.location=" + pemFile, "PEM keystores have none"},
		{ssl + "ssl.keystore.type=PEM\nssl.keystore.location=" + pemFile, "the private key is encrypted: set ssl.key.password"},
		{ssl + "ssl.endpoint.identification.algorithm=ldaps", `"ldaps" is neither https nor empty`},
		{ssl + "ssl.enabled.protocols=TLSv1.1", `"TLSv1.1" is neither TLSv1.2 nor TLSv1.3`},
		{ssl + "ssl.enabled.protocols=TLSv1.3\nssl.protocol=TLSv1.2", "TLSv1.2 is not among ssl.enabled.protocols"},
		{ssl + "ssl.protocol=SSLv3", `"SSLv3" is neither`},
	} {
		file := write(t, c.text)
		_, err := Provider().Start(t.Context(), cluster.Spec{ClientConfig: file})
		switch {
		case !errors.Is(err, cluster.ErrRefused) || !strings.Contains(err.Error(), c.want):
			t.Errorf("%q:\ngot  %v\nwant ErrRefused with %s", c.text, err, c.want)
		case strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%q: the error shows a secret: %v", c.text, err)
		case strings.HasPrefix(c.want, ":") && !strings.Contains(err.Error(), file+c.want):
			t.Errorf("%q: the error has no place in the file: %v", c.text, err)
		}
	}
}

func TestSeveralErrorsAtOnce(t *testing.T) {
	_, err := configure(cluster.Spec{ClientConfig: write(t, "ssl.engine.factory.class=x\nsasl.foo=y\n")})
	if err == nil || strings.Count(err.Error(), "is not supported") != 2 {
		t.Errorf("got %v, want both settings", err)
	}
}

func TestSpecErrors(t *testing.T) {
	for want, spec := range map[string]cluster.Spec{
		"no addresses of brokers": {},
		"cluster.config":          {Bootstrap: []string{"a:1"}, Config: map[string]string{"a": "b"}},
		"cluster.disk":            {Bootstrap: []string{"a:1"}, DiskBytes: 1 << 30},
		"cluster.racks":           {Bootstrap: []string{"a:1"}, Racks: []string{"a"}},
		"cluster.image":           {Bootstrap: []string{"a:1"}, Image: "x"},
		"cluster.controllers":     {Bootstrap: []string{"a:1"}, Controllers: "combined"},
		`"a" is no host:port`:     {Bootstrap: []string{"a"}},
		"client-config: open":     {ClientConfig: "no/such/file"},
	} {
		if _, err := configure(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want %q", spec, err, want)
		}
	}
}

func TestWarnings(t *testing.T) {
	file := write(t, "bootstrap.servers=a:1\nacks=all\nlinger.ms=5\nclient.id=ü\n")
	c, err := configure(cluster.Spec{ClientConfig: file})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		file + `:4:11: the value of client.id holds characters beyond ASCII, which Kafka reads as Latin-1: write them as \uhhhh`,
		file + ": not used, as the scenario says how to produce and to consume: acks, linger.ms",
	}
	if !reflect.DeepEqual(c.warnings, want) {
		t.Errorf("got %q, want %q", c.warnings, want)
	}
}

func TestBootstrapOfTheSpecWins(t *testing.T) {
	file := write(t, "bootstrap.servers = a:1, [::1]:2\n")
	c, err := configure(cluster.Spec{ClientConfig: file})
	if err != nil || !reflect.DeepEqual(c.Bootstrap(), []string{"a:1", "[::1]:2"}) {
		t.Errorf("of the file: %v, %v", c, err)
	}
	c, err = configure(cluster.Spec{ClientConfig: file, Bootstrap: []string{"b:3"}})
	if err != nil || !reflect.DeepEqual(c.Bootstrap(), []string{"b:3"}) {
		t.Errorf("of the Spec: %v, %v", c, err)
	}
}

func TestTLSVersions(t *testing.T) {
	for text, want := range map[string][2]uint16{
		"":                                       {tls.VersionTLS12, 0},
		"ssl.protocol=TLSv1.2":                   {tls.VersionTLS12, tls.VersionTLS12},
		"ssl.enabled.protocols=TLSv1.3":          {tls.VersionTLS13, tls.VersionTLS13},
		"ssl.enabled.protocols=TLSv1.3, TLSv1.2": {tls.VersionTLS12, tls.VersionTLS13},
	} {
		c, err := configure(cluster.Spec{ClientConfig: write(t, "bootstrap.servers=a:1\nsecurity.protocol=SSL\n"+text)})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := [2]uint16{c.tls.MinVersion, c.tls.MaxVersion}; got != want {
			t.Errorf("%s: got %x, want %x", text, got, want)
		}
	}
}

// The keys in testdata were encrypted by OpenSSL 3.0 with the password s3cret.
func TestDecryptPKCS8(t *testing.T) {
	for _, name := range []string{"aes256sha256", "aes128sha1", "aes192sha512"} {
		der := readPEM(t, "key-"+name+".pem")
		plain, err := decryptPKCS8(der, []byte("s3cret"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		key, err := x509.ParsePKCS8PrivateKey(plain)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		public, err := x509.ParsePKIXPublicKey(readPEM(t, "key-"+name+".pub"))
		if err != nil {
			t.Fatal(err)
		}
		if !key.(*ecdsa.PrivateKey).PublicKey.Equal(public) {
			t.Errorf("%s: another key came out", name)
		}
		for _, wrong := range []string{"", "S3cret", "s3cret "} {
			if _, err := decryptPKCS8(der, []byte(wrong)); !errors.Is(err, errWrongPassword) {
				t.Errorf("%s with a wrong password: %v", name, err)
			}
		}
	}
	if _, err := decryptPKCS8(readPEM(t, "key-old.pem"), []byte("s3cret")); err == nil || !strings.Contains(err.Error(), "openssl pkcs8 -topk8") {
		t.Errorf("PBES1: %v", err)
	}
	text, err := os.ReadFile(filepath.Join("testdata", "key-legacy.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keyPair(text, []byte("s3cret")); err == nil || !strings.Contains(err.Error(), "openssl pkcs8 -topk8") {
		t.Errorf("a key of OpenSSL's own form: %v", err)
	}
}

func readPEM(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	return block.Bytes
}

func FuzzDecryptPKCS8(f *testing.F) {
	for _, name := range []string{"aes256sha256", "aes128sha1", "old"} {
		text, err := os.ReadFile(filepath.Join("testdata", "key-"+name+".pem"))
		if err != nil {
			f.Fatal(err)
		}
		block, _ := pem.Decode(text)
		f.Add(block.Bytes)
	}
	f.Fuzz(func(_ *testing.T, der []byte) { _, _ = decryptPKCS8(der, []byte("s3cret")) })
}

func TestRedacted(t *testing.T) {
	in := map[string]string{
		"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "ssl.keystore.location": "/a",
		"sasl.jaas.config": "x", "ssl.key.password": "x", "ssl.keystore.key": "x", "ssl.truststore.password": "x",
		"sasl.oauthbearer.client.credentials.client.secret": "x", "listener.name.a.plain.sasl.jaas.config": "x",
	}
	want := map[string]string{
		"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "ssl.keystore.location": "/a",
		"sasl.jaas.config": "***", "ssl.key.password": "***", "ssl.keystore.key": "***", "ssl.truststore.password": "***",
		"sasl.oauthbearer.client.credentials.client.secret": "***", "listener.name.a.plain.sasl.jaas.config": "***",
	}
	if got := Redacted(in); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	if in["sasl.jaas.config"] != "x" {
		t.Error("the argument was changed")
	}
}
