package run

import (
	"reflect"
	"time"
)

var timeType = reflect.TypeFor[time.Time]()

// withoutNull returns a copy of v in which every nil slice is an empty one:
// Go writes a nil slice as null, over which jq and most languages stumble. v
// itself, and what it points to, stays as it is.
func withoutNull(v any) any {
	return filled(reflect.ValueOf(v)).Interface()
}

func filled(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == timeType {
			return v
		}
		c := reflect.New(v.Type()).Elem()
		c.Set(v) // also what is not exported
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				c.Field(i).Set(filled(v.Field(i)))
			}
		}
		return c
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 { // []byte, json.RawMessage
			return v
		}
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			c.Index(i).Set(filled(v.Index(i)))
		}
		return c
	}
	return v
}
