package live

import (
	"maps"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/loadgen/identity"
)

// MaxWrongFields bounds the forms of an event with one field that is wrong.
// Fields nearer to the root come first.
const MaxWrongFields = 32

// wrongFields makes the forms of an event that are whole but for one field:
// without it, where the schema requires it, and with a value of another type in
// it. A consumer that misses one check among several takes such an event, where
// it refuses one in which nothing is right. Of a consumer that says what it
// needs only that is spoilt: it may rightly read past the rest.
type wrongFields struct {
	writer, reader *schema.Schema // reader is nil for none
	needs          []contracts.Need
}

// spoiling is a way to make one field wrong; false where there is none.
type spoiling struct {
	what string
	do   func(data any, at place.Place) bool
}

var spoilings = []spoiling{{"without ", remove}, {"with a value of another type in ", retype}}

// all makes each form from whole data of its own.
func (w wrongFields) all(generate func() (any, error)) ([]Variant, error) {
	sample, err := generate()
	if err != nil {
		return nil, err
	}
	marked := w.roomForID(sample)
	var out []Variant
	for _, at := range fieldsOf(sample) {
		for _, s := range spoilings {
			if len(out) == MaxWrongFields || !w.needed(at) {
				continue
			}
			whole, err := generate()
			if err != nil {
				return nil, err
			}
			spoilt, err := plain(whole) // a copy
			if err != nil {
				return nil, err
			}
			if s.do(spoilt, at) && w.refuses(spoilt) {
				out = append(out, Variant{s.what + at.String(), instead(whole, spoilt, marked)})
			}
		}
	}
	return out, nil
}

// needed says whether a consumer needs a field, or something in it or around it.
func (w wrongFields) needed(at place.Place) bool {
	return len(w.needs) == 0 || slices.ContainsFunc(w.needs, func(n contracts.Need) bool {
		p, err := place.Parse(n.Place)
		if err != nil || p.Kind() != place.Data {
			return false
		}
		short := min(len(p.Path()), len(at.Path()))
		return slices.Equal(p.Path()[:short], at.Path()[:short])
	})
}

// refuses says whether writer and reader both refuse data.
func (w wrongFields) refuses(data any) bool {
	return len(w.writer.Validate(data)) > 0 && (w.reader == nil || len(w.reader.Validate(data)) > 0)
}

// member holds an event's id in data that was made wrong.
const member = "poison"

// roomForID says whether an id in the data would be nothing wrong by itself.
func (w wrongFields) roomForID(whole any) bool {
	object, is := whole.(map[string]any)
	if _, there := object[member]; !is || there {
		return false
	}
	with := maps.Clone(object)
	with[member] = ""
	return len(w.writer.Validate(with)) == 0 && (w.reader == nil || len(w.reader.Validate(with)) == 0)
}

// instead has spoilt data stand in the place of whole data, with the event's id
// if there is room for it.
func instead(whole, spoilt any, marked bool) Override {
	return func(d *draft) error {
		d.data = whole
		d.body = func(id identity.EventID) ([]byte, error) {
			if object, is := spoilt.(map[string]any); is && marked {
				object[member] = id.String()
			}
			return jsonschema.Encode(spoilt)
		}
		return nil
	}
}

// fieldsOf are the places in data, those nearest to the root first, and the
// first element of each array.
func fieldsOf(data any) []place.Place {
	all := []place.Place{place.Field()}
	for i := 0; i < len(all); i++ {
		path := all[i].Path()
		here, _ := all[i].In(data)
		switch v := here.(type) {
		case map[string]any:
			for _, name := range sortedKeys(v) {
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

// remove takes a member out of its object.
func remove(data any, at place.Place) bool {
	path := at.Path()
	last := path[len(path)-1]
	object, _ := place.Field(path[:len(path)-1]...).In(data)
	members, is := object.(map[string]any)
	if _, there := members[last.Name]; !is || last.IsIndex || !there {
		return false
	}
	delete(members, last.Name)
	return true
}

// retype puts an array where there is none, and else a boolean.
func retype(data any, at place.Place) bool {
	was, there := at.In(data)
	var other any = []any{}
	if _, is := was.([]any); is {
		other = false
	}
	return there && at.Set(data, other) == nil
}
