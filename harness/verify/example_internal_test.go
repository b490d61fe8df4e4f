package verify

import (
	"encoding/json"
	"testing"
)

func TestSample(t *testing.T) {
	s := &shape{}
	for _, text := range []string{`{"a": "secret", "b": [{"c": 4711}], "d": null}`, `{"a": "other", "b": [{"e": true}], "f": []}`} {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		s.add(v)
	}
	got, err := json.Marshal(s.sample())
	if want := `{"a":"text","b":[{"c":1,"e":true}],"d":null,"f":[]}`; err != nil || string(got) != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
}
