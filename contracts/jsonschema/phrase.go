package jsonschema

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
	"github.com/flowweir/weir/contracts/place"
)

// What follows words the messages of problems. A message says what the writer
// may write and where, and then what the reader takes.

// where is the place of the violation in the document.
func (b blame) where() string { return placeIn(b.doc, b.violation.Place).String() }

// value is what stands there.
func (b blame) value() any {
	v := b.doc
	for _, s := range placeIn(b.doc, b.violation.Place).Path() {
		switch here := v.(type) {
		case map[string]any:
			v = here[s.Name]
		case []any:
			if s.Index < len(here) {
				v = here[s.Index]
			}
		}
	}
	return v
}

// array is the place of the array that the violation is in or at.
func (b blame) array() string {
	path := placeIn(b.doc, b.violation.Place).Path()
	if _, ok := b.value().([]any); !ok && len(path) > 0 && path[len(path)-1].IsIndex {
		path = path[:len(path)-1]
	}
	return place.Field(path...).String()
}

// member is the place of a member of the object that the violation is in or
// at.
func (b blame) member(name string) string {
	path := placeIn(b.doc, b.violation.Place).Path()
	if len(path) > 0 && path[len(path)-1] == place.Name(name) {
		return place.Field(path...).String()
	}
	return place.Field(append(path, place.Name(name))...).String()
}

// inner is the place of the member of that name that the violation is in.
func (b blame) inner(name string) string {
	path := placeIn(b.doc, b.violation.Place).Path()
	for len(path) > 0 && path[len(path)-1] != place.Name(name) {
		path = path[:len(path)-1]
	}
	return place.Field(path...).String()
}

// placeIn is the place in a document that a JSON Pointer leads to.
func placeIn(doc any, pointer string) place.Place {
	var path []place.Segment
	if pointer == "" {
		return place.Field()
	}
	for _, token := range strings.Split(pointer[1:], "/") {
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		switch here := doc.(type) {
		case []any:
			i := 0
			if _, err := fmt.Sscan(token, &i); err != nil || i < 0 || i >= len(here) {
				return place.Field(path...)
			}
			path, doc = append(path, place.Index(i)), here[i]
		case map[string]any:
			path, doc = append(path, place.Name(token)), here[token]
		}
	}
	return place.Field(path...)
}

const (
	// maxShown bounds the values in messages, in characters.
	maxShown = 60
	// maxListed bounds the values of a list.
	maxListed = 12
)

func shown(v any) string {
	t := text(v)
	if utf8.RuneCountInString(t) > maxShown {
		return string([]rune(t)[:maxShown]) + "…"
	}
	return t
}

func saying(words string) func(blame) string {
	return func(b blame) string { return b.where() + " " + words }
}

// explain passes on what the validator says, once the value is said.
func explain(b blame) string {
	demand := b.violation.Message
	if rest, ok := strings.CutPrefix(demand, "is "+text(b.value())+", "); ok {
		demand = strings.TrimPrefix(rest, "which ")
	}
	return fmt.Sprintf("%s can be %s, for the reader it %s", b.where(), shown(b.value()), demand)
}

func refuses(b blame) string {
	return fmt.Sprintf("%s can be %s, the reader takes nothing there", b.where(), shown(b.value()))
}

var articles = map[string]string{
	"null": "null", "boolean": "a boolean", "integer": "an integer", "number": "a number",
	"string": "a string", "array": "an array", "object": "an object",
}

// takesTypes words a type; a whole number is called as the writer calls it.
func takesTypes(types *js.Types, writer []*js.Schema) func(blame) string {
	var want []string
	for _, name := range types.ToStrings() {
		want = append(want, articles[name])
	}
	return func(b blame) string {
		got := articles[nameOf(b.value(), writer)]
		return fmt.Sprintf("%s can be %s, the reader takes only %s", b.where(), got, strings.Join(want, " or "))
	}
}

