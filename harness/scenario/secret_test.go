package scenario

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts/document"
)

const planted = "hunter2"

// plant fills everything that can say something with what has a secret, also
// what is added to scenarios later.
func plant(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(`http://u:` + planted + `@h/?token=` + planted + ` {"password":"` + planted + `"} --secret ` + planted)
	case reflect.Pointer:
		if v.Type() == reflect.TypeFor[*document.Document]() {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		plant(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				plant(v.Field(i))
			}
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[[]string]() {
			v.Set(reflect.ValueOf([]string{"shown", "--password=" + planted, "--header=Authorization: Digest " + planted + ", " + planted, "--token", planted, "http://u:" + planted + "@h"}))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		plant(v.Index(0))
	case reflect.Map:
		if v.Type() == reflect.TypeFor[map[string]string]() {
			v.Set(reflect.ValueOf(map[string]string{
				"BROKERS": "shown", "DB_PASSWORD": planted, "Cookie": "session=" + planted, "X-Api-Key": planted, "Proxy-Authorization": planted,
				"OPTS": "--password " + planted, "DSN": "postgres://u:" + planted + "@h",
			}))
			return
		}
		entry := reflect.New(v.Type().Elem()).Elem()
		plant(entry)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("a"), entry)
	}
}

func TestWithoutSecrets(t *testing.T) {
	s := &Scenario{}
	plant(reflect.ValueOf(s).Elem())
	before, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(before), planted); n < 200 {
		t.Fatalf("only %d secrets are planted", n)
	}
	kept, err := json.Marshal(s.withoutSecrets())
	if err != nil {
		t.Fatal(err)
	}
	if at := strings.Index(string(kept), planted); at >= 0 {
		t.Errorf("a secret is kept: %s", kept[max(0, at-100):at+len(planted)])
	}
	if got, want := strings.Count(string(kept), "shown"), strings.Count(string(before), "shown"); got != want {
		t.Errorf("%d plain values are kept, want %d: %s", got, want, kept)
	}
	if after, _ := json.Marshal(s); string(after) != string(before) {
		t.Errorf("the scenario was changed: %s", after)
	}
}
