package jsonschema

import (
	"fmt"
	"slices"
	"strings"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/document"
)

// asserting are the keywords, of all drafts, that say what is valid: one that
// is misspelt asks for nothing.
var asserting = []string{
	"type", "enum", "const", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref", "$dynamicRef", "$recursiveRef", "$defs", "definitions",
	"properties", "patternProperties", "additionalProperties", "unevaluatedProperties", "required", "propertyNames",
	"minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "dependencies",
	"items", "prefixItems", "additionalItems", "unevaluatedItems", "contains", "minContains", "maxContains", "minItems", "maxItems", "uniqueItems",
	"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "format",
}

// annotating are the keywords that say nothing of that, those that other
// vocabularies than JSON Schema's are known for included.
var annotating = []string{
	"$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary", "$comment", "title", "description", "default", "examples", "example",
	"deprecated", "readOnly", "writeOnly", "contentEncoding", "contentMediaType", "contentSchema", "nullable", "discriminator", "xml", "externalDocs",
}

// IdleKeywords are the names in the schema that look as if they said what is
// valid, and do not: those that are nearly a keyword that does, and keywords of
// other drafts than the schema's. JSON Schema takes any name that it does not
// know for an annotation.
func (s *Schema) IdleKeywords() []Problem {
	var all []Problem
	walk(s.root, func(sub *js.Schema) {
		d, pointer := s.source.split(sub.Location)
		if d == nil {
			return // a metaschema
		}
		v, _ := placeIn(d.value, pointer).In(d.value)
		members, _ := v.(map[string]any)
		for name := range members {
			message, hint := otherDraft(name, sub.DraftVersion)
			if keyword := nearKeyword(name); keyword != "" {
				message, hint = fmt.Sprintf("%q is no keyword of JSON Schema, and asks for nothing", name), fmt.Sprintf("did you mean %q?", keyword)
			}
			if message != "" {
				all = append(all, Problem{d.KeyPosition(pointer + "/" + escapeToken(name)), message, hint})
			}
		}
	})
	sortProblems(all)
	return all
}

// nearKeyword is the keyword that a name is but for its case and an edit, or
// two in a long one; "" where it is none, or one.
func nearKeyword(name string) string {
	const shortest, long = 4, 6
	if len(name) < shortest || strings.HasPrefix(name, "x-") || slices.Contains(asserting, name) || slices.Contains(annotating, name) {
		return ""
	}
	nearest, least := "", 2
	if len(name) >= long {
		least = 3
	}
	for _, keyword := range asserting {
		if distance := document.EditDistance(strings.ToLower(name), strings.ToLower(keyword)); len(keyword) >= shortest && distance < least {
			nearest, least = keyword, distance
		}
	}
	return nearest
}
