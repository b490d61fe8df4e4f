package secret

import (
	"reflect"
	"testing"
)

func TestNamed(t *testing.T) {
	for _, name := range []string{
		"DB_PASSWORD", "db.passwd", "AWS_SECRET_ACCESS_KEY", "API_KEY", "apiKey", "APIKEY", "key", "SASL_JAAS", "sasl.jaas.config",
		"GITHUB_TOKEN", "accessToken", "Authorization", "BASIC_AUTH", "GOOGLE_APPLICATION_CREDENTIALS", "PRIVATE_PEM", "PGPASS", "DB_PASS",
		"--password", "ssl.keystore.key", "clientSecret", "KEYSTORE_PASSPHRASE", "REDIS_PWD",
		"Cookie", "Set-Cookie", "Proxy-Authorization", "X-Api-Key", "X-Amz-Signature", "sig",
	} {
		if !Named(name) {
			t.Errorf("%s is shown", name)
		}
	}
	for _, name := range []string{
		"", "BROKERS", "PARTITION_KEY", "partitionKey", "key.serializer", "KEY_FIELD", "message-key", "routing_key", "ssl.keystore.location",
		"KEYCLOAK_URL", "MONKEYS", "AUTHOR", "TOKENIZER", "BYPASS_CACHE", "KEYSPACE", "parse.key", "public_key", "design", "signal",
	} {
		if Named(name) {
			t.Errorf("%s is hidden", name)
		}
	}
}

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"--password x --verbose":                           "--password *** --verbose",
		`--password "x y" -v`:                              `--password "***" -v`,
		"--user=u:x --user u:x -u u:x":                     "--user=u:*** --user u:*** -u u:***",
		`curl -H 'Authorization: Token x y' h`:             `curl -H 'Authorization: ***' h`,
		"X-Api-Key: a b\nAccept: c":                        "X-Api-Key: ***\nAccept: c",
		"Cookie: a=b; c=d":                                 "Cookie: ***",
		`{"password":"x","pin_token":12,"auth":{"a":"b"}}`: `{"password":"***","pin_token":***`,
		`{\"password\":\"x\"}`:                             `{\"password\":\"***\"}`,
		"Server=h;Password=x;y":                            "Server=h;Password=***",
		"postgres://u:hunter2@h/db":                        "postgres://u:***@h/db",
		"postgres://u:hunt@er2@h/db":                       "postgres://u:***@h/db",
		"http://u@h:80/a:b@c":                              "http://u@h:80/a:b@c",
		"a http://h, b amqp://:x@h":                        "a http://h, b amqp://:***@h",
		"jdbc:postgresql://h/db?user=u&password=x&ssl=on":  "jdbc:postgresql://h/db?user=u&password=***&ssl=on",
		"host=h password=x dbname=d":                       "host=h password=*** dbname=d",
		`Module required username="u" password="x y";`:     `Module required username="u" password="***";`,
		`{"user":"u","password":"a\"b"}`:                   `{"user":"u","password":"***"}`,
		"Authorization: Bearer abc":                        "Authorization: ***",
		"http://auth:8080":                                 "http://auth:8080",
		"auth:8080,token:9":                                "auth:8080,token:9",
		"key=value":                                        "key=***",
		"partition.key=id":                                 "partition.key=id",
		"":                                                 "",
	} {
		if got := Text(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestArgs(t *testing.T) {
	args := []string{"./bin/x", "--password=a b", "--password", "x", "--token", "--verbose", "PASSWORD=x", "-Dssl.key.password=x", "--set=db.password=x", "--db", "postgres://u:x@h", "--auth", "x", "--port", "80", "--header=Authorization: Digest x, y", "Cookie: x; y"}
	want := []string{"./bin/x", "--password=***", "--password", "***", "--token", "--verbose", "PASSWORD=***", "-Dssl.key.password=***", "--set=db.password=***", "--db", "postgres://u:***@h", "--auth", "***", "--port", "80", "--header=Authorization: ***", "Cookie: ***"}
	if got := Args(args); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if args[1] != "--password=a b" {
		t.Error("the argument was changed")
	}
	if Args(nil) != nil || Values(nil) != nil {
		t.Error("nothing became something")
	}
}

func TestValues(t *testing.T) {
	values := map[string]string{"DB_PASSWORD": "x", "DSN": "mysql://u:x@h", "BROKERS": "{{.Bootstrap}}"}
	want := map[string]string{"DB_PASSWORD": "***", "DSN": "mysql://u:***@h", "BROKERS": "{{.Bootstrap}}"}
	if got := Values(values); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if values["DB_PASSWORD"] != "x" {
		t.Error("the argument was changed")
	}
}

func TestMessage(t *testing.T) {
	for text, want := range map[string]string{
		`command must be a list, not the text "./svc --password=abc"`:     `command must be a list, not the text "./svc --password=***"`,
		`"htp://admin:abc@127.0.0.1:80" is no URL`:                        `"htp://admin:***@127.0.0.1:80" is no URL`,
		`"healthz?token=abc" is no path`:                                  `"healthz?token=***" is no path`,
		`Get "http://u:abc@h/x?token=abc&y=z": no`:                        `Get "http://u:***@h/x?token=***&y=z": no`,
		`args must be a list, not the text "--token abc --verbose"`:       `args must be a list, not the text "--token *** --verbose"`,
		`headers must be a map, not the text "Authorization: Bearer a b"`: `headers must be a map, not the text "Authorization: ***"`,
		`the text "{\"password\":\"abc\"}" is none`:                       `the text "{\"password\":\"***\"}" is none`,
		`http://h/metrics?token=abc: 401 (PASSWORD=abc).`:                 `http://h/metrics?token=***: 401 (PASSWORD=***).`,
		`["--password" "abc"]`:                                            `["--password" "***"]`,
		`write key: $.order_id`:                                           `write key: $.order_id`,
		`reading token: no such file`:                                     `reading token: no such file`,
		`schema "auth-token": cannot be read`:                             `schema "auth-token": cannot be read`,
		`needs $.token: string, and header:auth-token: it is not`:         `needs $.token: string, and header:auth-token: it is not`,
		`/properties/token: it is a string`:                               `/properties/token: it is a string`,
		`the broker's token = 3; is another`:                              `the broker's token = 3; is another`,
	} {
		if got := Message(text); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", text, got, want)
		}
	}
}
