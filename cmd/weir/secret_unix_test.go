//go:build unix

package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// marker is the secret that stands wherever users can write one.
const marker = "hunter2"

// exposure is a way to give secrets to Weir: files and an environment that have
// them, and the commands whose output and run directories must not.
type exposure struct {
	name string
	// files are beside those of flow, or in their place. {{URL}} is where an
	// HTTP server listens that refuses some requests, {{HOST}} its host and port.
	files map[string]string
	env   map[string]string
	// commands end with the code before them: "2 check weir.yaml". A · is a
	// blank within an argument. What they write is in the directory leak.
	commands []string
	// said must be printed somewhere: the commands reached what they should.
	said string
}

const exposedContract = `weir: contract/v1
service: {name: shop}
produces:
  - event: com.acme.OrderPlaced
    topic: orders
    schema: order-placed.json
    key: $.id
    trigger:
      given: [{http: GET /cart?token=hunter2, headers: {Cookie: session=hunter2}}]
      http: POST /orders?token=hunter2&x=y
      headers: {Authorization: Bearer hunter2, X-Api-Key: hunter2, Cookie: session=hunter2}
      body: body.json
`

// exposedScenario has a secret in every field of a sound scenario that takes one.
const exposedScenario = `weir: scenario/v1
name: exposed
seed: 7
contracts: [exposed.yaml]
topics: {raw: {partitions: 1}}
services:
  - name: shop
    command:
      - sh
      - -c
      - echo READY; %s
      - sh
      - --password=hunter2
      - --token
      - hunter2
      - "--header=Authorization: Bearer hunter2"
      - "--header=Cookie: a=b; session=hunter2"
      - --set=db.password=hunter2
      - postgres://u:hunter2@h/db
      - --user=admin:hunter2
      - --url=http://h/?token=hunter2
      - '{"password":"hunter2"}'
    env:
      DB_PASSWORD: hunter2
      OPTS: --password hunter2 --verbose
      DSN: postgres://u:hunter2@h/db
      HEADERS: "Cookie: session=hunter2"
      JSON: '{"password":"hunter2"}'
      SASL: org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="hunter2";
    url: http://admin:hunter2@{{HOST}}
    ready: {log: READY, http: "%s?token=hunter2", timeout: 1s}
load:
  - {event: com.acme.OrderPlaced, via: trigger, profile: [{hold: 100/s, for: 1s}]}
  - topic: raw
    profile: [{hold: 100/s, for: 1s}]
    payload: {template: '{"password":"hunter2","n":{{seq}}}'}
    headers: {Authorization: Bearer hunter2, Cookie: session=hunter2, X-Api-Key: hunter2, Proxy-Authorization: Basic hunter2, note: token=hunter2}
invariants: [no-loss]
warmup: 0s
drain: {timeout: 1s}
cluster: {metrics: {prometheus: {exporters: ["{{URL}}/metrics?token=hunter2", "http://127.0.0.1:1/metrics?token=hunter2"]}}}
`

// exposedLine is a contract whose findings show the line that has its secrets.
func exposedLine(schema, delivery string) string {
	return `weir: contract/v1
service: {name: shop}
produces: [{event: com.acme.OrderPlaced, topic: orders, schema: ` + schema + `, key: $.id, delivery: {` + delivery + `}, trigger: {http: "POST /orders?token=hunter2&x=y", headers: {Authorization: Bearer hunter2, Cookie: "a=b; session=hunter2"}}}]
`
}

// exposedSubject needs a registry.
const exposedSubject = `weir: contract/v1
service: {name: shop}
produces:
  - {event: com.acme.OrderPlaced, topic: orders, schema: {registry: {subject: orders-value}}, key: $.id}
`

func exposedRun(rest, path string) map[string]string {
	return map[string]string{
		"exposed.yaml":  exposedContract,
		"scenario.yaml": fmt.Sprintf(exposedScenario, rest, path),
		"body.json":     `{"id":"{{.id}}","password":"hunter2"}`,
	}
}

// services is a scenario that is wrong, or whose service is told the text.
func services(text string) map[string]string {
	return map[string]string{"scenario.yaml": `weir: scenario/v1
name: wrong
contracts: [weir.yaml]
load: [{event: com.acme.OrderPlaced, profile: [{hold: 100/s, for: 1s}]}]
services:
  - name: a
` + text}
}

var readings = []string{"2 run scenario.yaml --dry-run", "2 run scenario.yaml"}

var formats = []string{"text", "json", "junit", "sarif", "github", "markdown"}

// inFormats is a command in each format of findings.
func inFormats(command string) []string {
	all := make([]string, len(formats))
	for i, format := range formats {
		all[i] = command + " --format " + format
	}
	return all
}

