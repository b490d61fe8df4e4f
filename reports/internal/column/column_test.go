package column

import (
	"testing"

	"github.com/flowweir/weir/reports/finding"
)

func TestColumns(t *testing.T) {
	tests := []struct {
		name   string
		source string
		column int
		want   int
		rest   string
	}{
		{"unknown", "abc", 0, 0, "abc"},
		{"negative", "abc", -3, 0, "abc"},
		{"first", "abc", 1, 1, "abc"},
		{"ascii", "abc", 3, 3, "c"},
		{"end", "abc", 4, 4, ""},
		{"beyond the end", "abc", 99, 4, ""},
		{"no text", "", 7, 7, ""},
		{"two bytes each", "ééx", 5, 3, "x"},
		{"inside a character", "éx", 2, 1, "éx"},
		{"two units each", "😀x", 5, 3, "x"},
		{"inside two units", "😀x", 3, 1, "😀x"},
		{"no text in UTF-8", "\xff\xffx", 3, 3, "x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := finding.Position{File: "f", Line: 1, Column: tt.column, Source: tt.source}
			if got := UTF16(p); got != tt.want {
				t.Errorf("UTF16 is %d, want %d", got, tt.want)
			}
			if got := Rest(p); got != tt.rest {
				t.Errorf("Rest is %q, want %q", got, tt.rest)
			}
		})
	}
}
