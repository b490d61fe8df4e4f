package document

import (
	"fmt"
	"strings"

	"github.com/flowweir/weir/reports/finding"
)

// Elsewhere says that the value at path is not in this file: the model took
// it from another one, where it stands at a place. Position and KeyPosition
// answer with that place for path and all below it, unless the file itself
// has more of the way.
func (d *Document) Elsewhere(at finding.Position, path ...any) {
	if d == nil {
		return
	}
	if d.elsewhere == nil {
		d.elsewhere = map[string]finding.Position{}
	}
	d.elsewhere[joined(path)] = at
}

// borrowed is the place elsewhere of the value at path, of which the file has
// the first steps; nil where nothing is known.
func (d *Document) borrowed(path []any, has int) *finding.Position {
	if len(d.elsewhere) == 0 {
		return nil
	}
	for n := len(path); n > has; n-- {
		if at, ok := d.elsewhere[joined(path[:n])]; ok {
			return &at
		}
	}
	return nil
}

// joined makes a key of a path; quotes keep its steps apart.
func joined(path []any) string {
	var b strings.Builder
	for _, step := range path {
		fmt.Fprintf(&b, "%#v ", step)
	}
	return b.String()
}
