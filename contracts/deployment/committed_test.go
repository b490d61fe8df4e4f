package deployment

import (
	"errors"
	"testing"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/source"
)

// TestAtCommit: the contract is the one of the commit, with its files, however
// the working tree is now; what cannot be read says what to change.
func TestAtCommit(t *testing.T) {
	enter(t)
	first := run(t, "rev-parse", "HEAD")
	commit(t, "\n-- services/order/weir.yaml --\nweir: contract/v1\nservice: {name: order-service}\nproduces: [{event: com.acme.Other, topic: other}]\n")

	c, err := AtCommit(t.Context(), "order-service", "services/order/weir.yaml", "HEAD~1")
	must(t, err)
	if c.Commit != first || c.Produces[0].Event != "com.acme.OrderPlaced" {
		t.Errorf("commit %s produces %s", c.Commit, c.Produces[0].Event)
	}
	if want := "order-service@" + first[:12] + "/services/order/weir.yaml"; c.Doc.File() != want {
		t.Errorf("it is in %s, want %s", c.Doc.File(), want)
	}
	for _, f := range rules.Check([]*contracts.Contract{c.Contract}, c.FS(source.Host()), time.Time{}) {
		if f.ID == rules.SchemaMissing || f.ID == rules.SchemaInvalid {
			t.Error(f.Message)
		}
	}
	for _, tt := range []struct{ service, file, revision, want string }{
		{"mail", "services/order/weir.yaml", "HEAD", "services/order/weir.yaml is the contract of order-service, not of mail at commit " + run(t, "rev-parse", "HEAD")[:12]},
		{"mail", "services/gone/weir.yaml", "HEAD~1", "the contract services/gone/weir.yaml cannot be read at commit " + first[:12]},
	} {
		_, err := AtCommit(t.Context(), tt.service, tt.file, tt.revision)
		if invalid := (*InputError)(nil); !errors.As(err, &invalid) || invalid.Message != tt.want {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
	if _, err := AtCommit(t.Context(), "mail", "services/mail/weir.yaml", "no-such"); !errors.As(err, new(*InputError)) {
		t.Errorf("%v", err)
	}
	t.Chdir(t.TempDir())
	if _, err := AtCommit(t.Context(), "mail", "weir.yaml", "HEAD"); !errors.As(err, new(*InputError)) {
		t.Errorf("%v", err)
	}
}
