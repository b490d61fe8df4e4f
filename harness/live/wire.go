package live

import (
	"fmt"

	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/harness/serde"
)

// encode writes data as it stands in a record, and answers it as a reader has
// it: without the names of branches and with the names of the schema's file.
func encode(s *schema.Schema, data any) (body []byte, read any, err error) {
	if !serde.Coded(s) {
		body, err = jsonschema.Encode(data)
		return body, data, err
	}
	if body, err = s.Encode(data); err != nil {
		return nil, nil, err
	}
	read, err = s.Decode(body)
	return body, read, err
}

// Format is that of an event's schema, as contracts name it; "" without one.
func (f *Flow) Format(event string) (string, error) {
	c, p, err := f.Producer(event)
	if err != nil {
		return "", err
	}
	own, err := f.serdes.Of(c, p, registry.Value)
	if err != nil || own.Schema == nil {
		return "", err
	}
	return own.Schema.Format(), nil
}

// Undecodable is a value that no reader of an event can read, in place of a
// record's: JSON that breaks off, or numbers without an end, with which a
// binary form begins. It carries the event's id, so that a dead letter that
// lost its headers still leads back. A schema that reads any bytes is an error.
func (f *Flow) Undecodable(r *Record) ([]byte, error) {
	if !serde.Coded(r.value.written) {
		return fmt.Appendf(nil, `{"poison":%q,"cut":`, r.ID()), nil
	}
	value := make([]byte, 64, 64+len(r.ID()))
	for i := range value {
		value[i] = 0xff
	}
	value = append(value, r.ID()...)
	if _, err := r.value.written.Decode(value); err == nil {
		return nil, fmt.Errorf("the schema of %s reads any bytes as an event, so that nothing poisons it", r.Event)
	}
	return value, nil
}
