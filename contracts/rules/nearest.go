package rules

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
)

// meant is a hint at the place that was probably meant by one that an event's
// producer does not promise; otherwise where nothing is near.
func (c *checker) meant(p produced, at place.Place, otherwise string) string {
	kind, near := envelope.Kind(p.promise().EnvelopeName()), ""
	if meant := attributeIn(kind, at); meant != "" {
		return fmt.Sprintf("the envelope %s has it in the value: write %s", kind, meant)
	}
	switch at.Kind() {
	case place.Header:
		var names []string
		for name := range p.promise().Headers {
			names = append(names, name)
		}
		slices.Sort(names)
		if name := c.nearest(at.HeaderName(), names); name != "" {
			near = "header:" + name
		}
	case place.Envelope:
		if name := c.nearest(at.Attribute(), envelope.Names(kind)); name != "" {
			near = place.Attribute(name).String()
		}
	case place.Data:
		if s, _ := c.schemaOf(p); s != nil {
			near = c.nearestField(s, at)
		}
	}
	if near == "" {
		return otherwise
	}
	return fmt.Sprintf("did you mean %s? otherwise %s", near, otherwise)
}

// promiseHint is a hint at how to have a place promised, or at the place that
// was meant by one of which nothing is said.
func (c *checker) promiseHint(p produced, at place.Place, said field.Presence) string {
	if said == field.Sometimes {
		return requireHint(p, at)
	}
	return c.meant(p, at, requireHint(p, at))
}

// attributeIn is the attribute of an envelope around the data that somebody
// looked for in the data or in a header; "" where it is none.
func attributeIn(kind envelope.Kind, at place.Place) string {
	name := at.HeaderName()
	if path := at.Path(); len(path) == 1 {
		name = path[0].Name
	}
	attribute, err := place.Parse("envelope:" + name)
	if err != nil || at.Kind() == place.Envelope || !envelope.Around(kind) || !slices.Contains(envelope.Names(kind), attribute.Attribute()) {
		return ""
	}
	return attribute.String()
}

// nearestField corrects the first step of a place that the schema does not
// know; "" where no field is near.
func (c *checker) nearestField(s *schemaFile, at place.Place) string {
	path := slices.Clone(at.Path())
	for i, step := range path {
		if step.IsIndex || stated(s.lookup(place.Field(path[:i+1]...))) {
			continue
		}
		name := c.nearest(step.Name, s.fields(path[:i]))
		if name == "" {
			return ""
		}
		path[i] = place.Name(name)
		if corrected := place.Field(path...); stated(s.lookup(corrected)) {
			return corrected.String()
		}
		return ""
	}
	return ""
}

func stated(f field.Field) bool {
	return f.Presence == field.Always || f.Presence == field.Sometimes
}

// fields are the names of the fields that the schema states of an object: those
// that events have which are made of it, in every format alike.
func (s *schemaFile) fields(object []place.Segment) []string {
	var names []string
	for _, event := range s.samples() {
		value, _ := place.Field(object...).In(event)
		members, _ := value.(map[string]any)
		for name := range members {
			if !slices.Contains(names, name) && stated(s.lookup(place.Field(append(slices.Clone(object), place.Name(name))...))) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// samples are some events of the schema, always the same. Each leaves out some
// optional fields, few leave out the same.
func (s *schemaFile) samples() []any {
	const most = 8
	if s.sampled {
		return s.events
	}
	s.sampled = true
	generate, err := s.schema.Generator()
	if err != nil {
		return nil // that no event is valid is a finding of its own
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range most {
		if event, err := generate(rng); err == nil {
			s.events = append(s.events, event)
		}
	}
	return s.events
}
