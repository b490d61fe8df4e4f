package gate

import "testing"

// TestCompare has the order of semver.org, section 11, and what is none.
func TestCompare(t *testing.T) {
	ordered := []string{
		"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
		"1.0.0", "v1.0.1", "1.2", "1.10.0", "2.0.0+build.7",
	}
	for i, a := range ordered {
		for j, b := range ordered {
			want := 0
			switch {
			case i < j:
				want = -1
			case i > j:
				want = 1
			}
			if got, ok := compare(a, b); !ok || got != want {
				t.Errorf("%s and %s: %d, %t, want %d", a, b, got, ok, want)
			}
		}
	}
	for _, none := range []string{"7", "4f2a1c9", "", "1.x", "main", "1.0.0.0"} {
		if _, ok := compare("1.0.0", none); ok {
			t.Errorf("%q has an order", none)
		}
	}
}
