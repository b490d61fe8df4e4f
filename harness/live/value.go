package live

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/source/registry"
)

// Where asks for a value at a place ($.a.b, header:name, key, envelope:id): of
// the data one of the same type, elsewhere the same text: Where("$.amount", 13800).
func Where(at string, value any) Condition {
	p, err := place.Parse(at)
	if err != nil {
		return Condition{what: "with " + at, err: err}
	}
	want, err := plain(value)
	if err != nil {
		return Condition{what: "with " + at, err: fmt.Errorf("%s: %w", at, err)}
	}
	return Condition{
		what: fmt.Sprintf("with %s = %s", at, place.Text(want)),
		at:   p,
		ok:   func(r *Record) bool { _, ok := r.is(p, want); return ok },
		but: func(r *Record) string {
			if got, ok := r.is(p, want); !ok && r.differsInType(p, want) {
				return fmt.Sprintf("%s has %s: %s", r.stands(), at, got)
			}
			return ""
		},
	}
}

// Is compares what stands at a place with a plain value. What is in the data
// must be of the same type; headers and keys are texts, as which the value is
// compared. says is what stands there, and what was wanted where it is not.
func (r *Record) Is(p place.Place, value any) (says string, ok bool) {
	want, err := plain(value)
	if err != nil {
		return err.Error(), false
	}
	return r.is(p, want)
}

func (r *Record) is(p place.Place, want any) (says string, ok bool) {
	wanted := quoted(place.Text(want))
	got, there := r.At(p.String())
	switch {
	case !there:
		return "nothing there, wanted " + wanted, false
	case r.differsInType(p, want):
		value, _ := p.In(r.Data)
		return fmt.Sprintf("%s, wanted %s", typed(value), typed(want)), false
	case got != place.Text(want):
		return fmt.Sprintf("%s, wanted %s", quoted(got), wanted), false
	}
	return quoted(got), true
}

// differsInType says whether text stands in the data where another type is
// wanted, or the other way round; the other types have no text in common.
func (r *Record) differsInType(p place.Place, want any) bool {
	got, there := p.In(r.Data)
	_, isText := got.(string)
	_, wantText := want.(string)
	return there && isText != wantText
}

// quoted lets an empty text be seen.
func quoted(text string) string {
	if text == "" {
		return `""`
	}
	return text
}

// typed is decoded JSON with its type.
func typed(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%q (text)", v)
	case json.Number:
		return v.String() + " (number)"
	case bool:
		return place.Text(v) + " (boolean)"
	case nil:
		return "null"
	case []any:
		return place.Text(v) + " (array)"
	}
	return place.Text(v) + " (object)"
}

// Nearest says which place the record has that is near one which it has not:
// a header, or beside the first step of the way that is not there.
func (r *Record) Nearest(p place.Place) string {
	switch p.Kind() {
	case place.Header:
		var names []string
		for _, h := range r.Headers {
			names = append(names, "header:"+h.Key)
		}
		return document.Suggest(p.String(), names)
	case place.Data:
		return nearest(p, r.Data, func(place.Place) bool { return true })
	}
	return ""
}

// nearest looks where the way of a place leaves data, at what is there and
// counts.
func nearest(p place.Place, data any, counts func(place.Place) bool) string {
	for i, step := range p.Path() {
		object := p.Path()[:i:i]
		at := place.Field(append(object, step)...)
		here, _ := place.Field(object...).In(data)
		if _, there := at.In(data); there && counts(at) {
			continue
		}
		members, _ := here.(map[string]any)
		var names []string
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if beside := place.Field(append(object, place.Name(name))...); counts(beside) {
				names = append(names, beside.String())
			}
		}
		if len(names) == 0 {
			return fmt.Sprintf("%s has no fields", place.Field(object...))
		}
		return document.Suggest(at.String(), names)
	}
	return ""
}

// CheckPlace is the error of asking an event for something at a place of its
// data where no event has anything that is valid under the schema of its
// producer. A schema that allows it, and one that is not known, is no error.
func (f *Flow) CheckPlace(event string, p place.Place) error {
	contract, produces, err := f.Producer(event)
	if err != nil {
		return fmt.Errorf("%s: %w", event, err)
	}
	own, err := f.serdes.Of(contract, produces, registry.Value)
	if err != nil || own.Schema == nil || p.Kind() != place.Data {
		return nil // judging a record says why its schema is not known
	}
	of := own.Schema.Lookup(p)
	if of.Presence != field.Never {
		return nil
	}
	near := "see its schema"
	if generate, err := own.Schema.GeneratorWith(1); err == nil {
		if sample, err := generate(rand.New(rand.NewPCG(1, 2))); err == nil {
			near = nearest(p, sample, func(at place.Place) bool { return own.Schema.Lookup(at).Presence != field.Never })
		}
	}
	return fmt.Errorf("%s: no %s that is valid under its schema (%s) has anything there: %s", p, event, of.Position, near)
}

// CheckEvent is the error of asking whether a record is an event that no
// contract of its test produces. A record that was made by hand has no test.
func (r *Record) CheckEvent(event string) error {
	if r.flow == nil {
		return nil
	}
	if _, _, err := r.flow.Producer(event); err != nil {
		return fmt.Errorf("%s: %w", event, err)
	}
	return nil
}

// CheckPlace is Flow.CheckPlace for an event that the record may be.
func (r *Record) CheckPlace(event string, p place.Place) error {
	if r.flow == nil {
		return nil
	}
	return r.flow.CheckPlace(event, p)
}

// Partitions is how many the record's topic has; 0 of a record that was made by
// hand.
func (r *Record) Partitions(ctx context.Context) (int, error) {
	if r.flow == nil {
		return 0, nil
	}
	ends, err := r.flow.Ends(ctx, r.Topic)
	return len(ends), err
}
