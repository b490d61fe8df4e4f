package run

import (
	"reflect"
	"time"

	"github.com/flowweir/weir/reports/secret"
)

var timeType = reflect.TypeFor[time.Time]()

// kept returns a copy of v as a file of a run directory has it. Every nil slice
// is an empty one: Go writes a nil slice as null, over which jq and most
// languages stumble. And no text says a secret, whoever wrote it: errors quote
// URLs and settings. v itself, and what it points to, stays as it is.
func kept(v any) any {
	return keep(reflect.ValueOf(v)).Interface()
}

func keep(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		c := reflect.New(v.Type()).Elem()
		c.SetString(secret.Message(v.String()))
		return c
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		c := reflect.New(v.Type().Elem())
		c.Elem().Set(keep(v.Elem()))
		return c
	case reflect.Struct:
		if v.Type() == timeType {
			return v
		}
		c := reflect.New(v.Type()).Elem()
		c.Set(v) // also what is not exported
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				c.Field(i).Set(keep(v.Field(i)))
			}
		}
		return c
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 { // []byte, json.RawMessage
			return v
		}
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			c.Index(i).Set(keep(v.Index(i)))
		}
		return c
	case reflect.Map:
		if settings, ok := v.Interface().(map[string]string); ok {
			return reflect.ValueOf(secret.Values(settings))
		}
	}
	return v
}
