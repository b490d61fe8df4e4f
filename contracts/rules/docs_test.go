package rules_test

import (
	"fmt"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/rules"
)

// TestDocs: docs/rules.md lists the rules as they are.
func TestDocs(t *testing.T) {
	const file = "../../docs/rules.md"
	var b strings.Builder
	b.WriteString(`# The rules of weir check

Every rule looks at contracts and schemas alone; no broker is asked. An error makes ` + "`weir check`" + ` exit with 1, a warning and an info do not. The page of each rule, which is linked here, says why it is there, shows an example that breaks it and one that does not, and says how to repair it and when to waive it.

A contract accepts what a rule finds about it until a date, and only that contract can:

` + "```yaml" + `
waive:
  - {rule: check/dlq-missing, reason: dead letters come with the new library, until: 2027-03-31}
` + "```" + `

Facts about topics (partitions, replication, settings) are those that some contract states under ` + "`topics`" + `. Where none does, a default of Kafka is taken only where the page says so.

This page is written by ` + "`go test ./contracts/rules -run TestDocs -update`" + `.
`)
	group := ""
	for _, r := range rules.Rules() {
		if r.Group != group {
			group = r.Group
			fmt.Fprintf(&b, "\n## %s\n| rule | severity | finds |\n|---|---|---|\n", group)
		}
		fmt.Fprintf(&b, "| [`%s`](../contracts/rules/pages/%s.md) | %s | %s |\n", r.ID, path.Base(r.ID), r.Severity, r.Summary)
	}
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("docs/rules.md (-file +rules), write it with -update:\n%s", diff)
	}
}
