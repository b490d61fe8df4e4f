package promise_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/promise"
	"github.com/flowweir/weir/reports/finding"
)

// TestASchemaOfTheConsumersOwnIsItsNeeds: what a consumer reads by a schema is
// judged as what it lists.
func TestASchemaOfTheConsumersOwnIsItsNeeds(t *testing.T) {
	const (
		open   = `{"type": "object", "required": ["order", "total", "currency"]}`
		closed = `{"type": "object", "required": ["order", "total", "currency"], "additionalProperties": false,
			"properties": {"order": true, "total": true, "currency": true, "channel": true, "note": true}}`
		other = `{"type": "object", "required": ["customer"]}`
	)
	for _, test := range []struct {
		name, reader string
		fault        fault
		promise      string
		verdict      finding.Verdict
		says         string
	}{
		{"kept", open, "", "needs", finding.Pass, ""},
		{"tolerant", open, "", "tolerance", finding.Pass, ""},
		{"an optional field", open, "needs an optional field", "needs", finding.Fail, "an event without the fields that are neither required nor needed was not processed: no shop.Paid "},
		{"an unknown field", open, "stumbles over an unknown field", "tolerance", finding.Fail, "an event with a field that the schema does not have was not processed: no shop.Paid "},
		{"closed", closed, "stumbles over an unknown field", "tolerance", finding.Vacuous, "the consumer's own schema has no room for a field that is not in it"},
		{"of other events", other, "", "needs", finding.Vacuous, `not exercised: the consumer's own schema refuses the event (the document lacks the required property "customer"): weir check compares the two`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir, file := rewritten(t, "needs: [$.order, $.total, $.currency]", "schema: {file: reader.json}")
			if err := os.WriteFile(filepath.Join(dir, "reader.json"), []byte(test.reader), 0o600); err != nil {
				t.Fatal(err)
			}
			c := harness.Run(t, harness.Contracts(file, filepath.Join(dir, "orders.yaml")), harness.Brokers(1), harness.WithoutClosing())
			s := serve(test.fault)
			s.Name = "payments"
			c.Start(s)
			within := time.Minute
			if test.verdict == finding.Fail {
				within = 10 * time.Second
			}
			for _, p := range harness.LoadPromises(t, file) {
				if p.ID() != "payments/consumes/shop.Placed/"+test.promise {
					continue
				}
				o := p.Judge(context.Background(), promise.Subject{Flow: c.Flow(), Within: within, Settle: 200 * time.Millisecond})
				if o.Verdict != test.verdict || !strings.Contains(o.String(), test.says) {
					t.Errorf("%s\nwant %s: %s", o, test.verdict, test.says)
				}
				return
			}
			t.Fatalf("no promise %s", test.promise)
		})
	}
}
