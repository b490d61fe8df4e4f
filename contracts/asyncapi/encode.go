package asyncapi

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
)

// object is a map of YAML in the order in which it is written. Its values are
// object, []any, string, plain, bool and nil.
type object []pair

type pair struct {
	key   string
	value any
}

// plain is a scalar that is written without quotes, such as a number.
type plain string

// set appends a field.
func (o *object) set(key string, value any) { *o = append(*o, pair{key, value}) }

// get is the value of a field; nil without it.
func (o object) get(key string) any {
	for _, p := range o {
		if p.key == key {
			return p.value
		}
	}
	return nil
}

// encode writes a part of a contract as package contracts reads it, in the
// short form where there is one.
func encode(v reflect.Value) any {
	switch x := v.Interface().(type) {
	case document.Duration:
		return plain(x.String())
	case document.Share:
		return plain(strconv.FormatFloat(float64(x), 'f', -1, 64))
	case contracts.Needs:
		return encodeNeeds(x)
	case contracts.SchemaRef:
		if x.Inline == nil {
			return x.Ref
		}
		return encodeStruct(reflect.ValueOf(*x.Inline))
	case contracts.Schema:
		if reflect.DeepEqual(x, contracts.Schema{File: x.File}) {
			return x.File
		}
	case contracts.Key:
		if x == (contracts.Key{Place: x.Place}) {
			return x.Place
		}
	case contracts.Header:
		switch x {
		case contracts.Header{}:
			return "optional"
		case contracts.Header{Required: true}:
			return "required"
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		return encode(v.Elem())
	case reflect.Struct:
		return encodeStruct(v)
	case reflect.Map:
		out := object{}
		for _, key := range slices.SortedFunc(slices.Values(v.MapKeys()), func(a, b reflect.Value) int {
			return strings.Compare(a.String(), b.String())
		}) {
			out.set(key.String(), encode(v.MapIndex(key)))
		}
		return out
	case reflect.Slice:
		out := []any{}
		for i := range v.Len() {
			out = append(out, encode(v.Index(i)))
		}
		return out
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Float64:
		return plain(strconv.FormatFloat(v.Float(), 'g', -1, 64))
	default:
		return plain(fmt.Sprint(v.Interface()))
	}
}

// encodeNeeds writes a list, or a map where a need has a type.
func encodeNeeds(needs contracts.Needs) any {
	if !slices.ContainsFunc(needs, func(n contracts.Need) bool { return n.Type != "" }) {
		list := []any{}
		for _, need := range needs {
			list = append(list, need.Place)
		}
		return list
	}
	out := object{}
	for _, need := range needs {
		out.set(need.Place, need.Type)
	}
	return out
}

// encodeStruct leaves out what is not set. A topic goes without the address
// that it is short for.
func encodeStruct(v reflect.Value) object {
	out := object{}
	for _, f := range fields(v) {
		switch {
		case f.name == "kafka" && v.FieldByName("Topic").IsValid() && isTopic(v):
		case f.name == "initial" && !v.IsZero():
			out.set(f.name, encode(f.value)) // a backoff that says anything says this
		case !f.value.IsZero():
			out.set(f.name, encode(f.value))
		}
	}
	return out
}

// isTopic says whether an interaction's Kafka address is what its topic says.
func isTopic(v reflect.Value) bool {
	kafka, ok := v.FieldByName("Kafka").Interface().(*contracts.KafkaAddress)
	return ok && kafka != nil && kafka.Topic == v.FieldByName("Topic").String()
}

// namedField is a field of a model by its name in the file.
type namedField struct {
	name  string
	value reflect.Value
}

// fields are those of a struct of package contracts, inline ones included.
func fields(v reflect.Value) []namedField {
	var out []namedField
	for i := range v.NumField() {
		name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		switch {
		case strings.Contains(options, "inline"):
			out = append(out, fields(v.Field(i))...)
		case name != "" && name != "-":
			out = append(out, namedField{name, v.Field(i)})
		}
	}
	return out
}

// remainder is what x-weir has to say so that got becomes want: the fields in
// which they differ, null for one that want does not have.
func remainder(want, got reflect.Value) object {
	var out object
	have := fields(got)
	for i, f := range fields(want) {
		if f.name == "kafka" && (isTopic(want) || f.value.IsZero() && isTopic(got)) {
			continue
		}
		switch {
		case reflect.DeepEqual(f.value.Interface(), have[i].value.Interface()):
		case f.value.IsZero():
			out.set(f.name, nil)
		default:
			out.set(f.name, encode(f.value))
		}
	}
	return out
}

// differing is the remainder of a map, entry by entry.
func differing[V any](want, got map[string]V) object {
	var out object
	names := map[string]bool{}
	for name := range want {
		names[name] = true
	}
	for name := range got {
		names[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		w, wanted := want[name]
		g, given := got[name]
		switch {
		case wanted && given && reflect.DeepEqual(w, g):
		case wanted:
			out.set(name, encode(reflect.ValueOf(w)))
		default:
			out.set(name, nil)
		}
	}
	return out
}
