package live

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// said is what the program of TestTriggerByExec was given.
func said(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTriggerByExec: a program runs beside the contract, with the identity in
// its arguments, its environment and the place of its input, and how it ends is
// judged.
func TestTriggerByExec(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"weir.yaml": `weir: contract/v1
service: {name: shop}
produces:
  - {event: shop.Good, topic: days, envelope: standard, trigger: {exec: [/bin/sh, -c, 'cat >in; echo "$1 $WEIR_ID $WEIR_BOOTSTRAP" >args; exit 3', sh, "{{.id}}"], body: body.json, id: "body:$.order", expect: 3}}
  - {event: shop.Bad, topic: days, envelope: standard, trigger: {exec: [/bin/sh, -c, "echo no luck; exit 4"]}}
  - {event: shop.Unknown, topic: days, envelope: standard, trigger: {exec: [/bin/sh, "{{.nothing}}"]}}
`,
		"body.json": `{"order": "", "url": "{{.url}}"}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files := asyncapi.NewFiles(source.Host())
	contracts, findings := files.LoadDir(filepath.ToSlash(dir))
	if finding.Errors(findings) > 0 {
		t.Fatal(findings)
	}
	up, err := embedded.Start(t.Context(), cluster.Spec{Kind: cluster.Embedded, Brokers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = up.Close(context.Background()) })
	f, err := Open(Config{Cluster: up, Contracts: contracts, Files: files, Triggers: Triggers{URL: func(string) string { return "http://here/" }}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	if _, err := f.CreateTopics(t.Context(), []run.Topic{{Name: "days", Partitions: 1, Replication: 1}}); err != nil {
		t.Fatal(err)
	}
	driven, err := f.Drive(t.Context(), "shop.Good", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	id := strings.TrimPrefix(driven.Follows.String(), "that leads back to ")
	if got, want := said(t, filepath.Join(dir, "args")), id+" "+id+" "+strings.Join(up.Bootstrap(), ",")+"\n"; got != want {
		t.Errorf("arguments and environment %q, want %q", got, want)
	}
	if got, want := said(t, filepath.Join(dir, "in")), `{"order":"`+id+`","url":"http://here"}`; got != want {
		t.Errorf("input %s, want %s", got, want)
	}
	for event, want := range map[string]string{
		"shop.Bad":     "triggering shop.Bad within 1m0s: the trigger /bin/sh ended with exit code 4, wanted 0:\nno luck",
		"shop.Unknown": `triggering shop.Unknown within 1m0s: template: trigger:1:2: executing "trigger" at <.nothing>: map has no entry for key "nothing"`,
	} {
		if _, err := f.Drive(t.Context(), event, time.Minute); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", event, err, want)
		}
	}
}
