package payload

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/schema"
)

// The formats of keys that are written and read here (key.format of a
// contract). What the bytes of bytes mean no contract says.
const (
	KeyString = "string"
	KeyJSON   = "json" // as JsonSerializer of Spring Kafka writes it
	KeyLong   = "long" // 8 bytes, the highest first, as Kafka's LongSerializer
)

// KnowsKeys says whether keys of a format are written and read here.
func KnowsKeys(format string) bool { return slices.Contains(keyForms, format) }

var keyForms = []string{KeyString, KeyJSON, KeyLong, contracts.KeyOfSchema}

// KeyCodec writes and reads the values of keys, decoded JSON, as they stand in
// records without any framing around them.
type KeyCodec interface {
	// Check says why a value cannot be a key, as far as Encode takes it.
	Check(value any) error
	Encode(value any) ([]byte, error)
	Decode(key []byte) (any, error)
}

// KeysOf is the form of a contract's keys: that of their schema, nil where they
// have none, or else their format; without a key it is text.
func KeysOf(key *contracts.Key, s *schema.Schema) KeyCodec {
	switch {
	case s != nil:
		return keySchema{s}
	case key == nil:
		return keyFormat(KeyString)
	}
	return keyFormat(key.SerializedAs())
}

// keySchema is the form of keys that are documents of a schema.
type keySchema struct{ schema *schema.Schema }

func (k keySchema) Check(value any) error {
	if wrong := k.schema.Validate(value); len(wrong) > 0 {
		return fmt.Errorf("the key is not of its schema: %s (%s)", wrong[0].Message, wrong[0].Schema)
	}
	return nil
}

func (k keySchema) Encode(value any) ([]byte, error) {
	key, err := k.schema.Encode(value)
	if err != nil {
		return nil, fmt.Errorf("the key: %w", err)
	}
	return key, nil
}

func (k keySchema) Decode(key []byte) (any, error) { return k.schema.Decode(key) }

// keyFormat is the form of keys that have no schema.
type keyFormat string

func (f keyFormat) Check(any) error { return nil }

func (f keyFormat) Encode(value any) ([]byte, error) {
	switch f {
	case KeyString:
		return append([]byte(nil), place.Text(value)...), nil
	case KeyJSON:
		return jsonschema.Encode(value)
	case KeyLong:
		n, err := strconv.ParseInt(place.Text(value), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("the key %s is no whole number of 64 bits, which the format long writes", place.Text(value))
		}
		return binary.BigEndian.AppendUint64(nil, uint64(n)), nil
	}
	return nil, f.unknown()
}

func (f keyFormat) Decode(key []byte) (any, error) {
	switch f {
	case KeyString:
		return string(key), nil
	case KeyJSON:
		v, err := jsonschema.Decode(key)
		if err != nil {
			return nil, fmt.Errorf("it is no JSON: %w", err)
		}
		return v, nil
	case KeyLong:
		if len(key) != 8 {
			return nil, fmt.Errorf("it has %d bytes, and one of the format long has 8", len(key))
		}
		return json.Number(strconv.FormatInt(int64(binary.BigEndian.Uint64(key)), 10)), nil
	}
	return nil, f.unknown()
}

func (f keyFormat) unknown() error {
	return fmt.Errorf("keys in the format %s are not built: what their bytes mean is not said; %s are, and a schema of keys", string(f), strings.Join([]string{KeyString, KeyJSON, KeyLong}, ", "))
}
