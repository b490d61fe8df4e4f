package verify

import (
	"encoding/json"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/flowweir/weir/contracts/asyncapi"
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

// TestAnExampleOfADocumentIsThere: what an AsyncAPI document shows is there
// already, and no file of its name is asked for.
func TestAnExampleOfADocumentIsThere(t *testing.T) {
	files := asyncapi.NewFiles(fstest.MapFS{
		"weir.yaml": {Data: []byte("weir: contract/v1\nservice: {name: shop}\nasyncapi: api.yaml\n")},
		"api.yaml": {Data: []byte(`asyncapi: 3.1.0
info: {title: Shop, version: 1.0.0}
channels: {sold: {address: sold, messages: {Sold: {payload: {type: object}, examples: [{payload: {}}]}}}}
operations: {sell: {action: send, channel: {$ref: "#/channels/sold"}}}
`)},
	})
	c, findings := files.Load("weir.yaml")
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	v := &verifier{contract: c, files: files}
	if file, named := v.exampleFile(&c.Produces[0]); file != filepath.Join("examples", "sold.json") || named {
		t.Errorf("%s, named %v", file, named)
	}
	c.Produces[0].Examples = append(c.Produces[0].Examples, "next.json")
	if file, named := v.exampleFile(&c.Produces[0]); file != "next.json" || !named {
		t.Errorf("%s, named %v", file, named)
	}
}
