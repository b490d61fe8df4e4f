package payload

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
)

// MaxWrongFields bounds the forms of an event with one field that is wrong.
// Fields nearer to the root come first.
const MaxWrongFields = 32

// Reader is what a consumer asks of an event's data.
type Reader struct {
	// Refuses says whether a schema of its own refuses data, as it stands on the
	// topic; nil is that it has none.
	Refuses func(data []byte) bool
	// Needs are those of its contract; none is that it needs everything.
	Needs contracts.Needs
}

// needs says whether a consumer needs a field, or something in it or around it.
func (r Reader) needs(at place.Place) bool {
	return len(r.Needs) == 0 || slices.ContainsFunc(r.Needs, func(n contracts.Need) bool {
		p, err := place.Parse(n.Place)
		if err != nil || p.Kind() != place.Data {
			return false
		}
		short := min(len(p.Path()), len(at.Path()))
		return slices.Equal(p.Path()[:short], at.Path()[:short])
	})
}

// spoiling makes one field of data wrong, and says how in words that follow "an
// event"; "" where it cannot.
type spoiling func(data any, at place.Place) (what string)

// remove takes a member out of its object.
func remove(data any, at place.Place) string {
	path := at.Path()
	last := path[len(path)-1]
	object, _ := place.Field(path[:len(path)-1]...).In(data)
	members, is := object.(map[string]any)
	if _, there := members[last.Name]; !is || last.IsIndex || !there {
		return ""
	}
	delete(members, last.Name)
	return "without " + at.String()
}

// retype puts an array where there is none, and else a boolean.
func retype(data any, at place.Place) string {
	was, there := at.In(data)
	var other any = []any{}
	if isArray(was) {
		other = false
	}
	if !there || at.Set(data, other) != nil {
		return ""
	}
	return "with a value of another type in " + at.String()
}

// misplaced are values that a field's schema may refuse though they are of its
// type: they are out of its enumeration, its pattern or its bounds.
var misplaced = []any{"weir-unknown", "", json.Number("-1"), json.Number("1000000000000"), []any{}}

// misplace puts one of them.
func misplace(v any) spoiling {
	return func(data any, at place.Place) string {
		was, there := at.In(data)
		text, err := jsonschema.Encode(v)
		if err != nil || !there || reflect.TypeOf(was) != reflect.TypeOf(v) || at.Set(data, v) != nil {
			return ""
		}
		return "with " + string(text) + " in " + at.String()
	}
}

// wrongFields are the forms of an event that are whole but for one field:
// without it, where the schema requires it; with a value of another type in it;
// and, where every consumer needs everything, with one of its type that the
// schema refuses. A consumer that misses one check among several takes such an
// event, where it refuses one in which nothing is right. Of consumers that say
// what they need only that is spoilt: they may rightly read past the rest, and
// past what a schema of the producer's says of it.
func (cfg *Config) wrongFields(rng *rand.Rand) (all []*Wrong, err error) {
	sample, err := cfg.Generate(rng)
	if err != nil {
		return nil, err
	}
	marked, err := cfg.roomForID(sample)
	if err != nil || !marked && !cfg.LeadsBack {
		return nil, err
	}
	for _, at := range Fields(sample) {
		for _, way := range cfg.waysToSpoil(at) {
			w, err := cfg.spoil(rng, at, way, marked)
			if err != nil {
				return nil, err
			}
			if w == nil {
				continue
			}
			if all = append(all, w); len(all) == MaxWrongFields {
				return all, nil
			}
		}
	}
	return all, nil
}

// waysToSpoil are those of a field, each with its alternatives; none where a
// consumer does not need it.
func (cfg *Config) waysToSpoil(at place.Place) [][]spoiling {
	if slices.ContainsFunc(cfg.Readers, func(r Reader) bool { return !r.needs(at) }) {
		return nil
	}
	ways := [][]spoiling{{remove}, {retype}}
	if slices.ContainsFunc(cfg.Readers, func(r Reader) bool { return len(r.Needs) > 0 }) {
		return ways
	}
	var last []spoiling
	for _, v := range misplaced {
		last = append(last, misplace(v))
	}
	return append(ways, last)
}

// spoil makes whole data of its own and spoils a field by the first alternative
// that is refused; nil where none is.
func (cfg *Config) spoil(rng *rand.Rand, at place.Place, way []spoiling, marked bool) (*Wrong, error) {
	whole, err := cfg.Generate(rng)
	if err != nil {
		return nil, err
	}
	for _, do := range way {
		data, err := plain(whole)
		if err != nil {
			return nil, err
		}
		what := do(data, at)
		if what == "" {
			continue
		}
		w := &Wrong{What: what, Whole: whole}
		if w.before, err = jsonschema.Encode(data); err != nil {
			return nil, err
		}
		if w.bare = !marked; marked {
			w.after = slices.Concat([]byte(`"`), comma(w.before), w.before[1:])
			w.before = []byte(`{"` + member + `":"`)
		}
		if w.Why = w.refused(*cfg); w.Why != "" {
			return w, nil
		}
	}
	return nil, nil
}

// comma stands before the members of an object that has some.
func comma(object []byte) []byte {
	if string(object) == "{}" {
		return nil
	}
	return []byte(",")
}

// member holds an event's id in data that was made wrong.
const member = "poison"

// roomForID says whether an id in the data would be nothing wrong by itself.
func (cfg *Config) roomForID(whole any) (bool, error) {
	object, err := plain(whole)
	if err != nil {
		return false, err
	}
	members, is := object.(map[string]any)
	if _, there := members[member]; !is || there {
		return false, nil
	}
	members[member] = ""
	data, err := jsonschema.Encode(members)
	if err != nil {
		return false, err
	}
	refused := slices.ContainsFunc(cfg.Readers, func(r Reader) bool { return r.Refuses != nil && r.Refuses(data) })
	return cfg.Validate(data) == nil && !refused, nil
}

// plain is a copy of a document, with the types of JSON.
func plain(doc any) (any, error) {
	text, err := jsonschema.Encode(doc)
	if err != nil {
		return nil, err
	}
	return jsonschema.Decode(text)
}

// Fields are the places in data, those nearest to the root first, and the
// first element of each array.
func Fields(data any) []place.Place {
	all := []place.Place{place.Field()}
	for i := 0; i < len(all); i++ {
		path := all[i].Path()
		here, _ := all[i].In(data)
		switch v := here.(type) {
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				all = append(all, place.Field(append(slices.Clone(path), place.Name(name))...))
			}
		case []any:
			if len(v) > 0 {
				all = append(all, place.Field(append(slices.Clone(path), place.Index(0))...))
			}
		}
	}
	return all[1:]
}