var exposures = []exposure{
	{name: "run", files: exposedRun("sleep 100", "/ready"), said: "not acked", commands: []string{
		"0 run scenario.yaml --dry-run", "4 run scenario.yaml --dir leak/run", "4 report leak/run",
		"4 report leak/run --format csv", "0 journal leak/run", "2 run scenario.yaml --dir leak/run", "2 compare leak/run leak/run",
	}},
	{name: "never ready", files: exposedRun("sleep 100", "/refused"), said: "not ready after 1s", commands: []string{
		"3 run scenario.yaml --dir leak/run", "3 report leak/run",
	}},
	{name: "ended early", files: exposedRun("exit 3", "/refused"), said: "ended by itself before it was ready", commands: []string{
		"1 run scenario.yaml --dir leak/run", "1 report leak/run",
	}},

	{name: "command is text", files: services(`    command: "./svc --password=hunter2"`), commands: readings, said: "command must be a list"},
	{name: "url of no scheme", files: services("    command: [sh]\n    url: htp://admin:hunter2@127.0.0.1:80"), commands: readings, said: "is no URL"},
	{name: "env is text", files: services("    command: [sh]\n    env: DB_PASSWORD=hunter2 hunter2"), commands: readings, said: "env must be a map"},
	{name: "path of readiness", files: services("    command: [sh]\n    url: http://h\n    ready: {http: \"healthz?token=hunter2\"}"), commands: readings, said: "is no path"},
	{name: "option in a block list", files: services("    command:\n      - sh\n      - --password\n      - hunter2 {{.Nope}}"), commands: readings, said: "Nope"},
	{name: "value on the next line", files: services("    command: [sh]\n    env:\n      DB_PASSWORD:\n        hunter2 {{.Nope}}\n        hunter2"), commands: readings, said: "Nope"},
	{name: "block scalar", files: services("    command: [sh]\n    env:\n      DB_PASSWORD: |\n        hunter2\n        hunter2 {{.Nope}}"), commands: readings, said: "Nope"},
	{name: "option with spaces", files: services(`    command: [sh, "--password=correct hunter2 {{.Nope}}"]`), commands: readings, said: "Nope"},
	{name: "header in an option", files: services(`    command: [sh, "--header=Authorization: Digest hunter2, x=hunter2 {{.Nope}}"]`), commands: readings, said: "Nope"},
	{name: "semicolon", files: services(`    command: [sh, "PASSWORD=ab;hunter2 {{.Nope}}"]`), commands: readings, said: "Nope"},
	{name: "options in env", files: services(`    command: [sh]` + "\n" + `    env: {OPTS: "--password hunter2 {{.Nope}}"}`), commands: readings, said: "Nope"},
	{name: "unknown field", files: services("    command: [sh]\n    passwords: [hunter2]"), commands: readings, said: "no field"},
	{name: "no yaml", files: services("    command: [sh]\n    env: {DB_PASSWORD: hunter2"), commands: readings, said: "[file/"},
	{name: "exporter", files: map[string]string{"scenario.yaml": "weir: scenario/v1\nname: a\ncontracts: [weir.yaml]\nload: [{event: com.acme.OrderPlaced, profile: [{hold: 100/s, for: 1s}]}]\ncluster: {metrics: {prometheus: {server: \"http://u:hunter2@h:9090\"}}}"}, commands: readings, said: "cannot be asked"},
	{name: "headers are text", files: map[string]string{"scenario.yaml": "weir: scenario/v1\nname: a\ncontracts: [weir.yaml]\nload:\n  - event: com.acme.OrderPlaced\n    profile: [{hold: 100/s, for: 1s}]\n    headers: \"Authorization: Bearer hunter2\""}, commands: readings, said: "headers must be a map"},
	{name: "template of records", files: map[string]string{"scenario.yaml": "weir: scenario/v1\nname: a\nload:\n  - topic: t\n    profile: [{hold: 100/s, for: 1s}]\n    payload: {template: '{\"password\":\"hunter2\",\"n\":{{nope}}}'}"}, commands: readings, said: "nope"},
	{name: "template of a header", files: map[string]string{"scenario.yaml": "weir: scenario/v1\nname: a\nload:\n  - topic: t\n    profile: [{hold: 100/s, for: 1s}]\n    payload: {size: 1}\n    headers: {Cookie: \"session=hunter2; {{nope}}\"}"}, commands: readings, said: "nope"},

	{name: "contract", files: map[string]string{
		"c/weir.yaml":         strings.NewReplacer("x=y", "x={{.nope}}", "body.json", "body.json\n      expect: many").Replace(strings.Replace(exposedContract, "X-Api-Key: hunter2", `X-Api-Key: "hunter2 {{.nope}}"`, 1)),
		"c/body.json":         `{"password":"hunter2","a":"{{.nope}}"}`,
		"c/order-placed.json": `{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}`,
	}, commands: append(inFormats("2 check c"), inFormats("2 breaking c --against c")...), said: "nope"},
	{name: "template of a contract", files: map[string]string{
		"c/weir.yaml":         strings.NewReplacer("x=y", "x={{.nope}}").Replace(exposedContract),
		"c/body.json":         `{"password":"hunter2","a":"{{.nope}}"}`,
		"c/order-placed.json": `{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}`,
	}, commands: append(inFormats("2 check c"), "2 graph c", "2 verify c/weir.yaml --command sh"), said: "nope"},
	{name: "contract of one line", files: map[string]string{
		"old/weir.yaml": exposedLine("order-placed.json", "acks: all, idempotent: true"), "new/weir.yaml": exposedLine("next.json", "acks: leader"),
		"old/order-placed.json": `{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}`,
		"new/next.json":         `{"type":"object","properties":{"id":{"type":"integer"}},"required":["id"]}`,
	}, commands: append(inFormats("1 breaking new --against old"), inFormats("1 check new --against old")...), said: "acks"},
	{name: "workspace", files: map[string]string{
		"w/weir.work.yaml": "weir: workspace/v1\nregistry: http://admin:hunter2@127.0.0.1:1\ncontracts: [{name: other, git: \"https://u:hunter2@127.0.0.1:1/x.git\"}]\n",
		"w/weir.yaml":      "weir: contract/v1\nservice: {name: shop}\n",
	}, commands: append(inFormats("2 check w"), "2 fetch w"), said: "secret"},

	{name: "registry", files: map[string]string{"r/weir.yaml": exposedSubject},
		env:      map[string]string{"WEIR_REGISTRY_URL": "http://admin:hunter2@127.0.0.1:1/?token=hunter2"},
		commands: append(inFormats("4 check r"), "3 check r --against registry", "3 breaking r --against registry", "3 compat registry:a registry:b"), said: "127.0.0.1:1"},
	{name: "registry's password", files: map[string]string{"r/weir.yaml": exposedSubject},
		env:      map[string]string{"WEIR_REGISTRY_URL": "{{URL}}/refused", "WEIR_REGISTRY_USER": "u", "WEIR_REGISTRY_PASSWORD": marker},
		commands: append(inFormats("4 check r"), "3 breaking r --against registry"), said: "registry"},
	{name: "registry's token", files: map[string]string{"r/weir.yaml": exposedSubject},
		env:      map[string]string{"WEIR_REGISTRY_URL": "{{URL}}/refused", "WEIR_REGISTRY_TOKEN": marker},
		commands: []string{"3 breaking r --against registry", "3 compat registry:a registry:b"}, said: "registry"},
	{name: "registry's broken URL", env: map[string]string{"WEIR_REGISTRY_URL": "htp://admin:hunter2@h"}, commands: []string{"2 compat registry:a registry:b"}, said: "WEIR_REGISTRY_URL"},

	{name: "client.properties", files: map[string]string{
		"scenario.yaml":     "weir: scenario/v1\nname: a\ncluster: {kind: external, bootstrap: [\"127.0.0.1:1\"], client-config: client.properties}\ncontracts: [weir.yaml]\nload: [{event: com.acme.OrderPlaced, profile: [{hold: 100/s, for: 1s}]}]\n",
		"client.properties": "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=\"hunter2\";\nclient.id=weir\n",
	}, commands: []string{"3 run scenario.yaml --dry-run", "3 run scenario.yaml --dir leak/run", "3 report leak/run"}, said: "127.0.0.1:1"},
	{name: "quote forgotten", files: map[string]string{
		"scenario.yaml":     "weir: scenario/v1\nname: a\ncluster: {kind: external, bootstrap: [\"127.0.0.1:1\"], client-config: client.properties}\ncontracts: [weir.yaml]\nload: [{event: com.acme.OrderPlaced, profile: [{hold: 100/s, for: 1s}]}]\n",
		"client.properties": "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" password=x \"hunter2\";\n",
	}, commands: readings, said: "jaas"},
	{name: "unknown property", files: map[string]string{
		"scenario.yaml":     "weir: scenario/v1\nname: a\ncluster: {kind: external, bootstrap: [\"127.0.0.1:1\"], client-config: client.properties}\ncontracts: [weir.yaml]\nload: [{event: com.acme.OrderPlaced, profile: [{hold: 100/s, for: 1s}]}]\n",
		"client.properties": "security.protocol=hunter2x\nssl.pasword=hunter2\nsasl.mechanism=PLAIN\npassword hunter2\n",
	}, commands: []string{"2 run scenario.yaml --dry-run"}, said: "client.properties"},
	{name: "nodes", files: map[string]string{
		"scenario.yaml": "weir: scenario/v1\nname: a\ncluster:\n  kind: external\n  bootstrap: [\"127.0.0.1:1\"]\n  nodes:\n    1: {kill: [ssh, --password, hunter2], start: \"ssh --password hunter2\"}\ncontracts: [weir.yaml]\nload: [{event: com.acme.OrderPlaced, profile: [{hold: 100/s, for: 1s}]}]\n",
	}, commands: []string{"2 run scenario.yaml --dry-run"}, said: "a command as a list"},

	{name: "database", files: map[string]string{"scenario.yaml": strings.Replace(services("    command: [sh]\n    database: postgres://u:hunter2@127.0.0.1:1/db")["scenario.yaml"], "name: a", "name: shop", 1)}, commands: readings, said: "database"},
	{name: "database of a flag", commands: []string{"2 verify flow/weir.yaml --command sh --database htp://u:hunter2@h"}, said: "database"},
	{name: "verify", files: map[string]string{
		"exposed.yaml": strings.Replace(exposedContract, "key: $.id\n", "key: $.id\n    envelope: cloudevents-binary\n", 1),
		"body.json":    `{"id":"{{.id}}","password":"hunter2"}`,
		"svc.sh":       "echo READY; sleep 100\n",
	}, commands: []string{
		"4 verify exposed.yaml --command sh·svc.sh·--password=hunter2·--token·hunter2 --env DB_PASSWORD=hunter2 --url http://admin:hunter2@{{HOST}} --ready log=READY --timeout 500ms --settle 100ms --dir leak/verify",
		"3 verify exposed.yaml --command sh·svc.sh --url http://admin:hunter2@{{HOST}} --ready http=/refused?token=hunter2 --ready timeout=500ms --dir leak/unready",
	}, said: "OrderPlaced"},
	{name: "flags", commands: []string{
		"2 load --topic t --rate 100/s --for 1s --size 1 --header Authorization=hunter2{{nope}}",
		"2 load --topic t --rate 100/s --for 1s --template {\"password\":\"hunter2{{nope}}\"}",
		"0 load --topic t --rate 100/s --for 1s --size 10 --header Authorization=hunter2 --header Cookie=a=hunter2 --dir leak/load",
	}, said: "nope"},
}

