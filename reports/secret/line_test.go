package secret

import (
	"slices"
	"strings"
	"testing"
)

func TestLine(t *testing.T) {
	for line, want := range map[string]string{
		`    DB_PASSWORD: a b, c # why`:                               `    DB_PASSWORD: ****** # why`,
		`  env: {DB_PASSWORD: a b, BROKERS: x, TOKEN: "a\"}b", A:}`:   `  env: {DB_PASSWORD: ***, BROKERS: x, TOKEN: "*****", A:}`,
		`  env: {TOKEN: [a, b], X: y}`:                                `  env: {TOKEN: *****], X: y}`,
		`  headers: {Authorization: Bearer abc}, x: y`:                `  headers: {Authorization: **********}, x: y`,
		`	"password": 'it''s', "b": 1`:                                `	"password": '*****', "b": 1`,
		`  command: [x, --password=ab, "--token", "abc", --auth, d]`:  `  command: [x, --password=**, "--token", "***", --auth, *]`,
		`  url: http://u:pass@h/?token=abc&x=y`:                       `  url: http://u:****@h/?token=***&x=y`,
		`  url: "http://u:pass@h/?token=abc&x=y"`:                     `  url: "http://u:****@h/?token=***&x=y"`,
		`  password: "é"`:                                             `  password: "**"`,
		`  password:`:                                                 `  password:`,
		`  - {event: Order, key: $.order_id, keys: {cardinality: 5}}`: `  - {event: Order, key: $.order_id, keys: {cardinality: 5}}`,
		`  secrets: {path: x}`:                                        `  secrets: {path: x}`,
		`  addr: auth:8080`:                                           `  addr: auth:8080`,
		`  command: [x, "--password=correct horse {{.Nope}}", y]`:     `  command: [x, "--password=***********************", y]`,
		`    - --header=Authorization=Bearer abc`:                     `    - --header=Authorization=**********`,
		`    - "--header=Authorization: Digest a, b"`:                 `    - "--header=Authorization: ***********"`,
		`  command: [x, --user, u:ab, --user=u:ab, -u, "u:ab"]`:       `  command: [x, --user, u:**, --user=u:**, -u, "u:**"]`,
		`  env: "PASSWORD=ab;c"`:                                      `  env: "PASSWORD=****"`,
		`  OPTS: "--password ab --verbose"`:                           `  OPTS: "--password ** --verbose"`,
		`  OPTS: --password "a b" --verbose`:                          `  OPTS: --password "***" --verbose`,
		`  template: '{"password":"ab","x":1}'`:                       `  template: '{"password":"**","x":1}'`,
		`  template: "{\"password\":\"ab\",\"x\":1}"`:                 `  template: "{\"password\":\"**\",\"x\":1}"`,
		`  headers: {Cookie: session=a; b=c, X-Api-Key: d}`:           `  headers: {Cookie: **************, X-Api-Key: *}`,
		`  needs: {$.token: string, $.user.password: string}`:         `  needs: {$.token: string, $.user.password: string}`,
		`  save: {token: $.token}`:                                    `  save: {token: $.token}`,
		`  string token = 3; // it is`:                                `  string token = 3; // it is`,
		`  API_KEY: "open`:                                            `  API_KEY: "****`,
		`  - {rule: order-without-key, reason: legacy}`:               `  - {rule: order-without-key, reason: legacy}`,
		`    - --password # comes next`:                               `    - --password # comes next`,
		``:                                                            ``,
	} {
		got := Line(line)
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", line, got, want)
		}
		if len(got) != len(line) {
			t.Errorf("%s: its length is not kept", line)
		}
		if again := Line(got); again != got {
			t.Errorf("%s: hidden twice it is another:\ngot  %s\nwant %s", line, again, got)
		}
	}
}

// An x is hidden, everything else is not.
func TestLines(t *testing.T) {
	for _, file := range []string{`
command:
  - --password
  - xxxxx{{.Nope}}
  - "--token"

  - x x # why
    x
  - --verbose
  - a
  - --auth
  - --db
`, `
env:
  DB_PASSWORD:
    xxx {{.Nope}}
  TOKEN: xx
    xxx

    xxx: xx
  API_KEY: "xx
    xx" #
  SECRET: xx
   xx
  B: b
`, `
- password:
  - xxx
  - x
  b: 1
`, `
key:
  place: $.id
secrets:
  path: a
  password: xx
tokens: {
  a: b
}
`, `
command: [a, --password,
  xxx
  --b]
`, `
PASSWORD: x below
  xxx
b: c
`} {
		lines := strings.Split(file, "\n")
		for i, got := range Lines(lines) {
			want := lines[i]
			if from := strings.Index(want, "x"); from >= 0 {
				want = want[:from] + strings.Repeat("*", len(want)-from)
			}
			if got != want {
				t.Errorf("line %d of %s:\ngot  %s\nwant %s", i+1, file, got, want)
			}
		}
	}
}

// What makes a name a secret's makes a text suspect: else nothing is looked for.
func TestSuspect(t *testing.T) {
	for _, name := range slices.Concat(anywhere, words, []string{"key"}) {
		if !suspect(name) {
			t.Errorf("%s is no suspect", name)
		}
	}
}

func BenchmarkLines(b *testing.B) {
	lines := strings.Split(strings.Repeat(`  - event: com.acme.order.OrderPlaced
    topic: order.events
    schema: schemas/order-placed.json
    key: $.order_id
    examples: [examples/order-placed.json]
`, 20), "\n")
	for b.Loop() {
		Lines(lines)
	}
}
