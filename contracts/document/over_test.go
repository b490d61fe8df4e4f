package document

import (
	"strings"
	"testing"
)

// TestDecodeOver: fields of a second text count instead of the file's, and each
// finding says in which text it is and where.
func TestDecodeOver(t *testing.T) {
	const src = "name: a\nparts: &p\n  - {id: own, bogus: 1}\nbest: {id: x, tags: [y]}\n"
	over := func(text string) Over { return Over{Name: "--part", Src: []byte(text), Instead: []string{"parts"}} }
	tests := []struct{ name, src, over, want, id string }{
		{"nothing over it", src, "", "t.yaml:3:15 t.yaml:4:22", "own"},
		{"instead", src, "parts: [{id: one},\n {id: two, tags: [z]}]\n", "--part:2:19 t.yaml:4:22", "one"},
		{"unknown field", "name: a", "parts: [{id: one,\n  tgas: [1]}]", "--part:2:3", "one"},
		{"alias", "name: a", "parts: [&a {id: one, tags: [&b q]}, *a, {id: *b}]", "--part:1:32", "one"},
		{"no YAML", "name: a", "parts: [", "--part:1:8", ""},
		{"no map", "name: a", "- parts", "--part:1:1", ""},
		{"the file is no map", "- a", "parts: []", "t.yaml:1:1", ""},
		{"the file is no YAML", "a: [", "parts: [", "t.yaml:1:4", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var m model
			doc, findings := DecodeOver("t.yaml", []byte(tt.src), over(tt.over), &m)
			var at []string
			for _, f := range findings {
				at = append(at, f.Position.String())
				if line := strings.Split(tt.src, "\n"); f.Position.File == "t.yaml" && f.Position.Source != line[f.Position.Line-1] {
					t.Errorf("the line of %s is shown as %q", f.Position, f.Position.Source)
				}
			}
			if got := strings.Join(at, " "); got != tt.want {
				t.Errorf("findings at %s, want %s: %v", got, tt.want, findings)
			}
			if id := firstID(m); id != tt.id {
				t.Errorf("the first part is %q, want %q", id, tt.id)
			}
			if doc.File() != "t.yaml" {
				t.Errorf("the document is %s", doc.File())
			}
		})
	}
}

func firstID(m model) string {
	if len(m.Parts) == 0 {
		return ""
	}
	return m.Parts[0].ID
}
