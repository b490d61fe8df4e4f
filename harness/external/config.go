package external

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/flowweir/weir/reports/secret"
)

// The settings of client.properties that say how to connect.
const (
	keyBootstrap      = "bootstrap.servers"
	keyProtocol       = "security.protocol"
	keyClientID       = "client.id"
	keyMechanism      = "sasl.mechanism"
	keyJAAS           = "sasl.jaas.config"
	keyCallback       = "sasl.login.callback.handler.class"
	keyTokenURL       = "sasl.oauthbearer.token.endpoint.url"
	keyTokenClientID  = "sasl.oauthbearer.client.credentials.client.id"
	keyTokenSecret    = "sasl.oauthbearer.client.credentials.client.secret"
	keyTokenScope     = "sasl.oauthbearer.scope"
	keyTokenRetriever = "sasl.oauthbearer.jwt.retriever.class"
	keyTrustType      = "ssl.truststore.type"
	keyTrustFile      = "ssl.truststore.location"
	keyTrustPEM       = "ssl.truststore.certificates"
	keyTrustPassword  = "ssl.truststore.password"
	keyStoreType      = "ssl.keystore.type"
	keyStoreFile      = "ssl.keystore.location"
	keyStoreKey       = "ssl.keystore.key"
	keyStoreChain     = "ssl.keystore.certificate.chain"
	keyStorePassword  = "ssl.keystore.password"
	keyKeyPassword    = "ssl.key.password"
	keyEndpoint       = "ssl.endpoint.identification.algorithm"
	keyTLSVersions    = "ssl.enabled.protocols"
	keyTLSProtocol    = "ssl.protocol"
)

// connecting are all of them; each is honored or refused, none ignored.
var connecting = []string{
	keyBootstrap, keyProtocol, keyClientID, keyMechanism, keyJAAS, keyCallback,
	keyTokenURL, keyTokenClientID, keyTokenSecret, keyTokenScope, keyTokenRetriever,
	keyTrustType, keyTrustFile, keyTrustPEM, keyTrustPassword,
	keyStoreType, keyStoreFile, keyStoreKey, keyStoreChain, keyStorePassword,
	keyKeyPassword, keyEndpoint, keyTLSVersions, keyTLSProtocol,
}

// config is a client.properties file, or the absence of one.
type config struct {
	file     string
	entries  map[string]property
	warnings []string
}

// readConfig reads client.properties and refuses settings about connections
// that Weir does not know: what they ask for would silently not happen.
func readConfig(file string) (*config, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("client-config: %w", err)
	}
	properties, err := parseProperties(file, string(data))
	if err != nil {
		return nil, err
	}
	c := &config{file: file, entries: map[string]property{}}
	var errs []error
	var unused []string
	for _, p := range properties {
		switch {
		case slices.Contains(connecting, p.key):
			c.entries[p.key] = p
			if p.utf8 {
				c.warnings = append(c.warnings, fmt.Sprintf("%s: the value of %s holds characters beyond ASCII, which Kafka reads as Latin-1: write them as \\uhhhh", p.valAt, p.key))
			}
		case hasPrefix(p.key, "security.", "sasl.", "ssl.", "bootstrap."):
			errs = append(errs, &parseError{p.at, unknownSetting(p.key)})
		case nearest(p.key, connecting) != "":
			errs = append(errs, &parseError{p.at, unknownSetting(p.key)})
		default:
			unused = append(unused, p.key)
		}
	}
	if len(unused) > 0 {
		c.warnings = append(c.warnings, fmt.Sprintf("%s: not used, as the scenario says how to produce and to consume: %s", file, strings.Join(unused, ", ")))
	}
	return c, errors.Join(errs...)
}

func hasPrefix(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

func unknownSetting(key string) string {
	if near := nearest(key, connecting); near != "" {
		return fmt.Sprintf("unknown setting %s: did you mean %s?", key, near)
	}
	return fmt.Sprintf("setting %s is not supported: it says how to connect, and Weir would not do so", key)
}

// nearest is the name that differs from key in at most two edits, if one
// does.
func nearest(key string, names []string) string {
	best, distance := "", 3
	for _, name := range names {
		if d := editDistance(key, name); d < distance {
			best, distance = name, d
		}
	}
	return best
}

// editDistance is Levenshtein's.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		previous := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := previous
			if a[i] != b[j] {
				cost++
			}
			previous = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// get is a setting's value, or what Kafka takes where it is not set.
func (c *config) get(key, otherwise string) string {
	if p, set := c.entries[key]; set {
		return p.value
	}
	return otherwise
}

func (c *config) has(key string) bool {
	_, set := c.entries[key]
	return set
}

// bad is an error about a setting, at its value. The message must not quote
// secrets.
func (c *config) bad(key, format string, args ...any) error {
	p, set := c.entries[key]
	if !set {
		return fmt.Errorf("%s: %s: %w", c.file, key, fmt.Errorf(format, args...))
	}
	return fmt.Errorf("%s: %s: %w", p.valAt, key, fmt.Errorf(format, args...))
}

// The values of security.protocol.
const (
	protoPlaintext     = "PLAINTEXT"
	protoSSL           = "SSL"
	protoSASLPlaintext = "SASL_PLAINTEXT"
	protoSASLSSL       = "SASL_SSL"
)

func (c *config) protocol() (string, error) {
	p := c.get(keyProtocol, protoPlaintext)
	protocols := []string{protoPlaintext, protoSSL, protoSASLPlaintext, protoSASLSSL}
	if !slices.Contains(protocols, p) {
		return "", c.bad(keyProtocol, "%q is none of %s", p, strings.Join(protocols, ", "))
	}
	// Kafka ignores these; who wrote them meant them.
	for _, key := range connecting {
		switch {
		case !c.has(key):
		case strings.HasPrefix(key, "sasl.") && !strings.HasPrefix(p, "SASL"):
			return "", c.bad(key, "has no effect with %s=%s: set that to %s or %s", keyProtocol, p, protoSASLSSL, protoSASLPlaintext)
		case strings.HasPrefix(key, "ssl.") && !strings.HasSuffix(p, "SSL"):
			return "", c.bad(key, "has no effect with %s=%s: set that to %s or %s", keyProtocol, p, protoSSL, protoSASLSSL)
		}
	}
	return p, nil
}

// bootstrap are the addresses of bootstrap.servers.
func (c *config) bootstrap() ([]string, error) {
	if !c.has(keyBootstrap) {
		return nil, nil
	}
	var out []string
	for _, address := range strings.Split(c.get(keyBootstrap, ""), ",") {
		address = strings.TrimSpace(address)
		if err := checkAddress(address); err != nil {
			return nil, c.bad(keyBootstrap, "%w", err)
		}
		out = append(out, address)
	}
	return out, nil
}

// Redacted returns a copy of client settings, such as those of
// Cluster.ClientProperties, in which the values of secrets are replaced: fit
// for reports and logs. Settings that only look like secrets are hidden too.
func Redacted(properties map[string]string) map[string]string {
	return secret.Values(properties)
}
