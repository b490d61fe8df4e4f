package finding

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

// TestShown: no view of a finding has its secrets, and the finding keeps them.
func TestShown(t *testing.T) {
	made := func(message, hint, source, related string) Finding {
		return Finding{
			ID: "a", Severity: Error, Message: message, Hint: hint, Position: &Position{File: "f", Line: 1, Source: source},
			Related: []Related{{Position: Position{File: "f", Line: 2, Source: source}, Message: related}},
		}
	}
	given := func() Finding {
		return made(`not "--password=abc"`, "write http://u:abc@h", "  TOKEN: abc", `it is "token: abc" <here>`)
	}
	f := given()
	want := made(`not "--password=***"`, "write http://u:***@h", "  TOKEN: ***", `it is "token: ***" <here>`)
	if got := Shown([]Finding{f})[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if !reflect.DeepEqual(f, given()) {
		t.Errorf("the finding was changed: %+v", f)
	}
	for _, escape := range []bool{false, true} {
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(escape)
		if err := enc.Encode(map[string]any{"findings": []Finding{f}}); err != nil {
			t.Fatal(err)
		}
		var read struct{ Findings []Finding }
		if err := json.Unmarshal(out.Bytes(), &read); err != nil || !reflect.DeepEqual(read.Findings, []Finding{want}) {
			t.Errorf("written: %s %v", out.String(), err)
		}
		if got := bytes.Contains(out.Bytes(), []byte("<here>")); got == escape {
			t.Errorf("escaped for HTML: %v, want %v", !got, escape)
		}
	}
}
