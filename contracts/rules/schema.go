package rules

import (
	"errors"
	"io/fs"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/reports/finding"
)

// schema is what rules ask of a schema, in any format.
type schema interface {
	// Lookup says what the schema promises about a place in the data.
	Lookup(at place.Place) field.Field
	// Members are the names of the fields that the schema declares at the top
	// of the data.
	Members() []string
	// References are the files that the schema's file refers to.
	References() []string
	// Examine says what is wrong with an example of the data.
	Examine(file string, src []byte) []problem
}

// problem is something wrong with a schema or an example, with its place.
type problem struct {
	Position finding.Position
	Message  string
	Hint     string
	// Related explains it: the part of the schema that an example breaks.
	Related []finding.Related
}

// invalidError is a file that was read and makes no schema.
type invalidError struct{ problems []problem }

func (e *invalidError) Error() string {
	var all []error
	for _, p := range e.problems {
		all = append(all, errors.New(p.Position.String()+": "+p.Message))
	}
	return errors.Join(all...).Error()
}

// openers load a schema's file, src, by format. A format without one is not
// judged, and a finding says so where it matters. The error is an
// *invalidError or one of fsys.
var openers = map[string]func(fsys fs.FS, file string, src []byte) (schema, error){
	contracts.FormatJSONSchema: openJSONSchema,
}
