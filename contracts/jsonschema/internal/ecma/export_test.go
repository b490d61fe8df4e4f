package ecma

import (
	"maps"
	"slices"
)

// HasCode reports whether a code leads to the name of a script.
func HasCode(name string) bool {
	return slices.Contains(slices.Collect(maps.Values(scriptCodes())), name)
}
