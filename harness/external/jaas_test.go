package external

import (
	"reflect"
	"strings"
	"testing"
)

const plainClass = "org.apache.kafka.common.security.plain.PlainLoginModule"

func TestParseJAAS(t *testing.T) {
	for text, want := range map[string]jaas{
		plainClass + ` required username="alice" password="a b;c=d";`:                      {plainModule, map[string]string{"username": "alice", "password": "a b;c=d"}},
		plainClass + "\n\trequired // why\n username = 'al\"ice' /* ; */ password=plain ;": {plainModule, map[string]string{"username": `al"ice`, "password": "plain"}},
		plainClass + ` Required password="q\"u\\o\tte";`:                                   {plainModule, map[string]string{"password": "q\"u\\o\tte"}},
		plainClass + ` required password="mit ü";`:                                         {plainModule, map[string]string{"password": "mit ü"}},
		"org.apache.kafka.common.security.scram.ScramLoginModule optional;":                {scramModule, map[string]string{}},
		"org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;  ":  {oauthModule, map[string]string{}},
	} {
		got, err := parseJAAS(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v, want %+v", text, got, err, want)
		}
	}
}

// Errors name what is wrong, and never show a password.
func TestParseJAASErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "the login module's class is missing",
		"com.acme.LoginModule required;":      "com.acme.LoginModule is no login module that Weir knows",
		"com.acme.PlainLoginModule required;": "com.acme.PlainLoginModule is no login module that Weir knows",
		plainClass:                            "required is missing",
		plainClass + ` username="alice";`:     "followed by no control flag",
		plainClass + ` required password="hunter2"`:                     "must end with ;",
		plainClass + ` required password="hunter2`:                      "the value of password lacks its closing quote",
		plainClass + " required password=\"hunter2\n\";":                "the value of password lacks its closing quote",
		plainClass + ` required password;`:                              `option "password" of PlainLoginModule lacks = and a value`,
		plainClass + ` required password=my "hunter2";`:                 `an option of PlainLoginModule lacks = and a value: a value with a blank stands in quotes`,
		plainClass + ` required password=;`:                             "the value of password is missing",
		plainClass + ` required password="hunter2" password="hunter2";`: `option "password" of PlainLoginModule is set twice`,
		plainClass + ` required password="hunter2"; ` + plainClass:      "more than one login module",
		plainClass + ` required ="hunter2";`:                            "an option or ; is missing",
		plainClass + ` required password="\101hunter2";`:                "octal escape",
	} {
		_, err := parseJAAS(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows the password: %v", text, err)
		}
	}
}

func FuzzParseJAAS(f *testing.F) {
	f.Add(plainClass + ` required username="a" password='b';`)
	f.Add(plainClass + " required // x\n a = b /* c */ ;")
	f.Add(`"\`)
	f.Fuzz(func(_ *testing.T, text string) { _, _ = parseJAAS(text) })
}
