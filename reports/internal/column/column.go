// Package column turns the columns of findings, which count bytes as compilers
// do, into those that viewers count: UTF-16 code units.
package column

import (
	"unicode/utf16"
	"unicode/utf8"

	"github.com/flowweir/weir/reports/finding"
)

// UTF16 is the column of p in UTF-16 code units, from 1; 0 where the column
// is unknown. A column inside a character is that of the character, one
// beyond the line that after its end. Without the line's text every byte
// counts as one: nothing else is known.
func UTF16(p finding.Position) int {
	if p.Column <= 0 || p.Source == "" {
		return max(p.Column, 0)
	}
	units := 1
	for i, r := range p.Source {
		_, size := utf8.DecodeRuneInString(p.Source[i:])
		if i+size >= p.Column {
			return units
		}
		units += max(utf16.RuneLen(r), 1)
	}
	return units
}

// Rest is the text of the line from the column on.
func Rest(p finding.Position) string {
	at := min(max(p.Column-1, 0), len(p.Source))
	for at > 0 && at < len(p.Source) && !utf8.RuneStart(p.Source[at]) {
		at--
	}
	return p.Source[at:]
}
