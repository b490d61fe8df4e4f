package secret

import (
	"strings"
	"testing"
)

// FuzzLines: whatever a file has, columns stay what they are.
func FuzzLines(f *testing.F) {
	f.Add("env:\n  TOKEN: |\n    a\n  - --password\n  - b")
	f.Add(`x: "{\"password\":\"a\"}" --token 'b' http://u:c@h/?key=d`)
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = Text(text), Message(text)
		lines := strings.Split(text, "\n")
		for i, got := range Lines(lines) {
			if len(got) != len(lines[i]) {
				t.Errorf("%q became %q", lines[i], got)
			}
		}
	})
}
