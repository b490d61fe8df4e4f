package document

import (
	"testing"

	"github.com/flowweir/weir/reports/finding"
)

func TestElsewhere(t *testing.T) {
	var out struct {
		List []struct {
			A string `yaml:"a"`
		} `yaml:"list"`
	}
	doc, findings := Decode("own.yaml", []byte("list:\n  - {a: x}\n"), &out)
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	far := finding.Position{File: "far.yaml", Line: 7, Column: 3, Source: "  far: 1"}
	doc.Elsewhere(far, "list", 1)
	doc.Elsewhere(finding.Position{File: "none.yaml"}, "list", 0)
	for want, path := range map[string][]any{
		"own.yaml:2:9": {"list", 0, "a"},
		"own.yaml:2:5": {"list", 0, "b"}, // the file's own entry, which has no b
		"far.yaml:7:3": {"list", 1},
		"own.yaml:2:3": {"list", 2},
		"own.yaml:1:1": {"other", 1},
	} {
		if got := doc.Position(path...).String(); got != want {
			t.Errorf("%v stands at %s, not %s", path, got, want)
		}
	}
	if got := *doc.Position("list", 1, "a", "deep"); got != far {
		t.Errorf("below it stands %+v", got)
	}
	if got := *doc.KeyPosition("list", 1, "a"); got != far {
		t.Errorf("its key stands at %+v", got)
	}
	if doc.Has("list", 1) {
		t.Error("the file itself has it")
	}
	var none *Document
	none.Elsewhere(far, "list", 1)
	if none.Position("list", 1) != nil {
		t.Error("a model built in Go has a place")
	}
}
