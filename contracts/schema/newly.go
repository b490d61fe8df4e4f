package schema

import (
	"slices"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
)

// Newly is what of Compare breaks only since an older schema of the writer.
// What is said of the same places in the same words is old.
//
// For JSON Schema documents decide it: whether there is one that the writer
// writes and the older refused, and the reader cannot read. Beside that, what is
// said at another place of the writer and in other words is new: an open object
// could always have any member, and promises one now.
func Newly(older, writer, reader *Schema, d Dialect) compat.Comparison {
	all := Compare(writer, reader, d)
	before := Compare(older, reader, d)
	if len(all.Problems) == 0 || len(before.Problems) == 0 {
		return all
	}
	said := func(p compat.Problem) bool {
		return slices.ContainsFunc(before.Problems, func(b compat.Problem) bool {
			return sameBreak(b, p) && b.Writer.Path == p.Writer.Path && b.Message == p.Message
		})
	}
	w, r, o := writer.JSONSchema(), reader.JSONSchema(), older.JSONSchema()
	if w == nil || r == nil || o == nil {
		return compat.Comparison{Problems: slices.DeleteFunc(all.Problems, said)}
	}
	newly := located(jsonschema.Compare(w, r, append(d.json(), jsonschema.Since(o))...), writer, reader)
	newly.Problems = slices.DeleteFunc(newly.Problems, said)
	for _, p := range all.Problems {
		near := func(b compat.Problem) bool {
			return sameBreak(b, p) && (b.Writer.Path == p.Writer.Path || b.Message == p.Message)
		}
		if !slices.ContainsFunc(before.Problems, near) && !slices.ContainsFunc(newly.Problems, near) {
			newly.Problems = append(newly.Problems, p)
		}
	}
	return newly
}

// sameBreak: the same rule is broken at the same place of the reader.
func sameBreak(a, b compat.Problem) bool {
	return a.Rule == b.Rule && a.Verdict == b.Verdict && a.Reader.Path == b.Reader.Path
}