// TestSecretsStayHidden is of all ways to give secrets to Weir: none comes to
// light. Who adds one adds a line to exposures. Its services are shell scripts.
func TestSecretsStayHidden(t *testing.T) {
	for _, e := range exposures {
		t.Run(e.name, func(t *testing.T) { e.check(t) })
	}
}

func (e exposure) check(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil || r.URL.Path != "/ready" && r.URL.Path != "/cart" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	fill := strings.NewReplacer("{{URL}}", server.URL, "{{HOST}}", strings.TrimPrefix(server.URL, "http://"))
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/flow")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "flow"), os.DirFS("testdata/flow")); err != nil {
		t.Fatal(err)
	}
	for name, content := range e.files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(fill.Replace(content)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	t.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state"))
	for name, value := range e.env {
		t.Setenv(name, fill.Replace(value))
	}
	said := false
	for _, command := range e.commands {
		want, rest, _ := strings.Cut(fill.Replace(command), " ")
		s, stdout, stderr := testState(strings.Fields(rest)...)
		for i, arg := range s.args {
			s.args[i] = strings.ReplaceAll(arg, "·", " ")
		}
		s.env = os.Getenv
		got := fmt.Sprint(execute(s))
		if got != want {
			t.Errorf("weir %s: exit code %s, want %s:\n%s%s", rest, got, want, stdout, stderr)
		}
		said = said || strings.Contains(stdout.String()+stderr.String(), e.said)
		hides(t, "weir "+rest+": standard output", stdout.Bytes())
		hides(t, "weir "+rest+": standard error", stderr.Bytes())
	}
	if !said {
		t.Errorf("nothing of it was said: %q", e.said)
	}
	for _, root := range []string{"leak", "runs", "state"} {
		e.walk(t, root)
	}
}

// walk looks into every file that the commands wrote.
func (e exposure) walk(t *testing.T, root string) {
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err == nil {
			hides(t, path, content)
		}
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Error(err)
	}
}

// hides says where a text has the secret, as it is or in the header of HTTP
// Basic.
func hides(t *testing.T, where string, text []byte) {
	t.Helper()
	for _, secret := range []string{marker, base64.StdEncoding.EncodeToString([]byte("admin:" + marker)), base64.StdEncoding.EncodeToString([]byte("u:" + marker))} {
		if at := bytes.Index(text, []byte(secret)); at >= 0 {
			t.Errorf("%s has the secret:\n%s", where, text[max(0, at-160):min(len(text), at+60)])
		}
	}
}
