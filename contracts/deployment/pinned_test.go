package deployment

import (
	"os"
	"testing"

	"github.com/flowweir/weir/contracts/internal/fixture"
)

// TestPinned: a version that names a commit is that commit, and found to differ
// exactly where a file of the contract does.
func TestPinned(t *testing.T) {
	for kind, s := range map[string]*Store{"directory": Directory("environments"), "tags": Tags(".", "deploy")} {
		t.Run(kind, func(t *testing.T) { testPinned(t, s) })
	}
}

func testPinned(t *testing.T, s *Store) {
	enter(t)
	const file = "services/order/weir.yaml"
	first := fixture.Git(t, ".", "rev-parse", "HEAD")
	pinned := func(version string) string {
		t.Helper()
		commit, f, err := s.Pinned(t.Context(), "order-service", version, file)
		must(t, err)
		switch {
		case f == nil:
			return commit
		case commit != first:
			t.Errorf("the commit of %s is %s", version, commit)
		}
		return f.Message + " = " + f.Hint
	}
	fixture.Git(t, ".", "tag", "--annotate", "--message=m", "v1.4.0")
	for _, tag := range []string{"order-service/1.5.0", "services/order-service-v1.6.0", "billing/1.7.0", "nightly"} {
		fixture.Git(t, ".", "tag", tag)
	}
	record(t, s, order("build-1"))
	all := []string{"v1.4.0", "1.4.0", "1.5.0", "1.6.0", "nightly", first, first[:8], "build-1"}
	for _, version := range all {
		equal(t, pinned(version), first)
	}
	// The name of a branch moves, another service's tag is about that service.
	for _, version := range []string{"main", "HEAD", "v1.4.0~0", "1.7.0", "build-2", "4.0"} {
		equal(t, pinned(version), "")
	}

	// A file that the contract does not use may change; one that it uses not.
	must(t, os.WriteFile("services/order/README.md", []byte("new"), 0o600))
	equal(t, pinned("v1.4.0"), first)
	contract, err := os.ReadFile(file)
	must(t, err)
	must(t, os.WriteFile(file, append(contract, "# changed\n"...), 0o600))
	const differ = " does not lie here as it is there = --commit "
	equal(t, pinned("1.4.0"), "order-service 1.4.0 is commit "+first[:12]+", by the tag v1.4.0, and "+file+differ+
		"v1.4.0 takes that commit, as it is checked out; the change needs another version")
	fixture.Git(t, ".", "commit", "--quiet", "--all", "--message=changed")
	const head = " takes that commit, --commit HEAD the one that is checked out; what is in neither needs another version"
	equal(t, pinned("1.5.0"), "order-service 1.5.0 is commit "+first[:12]+", by the tag order-service/1.5.0, and "+file+differ+"order-service/1.5.0"+head)
	equal(t, pinned(first[:8]), "order-service "+first[:8]+" is commit "+first[:12]+", and "+file+differ+first[:8]+head)
	equal(t, pinned("build-1"), "order-service build-1 is commit "+first[:12]+", by its record in prod, and "+file+differ+first[:12]+head)

	must(t, os.WriteFile(file, contract, 0o600))
	for _, version := range all {
		equal(t, pinned(version), first)
	}
	fixture.Git(t, ".", "mv", "services/order", "services/orders")
	_, f, err := s.Pinned(t.Context(), "order-service", "1.5.0", "services/orders/weir.yaml")
	must(t, err)
	equal(t, f.Message+" = "+f.Hint, "order-service 1.5.0 is commit "+first[:12]+", by the tag order-service/1.5.0, and services/orders/weir.yaml cannot be read there"+
		" = --contract with the file's path there and --commit order-service/1.5.0"+head)
	fixture.Git(t, ".", "mv", "services/orders", "services/order")

	// What cannot be read here is for whoever reads it next.
	must(t, os.WriteFile(file, []byte("weir: nothing/v1"), 0o600))
	equal(t, pinned("v1.4.0"), "")
	t.Chdir(t.TempDir())
	equal(t, pinned("v1.4.0"), "")
}
