package avro_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/avro"
	"github.com/flowweir/weir/contracts/place"
)

func files(namesAndTexts ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(namesAndTexts); i += 2 {
		fsys[namesAndTexts[i]] = &fstest.MapFile{Data: []byte(namesAndTexts[i+1])}
	}
	return fsys
}

func record(fields string) string {
	return `{"type":"record","name":"R","namespace":"a","fields":[` + fields + `]}`
}

// TestLoadProblems says what is wrong with schemas, and where.
func TestLoadProblems(t *testing.T) {
	for _, tt := range []struct{ name, schema, want string }{
		{"not JSON", "{\n \"type\": }", `s.avsc:2:10: not JSON: invalid character '}' looking for beginning of value`},
		{"a name twice", `{"type":"int","type":"long"}`, `s.avsc:1:15: the name "type" is there twice (remove one of the two)`},
		{"a number", `7`, `s.avsc:1:1: a schema is the name of a type, an object with a type, or an array that is a union`},
		{"no type", `{"name":"R"}`, `s.avsc:1:1: the schema has no type`},
		{"a protocol", `{"protocol":"P","types":[]}`, `s.avsc:1:1: this is a protocol, not a schema (name the .avsc files of its types)`},
		{"a type in a type", `{"type":{"type":"int"}}`, `s.avsc:1:9: the type of a schema is a name, not a schema (write what it contains in its place)`},
		{"an unknown type", record(`{"name":"f","type":"strin"}`), `s.avsc:1:74: there is no type "strin" here or in the references (did you mean "string"?)`},
		{"a type in the field", record(`{"name":"f","type":"enum","symbols":["A"]}`), `s.avsc:1:74: there is no type "enum" here or in the references (write the definition as a type of its own: "type": {"type": "enum", ...})`},
		{"used before it is defined", record(`{"name":"f","type":"E"},{"name":"g","type":{"type":"enum","name":"E","symbols":["A"]}}`), `s.avsc:1:74: "E" is used before it is defined (define it where it is used first)`},
		{"defined twice", `["null",{"type":"fixed","name":"F","size":1},` + "\n" + `{"type":"fixed","name":"F","size":1}]`,
			"s.avsc:2:1: the union has fixed F twice\ns.avsc:2:24: F is defined twice (the first definition is at s.avsc:1:9; refer to it by its name)"},
		{"named as a primitive", `{"type":"record","name":"a.string","fields":[]}`, `s.avsc:1:25: string is the name of a primitive type`},
		{"no name", `{"type":"enum","symbols":[]}`, `s.avsc:1:1: the enum has no name`},
		{"not a name", `{"type":"enum","name":"a-b","symbols":["1"]}`,
			"s.avsc:1:23: \"a-b\" is not a name (names are letters, digits and _, and do not begin with a digit)\n" +
				"s.avsc:1:40: 1 is not a symbol (symbols are letters, digits and _, and do not begin with a digit)"},
		{"an empty part of a namespace", `{"type":"enum","name":"E","namespace":"a..b","symbols":[]}`, `s.avsc:1:23: "a..b.E" is not a name (names are letters, digits and _, and do not begin with a digit)`},
		{"a namespace that is no string", `{"type":"enum","name":"E","namespace":1,"symbols":[]}`, `s.avsc:1:39: the namespace is not a string`},
		{"no fields", `{"type":"record","name":"R"}`, `s.avsc:1:1: record R has no array of fields`},
		{"a field that is a string", record(`"f"`), `s.avsc:1:55: a field is an object with a name and a type`},
		{"a field without anything", record(`{}`), "s.avsc:1:55: the field has no name\ns.avsc:1:55: the field \"\" has no type"},
		{"a bad field", record(`{"name":"f g","type":"int","order":"up"}`),
			"s.avsc:1:63: \"f g\" is not a name (names are letters, digits and _, and do not begin with a digit)\n" +
				"s.avsc:1:90: the field has no such order: up (it is ascending, descending or ignore)"},
		{"a field twice", record(`{"name":"f","type":"int"},{"name":"f","type":"int"}`), `s.avsc:1:81: record a.R has the name or alias "f" of a field twice`},
		{"an alias that is a name", record(`{"name":"f","type":"int"},{"name":"g","type":"int","aliases":["f"]}`), `s.avsc:1:81: record a.R has the name or alias "f" of a field twice`},
		{"aliases that are none", record(`{"name":"f","type":"int","aliases":[1]}`), `s.avsc:1:90: aliases are not an array of names`},
		{"no items", `{"type":"array"}`, `s.avsc:1:1: the array has no items`},
		{"no values", `{"type":"map"}`, `s.avsc:1:1: the map has no values`},
		{"no symbols", `{"type":"enum","name":"E"}`, `s.avsc:1:1: enum E has no array of symbols`},
		{"a symbol twice", `{"type":"enum","name":"E","symbols":["A","A"]}`, `s.avsc:1:42: enum E has the symbol A twice`},
		{"an unknown default symbol", `{"type":"enum","name":"E","symbols":["A"],"default":"B"}`, `s.avsc:1:53: the default of enum E is none of its symbols`},
		{"a negative size", `{"type":"fixed","name":"F","size":-1}`, `s.avsc:1:35: the size of fixed F is not a number of bytes`},
		{"a union in a union", `["int",["null"]]`, `s.avsc:1:8: a union directly contains a union (add its types to the union around it)`},
		{"a type twice in a union", `["int",{"type":"int","logicalType":"date"}]`, `s.avsc:1:8: the union has int twice`},
		{"too deep", strings.Repeat(`{"type":"array","items":`, 300) + `"int"` + strings.Repeat("}", 300), `s.avsc:1:6001: types are nested more than 250 levels deep`},
		{"too large", large(20), `s.avsc:1:1945: every value of record Rq has more than 65536 parts`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := avro.Load(files("s.avsc", tt.schema), "s.avsc")
			var invalid *avro.Error
			if !errors.As(err, &invalid) {
				t.Fatalf("error %v, want an *avro.Error", err)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// large is a record whose smallest value has 2 to the power of n parts.
func large(n int) string {
	text := `{"type":"record","name":"R","fields":[{"name":"x0","type":{"type":"record","name":"R0","fields":[]}}`
	for i := 1; i <= n; i++ {
		name, inner := "R"+string(rune('a'+i)), "R"+string(rune('a'+i-1))
		if i == 1 {
			inner = "R0"
		}
		text += `,{"name":"` + strings.ToLower(name) + `","type":["null",{"type":"record","name":"` + name + `","fields":[{"name":"a","type":"` + inner + `"},{"name":"b","type":"` + inner + `"}]}]}`
	}
	return text + `,{"name":"all","type":"R` + string(rune('a'+n)) + `"}]}`
}

// TestDefaults: what fits, and the next thing that does not.
func TestDefaults(t *testing.T) {
	const color, point = `{"type":"enum","name":"C","symbols":["RED"]}`, `{"type":"record","name":"P","fields":[{"name":"x","type":"int"},{"name":"y","type":"int","default":0}]}`
	for _, tt := range []struct{ typ, fits, not, why string }{
		{`"null"`, `null`, `0`, `is 0, must be null`},
		{`"boolean"`, `true`, `"true"`, `is "true", must be true or false`},
		{`"int"`, `-2147483648`, `2147483648`, `is 2147483648, must be a whole number of 32 bits`},
		{`"int"`, `1`, `1.0`, `is 1.0, must be a whole number of 32 bits`},
		{`"long"`, `9223372036854775807`, `9223372036854775808`, `is 9223372036854775808, must be a whole number of 64 bits`},
		{`"float"`, `1`, `1e39`, `is 1e39, must be a number of 32 bits`},
		{`"double"`, `1e39`, `"1"`, `is "1", must be a number of 64 bits`},
		{`"string"`, `"ä"`, `1`, `is 1, must be a string`},
		{`"bytes"`, `"\u00ff"`, `"\u0100"`, `'Ā' stands for no byte; the characters of bytes are U+0000 to U+00FF`},
		{`{"type":"fixed","name":"F","size":2}`, `"\u00ff0"`, `"0"`, `is 1 bytes long, must be 2`},
		{color, `"RED"`, `"BLUE"`, `"BLUE" is no symbol of enum a.C`},
		{`{"type":"array","items":"int"}`, `[1]`, `[1,"2"]`, `element 1: is "2", must be a whole number of 32 bits`},
		{`{"type":"array","items":"int"}`, `[]`, `null`, `is null, must be an array`},
		{`{"type":"map","values":"int"}`, `{"a":1}`, `{"a":1,"b":null}`, `"b": is null, must be a whole number of 32 bits`},
		{`{"type":"map","values":"int"}`, `{}`, `[]`, `is [], must be an object`},
		{point, `{"x":1}`, `{"y":1}`, `it lacks the field "x", which has no default of its own`},
		{point, `{"x":1,"y":2}`, `{"x":1,"y":""}`, `y: is "", must be a whole number of 32 bits`},
		{point, `{"x":1}`, `null`, `is null, must be an object`},
		{`["null","int"]`, `1`, `"1"`, `"1" is a value of no branch of the union`},
	} {
		field := func(value string) string { return record(`{"name":"f","type":` + tt.typ + `,"default":` + value + `}`) }
		if _, err := avro.Load(files("s.avsc", field(tt.fits)), "s.avsc"); err != nil {
			t.Errorf("%s of %s: %v", tt.fits, tt.typ, err)
		}
		_, err := avro.Load(files("s.avsc", field(tt.not)), "s.avsc")
		var invalid *avro.Error
		if !errors.As(err, &invalid) {
			t.Errorf("%s of %s: error %v, want an *avro.Error", tt.not, tt.typ, err)
			continue
		}
		if got, want := invalid.Problems[0].Message, "the default does not fit the type: "+tt.why; got != want || len(invalid.Problems) > 1 {
			t.Errorf("%s of %s: %v, want %s", tt.not, tt.typ, err, want)
		}
	}
}

func TestDefaultsThatNeverEnd(t *testing.T) {
	const endless = `{"type":"record","name":"R","fields":[
 {"name":"a","type":["R","null"],"default":{}}]}`
	_, err := avro.Load(files("s.avsc", endless), "s.avsc")
	want := "s.avsc:2:44: filling in the default never ends: it needs itself (give the fields of the default that are left out)"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	ends := strings.Replace(endless, `{}`, `{"a":null}`, 1)
	if _, err := avro.Load(files("s.avsc", ends), "s.avsc"); err != nil {
		t.Error(err)
	}
}

// TestReferences loads named types of other files, which may refer to each
// other and come in any order.
func TestReferences(t *testing.T) {
	fsys := files(
		"order.avsc", `{"type":"record","name":"Order","namespace":"shop","fields":[
 {"name":"customer","type":"Customer"},
 {"name":"to","type":["null","geo.Address"]},
 {"name":"plain","type":"Plain"}]}`,
		"address.avsc", `{"type":"record","name":"Address","namespace":"geo","fields":[{"name":"city","type":"string"}]}`,
		"customer.avsc", `{"type":"record","name":"shop.Customer","fields":[
 {"name":"address","type":"geo.Address"}]}`,
		"plain.avsc", `{"type":"fixed","name":"Plain","size":1}`,
		"broken.avsc", `{"type":"recordd"}`,
	)
	s, err := avro.Load(fsys, "order.avsc", "customer.avsc", "plain.avsc", "address.avsc")
	if err != nil {
		t.Fatal(err)
	}
	f := s.Lookup(place.MustParse("$.customer.address.city"))
	if got := f.Position.String() + " " + f.Position.Path; got != "address.avsc:1:63 /fields/0" {
		t.Errorf("the city is declared at %s", got)
	}
	doc := `{"customer":{"address":{"city":"Ulm"}},"to":{"geo.Address":{"city":"Bonn"}},"plain":"\u0001"}`
	if violations := s.ValidateJSON([]byte(doc)); len(violations) > 0 {
		t.Error(violations)
	}
	for _, tt := range []struct {
		references []string
		want       string
	}{
		{nil, "order.avsc:2:28: there is no type \"Customer\" here or in the references (define it, or give the file that defines it as a reference)\n" +
			"order.avsc:3:30: there is no type \"geo.Address\" here or in the references (define it, or give the file that defines it as a reference)\n" +
			"order.avsc:4:25: there is no type \"Plain\" here or in the references (define it, or give the file that defines it as a reference)"},
		{[]string{"customer.avsc", "address.avsc", "plain.avsc", "broken.avsc"}, "broken.avsc:1:9: there is no type \"recordd\" here or in the references (did you mean \"record\"?)"},
	} {
		_, err := avro.Load(fsys, "order.avsc", tt.references...)
		if err == nil {
			t.Errorf("%v: no error", tt.references)
			continue
		}
		if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.references, diff)
		}
	}
	if _, err := avro.Load(fsys, "none.avsc"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := avro.Load(fsys, "s.avdl"); err == nil || err.Error() != "s.avdl: Avro IDL and protocols are not read (make .avsc files of it with avro-tools idl2schemata and name these)" {
		t.Errorf("IDL: %v", err)
	}
}

// FuzzParse: no input panics, and what loads here loads in the codec, can be
// compared with itself, and generates values that can be encoded.
func FuzzParse(f *testing.F) {
	f.Add(record(`{"name":"f","type":["null","R"],"default":null}`), `{"type":"enum","name":"E","symbols":["A"]}`)
	f.Add(`{"type":"fixed","name":"F","size":4,"logicalType":"decimal","precision":9,"scale":2}`, `"F"`)
	f.Add(`[]`, `{"type":"map","values":{"type":"int","logicalType":"date"}}`)
	f.Add(record(`{"name":"f","type":"b.E","aliases":["g"],"order":"ignore","default":"A"}`), `{"type":"enum","name":"b.E","symbols":["A"],"default":"A"}`)
	f.Add(large(3), `{`)
	f.Fuzz(func(t *testing.T, main, reference string) {
		s, err := avro.Parse(avro.Source{Name: "main.avsc", Text: []byte(main)}, avro.Source{Name: "reference.avsc", Text: []byte(reference)})
		if err != nil {
			var invalid *avro.Error
			if !errors.As(err, &invalid) || len(invalid.Problems) == 0 {
				t.Fatalf("error %v, want an *avro.Error with problems", err)
			}
			return
		}
		for _, p := range avro.Compare(s, s).Problems {
			t.Fatalf("a schema cannot read itself: %+v", p)
		}
		g, err := avro.NewGenerator(s)
		if err != nil {
			return
		}
		v := g.Generate(seeded(1))
		octets, err := s.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Decode(octets); err != nil {
			t.Fatal(err)
		}
	})
}
