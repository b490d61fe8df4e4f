package jsonschema

import (
	"errors"
	"strings"

	js "github.com/santhosh-tekuri/jsonschema/v6"
)

// references are where the references of two schemas lead that depend on the
// way on which they are reached ($dynamicRef, $recursiveRef), as far as that
// is the same on every way.
type references struct {
	all     []*js.Schema              // that can be reached, the first file's first
	targets map[*js.Schema]*js.Schema // by the schema that has the reference
	formats map[*js.Schema]bool       // schemas in which format is an assertion
}

// obstacle is a schema that is not compared, and why.
type obstacle struct {
	at  *js.Schema
	err error
}

var (
	errDynamic = errors.New("where a dynamic reference leads depends on how it is reached")
	errCircle  = errors.New("a reference leads back to itself on the same value, which no document satisfies")
)

func newReferences(schemas ...*Schema) (references, *obstacle) {
	r := references{targets: map[*js.Schema]*js.Schema{}, formats: map[*js.Schema]bool{}}
	var blocked *obstacle
	for _, s := range schemas {
		anchors, recursive := map[string][]*js.Schema{}, 0
		first := len(r.all)
		walk(s.root, func(at *js.Schema) {
			if _, seen := r.formats[at]; !seen {
				r.all = append(r.all, at)
			}
			r.formats[at] = s.assertFormat
			if at.DynamicAnchor != "" {
				anchors[at.DynamicAnchor] = append(anchors[at.DynamicAnchor], at)
			}
			if at.RecursiveAnchor {
				recursive++
			}
		})
		for _, at := range r.all[first:] {
			target, ok := (*js.Schema)(nil), true
			switch {
			case at.DynamicRef != nil:
				target, ok = s.dynamicTarget(at.DynamicRef, anchors)
			case at.RecursiveRef != nil:
				target = at.RecursiveRef
				ok = !target.RecursiveAnchor || target == s.root || recursive == 1
				if !ok && s.root.RecursiveAnchor {
					target, ok = s.root, true
				}
			}
			if !ok && blocked == nil {
				blocked = &obstacle{at, errDynamic}
			}
			if target != nil {
				r.targets[at] = target
			}
		}
	}
	if blocked == nil {
		if at := r.circle(); at != nil {
			blocked = &obstacle{at, errCircle}
		}
	}
	return r, blocked
}

// dynamicTarget is where a dynamic reference leads on every way: to the only
// schema with its anchor, or to that of the root's own resource, which is the
// outermost.
func (s *Schema) dynamicTarget(ref *js.DynamicRef, anchors map[string][]*js.Schema) (*js.Schema, bool) {
	if ref.Anchor == "" || ref.Ref.DynamicAnchor != ref.Anchor {
		return ref.Ref, true
	}
	declared := 0
	for _, d := range s.source.documents {
		declared += countAnchors(d.value, ref.Anchor)
	}
	if declared == 1 {
		return ref.Ref, true
	}
	for _, at := range anchors[ref.Anchor] {
		if s.inRootResource(at) {
			return at, true
		}
	}
	return nil, false
}

func countAnchors(v any, anchor string) int {
	n := 0
	switch v := v.(type) {
	case map[string]any:
		if v["$dynamicAnchor"] == anchor {
			n++
		}
		for _, sub := range v {
			n += countAnchors(sub, anchor)
		}
	case []any:
		for _, sub := range v {
			n += countAnchors(sub, anchor)
		}
	}
	return n
}

// inRootResource reports whether no $id stands between the root and a schema
// of its file.
func (s *Schema) inRootResource(at *js.Schema) bool {
	pointer, ok := strings.CutPrefix(at.Location, s.root.Location)
	if !ok {
		return false
	}
	v := s.source.documents[strings.TrimSuffix(s.root.Location, "#")].value
	for _, token := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		switch here := v.(type) {
		case map[string]any:
			v = here[strings.NewReplacer("~1", "/", "~0", "~").Replace(token)]
		default:
			return false
		}
		if object, ok := v.(map[string]any); ok && object["$id"] != nil {
			return false
		}
	}
	return true
}

// replace puts targets in the place of references that depend on the way.
func (r references) replace(s *js.Schema, subs []*js.Schema) []*js.Schema {
	target := r.targets[s]
	if target == nil {
		return subs
	}
	for i, sub := range subs {
		if sub == s.RecursiveRef || s.DynamicRef != nil && sub == s.DynamicRef.Ref {
			subs[i] = target
		}
	}
	return subs
}

// circle is a schema that applies itself to the same value; nil if there is
// none.
func (r references) circle() *js.Schema {
	const open, done = 1, 2
	state := map[*js.Schema]int{}
	var visit func(*js.Schema) *js.Schema
	visit = func(s *js.Schema) *js.Schema {
		state[s] = open
		for _, sub := range r.replace(s, inPlace(s)) {
			switch {
			case sub == nil || state[sub] == done:
			case state[sub] == open:
				return sub
			default:
				if at := visit(sub); at != nil {
					return at
				}
			}
		}
		state[s] = done
		return nil
	}
	for _, s := range r.all {
		if state[s] == 0 {
			if at := visit(s); at != nil {
				return at
			}
		}
	}
	return nil
}
