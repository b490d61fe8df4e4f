package external

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/flowweir/weir/harness/cluster"
)

// endpoint answers token requests of client "me" with secret "hunter2".
func endpoint(t *testing.T, expiresIn int) (url string, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := asked.Add(1)
		id, secret, _ := r.BasicAuth()
		w.Header().Set("Content-Type", "application/json")
		if id != "me" || secret != "hunter2" || r.FormValue("grant_type") != "client_credentials" || r.FormValue("scope") != "kafka read" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprintf(w, `{"error":"invalid_client","error_description":"%s"}`, secret)
			return
		}
		_, _ = fmt.Fprintf(w, `{"access_token":"token-%d","expires_in":%d}`, n, expiresIn)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/token", asked
}

func oauthConfig(t *testing.T, url, jaasOptions, more string) *Cluster {
	t.Helper()
	text := "bootstrap.servers=a:1\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=OAUTHBEARER\n" +
		"sasl.jaas.config=" + modulePackages[oauthModule] + oauthModule + " required " + jaasOptions + ";\n" +
		"sasl.oauthbearer.token.endpoint.url=" + url + "\n" + more
	c, err := configure(cluster.Spec{ClientConfig: write(t, text)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// firstMessage is what a client sends to authenticate (RFC 7628).
func firstMessage(t *testing.T, c *Cluster) string {
	t.Helper()
	if c.sasl.Name() != "OAUTHBEARER" {
		t.Fatalf("mechanism %s", c.sasl.Name())
	}
	_, message, err := c.sasl.Authenticate(t.Context(), "a:1")
	if err != nil {
		t.Fatal(err)
	}
	return string(message)
}

func TestOAuthSendsTheEndpointsToken(t *testing.T) {
	url, asked := endpoint(t, 3600)
	const credentials = "sasl.oauthbearer.client.credentials.client.id=me\nsasl.oauthbearer.client.credentials.client.secret=hunter2\nsasl.oauthbearer.scope=kafka read\n"
	for n, c := range []*Cluster{
		oauthConfig(t, url, `clientId="me" clientSecret="hunter2" scope="kafka read" extension_pool="p1"`, ""),
		oauthConfig(t, url, `extension_pool="p1"`, credentials+"sasl.login.callback.handler.class="+callbackClasses[1]+"\nsasl.oauthbearer.jwt.retriever.class="+retrieverClasses[1]+"\n"),
	} {
		want := fmt.Sprintf("n,,\x01auth=Bearer token-%d\x01pool=p1\x01\x01", n+1)
		for range 3 {
			if got := firstMessage(t, c); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		if asked.Load() != int64(n+1) {
			t.Errorf("the endpoint was asked %d times for %d tokens that live an hour", asked.Load(), n+1)
		}
	}
}

func TestOAuthFetchesAgainWhenATokenIsSpent(t *testing.T) {
	url, asked := endpoint(t, 0)
	c := oauthConfig(t, url, `clientId="me" clientSecret="hunter2" scope="kafka read"`, "")
	for range 3 {
		firstMessage(t, c)
	}
	if asked.Load() != 3 {
		t.Errorf("the endpoint was asked %d times for 3 tokens without a life", asked.Load())
	}
}

func TestOAuthErrorsShowNoSecret(t *testing.T) {
	good, _ := endpoint(t, 60)
	answering := func(status int, body string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	closed := httptest.NewServer(nil)
	closed.Close()
	for want, url := range map[string]string{
		`it answers 401 Unauthorized: "invalid_client"`: good, // the scope is missing
		"it answers 500 Internal Server Error":          answering(500, "hunter2"),
		"its answer is no JSON":                         answering(200, "hunter2"),
		"its answer has no access_token":                answering(200, `{"hunter2":1}`),
		"connection refused":                            closed.URL,
	} {
		c := oauthConfig(t, url, `clientId="me" clientSecret="hunter2"`, "")
		_, _, err := c.sasl.Authenticate(context.Background(), "a:1")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "get a token from "+url) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v, want %q and no secret", err, want)
		}
	}
}
