package breaking

import (
	"testing"

	"github.com/flowweir/weir/contracts/compat"
)

// TestWithin: headers are matched by RE2, whose classes are not those of the
// schemas that they are compared by.
func TestWithin(t *testing.T) {
	const yes, no, open = compat.Compatible, compat.Incompatible, compat.Undecided
	for _, tt := range []struct {
		pattern, other string
		want           compat.Result
	}{
		{`^\s$`, `^[\t\n\f\r ]$`, yes},
		{`^[\sa]$`, `^[\t\n\f\r a]$`, yes},
		{`^\x0b$`, `^\S$`, open},
		{"^\v$", `^\S$`, yes},
		{"^\u00a0$", `^\s$`, no},
		{"^[\r\u2028]$", `^.$`, yes},
		{`^\n$`, `^.$`, no},
		{`^[.]$`, `^\.$`, yes},
		{`^[a\]\.]$`, `^[^.]$`, no},
		{`^[\S]$`, `^\S$`, open},
		{`^[]a]$`, `^[a\]]$`, open},
		{`^\\s$`, `^\\s$`, yes},
	} {
		if got, _ := within(tt.pattern, tt.other); got != tt.want {
			t.Errorf("%q within %q: %s, want %s", tt.pattern, tt.other, got, tt.want)
		}
	}
}
