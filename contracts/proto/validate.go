package proto

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/flowweir/weir/reports/finding"
)

// Violation is one way in which a document is not what the schema describes.
type Violation struct {
	// Place is a JSON Pointer (RFC 6901) into the document; "" is the
	// document itself.
	Place string
	// Message is one sentence about the value at Place.
	Message string
	// Schema is where the field is declared, or the message.
	Schema finding.Position
}

// String is "place: message", with "the document" for the root.
func (v Violation) String() string {
	if v.Place == "" {
		return "the document " + v.Message
	}
	return v.Place + " " + v.Message
}

// ValidateJSON checks an example document, written in Protobuf's JSON mapping
// (names as in the .proto file or as JSON names), and returns all violations,
// sorted by place; none means that it is valid. Unknown fields, two members of
// one oneof and missing required fields are violations.
func (s *Schema) ValidateJSON(doc []byte) []Violation {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			err = nil
		} else {
			err = errors.New("something follows the value")
		}
	}
	if err != nil {
		return []Violation{{Message: "is not JSON: " + err.Error(), Schema: s.Position()}}
	}
	c := checker{schema: s}
	c.message("", s.message, v, s.Position())
	slices.SortStableFunc(c.violations, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.Message, b.Message))
	})
	return c.violations
}

type checker struct {
	schema     *Schema
	violations []Violation
}

func (c *checker) add(at string, schema finding.Position, format string, args ...any) {
	c.violations = append(c.violations, Violation{at, fmt.Sprintf(format, args...), schema})
}

// maxNesting is the nesting from which on the library refuses documents.
const maxNesting = 1000

func (c *checker) message(at string, m protoreflect.MessageDescriptor, v any, declared finding.Position) {
	if _, isSpecial := special(m); isSpecial {
		c.parseMessage(at, m, v, declared)
		return
	}
	object, ok := v.(map[string]any)
	if !ok || strings.Count(at, "/") > maxNesting {
		c.add(at, declared, "is %s, must be an object of the fields of %s", kindOf(v), m.FullName())
		return
	}
	seen := map[protoreflect.FieldNumber]string{}
	oneofs := map[protoreflect.Name]string{}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		place := at + "/" + escapeToken(name)
		f := c.schema.byKey(m, name)
		if f == nil {
			c.add(place, c.schema.position(m), "is not allowed: %s has no such field", m.FullName())
			continue
		}
		if other, twice := seen[f.Number()]; twice {
			c.add(place, c.schema.position(f), "is the same field as %q", other)
		}
		seen[f.Number()] = name
		if object[name] == nil && valueForm(f) != formNull && valueForm(f) != formAny {
			continue // null is the same as absent
		}
		if o := oneofOf(f); o != nil {
			if other, taken := oneofs[o.Name()]; taken {
				c.add(place, c.schema.position(f), "cannot stand beside %q: both are cases of the oneof %s", other, o.Name())
			}
			oneofs[o.Name()] = name
		}
		c.field(place, f, object[name])
	}
	for i := range m.RequiredNumbers().Len() {
		f := m.Fields().ByNumber(m.RequiredNumbers().Get(i))
		if _, ok := seen[f.Number()]; !ok {
			c.add(at, c.schema.position(f), "lacks the required field %q", f.Name())
		}
	}
}

func (c *checker) field(at string, f protoreflect.FieldDescriptor, v any) {
	declared := c.schema.position(f)
	switch {
	case f.IsMap():
		object, ok := v.(map[string]any)
		if !ok {
			c.add(at, declared, "is %s, must be an object: %s is a map", kindOf(v), f.Name())
			return
		}
		for _, key := range slices.Sorted(maps.Keys(object)) {
			c.entry(at+"/"+escapeToken(key), f, key, object[key])
		}
	case f.IsList():
		list, ok := v.([]any)
		if !ok {
			c.add(at, declared, "is %s, must be an array: %s is repeated", kindOf(v), f.Name())
			return
		}
		for i, element := range list {
			place := at + "/" + strconv.Itoa(i)
			if isMessage(f) {
				c.message(place, f.Message(), element, declared)
				continue
			}
			c.parse(place, f, []any{element})
		}
	case isMessage(f):
		c.message(at, f.Message(), v, declared)
	default:
		c.parse(at, f, v)
	}
}

func (c *checker) entry(at string, f protoreflect.FieldDescriptor, key string, v any) {
	if m := f.MapValue().Message(); m != nil {
		if _, isSpecial := special(m); !isSpecial {
			c.parse(at, f, map[string]any{key: map[string]any{}}) // the key alone
			c.message(at, m, v, c.schema.position(f))
			return
		}
	}
	c.parse(at, f, map[string]any{key: v})
}

// parse lets the library read one field alone.
func (c *checker) parse(at string, f protoreflect.FieldDescriptor, v any) {
	c.parseMessage(at, f.ContainingMessage(), map[string]any{key(f): v}, c.schema.position(f))
}

var noise = regexp.MustCompile(`^(syntax error )?\(line [0-9]+:[0-9]+\): `)

// parseMessage lets the library read a value as a message.
func (c *checker) parseMessage(at string, m protoreflect.MessageDescriptor, v any, declared finding.Position) {
	text, err := json.Marshal(v)
	if err != nil {
		c.add(at, declared, "is not JSON: %v", err)
		return
	}
	options := protojson.UnmarshalOptions{AllowPartial: true, Resolver: c.schema.types}
	if err := options.Unmarshal(text, dynamicpb.NewMessage(m)); err != nil {
		c.add(at, declared, "is refused: %s", noise.ReplaceAllString(plain(err).Error(), ""))
	}
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case []any:
		return "an array"
	case map[string]any:
		return "an object"
	}
	return "a number"
}

var tokenEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// escapeToken writes a name as a reference token of a JSON Pointer.
func escapeToken(name string) string { return tokenEscaper.Replace(name) }
