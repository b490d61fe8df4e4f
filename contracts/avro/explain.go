package avro

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
	if rule == ruleDepth {
		return depthExample
	}
	src, err := fixtures.ReadFile("testdata/rules/" + strings.TrimPrefix(rule, "compat/") + ".txtar")
	if err != nil {
		return ""
	}
	return example.Read(src).Markdown()
}

// depthExample is in words: a schema that deep is no example to read.
const depthExample = "## Bad\n\n" +
	"```json old.avsc, and new.avsc with \"long\" for \"int\"\n" +
	"{\"type\": \"array\", \"items\": {\"type\": \"array\", \"items\": … 600 arrays within each other … {\"type\": \"array\", \"items\": \"int\"}}}\n" +
	"```\n\n## Good\n\n" +
	"```json old.avsc, and new.avsc with \"long\" for \"int\"\n" +
	"{\"type\": \"array\", \"items\": {\"type\": \"array\", \"items\": \"int\"}}\n" +
	"```\n"
