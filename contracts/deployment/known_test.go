package deployment

import (
	"fmt"
	"testing"

	"github.com/flowweir/weir/contracts/internal/fixture"
)

// TestDoubt: a version is doubted where git and the records could know it and
// do not.
func TestDoubt(t *testing.T) {
	for kind, s := range map[string]*Store{"directory": Directory("environments"), "tags": Tags(".", "deploy")} {
		t.Run(kind, func(t *testing.T) { testDoubt(t, s) })
	}
	if f, err := Directory("environments").Doubt(t.Context(), t.TempDir(), "order-service", "9"); f != nil || err != nil {
		t.Errorf("without a repository: %v, %v", f, err)
	}
}

func testDoubt(t *testing.T, s *Store) {
	enter(t)
	head := fixture.Git(t, ".", "rev-parse", "HEAD")
	doubt := func(version string) string {
		t.Helper()
		f, err := s.Doubt(t.Context(), "services", "order-service", version)
		must(t, err)
		if f == nil {
			return ""
		}
		return fmt.Sprintf("%s %s: %s = %s", f.Severity, f.ID, f.Message, f.Hint)
	}
	const unknown = "warning deployment/version-unknown: git knows no "
	// The repository has no tag of a version: a pipeline may count.
	equal(t, doubt("1.0.0"), "")
	equal(t, doubt(head), "")
	equal(t, doubt(head[:8]), "")
	equal(t, doubt("main"), "")
	equal(t, doubt("1234567"), "")
	equal(t, doubt("abcdef012"), unknown+"commit abcdef012 here, and nothing was recorded of such a version of order-service"+
		" = is it misspelt? a clone without it gets it by git fetch")
	for _, tag := range []string{"v1.4.0", "order-service/1.5.0", "order-service-v1.6.0", "order-service@1.7.0", "nightly"} {
		fixture.Git(t, ".", "tag", tag)
	}
	for _, known := range []string{"v1.4.0", "1.4.0", "1.5.0", "1.6.0", "1.7.0", "order-service/1.5.0", "feature/x"} {
		if known == "feature/x" {
			fixture.Git(t, ".", "branch", "--force", known)
		}
		equal(t, doubt(known), "")
	}
	equal(t, doubt("4.0"), unknown+"tag, branch or commit 4.0 here, and nothing was recorded of such a version of order-service"+
		" = is it misspelt? tag the commit that is deployed, or name it with --commit")
	// What is live somewhere is known.
	record(t, s, order("build-4711"))
	equal(t, doubt("build-4711"), "")
	if doubt("build-4712") == "" {
		t.Error("a build that was not recorded is not doubted")
	}
}
