package jsonschema

import (
	"math/rand/v2"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/place"
)

// wide is how many schemas a document has for which a sample shows as much as
// the smallest document that Compare finds, and sooner.
const wide = 500

// samples are a few documents that the schema accepts, with and without what is
// optional. What they show needs no comparison.
func (s *Schema) samples() []any {
	s.sampling.Do(func() {
		walk(s.root, func(*js.Schema) { s.size++ })
		for _, optional := range []float64{0, 1} {
			g, err := NewGenerator(s, OptionalFields(optional))
			if err != nil {
				continue
			}
			for seed := range uint64(2) {
				if document, err := g.Generate(rand.New(rand.NewPCG(seed, 0))); err == nil {
					s.sampled = append(s.sampled, document)
				}
			}
		}
	})
	return s.sampled
}

// lackingSample is a sample that has nothing at the end of a path, in
// containers that are there.
func (s *Schema) lackingSample(path []place.Segment) (document any, found bool) {
	for _, document := range s.samples() {
		if _, there, way := follow(document, path); !there && way {
			return document, true
		}
	}
	return nil, false
}

// hasSample says whether a sample has a value of one of the types at the end of
// a path.
func (s *Schema) hasSample(path []place.Segment, types typeSet) bool {
	for _, document := range s.samples() {
		if value, there, _ := follow(document, path); there && typeOf(value)&types != 0 {
			return true
		}
	}
	return false
}

// follow is what stands at the end of a path; way says that what it leads
// through are containers, up to where there is nothing.
func follow(at any, path []place.Segment) (value any, there, way bool) {
	for _, step := range path {
		switch container := at.(type) {
		case map[string]any:
			if step.IsIndex {
				return nil, false, false
			}
			if at, there = container[step.Name]; !there {
				return nil, false, true
			}
		case []any:
			if !step.IsIndex {
				return nil, false, false
			}
			if step.Index >= len(container) {
				return nil, false, true
			}
			at = container[step.Index]
		default:
			return nil, false, false
		}
	}
	return at, true, true
}
