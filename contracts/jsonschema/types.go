package jsonschema

import (
	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
)

// typesNamed are the types that a name of JSON Schema stands for.
var typesNamed = map[string]docset.Type{
	"null": docset.Null, "boolean": docset.Boolean, "integer": docset.Whole, "number": docset.Number,
	"string": docset.String, "array": docset.Array, "object": docset.Object,
}

// byName are the types in the order of their names.
var byName = [...]docset.Type{docset.Array, docset.Boolean, docset.Whole, docset.Null, docset.Fraction, docset.Object, docset.String}

// namesOfTypes are sorted; nil stands for any type. Fractions alone are numbers.
func namesOfTypes(t docset.Type) []string {
	if t == docset.AnyType || t == 0 {
		return nil
	}
	var names []string
	for _, name := range sortedKeys(typesNamed) {
		types := typesNamed[name]
		if name == "integer" && t&docset.Fraction != 0 {
			continue
		}
		if t&types == types || name == "number" && t&docset.Fraction != 0 {
			names = append(names, name)
		}
	}
	return names
}

func typesOf(types *js.Types) docset.Type {
	var all docset.Type
	for _, name := range types.ToStrings() {
		all |= typesNamed[name]
	}
	return all
}

// ownTypes are the types that a schema's own keywords allow.
func ownTypes(s *js.Schema) docset.Type {
	t := docset.Type(docset.AnyType)
	if s.Types != nil {
		t = typesOf(s.Types)
	}
	if s.Enum != nil {
		var values docset.Type
		for _, v := range s.Enum.Values {
			values |= docset.TypeOf(v)
		}
		t &= values
	}
	if s.Const != nil {
		t &= docset.TypeOf(*s.Const)
	}
	return t
}

// allowedTypes are the types that all of the schemas allow.
func allowedTypes(atoms []*js.Schema) docset.Type {
	t := docset.Type(docset.AnyType)
	for _, s := range atoms {
		t &= ownTypes(s)
	}
	return t
}

// typesStated reports whether any of the schemas restricts the type.
func typesStated(atoms []*js.Schema) bool { return allowedTypes(atoms) != docset.AnyType }

// TypeName is the JSON type of a decoded value: "integer" for a number without a
// fraction, "number" for another one.
func TypeName(v any) string { return namesOfTypes(docset.TypeOf(v))[0] }
