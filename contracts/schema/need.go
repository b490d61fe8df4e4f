package schema

import (
	"fmt"
	"strings"

	"github.com/flowweir/weir/contracts/avro"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/proto"
)

// Lack is what a reader misses that needs a place in the data.
type Lack struct {
	// Verdict is Open where it could not be decided whether it misses anything;
	// 0 where it misses nothing.
	Verdict compat.Verdict
	// Types names those that the place can have beside the one that is needed.
	Types string
	// Witness is an event that shows it; nil where it is Open, and where none was
	// made, of Protobuf within what says nothing of its content.
	Witness *compat.Witness
}

// Lacks says what a reader misses that needs a place, with a value of a type or,
// if that is "", of any: that it is there before its type, and what is shown
// before what is open.
func (s *Schema) Lacks(at place.Place, need string) (field.Field, Lack) {
	f := s.Lookup(at)
	absent := s.Absent(at, f)
	if absent.Verdict == compat.Breaks {
		return f, absent
	}
	mistyped := s.Mistyped(at, f, need)
	if mistyped.Verdict == compat.Breaks || absent.Verdict == 0 {
		return f, mistyped
	}
	return f, absent
}

// Absent says whether events can be without a place, of which the schema says f.
func (s *Schema) Absent(at place.Place, f field.Field) Lack {
	switch {
	case f.Presence == field.Always:
		return Lack{}
	case f.Open:
		return Lack{Verdict: compat.Open}
	}
	lack := Lack{Verdict: compat.Breaks, Witness: s.lacking(at)}
	if lack.Witness != nil {
		lack.Witness.Outcome = fmt.Sprintf("refused: there is no %s", at)
	}
	return lack
}

// Mistyped says whether events can have, at a place of which the schema says f,
// a value of another type than the one that is needed, "" for any.
func (s *Schema) Mistyped(at place.Place, f field.Field, need string) Lack {
	lack := Lack{Types: f.Unexpected(need)}
	if lack.Types == "" {
		return lack
	}
	var shown []string
	for _, name := range f.Beside(need) {
		w := s.Having(at, name)
		if w == nil {
			continue
		}
		if shown = append(shown, name); lack.Witness == nil {
			lack.Witness = w
		}
	}
	switch lack.Verdict = compat.Breaks; {
	case s.JSONSchema() == nil: // the types are declared, not worked out
	case len(shown) == 0:
		lack.Verdict = compat.Open
	case f.Types != nil:
		lack.Types = strings.Join(shown, " or ")
	}
	lack.shows(at, need)
	return lack
}

// shows says what of the witness is not what is needed.
func (l *Lack) shows(at place.Place, need string) {
	if l.Witness == nil {
		return
	}
	value := any(nil)
	if event, err := jsonschema.Decode([]byte(l.Witness.Document)); err == nil {
		value, _ = at.In(event)
	}
	l.Witness.Outcome = fmt.Sprintf("refused: %s is %s, where %s is needed", at, jsonschema.TypeName(value), need)
}

// Missing is an event that does not have a place, of which the schema says f, or
// has null there where each has the place; nil where none is known.
func (s *Schema) Missing(at place.Place, f field.Field) *compat.Witness {
	if absent := s.Absent(at, f); absent.Verdict != 0 {
		return absent.Witness
	}
	w := s.Having(at, "null")
	if w != nil {
		w.Outcome = fmt.Sprintf("refused: %s is null", at)
	}
	return w
}

// lacking is an event that has nothing at a place; nil where none is known.
func (s *Schema) lacking(at place.Place) *compat.Witness {
	switch own := s.content.(type) {
	case *jsonschema.Schema:
		if document, result := own.Lacking(at); result == compat.Incompatible {
			return &compat.Witness{Document: document}
		}
	case *avro.Schema:
		return s.event(own.Lacking(at))
	case *proto.Schema:
		event, ok := own.Least()
		_, there := at.In(event)
		return s.event(event, ok && !there)
	}
	return nil
}

// Having is an event that has a value of a type at a place, for a number one
// that is no integer; nil where none is known.
func (s *Schema) Having(at place.Place, name string) *compat.Witness {
	switch own := s.content.(type) {
	case *jsonschema.Schema:
		if document, result := own.Having(at, name); result == compat.Incompatible {
			return &compat.Witness{Document: document}
		}
	case *avro.Schema:
		return s.event(own.Having(at, name))
	case *proto.Schema:
		event, ok := own.Having(at)
		value, there := at.In(event)
		return s.event(event, ok && there && jsonschema.TypeName(value) == name)
	}
	return nil
}

// event is a witness of an event that was made.
func (s *Schema) event(event any, made bool) *compat.Witness {
	if !made {
		return nil
	}
	text, err := jsonschema.Encode(event)
	if err != nil {
		return nil
	}
	encoded, err := s.Encode(event)
	if err != nil {
		return nil
	}
	return &compat.Witness{Document: string(text), Bytes: encoded}
}
