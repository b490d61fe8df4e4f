package asyncapi_test

import (
	"testing"

	"github.com/flowweir/weir/contracts/asyncapi"
)

// BenchmarkLoad reads a document with traits, references and bindings; the
// schema of AsyncAPI is compiled once and not counted.
func BenchmarkLoad(b *testing.B) {
	asyncapi.Load(documents, "lamps-kafka.yaml")
	for b.Loop() {
		asyncapi.Load(documents, "lamps-kafka.yaml")
	}
}
