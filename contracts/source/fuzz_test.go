package source

import "testing"

func FuzzParseTree(f *testing.F) {
	const idSize = 20
	f.Add([]byte("100644 a\x0001234567890123456789"))
	f.Add([]byte("40000 d\x000123456789012345678940000 ..\x0001234567890123456789"))
	f.Add([]byte("100644 a\x00short"))
	f.Add([]byte("x"))
	f.Fuzz(func(t *testing.T, content []byte) {
		entries, err := parseTree(content, idSize)
		if err != nil {
			return
		}
		for i, e := range entries {
			if e.name == "" || e.name == "." || e.name == ".." || len(e.id) != 2*idSize {
				t.Errorf("entry %+v", e)
			}
			if i > 0 && entries[i-1].name > e.name {
				t.Errorf("%q comes before %q", entries[i-1].name, e.name)
			}
		}
	})
}
