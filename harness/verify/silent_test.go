package verify_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/harness/verify"
	"github.com/flowweir/weir/reports/finding"
)

// TestInterruptedWhileARegistryIsSilent: it ends at once, however long the
// registry may take.
func TestInterruptedWhileARegistryIsSilent(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done() // the client has gone
	}))
	defer silent.Close()
	r, err := registry.New(registry.Config{URL: silent.URL, Timeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cfg := config(nil, nil)
	cfg.Contract = "testdata/framed/payments.yaml"
	cfg.Scenario.Contracts = []string{cfg.Contract, "testdata/framed/orders.yaml"}
	cfg.Registry = r
	result, err := verify.Run(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if result.Verdict != finding.Inconclusive {
		t.Errorf("verdict %s", result.Verdict)
	}
	for _, p := range result.Promises {
		if p.Verdict != finding.Vacuous && p.Reason != "it was interrupted" {
			t.Errorf("%s: %s: %s", p.ID, p.Verdict, p.Reason)
		}
	}
}
