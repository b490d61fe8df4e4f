package promise_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/promise"
	"github.com/flowweir/weir/reports/finding"
)

// TestAWrongCorrelateIsNamed: the effect is there, and leads back elsewhere than
// the contract says.
func TestAWrongCorrelateIsNamed(t *testing.T) {
	t.Parallel()
	dir, file := rewritten(t, "correlate: header:causation_id", "correlate: header:cause")
	c := harness.Run(t, harness.Contracts(file, filepath.Join(dir, "orders.yaml")), harness.Brokers(1))
	s := serve(none)
	s.Name = "payments"
	c.Start(s)
	for _, p := range harness.LoadPromises(t, file) {
		if p.Name != "effect" {
			continue
		}
		o := p.Judge(t.Context(), promise.Subject{Flow: c.Flow(), Within: time.Second, Settle: time.Millisecond})
		want := " leads back to it by header:causation_id, and the contract says correlate: header:cause (" + file + ":29:43)"
		if o.Verdict != finding.Fail || !strings.Contains(o.String(), want) {
			t.Errorf("%s\nwant it to fail with: %s", o, want)
		}
	}
}
