package registry

import (
	"io/fs"
	"net/url"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts"
)

// FuzzPlace: whatever a registry answers, no file of a bundle is outside of
// its folder, and no subject's folder is another one's.
func FuzzPlace(f *testing.F) {
	for _, seed := range []string{"money.json", "../x", "/etc/passwd", "https://acme.com/s/../../x#/$defs/y", "a/./b", `a\b`, "", ".", "..", "com.acme.Money", "%2E%2E", "\x00", "https://acme.com", "acme/money.proto"} {
		f.Add(seed)
	}
	base := &url.URL{Scheme: "https", Host: "acme.com", Path: "/s/root.json"}
	f.Fuzz(func(t *testing.T, name string) {
		for format := range endings {
			b := &bundler{root: Schema{Format: format}}
			if format == contracts.FormatJSONSchema {
				b.base = base
			}
			file, err := b.place(name)
			if err == nil && (!fs.ValidPath(file) || file == "." || strings.Contains(file, `\`)) {
				t.Errorf("%s: %q is placed at %q", format, name, file)
			}
		}
		dir := SubjectDir(name)
		if name != "" && (!fs.ValidPath(dir) || strings.Contains(dir, "/")) {
			t.Errorf("subject %q has the folder %q", name, dir)
		}
		if back, err := url.PathUnescape(dir); err != nil || back != name {
			t.Errorf("subject %q has the folder %q, which is that of %q", name, dir, back)
		}
	})
}
