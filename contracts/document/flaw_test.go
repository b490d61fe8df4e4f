package document

import "testing"

func TestFlawed(t *testing.T) {
	var out struct {
		List []struct {
			N    int      `yaml:"n"`
			Time Duration `yaml:"time"`
			Deep struct {
				N int `yaml:"n"`
			} `yaml:"deep"`
		} `yaml:"list"`
		Other string `yaml:"other"`
	}
	doc, _ := Decode("f.yaml", []byte(`list:
  - {n: x, time: 1s}
  - {n: 1, tme: 1s}
  - {n: 1, time: 1s, deep: {n: 1}}
  - {n: 1, n: 2}
  - {n: 1, deep: {n: 1}}
misspelt: 1
`), &out)
	check := NewChecker(doc)
	check.Error(OutOfRange, Path{"list", 2, "deep", "n"}, "wrong", "")
	check.Missing(Path{"list", 4}, "time", "")
	for _, tt := range []struct {
		path Path
		want bool
	}{
		{nil, true},
		{Path{"list"}, true},
		{Path{"list", 0}, true},
		{Path{"list", 0, "n"}, true},
		{Path{"list", 0, "time"}, false},
		{Path{"list", 1, "n"}, false},
		{Path{"list", 1, "time"}, true},
		{Path{"list", 2}, true},
		{Path{"list", 2, "deep"}, true},
		{Path{"list", 2, "time"}, false},
		{Path{"list", 3}, true},
		{Path{"list", 3, "n"}, false},
		{Path{"list", 4, "time"}, true},
		{Path{"list", 4, "deep"}, false},
		{Path{"other"}, true}, // which misspelt may stand for
	} {
		if got := doc.Flawed(tt.path...); got != tt.want {
			t.Errorf("%v: got %t", tt.path, got)
		}
	}
	if (*Document)(nil).Flawed("list") {
		t.Error("of a model built in Go nothing is wrong")
	}
	broken, _ := Decode("f.yaml", []byte("{"), &out)
	if !broken.Flawed("list") {
		t.Error("all of what is no YAML is flawed")
	}
}
