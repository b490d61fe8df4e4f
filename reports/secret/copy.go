package secret

import (
	"reflect"
	"time"
)

var timeType = reflect.TypeFor[time.Time]()

// Copy returns a copy of v, and of all that it leads to, for a file: every text
// is what text makes of it, a list of texts what list makes of it (nil: each of
// them is a text), and maps of texts are without secrets by their names. Every
// nil slice is an empty one: Go writes a nil slice as null, over which jq and
// most languages stumble. v itself, and what it points to, stays as it is.
func Copy(v any, text func(string) string, list func([]string) []string) any {
	return copier{text, list}.of(reflect.ValueOf(v)).Interface()
}

type copier struct {
	text func(string) string
	list func([]string) []string
}

func (c copier) of(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		out.SetString(c.text(v.String()))
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		out.Set(reflect.New(v.Type().Elem()))
		out.Elem().Set(c.of(v.Elem()))
	case reflect.Struct:
		out.Set(v) // also what is not exported
		for i := range v.NumField() {
			if v.Type() != timeType && v.Type().Field(i).IsExported() {
				out.Field(i).Set(c.of(v.Field(i)))
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 { // []byte, json.RawMessage
			return v
		}
		if texts, ok := v.Interface().([]string); ok && c.list != nil {
			return reflect.ValueOf(c.list(texts))
		}
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(c.of(v.Index(i)))
		}
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		if values, ok := v.Interface().(map[string]string); ok {
			return reflect.ValueOf(Values(values))
		}
		out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for name, entry := range v.Seq2() {
			out.SetMapIndex(name, c.of(entry))
		}
	default:
		return v
	}
	return out
}
