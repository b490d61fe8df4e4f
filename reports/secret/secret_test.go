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
	} {
		if !Named(name) {
			t.Errorf("%s is shown", name)
		}
	}
	for _, name := range []string{
		"", "BROKERS", "PARTITION_KEY", "partitionKey", "key.serializer", "KEY_FIELD", "message-key", "routing_key", "ssl.keystore.location",
		"KEYCLOAK_URL", "MONKEYS", "AUTHOR", "TOKENIZER", "BYPASS_CACHE", "KEYSPACE", "parse.key", "public_key",
	} {
		if Named(name) {
			t.Errorf("%s is hidden", name)
		}
	}
}

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"postgres://u:hunter2@h/db":                       "postgres://u:***@h/db",
		"postgres://u:hunt@er2@h/db":                      "postgres://u:***@h/db",
		"http://u@h:80/a:b@c":                             "http://u@h:80/a:b@c",
		"a http://h, b amqp://:x@h":                       "a http://h, b amqp://:***@h",
		"jdbc:postgresql://h/db?user=u&password=x&ssl=on": "jdbc:postgresql://h/db?user=u&password=***&ssl=on",
		"host=h password=x dbname=d":                      "host=h password=*** dbname=d",
		`Module required username="u" password="x y";`:    `Module required username="u" password="***";`,
		`{"user":"u","password":"a\"b"}`:                  `{"user":"u","password":"***"}`,
		"Authorization: Bearer abc":                       "Authorization: ***",
		"http://auth:8080":                                "http://auth:8080",
		"auth:8080,token:9":                               "auth:8080,token:9",
		"key=value":                                       "key=***",
		"partition.key=id":                                "partition.key=id",
		"":                                                "",
	} {
		if got := Text(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestArgs(t *testing.T) {
	args := []string{"./bin/x", "--password=a b", "--password", "x", "--token", "--verbose", "PASSWORD=x", "-Dssl.key.password=x", "--set=db.password=x", "--db", "postgres://u:x@h", "--auth", "x", "--port", "80"}
	want := []string{"./bin/x", "--password=***", "--password", "***", "--token", "--verbose", "PASSWORD=***", "-Dssl.key.password=***", "--set=db.password=***", "--db", "postgres://u:***@h", "--auth", "***", "--port", "80"}
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
