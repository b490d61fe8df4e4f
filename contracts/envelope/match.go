package envelope

import (
	"bytes"
	"encoding/json"

	"github.com/flowweir/weir/contracts/place"
)

// Match says how a record is known to be an event of some name, where the
// envelope's own type is not it. The zero Match uses the envelope's type.
type Match struct {
	// Header is the name of a header whose value is the event's name.
	Header string
	// Value is a place in the data whose value is the event's name.
	Value place.Place
}

// Type is the name of the event in a record. It is false where the record
// does not say: a missing header or field, a value that is not of the kind,
// or the kind none without a Match.
func Type(kind Kind, match Match, value []byte, headers []Header) (name string, ok bool) {
	switch {
	case match.Header != "":
		return headerText(headers, match.Header)
	case !match.Value.IsZero():
		return typeInData(kind, match.Value, value, headers)
	case kind == CloudEventsBinary:
		return headerText(headers, "ce_type")
	case kind == CloudEventsStructured, kind == Standard:
		m, err := members(kind, value)
		if err != nil {
			return "", false
		}
		name, _ := stringValue(m["type"])
		return name, name != ""
	}
	return "", false
}

func headerText(headers []Header, key string) (string, bool) {
	v, ok := Find(headers, key)
	return string(v), ok && len(v) > 0
}

func typeInData(kind Kind, at place.Place, value []byte, headers []Header) (string, bool) {
	_, data, err := Decode(kind, value, headers)
	if err != nil {
		return "", false
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var decoded any
	if decoder.Decode(&decoded) != nil {
		return "", false
	}
	v, ok := at.In(decoded)
	if !ok || v == nil {
		return "", false
	}
	return place.Text(v), true
}
