package jsonschema

import (
	"fmt"
	"slices"
	"strings"
)

// holders are the keywords whose members are schemas, by names that are no
// keywords.
var holders = []string{"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"}

// misplacedKeywords are keywords whose values are no schemas, so that one among
// properties is seen.
var misplacedKeywords = []string{
	"$ref", "$schema", "const", "default", "description", "enum", "examples", "exclusiveMaximum", "exclusiveMinimum", "format",
	"maxItems", "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum", "multipleOf",
	"pattern", "required", "title", "type", "uniqueItems", "allOf", "anyOf", "oneOf", "prefixItems",
}

// misplaced is the next step where a keyword stands one level too deep: among
// the names of properties, or as the flag of a property that it was before
// draft 4.
func misplaced(pointer, keyword string) string {
	if keyword != "type" {
		return ""
	}
	steps := strings.Split(pointer, "/")
	last := len(steps) - 1
	if last < 2 {
		return ""
	}
	holder, name := steps[last-1], steps[last]
	switch {
	case slices.Contains(holders, holder) && slices.Contains(misplacedKeywords, name) && !holdsNames(steps[:last-1]):
		return fmt.Sprintf("%q is the name of a member of %s here; as a keyword it stands beside %s", name, holder, holder)
	case name == "required" && last >= 3 && steps[last-2] == "properties":
		return fmt.Sprintf(`required is a list of names beside properties: "required": [%q]`, holder)
	}
	return ""
}

// holdsNames reports whether what looks like a holder is itself a name: a
// property that is called properties.
func holdsNames(steps []string) bool {
	named := false
	for _, step := range steps {
		named = !named && slices.Contains(holders, step)
	}
	return named
}