// nameOf is the type of a value in words.
func nameOf(v any, writer []*js.Schema) string {
	switch t := docset.TypeOf(v); t {
	case docset.Whole, docset.Fraction:
		integer := func(s *js.Schema) bool { return s.Types != nil && slices.Contains(s.Types.ToStrings(), "integer") }
		if t == docset.Whole && slices.ContainsFunc(writer, integer) {
			return "integer"
		}
		return "number"
	default:
		return namesOfTypes(t)[0]
	}
}

func takesOnly(values []any) func(blame) string {
	return func(b blame) string {
		return fmt.Sprintf("%s can be %s, the reader takes only %s", b.where(), shown(b.value()), listed(values))
	}
}

// listed are the first of the values, and how many more there are.
func listed(values []any) string {
	var all []string
	for _, v := range values[:min(len(values), maxListed)] {
		all = append(all, shown(v))
	}
	if more := len(values) - maxListed; more > 0 {
		all = append(all, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, ", ")
}

func takesNumbers(bound numberBound) func(blame) string {
	words := map[string]string{
		"minimum": "at least %s", "exclusiveMinimum": "more than %s",
		"maximum": "at most %s", "exclusiveMaximum": "less than %s", "multipleOf": "only multiples of %s",
	}
	return func(b blame) string {
		return fmt.Sprintf("%s can be %s, the reader takes "+words[bound.keyword], b.where(), shown(b.value()), decimal(bound.value))
	}
}

func takesText(what string) func(blame) string {
	return func(b blame) string {
		return fmt.Sprintf("%s can be %s, the reader takes %s", b.where(), shown(b.value()), what)
	}
}

// takesCount words a bound on characters, items or properties.
func takesCount(noun, bound string, n int) func(blame) string {
	return func(b blame) string {
		got := 0
		switch v := b.value().(type) {
		case string:
			got = utf8.RuneCountInString(v)
		case []any:
			got = len(v)
		case map[string]any:
			got = len(v)
		}
		return fmt.Sprintf("%s can have %s, the reader takes %s %d", b.where(), count(got, noun), bound, n)
	}
}

func missing(name, beside string) func(blame) string {
	return func(b blame) string {
		if beside != "" {
			return fmt.Sprintf("%s can be missing where %q is there, the reader requires both", b.member(name), beside)
		}
		return b.member(name) + " can be missing, the reader requires it"
	}
}

func added(name string) func(blame) string {
	return func(b blame) string {
		return fmt.Sprintf("the writer's schema says nothing of %s, so it can hold anything, such as %s; the reader describes it", b.inner(name), shown(b.value()))
	}
}

func removed(name string) func(blame) string {
	return func(b blame) string {
		return b.member(name) + " can be there, the reader's closed object does not have it"
	}
}

func closed(b blame) string {
	return b.where() + " and other properties that the writer does not name can be there, the reader allows none beside its own"
}

// ruleOf is the rule of a keyword, for breaks that were found by validating.
func (c *comparer) ruleOf(keyword string) string {
	head, _, _ := strings.Cut(keyword, "/")
	switch head {
	case "type":
		return ruleType
	case "enum", "const":
		return ruleValue
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		return ruleRange
	case "multipleOf":
		return ruleMultiple
	case "minLength", "maxLength":
		return ruleLength
	case "pattern":
		return rulePattern
	case "format":
		return ruleFormat
	case "minItems", "maxItems":
		return ruleArrayLength
	case "items", "prefixItems", "additionalItems":
		return ruleItem
	case "contains", "minContains", "maxContains":
		return ruleContains
	case "uniqueItems":
		return ruleUnique
	case "required":
		return ruleRequired
	case "dependentRequired", "dependencies", "dependentSchemas":
		return ruleDependent
	case "additionalProperties":
		return ruleClosed
	case "minProperties", "maxProperties":
		return ruleCount
	case "propertyNames":
		return ruleNames
	case "anyOf", "oneOf":
		return ruleAlternative
	case "not":
		return ruleNot
	case "unevaluatedProperties", "unevaluatedItems":
		return ruleUnevaluated
	}
	return ruleRefused
}
