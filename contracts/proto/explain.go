package proto

import (
	"embed"
	"strings"

	"github.com/flowweir/weir/contracts/internal/example"
)

//go:embed testdata/rules/*.txtar
var fixtures embed.FS

// Example shows what one of Rules is about, by the pairs of schemas that tests
// hold it to: Markdown, "" for another id.
func Example(rule string) string {
	src, err := fixtures.ReadFile("testdata/rules/" + strings.TrimPrefix(rule, "compat/proto-") + ".txtar")
	if err != nil {
		return ""
	}
	return example.Read(src).Markdown()
}
