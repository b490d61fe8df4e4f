package registry

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Config says where a registry is and who asks. Formatting it shows no secret.
type Config struct {
	// URL is where Confluent's API starts, such as http://localhost:8081;
	// Apicurio has it under /apis/ccompat/v7.
	URL string
	// User and Password, or Token, are sent with every request. Credentials
	// within URL count as User and Password.
	User     string
	Password string `json:"-"`
	Token    string `json:"-"`
	// CAFile has the certificates, in PEM, that the registry's is checked
	// against instead of the system's. CertFile and KeyFile are the client's.
	CAFile, CertFile, KeyFile string
	// Timeout bounds each request, with its answer; default 10 s.
	Timeout time.Duration
}

// The variables that FromEnvironment reads.
const (
	EnvURL      = "WEIR_REGISTRY_URL"
	EnvUser     = "WEIR_REGISTRY_USER"
	EnvPassword = "WEIR_REGISTRY_PASSWORD"
	EnvToken    = "WEIR_REGISTRY_TOKEN"
	EnvCA       = "WEIR_REGISTRY_CA"
	EnvCert     = "WEIR_REGISTRY_CERT"
	EnvKey      = "WEIR_REGISTRY_KEY"
)

const (
	defaultTimeout = 10 * time.Second
	// maxAnswer bounds what one answer may take of memory.
	maxAnswer = 32 << 20
)

// FromEnvironment reads the configuration from variables; getenv is
// [os.Getenv], or a test's. Passwords and tokens are read from nowhere else:
// neither contracts nor flags have them.
func FromEnvironment(getenv func(string) string) Config {
	return Config{
		URL: getenv(EnvURL), User: getenv(EnvUser), Password: getenv(EnvPassword), Token: getenv(EnvToken),
		CAFile: getenv(EnvCA), CertFile: getenv(EnvCert), KeyFile: getenv(EnvKey),
	}
}

// String shows which credentials there are, not what they are.
func (c Config) String() string {
	s := c.URL
	if u, err := url.Parse(c.URL); err == nil {
		s = u.Redacted()
	}
	switch {
	case c.Token != "":
		s += " with a token"
	case c.User != "":
		s += " as " + c.User
	}
	if c.CertFile != "" {
		s += " with the certificate " + c.CertFile
	}
	return s
}

// GoString is as String: %#v shows no secret either.
func (c Config) GoString() string { return "registry.Config{" + c.String() + "}" }

// check completes the configuration, or says which variable is wrong.
func (c Config) check() (Config, error) {
	if c.URL == "" {
		return c, fmt.Errorf("no schema registry is named: set %s", EnvURL)
	}
	if !strings.Contains(c.URL, "://") {
		c.URL = "http://" + c.URL
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		// The parser's error would repeat the URL, which may have a password.
		return c, fmt.Errorf("%s is no http or https URL", EnvURL)
	}
	if password, ok := u.User.Password(); ok || u.User != nil {
		if c.User == "" {
			c.User, c.Password = u.User.Username(), password
		}
		u.User = nil
	}
	u.RawQuery, u.Fragment = "", ""
	c.URL = strings.TrimSuffix(u.String(), "/")
	switch {
	case c.Token != "" && c.User != "":
		return c, fmt.Errorf("both a token and a user are given: set %s or %s, not both", EnvToken, EnvUser)
	case (c.CertFile == "") != (c.KeyFile == ""):
		return c, fmt.Errorf("a client's certificate needs its key: set %s and %s", EnvCert, EnvKey)
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	return c, nil
}

func (c Config) httpClient() (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("cannot read the certificates that %s names: %w", EnvCA, err)
		}
		transport.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s, which %s names, has no certificate in PEM", c.CAFile, EnvCA)
		}
	}
	if c.CertFile != "" {
		certificate, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("cannot use the certificate that %s and %s name: %w", EnvCert, EnvKey, err)
		}
		transport.TLSClientConfig.Certificates = []tls.Certificate{certificate}
	}
	return &http.Client{Transport: &silent{bounded: bounded{transport}}, Timeout: c.Timeout}, nil
}

// bounded ends answers that are too long with an error.
type bounded struct{ *http.Transport }

func (b bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := b.Transport.RoundTrip(request)
	if err == nil {
		response.Body = &boundedBody{response.Body, maxAnswer}
	}
	return response, err
}

type boundedBody struct {
	io.ReadCloser
	left int
}

var errTooLong = errors.New("the answer is too long for schemas")

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, errTooLong
	}
	return n, err
}
