package scenario

import (
	"reflect"

	"github.com/flowweir/weir/reports/secret"
)

// withoutSecrets answers what the run directory keeps of a scenario: a copy of
// which every text, wherever it stands, says no secret.
func (s *Scenario) withoutSecrets() *Scenario {
	out := *s
	out.Doc, out.wrong = nil, nil
	hideIn(reflect.ValueOf(&out).Elem())
	return &out
}

// hideIn hides the secrets of all that v leads to, and leaves alone what others
// lead to as well.
func hideIn(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(secret.Text(v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			v.Set(copied(v.Elem()).Addr())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Field(i); field.CanSet() {
				hideIn(field)
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		if args, ok := v.Interface().([]string); ok {
			v.Set(reflect.ValueOf(secret.Args(args)))
			return
		}
		list := reflect.MakeSlice(v.Type(), 0, v.Len())
		for _, item := range v.Seq2() {
			list = reflect.Append(list, copied(item))
		}
		v.Set(list)
	case reflect.Map:
		if v.IsNil() {
			return
		}
		if values, ok := v.Interface().(map[string]string); ok {
			v.Set(reflect.ValueOf(secret.Values(values)))
			return
		}
		entries := reflect.MakeMapWithSize(v.Type(), v.Len())
		for name, entry := range v.Seq2() {
			entries.SetMapIndex(name, copied(entry))
		}
		v.Set(entries)
	}
}

// copied is a copy of v without secrets.
func copied(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	hideIn(out)
	return out
}
