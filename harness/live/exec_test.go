package live

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts"
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

// opened is a flow of the contracts in a directory, with the topic days.
func opened(t *testing.T, dir string, triggers Triggers) (*Flow, cluster.Cluster) {
	t.Helper()
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
	f, err := Open(t.Context(), Config{Cluster: up, Contracts: contracts, Files: files, Triggers: triggers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	if _, err := f.CreateTopics(t.Context(), []run.Topic{{Name: "days", Partitions: 1, Replication: 1}}); err != nil {
		t.Fatal(err)
	}
	return f, up
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
`,
		"body.json": `{"order": "", "url": "{{.url}}"}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, up := opened(t, dir, Triggers{URL: func(string) string { return "http://here/" }})
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
	const want = "triggering shop.Bad within 1m0s: the trigger /bin/sh ended with exit code 4, wanted 0:\nno luck"
	if _, err := f.Drive(t.Context(), "shop.Bad", time.Minute); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestGivenSteps: before a trigger of each kind, steps of each kind are met in
// their order, and what a program or a reply says is there for what follows.
func TestGivenSteps(t *testing.T) {
	dir := t.TempDir()
	const given = `[{http: POST /carts, save: {cart: $.id}}, {exec: [/bin/sh, -c, 'read at; echo "{\"at\": \"$at {{.cart}}\"}"; echo met >&2'], body: step.txt, save: {at: $.at}}, {event: shop.Before}, {go: look}]`
	for name, text := range map[string]string{
		"step.txt": "noon",
		"weir.yaml": `weir: contract/v1
service: {name: shop}
produces:
  - {event: shop.Before, topic: days, envelope: standard, examples: [before.json]}
  - {event: shop.Exec, topic: days, envelope: standard, trigger: {given: ` + given + `, exec: [/bin/sh, -c, 'echo "$1" >said', sh, "{{.cart}} {{.at}}"]}}
  - {event: shop.HTTP, topic: days, envelope: standard, trigger: {given: ` + given + `, http: "POST /orders/{{.cart}}/{{.at}}"}}
  - {event: shop.Event, topic: days, envelope: standard, trigger: {given: ` + given + `, event: shop.Before}}
  - {event: shop.Fails, topic: days, envelope: standard, trigger: {given: [{exec: [/bin/sh, -c, "echo no luck; exit 4"]}], exec: [/bin/sh, -c, "exit 0"]}}
  - {event: shop.Unsaid, topic: days, envelope: standard, trigger: {given: [{exec: [/bin/echo, hm], save: {a: $.a}}], http: POST /orders}}
  - {event: shop.Missing, topic: days, envelope: standard, trigger: {given: [{go: nothing}], exec: [/bin/sh, -c, "exit 0"]}}
`,
		"before.json": `{}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var asked []string
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path)
		_, _ = w.Write([]byte(`{"id": 17}`))
	}))
	t.Cleanup(service.Close)
	looked := 0
	f, _ := opened(t, dir, Triggers{
		URL:    func(string) string { return service.URL },
		Events: map[string]Trigger{"look": func(context.Context, Call) error { looked++; return nil }},
	})
	for _, test := range []struct{ event, want string }{
		{"shop.Exec", "POST /carts"}, {"shop.HTTP", "POST /carts, POST /orders/17/noon 17"}, {"shop.Event", "POST /carts"},
	} {
		asked, looked = nil, 0
		if _, err := f.Drive(t.Context(), test.event, time.Minute); err != nil {
			t.Errorf("%s: %v", test.event, err)
		}
		if got := strings.Join(asked, ", "); got != test.want || looked != 1 {
			t.Errorf("%s: asked %s, want %s; looked %d times", test.event, got, test.want, looked)
		}
	}
	if got := said(t, filepath.Join(dir, "said")); got != "17 noon 17\n" {
		t.Errorf("the program was given %q", got)
	}
	days, err := f.Topic("days")
	if err == nil {
		_, err = days.ReadToEnd(t.Context())
	}
	if err != nil || len(days.Records()) != 4 { // a step of each, and a trigger
		t.Errorf("%d events, want 4; %v", len(days.Records()), err)
	}
	for event, want := range map[string]string{
		"shop.Fails":   "triggering shop.Fails within 1m0s: given step 1 was not met: the program /bin/sh ended with exit code 4, wanted 0:\nno luck",
		"shop.Unsaid":  "given step 1 was not met: the reply is no JSON to save from: ",
		"shop.Missing": `triggering shop.Missing within 1m0s: given step 1 was not met: it names the Go function "nothing": pass harness.Trigger("nothing", func...)`,
	} {
		if _, err := f.Drive(t.Context(), event, time.Minute); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", event, err, want)
		}
	}
	// A step leaves to its caller what it saves alone.
	vars := map[string]any{"cart": 17}
	step := contracts.Step{Exec: []string{"/bin/sh", "-c", `test -n "$1" && echo '{"at": "noon"}'`, "sh", "{{.bootstrap}}"}, Save: map[string]string{"at": "$.at"}}
	if err := f.meet(f.cfg.Contracts[0], Call{})(t.Context(), step, vars); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(map[string]any{"cart": 17, "at": "noon"}, vars); diff != "" {
		t.Error(diff)
	}
}
