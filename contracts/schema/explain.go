package schema

import (
	"cmp"
	_ "embed"

	"github.com/flowweir/weir/contracts/avro"
	"github.com/flowweir/weir/contracts/internal/example"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/proto"
)

//go:embed testdata/format.txtar
var formatFixture []byte

// Example shows what one of Rules is about, by a pair of schemas that breaks it
// and one that does not: Markdown, "" for another id.
func Example(rule string) string {
	if rule == FormatChanged {
		return example.Read(formatFixture).Markdown()
	}
	return cmp.Or(jsonschema.Example(rule), avro.Example(rule), proto.Example(rule))
}
