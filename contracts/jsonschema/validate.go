package jsonschema

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	js "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/flowweir/weir/contracts/jsonschema/internal/ecma"
	"github.com/flowweir/weir/contracts/jsonschema/internal/regex"
	"github.com/flowweir/weir/reports/finding"
)

// Violation is one way in which a document breaks its schema.
type Violation struct {
	// Place is a JSON Pointer (RFC 6901) into the document; "" is the
	// document itself.
	Place string
	// Message is one sentence about the value at Place.
	Message string
	// Keyword is the keyword that was broken, such as "required"; "" where
	// the document is not JSON or the schema is false.
	Keyword string
	// Schema is where in the schema's files the broken rule stands.
	Schema finding.Position

	location string
	member   string // the name that propertyNames refuses
}

// String is "place: message", with "the document" for the root.
func (v Violation) String() string {
	if v.Place == "" {
		return "the document " + v.Message
	}
	return v.Place + " " + v.Message
}

// Validate checks a JSON document and returns all violations, sorted by
// place; none means that it is valid. Numbers of more than 10,000 characters
// or with an exponent beyond 1,000 are violations of every schema, and the only
// ones that are returned.
func (s *Schema) Validate(doc []byte) []Violation {
	v, err := Decode(doc)
	if err != nil {
		return []Violation{{Message: "is not JSON: " + err.Error(), Schema: s.Position()}}
	}
	return s.ValidateValue(v)
}

// ValidateValue is Validate for a decoded document: map[string]any, []any,
// string, bool, nil and json.Number or Go's numbers.
func (s *Schema) ValidateValue(v any) []Violation {
	if unread := unreadNumbers(v); len(unread) > 0 {
		for i := range unread {
			unread[i].Schema = s.Position()
		}
		return unread
	}
	err := s.root.Validate(v)
	if err == nil {
		return s.doubt(v)
	}
	var invalid *js.ValidationError
	if !errors.As(err, &invalid) {
		return []Violation{{Message: err.Error(), Schema: s.Position()}}
	}
	violations := flatten(invalid)
	for i := range violations {
		violations[i].Schema = s.source.keyPosition(violations[i].location)
	}
	return violations
}

// flatten makes a list of the validator's tree of errors.
func flatten(e *js.ValidationError) []Violation {
	var f flattener
	f.add(e)
	slices.SortStableFunc(f.violations, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.Message, b.Message))
	})
	// The same rule can be reached on two ways, by two branches of allOf.
	return slices.Compact(f.violations)
}

type flattener struct{ violations []Violation }

func (f *flattener) add(e *js.ValidationError) {
	switch k := e.ErrorKind.(type) {
	case *kind.Schema, *kind.Group, *kind.Reference, *kind.AllOf:
		for _, cause := range e.Causes {
			f.add(cause)
		}
	case *kind.Required:
		for _, name := range k.Missing {
			f.leaf(e, "", "lacks the required property "+strconv.Quote(name))
		}
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			f.leaf(e, "/"+escapeToken(name), "is not allowed: the schema has no such property")
		}
	case *kind.AnyOf:
		f.leaf(e, "", nearest("anyOf", e.Causes))
	case *kind.OneOf:
		if len(k.Subschemas) == 0 {
			f.leaf(e, "", nearest("oneOf", e.Causes))
			return
		}
		f.leaf(e, "", fmt.Sprintf("matches alternatives %d and %d of oneOf, must match exactly one", k.Subschemas[0]+1, k.Subschemas[1]+1))
	case *kind.FalseSchema:
		f.leaf(e, "", "is not allowed"+unevaluatedHere(e.SchemaURL))
	case *unknownName:
		f.leaf(e, "/"+escapeToken(k.name), k.LocalizedString(printer))
		f.violations[len(f.violations)-1].location += "/" + escapeToken(k.pattern)
	default:
		f.leaf(e, "", sentence(e.ErrorKind)+because(e.Causes))
		if named, ok := e.ErrorKind.(*kind.PropertyNames); ok {
			f.violations[len(f.violations)-1].member = named.Property
		}
	}
}

// unevaluatedHere says why a value is refused that an unevaluated keyword
// forbids: the keyword does not say what it applies to.
func unevaluatedHere(location string) string {
	switch keyword := location[strings.LastIndexByte(location, '/')+1:]; keyword {
	case "unevaluatedProperties", "unevaluatedItems":
		return ": no part of the schema that holds here describes it, and " + keyword + " is false"
	}
	return ""
}

func (f *flattener) leaf(e *js.ValidationError, suffix, message string) {
	keyword := ""
	if path := e.ErrorKind.KeywordPath(); len(path) > 0 {
		keyword = path[0]
	} else if _, ok := e.ErrorKind.(*kind.Not); ok {
		keyword = "not"
	}
	location := e.SchemaURL
	if keyword != "" {
		location += "/" + keyword
	}
	f.violations = append(f.violations, Violation{
		Place: pointer(e.InstanceLocation) + suffix, Message: message, Keyword: keyword, location: location,
	})
}

func pointer(tokens []string) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString("/" + escapeToken(t))
	}
	return b.String()
}

