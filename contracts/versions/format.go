package versions

import (
	"fmt"
	"maps"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/reports/finding"
)

// agrees refuses a format of a contract that the registry contradicts: a
// *schema.Error, where the contract says it.
func (l *Loader) agrees(c *contracts.Contract, s *contracts.Schema, version int) error {
	if s.Format == "" || l.registry == nil {
		return nil
	}
	subject := s.Registry.Subject
	format, err := l.registry.Format(subject, version)
	if err != nil || format == s.Format {
		return err
	}
	which := "the latest version"
	if version != latest {
		which = fmt.Sprintf("version %d", version)
	}
	p := schema.Problem{
		Message: fmt.Sprintf("the format is %s, and %s of %s in the registry is %s", s.Format, which, subject, format),
		Hint:    "leave format out: the registry says it",
	}
	if at := formatOf(c, s); at != nil {
		p.Position = *at
	}
	return &schema.Error{Problems: []schema.Problem{p}}
}

// formatOf is where a contract gives a subject its format first.
func formatOf(c *contracts.Contract, s *contracts.Schema) *finding.Position {
	is := func(other *contracts.Schema) bool {
		return other != nil && other.Registry != nil && other.Registry.Subject == s.Registry.Subject && other.Format == s.Format
	}
	for _, name := range slices.Sorted(maps.Keys(c.Schemas)) {
		if named := c.Schemas[name]; is(&named) {
			return c.Doc.Position("schemas", name, "format")
		}
	}
	for i, p := range c.Produces {
		if is(p.Schema.Inline) {
			return c.Doc.Position("produces", i, "schema", "format")
		}
		if p.Key != nil && p.Key.Schema != nil && is(p.Key.Schema.Inline) {
			return c.Doc.Position("produces", i, "key", "schema", "format")
		}
	}
	for i, k := range c.Consumes {
		if k.Schema != nil && is(k.Schema.Inline) {
			return c.Doc.Position("consumes", i, "schema", "format")
		}
	}
	return nil
}
