package registry_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowweir/weir/contracts/source/registry"
)

// TestSilentRegistry: a registry that accepts and does not answer costs one
// time-out, however many subjects are asked for.
func TestSilentRegistry(t *testing.T) {
	var asked atomic.Int32
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked.Add(1)
		<-done
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(done) })
	r, err := registry.New(registry.Config{URL: server.URL, Timeout: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	for _, subject := range []string{"a", "b", "c"} {
		_, err := r.Versions(t.Context(), subject)
		if err == nil || !strings.Contains(err.Error(), "did not answer within 500ms") {
			t.Errorf("%s: %v", subject, err)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
}
