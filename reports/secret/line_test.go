package secret

import "testing"

func TestLine(t *testing.T) {
	for line, want := range map[string]string{
		`    DB_PASSWORD: a b, c # why`:                               `    DB_PASSWORD: ****** # why`,
		`  env: {DB_PASSWORD: a b, BROKERS: x, TOKEN: "a\"}b", A:}`:   `  env: {DB_PASSWORD: ***, BROKERS: x, TOKEN: *******, A:}`,
		`  env: {TOKEN: [a, b], X: y}`:                                `  env: {TOKEN: *****], X: y}`,
		`  headers: {Authorization: Bearer abc}, x: y`:                `  headers: {Authorization: **********}, x: y`,
		`	"password": 'it''s', "b": 1`:                                `	"password": *******, "b": 1`,
		`  command: [x, --password=ab, "--token", "abc", --auth, d]`:  `  command: [x, --password=**, "--token", *****, --auth, *]`,
		`  url: http://u:pass@h/?token=abc&x=y`:                       `  url: http://u:****@h/?token=***&x=y`,
		`  password: "é"`:                                             `  password: ****`,
		`  password:`:                                                 `  password:`,
		`  - {event: Order, key: $.order_id, keys: {cardinality: 5}}`: `  - {event: Order, key: $.order_id, keys: {cardinality: 5}}`,
		`  secrets: {path: x}`:                                        `  secrets: {path: x}`,
		`  addr: auth:8080`:                                           `  addr: auth:8080`,
		`  API_KEY: "open`:                                            `  API_KEY: *****`,
		``:                                                            ``,
	} {
		got := Line(line)
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", line, got, want)
		}
		if len(got) != len(line) {
			t.Errorf("%s: its length is not kept", line)
		}
	}
}
