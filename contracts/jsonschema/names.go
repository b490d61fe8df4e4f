package jsonschema

import (
	"fmt"

	js "github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/message"
)

// judgeNames makes a schema refuse a property of which it cannot be found out
// whether a pattern of names is about it, where something depends on that. The
// validator takes the name for one that does not match, and would pass over
// what the pattern asks for.
func judgeNames(s *js.Schema) {
	for _, p := range patternProperties(s) {
		if patternOf(p.pattern).Other != nil {
			s.Extensions = append(s.Extensions, nameJudge{p, s})
		}
	}
}

// nameJudge is a pattern of names that may be given up, and its schema.
type nameJudge struct {
	patternProperty
	of *js.Schema
}

// Validate implements js.SchemaExt.
func (j nameJudge) Validate(ctx *js.ValidatorContext, v any) {
	object, _ := v.(map[string]any)
	for _, name := range sortedKeys(object) {
		if _, err := patternOf(j.pattern).Match(name); err != nil && j.matters(ctx, name, object[name]) {
			ctx.AddError(&unknownName{name, j.pattern.String(), err})
		}
	}
}

// matters reports whether a property may be refused, by the pattern's schema if
// its name matches, by additionalProperties if it does not.
func (j nameJudge) matters(ctx *js.ValidatorContext, name string, v any) bool {
	if ctx.Validate(j.schema, v, []string{name}) != nil {
		return true
	}
	if j.of.Properties[name] != nil {
		return false
	}
	switch additional := j.of.AdditionalProperties.(type) {
	case bool:
		return !additional
	case *js.Schema:
		return ctx.Validate(additional, v, []string{name}) != nil
	}
	return false
}

// unknownName is the violation of a property that may be one of a pattern.
type unknownName struct {
	name, pattern string
	err           error
}

// KeywordPath implements js.ErrorKind.
func (u *unknownName) KeywordPath() []string { return []string{"patternProperties", u.pattern} }

// LocalizedString implements js.ErrorKind.
func (u *unknownName) LocalizedString(*message.Printer) string {
	return fmt.Sprintf("is there, and whether its name matches the pattern %s was %v", u.pattern, u.err)
}