// because adds the first cause of a keyword that judges parts, such as
// propertyNames.
func because(causes []*js.ValidationError) string {
	if len(causes) == 0 {
		return ""
	}
	if inner := flatten(causes[0]); len(inner) > 0 {
		return ": " + inner[0].Message
	}
	return ""
}

// nearest says that no alternative matched and what the nearest one lacks: a
// document that was meant for one alternative should not be told about all.
func nearest(keyword string, alternatives []*js.ValidationError) string {
	best, bestScore := -1, 0
	var lacks []Violation
	for i, a := range alternatives {
		violations := flatten(a)
		score := distance(violations, pointer(a.InstanceLocation))
		if best < 0 || score < bestScore {
			best, bestScore, lacks = i, score, violations
		}
	}
	if len(lacks) == 0 {
		return "matches no alternative of " + keyword
	}
	return fmt.Sprintf("matches none of the %d alternatives of %s; the nearest, %d: %s", len(alternatives), keyword, best+1, lacks[0])
}

// distance says how far the value at a place is from an alternative.
func distance(violations []Violation, place string) int {
	n := 0
	for _, v := range violations {
		n++
		if v.Keyword == "const" || v.Keyword == "enum" || v.Keyword == "type" {
			n += 2 // these tell alternatives apart: probably another one was meant
			if v.Place == place {
				n += 2 // and so most of all
			}
		}
	}
	return n
}

var printer = message.NewPrinter(language.English)

// sentence completes "the value at this place ...".
func sentence(k js.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return fmt.Sprintf("is of type %s, must be %s", k.Got, strings.Join(k.Want, " or "))
	case *kind.Not:
		return "matches what not forbids"
	case *kind.Const:
		return fmt.Sprintf("must be %s", compact(k.Want))
	case *kind.Enum:
		return fmt.Sprintf("is %s, must be one of %s", compact(k.Got), listed(k.Want))
	case *kind.Minimum:
		return fmt.Sprintf("is %s, must be at least %s", decimal(k.Got), decimal(k.Want))
	case *kind.Maximum:
		return fmt.Sprintf("is %s, must be at most %s", decimal(k.Got), decimal(k.Want))
	case *kind.ExclusiveMinimum:
		return fmt.Sprintf("is %s, must be more than %s", decimal(k.Got), decimal(k.Want))
	case *kind.ExclusiveMaximum:
		return fmt.Sprintf("is %s, must be less than %s", decimal(k.Got), decimal(k.Want))
	case *kind.MultipleOf:
		return fmt.Sprintf("is %s, must be a multiple of %s", decimal(k.Got), decimal(k.Want))
	case *kind.MinLength:
		return fmt.Sprintf("has %s, must have at least %d", count(k.Got, "character"), k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("has %s, must have at most %d", count(k.Got, "character"), k.Want)
	case *kind.Pattern:
		if p, err := regex.Compile(k.Want); err == nil {
			if _, err := p.Match(k.Got); err != nil {
				return fmt.Sprintf("is %s: whether it matches the pattern %s was %v", text(k.Got), k.Want, err)
			}
		}
		return fmt.Sprintf("is %s, must match the pattern %s", text(k.Got), k.Want)
	case *kind.MinItems:
		return fmt.Sprintf("has %s, must have at least %d", count(k.Got, "item"), k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("has %s, must have at most %d", count(k.Got, "item"), k.Want)
	case *kind.MinProperties:
		return fmt.Sprintf("has %s, must have at least %d", count(k.Got, "property"), k.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("has %s, must have at most %d", count(k.Got, "property"), k.Want)
	case *kind.PropertyNames:
		return fmt.Sprintf("has a property with the name %q, which is not allowed", k.Property)
	case *kind.DependentRequired:
		return fmt.Sprintf("has the property %q and lacks %s, which must be there with it", k.Prop, quoted(k.Missing))
	case *kind.Dependency:
		return fmt.Sprintf("has the property %q and lacks %s, which must be there with it", k.Prop, quoted(k.Missing))
	case *kind.Contains:
		return "has no item that matches contains"
	case *kind.MinContains:
		return fmt.Sprintf("has %s for contains, must have at least %d", count(len(k.Got), "item"), k.Want)
	case *kind.MaxContains:
		return fmt.Sprintf("has %s for contains, must have at most %d", count(len(k.Got), "item"), k.Want)
	case *kind.Format:
		if invalid := (*ecma.Error)(nil); errors.As(k.Err, &invalid) {
			return fmt.Sprintf("is %s, which is no regular expression: %v", compact(k.Got), invalid)
		}
		return fmt.Sprintf("is %s, must be of the format %s", compact(k.Got), k.Want)
	case *kind.UniqueItems:
		return fmt.Sprintf("has equal items at %d and %d", k.Duplicates[0], k.Duplicates[1])
	}
	return k.LocalizedString(printer)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok {
		noun = stem + "ie"
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func quoted(names []string) string {
	var all []string
	for _, name := range names {
		all = append(all, strconv.Quote(name))
	}
	return strings.Join(all, ", ")
}

func compact(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return finding.Escaped(string(text))
}
