// Package fileschema holds the JSON Schemas (draft 2020-12) of the files that
// people write for Weir, so that editors complete, explain and check them.
//
// They are made from the Go models by reflection: fields, types and short
// forms of the model, descriptions from its comments. A test makes them again
// and fails where they differ (go test ./contracts/fileschema -update writes
// them), so a schema cannot say something else than the loader reads.
//
// A file that loads without findings is valid by its schema. The reverse does
// not hold: what needs another field or file to judge (a schema that is not
// defined, a fault after the load's end) only the loader knows.
package fileschema

import (
	"embed"
	"strings"
)

//go:generate go test . -run TestSchemas -update

//go:embed *.schema.json
var schemas embed.FS

const ending = ".schema.json"

// Kinds are the kinds of files that have a schema, sorted: the part before
// the slash of their field weir.
func Kinds() []string {
	entries, err := schemas.ReadDir(".")
	if err != nil {
		panic("fileschema: " + err.Error()) // the files are part of the program
	}
	var kinds []string
	for _, e := range entries {
		kinds = append(kinds, strings.TrimSuffix(e.Name(), ending))
	}
	return kinds
}

// Of is the schema of a kind; nil for a kind that has none.
func Of(kind string) []byte {
	schema, err := schemas.ReadFile(kind + ending)
	if err != nil {
		return nil
	}
	return schema
}
