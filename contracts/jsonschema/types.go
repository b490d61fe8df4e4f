package jsonschema

import (
	"encoding/json"
	"math/big"

	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
	js "github.com/santhosh-tekuri/jsonschema/v6"
)

// typeSet is a set of JSON types. Numbers are two disjoint types here, whole
// and fractional, so that "integer" is a part of "number" by its bits.
type typeSet uint8

const (
	arrayType typeSet = 1 << iota
	booleanType
	wholeType
	nullType
	fractionType
	objectType
	stringType

	numberType = wholeType | fractionType
	anyType    = 1<<7 - 1
)

var typeBits = map[string]typeSet{
	"array": arrayType, "boolean": booleanType, "integer": wholeType, "null": nullType,
	"number": numberType, "object": objectType, "string": stringType,
}

// names are sorted; nil stands for any type. Fractions alone are numbers.
func (t typeSet) names() []string {
	if t == anyType || t == 0 {
		return nil
	}
	var names []string
	for _, name := range sortedKeys(typeBits) {
		bits := typeBits[name]
		if name == "integer" && t&fractionType != 0 {
			continue
		}
		if t&bits == bits || name == "number" && t&fractionType != 0 {
			names = append(names, name)
		}
	}
	return names
}

// docset are the types as sets of documents have them.
func (t typeSet) docset() docset.Type {
	var all docset.Type
	for name, bits := range typeBits {
		if t&bits == bits {
			all |= typeSets[name]
		}
	}
	if t&fractionType != 0 {
		all |= docset.Fraction
	}
	return all
}

// ownTypes are the types that a schema's own keywords allow.
func ownTypes(s *js.Schema) typeSet {
	t := typeSet(anyType)
	if s.Types != nil {
		t = 0
		for _, name := range s.Types.ToStrings() {
			t |= typeBits[name]
		}
	}
	if s.Enum != nil {
		var values typeSet
		for _, v := range s.Enum.Values {
			values |= typeOf(v)
		}
		t &= values
	}
	if s.Const != nil {
		t &= typeOf(*s.Const)
	}
	return t
}

// allowedTypes are the types that all of the schemas allow.
func allowedTypes(atoms []*js.Schema) typeSet {
	t := typeSet(anyType)
	for _, s := range atoms {
		t &= ownTypes(s)
	}
	return t
}

// typesStated reports whether any of the schemas restricts the type.
func typesStated(atoms []*js.Schema) bool { return allowedTypes(atoms) != anyType }

func typeOf(v any) typeSet {
	switch v := v.(type) {
	case nil:
		return nullType
	case bool:
		return booleanType
	case string:
		return stringType
	case []any:
		return arrayType
	case map[string]any:
		return objectType
	case json.Number:
		if r, ok := new(big.Rat).SetString(v.String()); ok && r.IsInt() {
			return wholeType
		}
	}
	return fractionType
}

// TypeName is the JSON type of a decoded value: "integer" for a number without a
// fraction, "number" for another one.
func TypeName(v any) string {
	if t := typeOf(v); t != fractionType {
		return t.names()[0]
	}
	return "number"
}
