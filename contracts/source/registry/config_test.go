package registry_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/flowweir/weir/contracts/source/registry"
)

const secret = "s3cret"

func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestCredentials(t *testing.T) {
	f := fake(t)
	f.Intercept(func(w http.ResponseWriter, req *http.Request) bool {
		user, password, _ := req.BasicAuth()
		if user == "alice" && password == secret {
			return false
		}
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	bearer := fake(t, srfake.WithAuth("Bearer "+secret))
	withUser := strings.Replace(f.URL(), "://", "://alice:"+secret+"@", 1)
	for _, tt := range []struct {
		environment []string
		want        string // "": no error
	}{
		{[]string{"WEIR_REGISTRY_URL", f.URL(), "WEIR_REGISTRY_USER", "alice", "WEIR_REGISTRY_PASSWORD", secret}, ""},
		{[]string{"WEIR_REGISTRY_URL", withUser}, ""},
		{[]string{"WEIR_REGISTRY_URL", strings.TrimPrefix(bearer.URL(), "http://") + "/", "WEIR_REGISTRY_TOKEN", secret}, ""},
		{[]string{"WEIR_REGISTRY_URL", f.URL()}, "cannot list the subjects: the registry at " + f.URL() + " asks who you are (401): set WEIR_REGISTRY_USER and WEIR_REGISTRY_PASSWORD, or WEIR_REGISTRY_TOKEN"},
		{[]string{"WEIR_REGISTRY_URL", f.URL(), "WEIR_REGISTRY_USER", "bob", "WEIR_REGISTRY_PASSWORD", secret}, "cannot list the subjects: the registry at " + f.URL() + " refuses the user bob (401): are WEIR_REGISTRY_USER and WEIR_REGISTRY_PASSWORD right?"},
		{[]string{"WEIR_REGISTRY_URL", f.URL(), "WEIR_REGISTRY_TOKEN", secret}, "cannot list the subjects: the registry at " + f.URL() + " refuses the token (401): is WEIR_REGISTRY_TOKEN right, and still valid?"},
	} {
		config := registry.FromEnvironment(environment(tt.environment...))
		_, err := client(t, config).Subjects(t.Context())
		if tt.want == "" {
			if err != nil {
				t.Error(err)
			}
		} else {
			wantError(t, err, tt.want)
		}
		shown := fmt.Sprintf("%v %+v %#v %s %v", config, config, config, &config, err)
		if strings.Contains(shown, secret) {
			t.Errorf("the secret is shown: %s", shown)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file.pem")
	if err := os.WriteFile(file, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	gone := filepath.Join(dir, "gone.pem")
	for _, tt := range []struct {
		config registry.Config
		want   string
	}{
		{registry.Config{}, "no schema registry is named: set WEIR_REGISTRY_URL"},
		{registry.Config{URL: "ftp://u:" + secret + "@host"}, "WEIR_REGISTRY_URL is no http or https URL"},
		{registry.Config{URL: "http://u:" + secret + "@ho st"}, "WEIR_REGISTRY_URL is no http or https URL"},
		{registry.Config{URL: "h", User: "u", Token: "t"}, "both a token and a user are given: set WEIR_REGISTRY_TOKEN or WEIR_REGISTRY_USER, not both"},
		{registry.Config{URL: "h", CertFile: "c"}, "a client's certificate needs its key: set WEIR_REGISTRY_CERT and WEIR_REGISTRY_KEY"},
		{registry.Config{URL: "h", CAFile: gone}, "cannot read the certificates that WEIR_REGISTRY_CA names: open " + gone + ": no such file or directory"},
		{registry.Config{URL: "h", CAFile: file}, file + ", which WEIR_REGISTRY_CA names, has no certificate in PEM"},
		{registry.Config{URL: "h", CertFile: file, KeyFile: gone}, "cannot use the certificate that WEIR_REGISTRY_CERT and WEIR_REGISTRY_KEY name: open " + gone + ": no such file or directory"},
	} {
		_, err := registry.New(tt.config)
		wantError(t, err, tt.want)
	}
}

func TestCertificates(t *testing.T) {
	f := srfake.NewRegistry()
	server := httptest.NewUnstartedServer(f.Handler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that are refused
	server.StartTLS()
	t.Cleanup(server.Close)
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	// The server's own certificate is its authority, and good for a client.
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile := write("cert.pem", "CERTIFICATE", pair.Certificate[0]), write("key.pem", "PRIVATE KEY", key)

	config := registry.Config{URL: server.URL, CAFile: certFile}
	if _, err := client(t, config).Subjects(t.Context()); err != nil {
		t.Error(err)
	}
	_, err = client(t, registry.Config{URL: server.URL}).Subjects(t.Context())
	if err == nil || !strings.Contains(err.Error(), "cannot be reached: tls: failed to verify certificate") {
		t.Errorf("got %v", err)
	}

	mutual := httptest.NewUnstartedServer(f.Handler())
	mutual.Config.ErrorLog = server.Config.ErrorLog
	mutual.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	mutual.StartTLS()
	t.Cleanup(mutual.Close)
	config.URL = mutual.URL
	if _, err := client(t, config).Subjects(t.Context()); err == nil {
		t.Error("without a certificate: want an error")
	}
	config.CertFile, config.KeyFile = certFile, keyFile
	if _, err := client(t, config).Subjects(t.Context()); err != nil {
		t.Error(err)
	}
}
