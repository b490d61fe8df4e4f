package breaking_test

import (
	"fmt"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/breaking"
)

// TestDocs: docs/breaking.md ends with the rules as they are.
func TestDocs(t *testing.T) {
	const file, heading = "../../docs/breaking.md", "\n## Rules\n"
	var b strings.Builder
	b.WriteString("The severity is that where a contract relies on the promise. `weir explain RULE` prints what is behind the link: why, how to change it safely, and when to waive it. This table is written by `go test ./contracts/breaking -run TestDocs -update`.\n")
	group := ""
	for _, r := range breaking.Rules() {
		if r.Group != group {
			group = r.Group
			fmt.Fprintf(&b, "\n**%s**\n\n| rule | severity | finds |\n|---|---|---|\n", group)
		}
		fmt.Fprintf(&b, "| [`%s`](../contracts/breaking/pages.md#breaking%s) | %s | %s |\n", r.ID, path.Base(r.ID), r.Severity, r.Summary)
	}
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, table, _ := strings.Cut(string(src), heading)
	if *update {
		if err := os.WriteFile(file, []byte(head+heading+b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(table, b.String()); diff != "" {
		t.Errorf("docs/breaking.md (-file +rules), write it with -update:\n%s", diff)
	}
}
