package jsonschema_test

import (
	"os"
	"testing"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
)

// BenchmarkCompare compares an ordinary event schema with itself, with a
// version that widens it, and with one that breaks it in five places.
func BenchmarkCompare(b *testing.B) {
	fsys := os.DirFS("testdata/compat")
	v1 := load(b, fsys, "order-v1.json")
	for _, bb := range []struct {
		name, file string
		want       compat.Result
		problems   int
	}{
		{"same", "order-v1.json", compat.Compatible, 0},
		{"wider", "order-v2.json", compat.Compatible, 0},
		{"breaking", "order-v3.json", compat.Incompatible, 5},
	} {
		reader := load(b, fsys, bb.file)
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c := jsonschema.Compare(v1, reader)
				if c.Result() != bb.want || len(c.Problems) != bb.problems {
					b.Fatalf("%s with %d problems: %v", c.Result(), len(c.Problems), c.Problems)
				}
			}
		})
	}
}
