package jsonschema

import (
	"slices"
	"strings"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/compat"
)

// owns reports whether a schema was loaded for s.
func (s *Schema) owns(at *js.Schema) (owns bool) {
	walk(s.root, func(other *js.Schema) { owns = owns || other == at })
	return owns
}

// place is that of a keyword of a schema, or of the schema.
func (s *Schema) place(at *js.Schema, keyword string) compat.Place {
	location := at.Location
	if keyword != "" {
		location += "/" + keyword
	}
	_, pointer := s.source.split(location)
	return compat.Place{Path: pointer, Position: s.source.keyPosition(location)}
}

// writerPlace is that of the same keyword in the writer's schema, or of one
// that speaks of the same things, or of the schema that lets the value in.
func (c *comparer) writerPlace(at spot, keyword string) compat.Place {
	head, _, _ := strings.Cut(keyword, "/")
	for _, candidate := range slices.Concat([]string{keyword}, kin[head]) {
		for _, s := range at.writer {
			d, pointer := c.writer.source.split(s.Location)
			if d == nil || candidate == "" {
				continue
			}
			if _, ok := d.values[pointer+"/"+candidate]; ok {
				return c.writer.place(s, candidate)
			}
		}
	}
	if len(at.writer) > 0 {
		return c.writer.place(at.writer[0], "")
	}
	return c.writer.place(at.holder, "")
}

// kin are keywords that restrict the same things.
var kin = map[string][]string{
	"enum": {"const", "type"}, "const": {"enum", "type"}, "type": {"enum", "const"},
	"minimum": {"exclusiveMinimum"}, "exclusiveMinimum": {"minimum"},
	"maximum": {"exclusiveMaximum"}, "exclusiveMaximum": {"maximum"},
	"anyOf": {"oneOf"}, "oneOf": {"anyOf"}, "items": {"prefixItems"}, "prefixItems": {"items"},
	"additionalProperties": {"unevaluatedProperties"}, "unevaluatedProperties": {"additionalProperties"},
	"additionalItems": {"unevaluatedItems", "items"}, "unevaluatedItems": {"additionalItems", "items"},
	"minContains": {"contains"}, "maxContains": {"contains"}, "dependentRequired": {"dependencies"}, "dependentSchemas": {"dependencies"},
	"dependencies": {"dependentRequired", "dependentSchemas"},
}
