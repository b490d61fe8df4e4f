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
		`  command: [x, "--password=correct horse {{.Nope}}", y]`:     `  command: [x, "--password=***********************", y]`,
		`    - --header=Authorization=Bearer abc`:                     `    - --header=Authorization=**********`,
		`  env: "PASSWORD=ab;c"`:                                      `  env: "PASSWORD=****"`,
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

func TestLineAfter(t *testing.T) {
	for _, tt := range [][3]string{
		{`      - --password`, `      - abc-{{.Nope}}`, `      - *************`},
		{`      - "--token"`, `      - "a b" # why`, `      - ***********`},
		{`      - --verbose`, `      - abc`, `      - abc`},
		{`    DB_PASSWORD:`, `      abc {{.Nope}}`, `      *************`},
		{`    DB_PASSWORD: >-`, `      abc`, `      ***`},
		{`    key:`, `      place: $.id`, `      place: $.id`},
		{`  secrets:`, `    path: x`, `    path: x`},
		{``, `  TOKEN: abc`, `  TOKEN: ***`},
	} {
		if got := LineAfter(tt[0], tt[1]); got != tt[2] {
			t.Errorf("%s\n%s:\ngot  %s\nwant %s", tt[0], tt[1], got, tt[2])
		}
	}
}

func TestMessage(t *testing.T) {
	for text, want := range map[string]string{
		`command must be a list, not the text "./svc --password=abc"`: `command must be a list, not the text "./svc --password=***"`,
		`"htp://admin:abc@127.0.0.1:80" is no URL`:                    `"htp://admin:***@127.0.0.1:80" is no URL`,
		`"healthz?token=abc" is no path`:                              `"healthz?token=***" is no path`,
		`args must be a list, not the text "--token abc --verbose"`:   `args must be a list, not the text "--token *** --verbose"`,
		`write key: $.order_id`:                                       `write key: $.order_id`,
	} {
		if got := Message(text); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", text, got, want)
		}
	}
}
