package workspace

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/contracts/internal/git"
)

// gitEnv makes commits the same everywhere, so that tests can name their ids.
func gitEnv(t *testing.T) {
	t.Helper()
	home := t.TempDir()
	for name, value := range map[string]string{
		"HOME": home, "XDG_CONFIG_HOME": home, "GIT_CONFIG_NOSYSTEM": "1",
		"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_AUTHOR_DATE": "2026-11-24T12:00:00Z",
		"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_COMMITTER_DATE": "2026-11-24T12:00:00Z",
	} {
		t.Setenv(name, value)
	}
}

func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := git.Run(t.Context(), dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

// write puts the files of an archive below dir.
func write(t *testing.T, dir, archive string) {
	t.Helper()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		file := filepath.Join(dir, filepath.FromSlash(f.Name))
		must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		must(t, os.WriteFile(file, f.Data, 0o644))
	}
}

// commit writes files, makes dir a repository where it is none, and answers
// the id of the commit.
func commit(t *testing.T, dir, archive string) string {
	t.Helper()
	write(t, dir, archive)
	run(t, dir, "init", "--quiet", "--initial-branch=main")
	run(t, dir, "add", "--all")
	run(t, dir, "commit", "--quiet", "--message=m")
	return run(t, dir, "rev-parse", "HEAD")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// now is when waivers are judged.
var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const payments = `
-- contracts/weir.yaml --
weir: contract/v1
service: {name: payments}
produces:
  - {event: com.acme.PaymentReceived, topic: payment.events, schema: ../schemas/payment.json}
consumes:
  - {event: com.acme.OrderPlaced, topic: order.events, group: payments, needs: [$.order_id, $.currency]}
-- schemas/payment.json --
{"type": "object", "properties": {"order_id": {"$ref": "id.json"}}, "required": ["order_id"]}
-- schemas/id.json --
{"type": "string"}
-- schemas/unused.json --
{}
-- main.go --
package main
`

const orders = `
-- weir.work.yaml --
weir: workspace/v1
contracts:
  - {name: payments, git: ../payments, ref: main, path: contracts}
-- orders/weir.yaml --
weir: contract/v1
service: {name: orders}
produces:
  - {event: com.acme.OrderPlaced, topic: order.events, schema: order.json}
consumes:
  - {event: com.acme.PaymentReceived, topic: payment.events, group: orders, needs: [$.order_id, $.amount]}
-- orders/order.json --
{"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]}
`

// beside makes two repositories beside each other and enters that of orders.
func beside(t *testing.T) (upstream string) {
	t.Helper()
	gitEnv(t)
	dir := t.TempDir()
	upstream = filepath.Join(dir, "payments")
	must(t, os.MkdirAll(upstream, 0o755))
	commit(t, upstream, payments)
	write(t, filepath.Join(dir, "orders"), orders)
	t.Chdir(filepath.Join(dir, "orders"))
	return upstream
}
