package serde

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/versions"
)

// TestRegistryThatFailsAtAReference could not be asked, as one that fails at
// once: it says nothing against the schema.
func TestRegistryThatFailsAtAReference(t *testing.T) {
	f := srfake.New()
	t.Cleanup(f.Close)
	f.SeedSchema("money", 1, 11, sr.Schema{Type: sr.TypeAvro, Schema: `{"type": "record", "name": "Money", "fields": [{"name": "cents", "type": "long"}]}`})
	f.SeedSchema("orders-value", 1, 12, sr.Schema{
		Type: sr.TypeAvro, Schema: `{"type": "record", "name": "Placed", "fields": [{"name": "total", "type": "Money"}]}`,
		References: []sr.SchemaReference{{Name: "Money", Subject: "money", Version: 1}},
	})
	behind, err := url.Parse(f.URL())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(behind)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/money/") {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	client, err := registry.New(registry.Config{URL: front.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	files := fstest.MapFS{"weir.yaml": {Data: []byte(
		"weir: contract/v1\nservice: {name: shop}\nproduces: [{event: shop.Placed, topic: orders, schema: {registry: {subject: orders-value}}}]\n")}}
	c, findings := contracts.Load(files, "weir.yaml")
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	r := New(t.Context(), versions.New(files, versions.FromRegistry(t.Context(), client)), client)
	_, err = r.Of(c, c.Producer("shop.Placed"), registry.Value)
	if !errors.As(err, new(*RegistryError)) {
		t.Errorf("got %T: %v; want a *RegistryError", err, err)
	}
}
