package external

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// The values of sasl.mechanism.
const (
	mechPlain    = "PLAIN"
	mechScram256 = "SCRAM-SHA-256"
	mechScram512 = "SCRAM-SHA-512"
	mechOAuth    = "OAUTHBEARER"
)

// mechanism is what the sasl.* settings say; nil where the protocol has no
// SASL.
func (c *config) mechanism(protocol string) (sasl.Mechanism, error) {
	if !strings.HasPrefix(protocol, "SASL") {
		return nil, nil
	}
	name := c.get(keyMechanism, "")
	modules := map[string]string{mechPlain: plainModule, mechScram256: scramModule, mechScram512: scramModule, mechOAuth: oauthModule}
	module, known := modules[name]
	if !known {
		return nil, c.bad(keyMechanism, "%q is none of %s, %s, %s, %s (Kafka's default, GSSAPI, is not supported)", name, mechPlain, mechScram256, mechScram512, mechOAuth)
	}
	if !c.has(keyJAAS) {
		return nil, c.bad(keyJAAS, "is missing: it names the user, as %s%s required …;", modulePackages[module], module)
	}
	entry, err := parseJAAS(c.get(keyJAAS, ""))
	if err != nil {
		return nil, c.bad(keyJAAS, "%w", err)
	}
	if entry.module != module {
		return nil, c.bad(keyJAAS, "%s is not the login module of %s: write %s%s", entry.module, name, modulePackages[module], module)
	}
	if name == mechOAuth {
		return c.oauth(entry)
	}
	for _, key := range []string{keyCallback, keyTokenURL, keyTokenClientID, keyTokenSecret, keyTokenScope, keyTokenRetriever} {
		if c.has(key) {
			return nil, c.bad(key, "has no effect with %s=%s", keyMechanism, name)
		}
	}
	return c.password(name, entry)
}

func (c *config) password(mechanism string, entry jaas) (sasl.Mechanism, error) {
	allowed := []string{"username", "password"}
	if mechanism != mechPlain {
		allowed = append(allowed, "tokenauth")
	}
	for option := range entry.options {
		if !slices.Contains(allowed, option) {
			return nil, c.bad(keyJAAS, "option %q of %s is not supported: there are %s", option, entry.module, strings.Join(allowed, ", "))
		}
	}
	for _, option := range allowed[:2] {
		if entry.options[option] == "" {
			return nil, c.bad(keyJAAS, "option %q of %s is missing", option, entry.module)
		}
	}
	user, pass := entry.options["username"], entry.options["password"]
	byToken := strings.EqualFold(entry.options["tokenauth"], "true")
	switch mechanism {
	case mechPlain:
		return plain.Auth{User: user, Pass: pass}.AsMechanism(), nil
	case mechScram256:
		return scram.Auth{User: user, Pass: pass, IsToken: byToken}.AsSha256Mechanism(), nil
	}
	return scram.Auth{User: user, Pass: pass, IsToken: byToken}.AsSha512Mechanism(), nil
}

// The classes with which Kafka asks a token endpoint; others are code that
// Weir cannot run.
var (
	callbackClasses = []string{
		"org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler",
		"org.apache.kafka.common.security.oauthbearer.secured.OAuthBearerLoginCallbackHandler",
	}
	retrieverClasses = []string{
		"org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever",
		"org.apache.kafka.common.security.oauthbearer.ClientCredentialsJwtRetriever",
	}
)

// oauth gets tokens with OAuth's client credentials grant. Client and secret
// come from Kafka's own settings or, as before Kafka 4.1, from the login
// module's options.
func (c *config) oauth(entry jaas) (sasl.Mechanism, error) {
	if class := c.get(keyCallback, callbackClasses[0]); !slices.Contains(callbackClasses, class) {
		return nil, c.bad(keyCallback, "%s is not supported: %s is", class, callbackClasses[0])
	}
	if class := c.get(keyTokenRetriever, retrieverClasses[0]); !slices.Contains(retrieverClasses, class) {
		return nil, c.bad(keyTokenRetriever, "%s is not supported: %s is", class, retrieverClasses[1])
	}
	endpoint, err := c.endpoint()
	if err != nil {
		return nil, err
	}
	extensions := map[string]string{}
	for option, value := range entry.options {
		if name, is := strings.CutPrefix(option, "extension_"); is {
			extensions[name] = value
			continue
		}
		if !slices.Contains([]string{"clientId", "clientSecret", "scope"}, option) {
			return nil, c.bad(keyJAAS, "option %q of %s is not supported: there are clientId, clientSecret, scope and extension_…", option, entry.module)
		}
	}
	source := &tokenSource{
		endpoint: endpoint,
		clientID: c.get(keyTokenClientID, entry.options["clientId"]),
		secret:   c.get(keyTokenSecret, entry.options["clientSecret"]),
		scope:    c.get(keyTokenScope, entry.options["scope"]),
	}
	if source.clientID == "" {
		return nil, c.bad(keyTokenClientID, "is missing")
	}
	if source.secret == "" {
		return nil, c.bad(keyTokenSecret, "is missing")
	}
	return oauth.Oauth(func(ctx context.Context) (oauth.Auth, error) {
		token, err := source.token(ctx)
		return oauth.Auth{Token: token, Extensions: extensions}, err
	}), nil
}

func (c *config) endpoint() (string, error) {
	if !c.has(keyTokenURL) {
		return "", c.bad(keyTokenURL, "is missing: Weir gets tokens from an endpoint, and makes no unsecured ones")
	}
	u, err := url.Parse(c.get(keyTokenURL, ""))
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return "", c.bad(keyTokenURL, "is no http or https URL")
	case u.User != nil:
		return "", c.bad(keyTokenURL, "must hold no user: set %s and %s", keyTokenClientID, keyTokenSecret)
	}
	return u.String(), nil
}

// checkAddress errs on what is no host:port. It quotes the address, which is
// no secret.
func checkAddress(address string) error {
	u, err := url.Parse("kafka://" + address)
	if err != nil || u.Host != address || u.Hostname() == "" || u.Port() == "" {
		return fmt.Errorf("%q is no host:port", address)
	}
	if port, err := strconv.ParseUint(u.Port(), 10, 16); err != nil || port == 0 {
		return fmt.Errorf("%q has no port from 1 to 65535", address)
	}
	return nil
}
