package verify_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness/effect"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/harness/verify"
	"github.com/flowweir/weir/reports/finding"
)

// TestEffectsThatAreAskedFor: the service is asked where the caller says; a
// wrong question ends the judging, and one that is not answered decides
// nothing.
func TestEffectsThatAreAskedFor(t *testing.T) {
	var mu sync.Mutex
	paid := map[string]bool{}
	up := running(t, func(ctx context.Context, client *kgo.Client) {
		for ctx.Err() == nil {
			records := client.PollFetches(ctx).Records()
			mu.Lock()
			for _, r := range records {
				for _, h := range r.Headers {
					if h.Key == "ce_id" {
						paid[string(h.Value)] = true
					}
				}
			}
			mu.Unlock()
			_ = client.CommitUncommittedOffsets(ctx)
		}
	})
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if id, ok := strings.CutPrefix(r.URL.Path, "/paid/"); ok && paid[id] {
			_, _ = w.Write([]byte("1"))
		} else {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer service.Close()
	db, err := effect.OpenDatabase("postgres://weir@127.0.0.1:1/paid")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	judge := func(file, url string) (*verify.Result, error) {
		cfg := config(up, func(id string) bool { return strings.HasSuffix(id, "/effect") })
		cfg.Scenario.Contracts[0], cfg.Contract, cfg.URL = file, file, url
		if url == "" && file == "testdata/booked.yaml" {
			cfg.Database = db
		}
		return verify.Run(t.Context(), cfg)
	}
	for _, c := range []struct {
		name, file, url string
		want            finding.Verdict
		says            string
	}{
		{"answered", "testdata/asked.yaml", service.URL, finding.Pass, ""},
		{"of nobody", "testdata/asked.yaml", "", finding.Vacuous, "not exercised: effects of payments are counted over HTTP, and where it listens is not said: "},
		{"not answered", "testdata/asked.yaml", "http://127.0.0.1:1", finding.Inconclusive, "asking GET /paid/{id}: the service does not answer: "},
		{"of a database that is down", "testdata/booked.yaml", "", finding.Inconclusive, "asking SELECT count(*) FROM paid WHERE event_id = {id}: the database does not answer: "},
	} {
		r, err := judge(c.file, c.url)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if p := r.Promises[0]; p.Verdict != c.want || !strings.HasPrefix(p.Reason, c.says) || c.says == "" && p.Reason != "" {
			t.Errorf("%s: %s, %s; want %s, %s", c.name, p.Verdict, p.Reason, c.want, c.says)
		}
	}
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer refusing.Close()
	_, err = judge("testdata/asked.yaml", refusing.URL)
	var refused *scenario.PlanError
	if !errors.As(err, &refused) || refused.Findings[0].Position.String() != "testdata/asked.yaml:7:20" ||
		refused.Findings[0].Message != "the effects of shop.Placed cannot be counted: the service answered 403 Forbidden: 200 says how many effects there are, 204 and 404 that there is none" {
		t.Errorf("a question that is refused: %v", err)
	}
}
