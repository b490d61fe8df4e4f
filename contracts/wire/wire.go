// Package wire takes the id of its schema off a record's key or value and puts
// it on again: the framing by which serializers tell deserializers which
// schema of a registry a record was written with.
//
// Three framings exist. None has no id. Confluent is the magic byte 0 and the
// schema's number in 4 bytes, big-endian, before the payload. ConfluentHeader,
// of Confluent Platform 8, leaves the payload alone: the header
// __value_schema_id or __key_schema_id has the magic byte 1 and the schema's
// GUID in 16 bytes, or the magic byte 0 and the number. For Protobuf the path
// of the message within its file follows the id in both.
//
// Guarantees: what Encode writes, Decode reads back; Decode copies nothing,
// allocates nothing unless it fails, and does not panic on any input; an error
// says what stands where the id should.
//
// The package looks no schema up, and it does not look into the payload.
package wire

import (
	"encoding/binary"
	"fmt"

	"github.com/google/uuid"

	"github.com/flowweir/weir/contracts/envelope"
)

// Kind is where the id of the schema is.
type Kind string

// The kinds, by their names in contract files.
const (
	// None has no id: the payload is the value.
	None Kind = "none"
	// Confluent has the id before the payload.
	Confluent Kind = "confluent"
	// ConfluentHeader has the id in a header.
	ConfluentHeader Kind = "confluent-header"
)

// What Confluent's serializers fix (SchemaId of its schema-serializer).
const (
	// KeyHeader and ValueHeader are the headers of ConfluentHeader.
	KeyHeader   = "__key_schema_id"
	ValueHeader = "__value_schema_id"

	magicNumber byte = 0
	magicGUID   byte = 1
	numberSize       = 1 + 4
	guidSize         = 1 + 16
)

// Framing is how the keys or the values of a topic carry the ids of their
// schemas. The zero Framing has none.
type Framing struct {
	// Kind is None if empty.
	Kind Kind
	// Protobuf: the path of the message follows the id.
	Protobuf bool
	// Key: it is the record's key that is framed, not its value.
	Key bool
}

// ID is what a record says about its schema. Either Number or GUID is set;
// both are zero where the framing has no id. IDs are comparable.
type ID struct {
	// Number is the id of the schema in its registry, from 1.
	Number int32
	// GUID identifies the schema in all registries.
	GUID uuid.UUID
	// Message is the path of the message; empty unless Protobuf.
	Message Path
}

// IsZero reports whether there is no id.
func (id ID) IsZero() bool { return id.Number == 0 && id.GUID == uuid.Nil }

// String is "schema 7" or "schema 89791762-2336-4186-9674-299b90a802e2", with
// the path of the message where there is one.
func (id ID) String() string {
	var s string
	switch {
	case id.GUID != uuid.Nil:
		s = "schema " + id.GUID.String()
	case id.Number != 0:
		s = fmt.Sprintf("schema %d", id.Number)
	default:
		return "no schema"
	}
	if id.Message != (Path{}) {
		s += ", message " + id.Message.String()
	}
	return s
}

// Decode takes the framing off the key or value data of a record that has
// headers. The payload is a part of data.
//
// Null (nil) is a tombstone: it has no framing, and its ID is zero unless a
// header has one. A framing of another kind than those here is an error, and
// so is everything in the place of the id that is not one.
func (f Framing) Decode(headers []envelope.Header, data []byte) (id ID, payload []byte, err error) {
	switch f.Kind {
	case None, "":
		return ID{}, data, nil
	case Confluent:
		if data == nil {
			return ID{}, nil, nil
		}
		id, payload, err = f.decodePrefix(data)
	case ConfluentHeader:
		id, err = f.decodeHeader(headers, data)
		payload = data
	default:
		return ID{}, nil, f.unknown()
	}
	if err != nil {
		return ID{}, nil, err
	}
	return id, payload, nil
}

func (f Framing) decodePrefix(data []byte) (ID, []byte, error) {
	if len(data) < numberSize || data[0] != magicNumber {
		return ID{}, nil, f.noPrefix(data)
	}
	id, rest, err := f.decodeID(data)
	if err != nil {
		return ID{}, nil, fmt.Errorf("the %s: %w", f.part(), err)
	}
	return id, rest, nil
}

