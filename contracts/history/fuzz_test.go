package history

import (
	"bytes"
	"path"
	"testing"
)

func FuzzParseName(f *testing.F) {
	for _, seed := range []string{"0003-20261124T100000Z.json", "0003-20261124T100000Z", "1-20261124T100000Z.json", "-", "99999999999999999999-x", "0001-00000101T000000Z.proto", "+003-20261124T100000Z.json"} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, entry string, isDir bool) {
		v, problem := parse(entry, isDir)
		if problem != "" {
			return
		}
		if again := name(v.Number, v.Published, path.Ext(entry)); again != entry {
			t.Errorf("%q is read as %s, whose name is %q", entry, v, again)
		}
	})
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{`{"b": [1e2, "x y"], "a": null}`, "message A { // a\n int32 x = 1; /* b */ }", `option p = "a//b" 'c\'';`, `"`, `/*`, `//`, "1 .5", "{}{}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, file := range []string{"a.json", "a.proto"} {
			once := canonical(file, bytes.Clone(content))
			if twice := canonical(file, bytes.Clone(once)); !bytes.Equal(once, twice) {
				t.Errorf("%s: %q, then %q", file, once, twice)
			}
		}
	})
}
