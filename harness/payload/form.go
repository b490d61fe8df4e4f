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

var keyForms = []string{KeyString, KeyJSON, KeyLong}

// AppendKey appends the value of a key as it stands in records of a format.
func AppendKey(b []byte, format string, value any) ([]byte, error) {
	switch format {
	case KeyString:
		return append(b, place.Text(value)...), nil
	case KeyJSON:
		text, err := jsonschema.Encode(value)
		return append(b, text...), err
	case KeyLong:
		n, err := strconv.ParseInt(place.Text(value), 10, 64)
		if err != nil {
			return b, fmt.Errorf("the key %s is no whole number of 64 bits, which the format long writes", place.Text(value))
		}
		return binary.BigEndian.AppendUint64(b, uint64(n)), nil
	}
	return b, unknownForm(format)
}

// ReadKey is the value of a key, as decoded JSON.
func ReadKey(format string, key []byte) (any, error) {
	switch format {
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
	return nil, unknownForm(format)
}

func unknownForm(format string) error {
	return fmt.Errorf("keys in the format %s are not built: what their bytes mean is not said; %s are, and a schema of keys", format, strings.Join(keyForms, ", "))
}

// KeyForm is the format of a contract's keys; string where there are none.
func KeyForm(key *contracts.Key) string {
	if key == nil {
		return KeyString
	}
	return key.SerializedAs()
}
