package document

import "testing"

// TestShownLines: positions show no secret, wherever its name stands, and stay
// where they are.
func TestShownLines(t *testing.T) {
	var out struct {
		Env     map[string]string `yaml:"env"`
		Command []string          `yaml:"command"`
	}
	doc, findings := Decode("f", []byte("command:\n  - --password\n  - äbc\nenv:\n  TOKEN: |\n    abc\n    dé\n  B: b\n"), &out)
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	for _, tt := range []struct {
		path   []any
		column int
		want   string
	}{
		{[]any{"command", 0}, 5, "  - --password"},
		{[]any{"command", 1}, 5, "  - ****"},
		{[]any{"env", "TOKEN"}, 10, "  TOKEN: *"},
		{[]any{"env", "B"}, 6, "  B: b"},
	} {
		if p := doc.Position(tt.path...); p.Source != tt.want || p.Column != tt.column {
			t.Errorf("%v: column %d of %q, want %d of %q", tt.path, p.Column, p.Source, tt.column, tt.want)
		}
	}
	if out.Command[1] != "äbc" || out.Env["TOKEN"] != "abc\ndé\n" {
		t.Errorf("the values are hidden too: %+v", out)
	}
	// The text of the line is still what places within it are counted by.
	check := NewChecker(doc)
	check.ErrorInside("a", Path{"command", 1}, 2, "x", "")
	if p := check.Findings()[0].Position; p.Column != 7 || p.Source != "  - ****" {
		t.Errorf("within: column %d of %q", p.Column, p.Source)
	}
}
