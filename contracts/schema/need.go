package schema

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
)

// Lack is what a reader misses that needs a place in the data.
type Lack struct {
	// Verdict is Open where it could not be decided whether it misses anything;
	// 0 where it misses nothing.
	Verdict compat.Verdict
	// Types names those that the place can have beside the one that is needed.
	Types string
	// Witness is an event that shows it; nil where it is Open, and where none of
	// some random events of Avro and Protobuf shows it.
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
	lack := Lack{Verdict: compat.Breaks}
	if own := s.JSONSchema(); own != nil {
		document, _ := own.Lacking(at)
		lack.Witness = &compat.Witness{Document: document}
	} else {
		lack.Witness = s.sampled(func(event any) bool { _, there := at.In(event); return !there })
	}
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
	own := s.JSONSchema()
	if own == nil {
		lack.Verdict = compat.Breaks
		lack.Witness = s.sampled(func(event any) bool {
			value, there := at.In(event)
			return there && slices.Contains(f.Beside(need), jsonschema.TypeName(value))
		})
		lack.shows(at, need)
		return lack
	}
	lack.Verdict = compat.Open
	var shown []string
	for _, name := range f.Beside(need) {
		document, result := own.Having(at, name)
		if result != compat.Incompatible {
			continue
		}
		if shown = append(shown, name); lack.Witness == nil {
			lack.Witness = &compat.Witness{Document: document}
		}
	}
	if len(shown) > 0 {
		lack.Verdict = compat.Breaks
		if f.Types != nil {
			lack.Types = strings.Join(shown, " or ")
		}
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

// sampled is one of some random events, always the same, that shows something;
// nil if none does.
func (s *Schema) sampled(shows func(event any) bool) *compat.Witness {
	const tries = 64
	rng := rand.New(rand.NewPCG(1, 1))
	for _, optional := range []float64{0, DefaultOptional, 1} {
		generate, err := s.GeneratorWith(optional)
		if err != nil {
			return nil
		}
		for range tries {
			event, err := generate(rng)
			if err != nil || !shows(event) {
				continue
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
	}
	return nil
}
