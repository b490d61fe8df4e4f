package example

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMarkdown: each layout of a fixture has its first bad and its first good
// example shown, with what is found in the former.
func TestMarkdown(t *testing.T) {
	for _, tt := range []struct{ name, archive, says, want string }{
		{"reader and writer", "An empty list.\n-- writer.json --\n{}\n-- reader.json --\n1\n-- passes.json --\n2\n-- want --\nbreaks\n", "An empty list.",
			"## Bad\n\nAn empty list.\n\n```json writer.json\n{}\n```\n\n```json reader.json\n1\n```\n\n```text\nbreaks\n```\n\n## Good\n\n```json writer.json\n{}\n```\n\n```json reader.json\n2\n```\n"},
		{"folders", "options: json\nA name.\n-- fail-a/w.proto --\na\n-- fail-a/want --\nin a\n-- fail-b/w.proto --\nb\n-- fail-b/want --\nin b\n-- pass/w.proto --\nc\n-- pass/want --\n", "A name.",
			"## Bad\n\nA name.\n\n```proto w.proto\na\n```\n\n```text\nin a\n```\n\n## Good\n\n```proto w.proto\nc\n```\n"},
		{"two states", "\n-- fail.a/old/a.yaml --\n1\n-- fail.a/old/b.yaml --\nb\n-- fail.a/new/a.yaml --\n2\n-- fail.a/new/b.yaml --\nb\n-- fail.b/old/a.yaml --\n3\n-- pass/old/a.yaml --\n1\n-- pass/new/a.yaml --\n1\n-- want --\n# fail.a\nin a\n# fail.b\nin b\n", "",
			"## Bad\n\n```yaml old/a.yaml\n1\n```\n\n```yaml b.yaml\nb\n```\n\n```yaml new/a.yaml\n2\n```\n\n```text\nin a\n```\n\n## Good\n\n```yaml a.yaml\n1\n```\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := Read([]byte(tt.archive))
			if diff := cmp.Diff(tt.want, s.Markdown()); diff != "" || s.Says != tt.says {
				t.Errorf("says %q (-want +got):\n%s", s.Says, diff)
			}
		})
	}
}
