package rules_test

import (
	"fmt"
	"testing/fstest"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

// Nobody under contract sends what the mailer reads.
func ExampleCheck() {
	files := fstest.MapFS{"mail/weir.yaml": {Data: []byte(`weir: contract/v1
service: {name: mailer}
consumes:
  - {event: com.acme.OrderPlaced, topic: orders, group: mailer, needs: [$.id]}
`)}}
	set, findings := contracts.LoadDir(files, ".")
	findings = append(findings, rules.Check(set, files, time.Now())...)
	for _, f := range findings {
		if f.Severity != finding.Info {
			fmt.Printf("%s: %s [%s]\n", f.Severity, f.Message, f.ID)
		}
	}
	// Output:
	// warning: no contract produces com.acme.OrderPlaced [check/event-unproduced]
	// warning: mailer gets com.acme.OrderPlaced at least once, so sometimes twice, and does not say how it knows it again [check/idempotency-missing]
}
