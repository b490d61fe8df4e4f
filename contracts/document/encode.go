package document

import (
	"bytes"
	"encoding"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// NodeMarshaler is the other way of a NodeUnmarshaler whose struct has no
// fields of its own in a file.
type NodeMarshaler interface {
	// MarshalNode is the value that UnmarshalNode reads: a text, a list or a map.
	MarshalNode() any
}

// Encode is what a Decoder reads v from, as JSON, which is YAML too: fields in
// the order of the model under the names of the file, scalar types in the file's
// own form. What is zero in a struct, or empty, is left out, and so is what no
// file has.
func Encode(v any) (json.RawMessage, error) { return encoded(reflect.ValueOf(v)) }

func encoded(v reflect.Value) (json.RawMessage, error) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return json.RawMessage("null"), nil
		}
		return encoded(v.Elem())
	}
	switch in := v.Interface().(type) {
	case NodeMarshaler:
		return encoded(reflect.ValueOf(in.MarshalNode()))
	case encoding.TextMarshaler:
		return json.Marshal(in)
	}
	switch v.Kind() {
	case reflect.Struct:
		var members [][]byte
		err := encodeFields(v, &members)
		return group('{', members, '}'), err
	case reflect.Map:
		var members [][]byte
		entries := mapOf(v)
		for _, key := range slices.Sorted(maps.Keys(entries)) {
			if err := member(&members, key, entries[key]); err != nil {
				return nil, err
			}
		}
		return group('{', members, '}'), nil
	case reflect.Slice:
		items := make([][]byte, v.Len())
		for i := range items {
			item, err := encoded(v.Index(i))
			if err != nil {
				return nil, err
			}
			items[i] = item
		}
		return group('[', items, ']'), nil
	}
	return plain(v.Interface())
}

// mapOf are the values of a map by their keys, which are texts.
func mapOf(v reflect.Value) map[string]reflect.Value {
	all := make(map[string]reflect.Value, v.Len())
	for key, value := range v.Seq2() {
		all[key.String()] = value
	}
	return all
}

// encodeFields appends the fields of a struct that a file has, those of inline
// structs among them.
func encodeFields(v reflect.Value, members *[][]byte) error {
	for i := range v.NumField() {
		name, options, tagged := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		field := v.Field(i)
		switch {
		case tagged && slices.Contains(strings.Split(options, ","), "inline"):
			if err := encodeFields(field, members); err != nil {
				return err
			}
		case name == "" || name == "-" || empty(field):
		default:
			if err := member(members, name, field); err != nil {
				return err
			}
		}
	}
	return nil
}

func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Map, reflect.Slice:
		return v.Len() == 0
	}
	return v.IsZero()
}

func member(members *[][]byte, name string, v reflect.Value) error {
	key, err := plain(name)
	if err != nil {
		return err
	}
	value, err := encoded(v)
	*members = append(*members, slices.Concat(key, []byte{':'}, value))
	return err
}

// plain is JSON that leaves <, > and & as they are.
func plain(v any) (json.RawMessage, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(out.Bytes(), []byte{'\n'}), err
}

func group(open byte, members [][]byte, shut byte) json.RawMessage {
	return slices.Concat([]byte{open}, bytes.Join(members, []byte{','}), []byte{shut})
}