func (f Framing) decodeHeader(headers []envelope.Header, data []byte) (ID, error) {
	header, ok := envelope.Find(headers, f.header())
	if !ok || header == nil { // Confluent's deserializer takes a null header for none
		if data == nil {
			return ID{}, nil
		}
		return ID{}, f.noHeader(data)
	}
	id, rest, err := f.decodeID(header)
	switch {
	case err != nil:
		return ID{}, fmt.Errorf("header %s: %w", f.header(), err)
	case len(rest) > 0:
		return ID{}, &Error{
			fmt.Sprintf("header %s: %d bytes follow the id", f.header(), len(rest)),
			"only Protobuf has something there, the path of the message; is the schema Protobuf?",
		}
	}
	return id, nil
}

// decodeID reads the magic byte, the id and the path of the message.
func (f Framing) decodeID(b []byte) (ID, []byte, error) {
	var id ID
	switch {
	case len(b) == 0:
		return id, nil, &Error{"the id is empty", "it should be a magic byte and the id of a schema"}
	case b[0] == magicNumber && len(b) >= numberSize:
		id.Number, b = int32(binary.BigEndian.Uint32(b[1:])), b[numberSize:]
		if id.Number <= 0 {
			return id, nil, &Error{fmt.Sprintf("the schema id is %d, and registries count from 1", id.Number),
				"an id of 8 bytes, as Apicurio's own serializers write unless they are told otherwise, reads so"}
		}
	case b[0] == magicGUID && len(b) >= guidSize:
		copy(id.GUID[:], b[1:])
		b = b[guidSize:]
		if id.GUID == uuid.Nil {
			return id, nil, &Error{"the GUID is all zeros", "no registry gives it to a schema: look at what the producer was configured with"}
		}
	case b[0] == magicNumber || b[0] == magicGUID:
		return id, nil, &Error{fmt.Sprintf("the id has %d bytes", len(b)),
			"an id is the magic byte 0 and 4 bytes, or the magic byte 1 and 16 bytes"}
	default:
		return id, nil, &Error{fmt.Sprintf("the id starts with the byte 0x%02x", b[0]), "an id starts with the magic byte 0 or 1"}
	}
	if !f.Protobuf {
		return id, b, nil
	}
	var err error
	id.Message, b, err = decodePath(b)
	return id, b, err
}

// Encode puts the framing on a payload: the key or value to send, and the
// headers to add, if any. A nil payload is a tombstone and stays one.
//
// ConfluentHeader writes the GUID where the ID has one, as Confluent's
// serializer does, and else the number, which its deserializers read too.
func (f Framing) Encode(id ID, payload []byte) (data []byte, headers []envelope.Header, err error) {
	switch f.Kind {
	case None, "", Confluent, ConfluentHeader:
	default:
		return nil, nil, f.unknown()
	}
	if payload == nil || f.Kind == None || f.Kind == "" {
		return payload, nil, nil
	}
	if err := f.encodable(id); err != nil {
		return nil, nil, err
	}
	if f.Kind == Confluent {
		framed := make([]byte, 0, numberSize+id.Message.size()+len(payload))
		return append(f.appendID(framed, ID{Number: id.Number, Message: id.Message}), payload...), nil, nil
	}
	value := f.appendID(make([]byte, 0, guidSize+id.Message.size()), id)
	return payload, []envelope.Header{{Key: f.header(), Value: value}}, nil
}

func (f Framing) encodable(id ID) error {
	switch {
	case f.Kind == Confluent && id.Number <= 0:
		return fmt.Errorf("%s has no number from 1, and the framing confluent has no place for another id", id)
	case id.IsZero() || id.Number < 0:
		return fmt.Errorf("the framing %s needs the GUID or the number of a schema", f.Kind)
	case f.Protobuf && id.Message == Path{}:
		return fmt.Errorf("%s: Protobuf needs the path of the message within its file; the first message's is NewPath(0)", id)
	case !f.Protobuf && id.Message != Path{}:
		return fmt.Errorf("%s: only Protobuf has a message in its framing", id)
	}
	return nil
}

func (f Framing) appendID(b []byte, id ID) []byte {
	if id.GUID != uuid.Nil {
		b = append(append(b, magicGUID), id.GUID[:]...)
	} else {
		b = binary.BigEndian.AppendUint32(append(b, magicNumber), uint32(id.Number))
	}
	if f.Protobuf {
		b = id.Message.append(b)
	}
	return b
}

func (f Framing) header() string {
	if f.Key {
		return KeyHeader
	}
	return ValueHeader
}

func (f Framing) part() string {
	if f.Key {
		return "key"
	}
	return "value"
}
