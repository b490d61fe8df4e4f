package avro_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts/avro"
)

// wide is an event of 60 fields in records of ten, as real ones are.
func wide(amount string) string {
	var b strings.Builder
	b.WriteString(`{"type":"record","name":"Event","namespace":"shop","fields":[`)
	for i := range 6 {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `{"name":"part%d","type":["null",{"type":"record","name":"Part%d","fields":[`, i, i)
		for j := range 10 {
			if j > 0 {
				b.WriteString(",")
			}
			typ := [...]string{`"string"`, `"long"`, `["null","string"]`, `{"type":"array","items":"string"}`, `"` + amount + `"`}[j%5]
			fmt.Fprintf(&b, `{"name":"field%d","type":%s}`, j, typ)
		}
		b.WriteString(`]}]}`)
	}
	b.WriteString(`]}`)
	return b.String()
}

func BenchmarkCompare(b *testing.B) {
	old, compatible, broken := parse(b, "old.avsc", wide("int")), parse(b, "new.avsc", wide("double")), parse(b, "new.avsc", wide("string"))
	b.Run("compatible", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if p := avro.Compare(old, compatible).Problems; len(p) != 0 {
				b.Fatal(p)
			}
		}
	})
	b.Run("12 problems", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if p := avro.Compare(old, broken).Problems; len(p) != 12 {
				b.Fatal(len(p))
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	text := []byte(wide("int"))
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := avro.Parse(avro.Source{Name: "s.avsc", Text: text}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGenerate(b *testing.B) {
	s := parse(b, "s.avsc", wide("int"))
	g, err := avro.NewGenerator(s)
	if err != nil {
		b.Fatal(err)
	}
	rng := seeded(1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := g.GenerateEncoded(rng); err != nil {
			b.Fatal(err)
		}
	}
}
