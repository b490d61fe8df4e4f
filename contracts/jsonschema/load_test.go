package jsonschema_test

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/jsonschema"
)

// files makes a file system of name, content, name, content ...
func files(pairs ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return fsys
}

const nameDraft = ` (name draft 4, 6, 7, 2019-09 or 2020-12; of the last, it is "https://json-schema.org/draft/2020-12/schema")`

func TestLoadErrors(t *testing.T) {
	tests := []struct {
		name  string
		files fstest.MapFS
		want  string
	}{
		{"empty", files("s.json", " \n"), "s.json:1:1: not JSON: the file is empty"},
		{"syntax", files("s.json", "{\n  \"type\": object\n}"), "s.json:2:11: not JSON: invalid character 'o' looking for beginning of value"},
		{"cut off", files("s.json", `{"type":`), "s.json:1:9: not JSON: unexpected end of JSON input"},
		{"trailing", files("s.json", `{} {}`), "s.json:1:4: not JSON: invalid character '{' after top-level value"},
		{"a name twice", files("s.json", "{\"type\":\"object\",\n \"type\":\"string\"}"), `s.json:2:2: the name "type" is there twice (remove one of the two)`},
		{"YAML that is none", files("s.yaml", "type: [object"), "s.yaml:1:7: invalid YAML: sequence end token ']' not found (close what is opened here)"},
		{"YAML that is no schema", files("s.yaml", "type: object\nproperties:\n  a: {type: text}\n"),
			`s.yaml:3:13: not a JSON Schema: matches none of the 2 alternatives of anyOf; the nearest, 1: /properties/a/type is "text", must be one of "array", "boolean", "integer", "null", "number", "object", "string"`},
		{"YAML that is read in two ways", files("s.yaml", "enum:\n  - yes\n  - 010\n"), "s.yaml:2:5: yes is text to some readers of YAML, and a number or a truth value to others (put text in quotes; write numbers as JSON does, and true or false)\n" +
			"s.yaml:3:5: 010 is text to some readers of YAML, and a number or a truth value to others (put text in quotes; write numbers as JSON does, and true or false)"},
		{"a name twice in YAML", files("s.yaml", "type: object\ntype: object\n"), `s.yaml:2:1: the key "type" is there twice (keep one of them)`},
		{"not a schema", files("s.json", "{\"type\": \"strng\",\n \"minLength\": -1}"),
			"s.json:1:10: not a JSON Schema: matches none of the 2 alternatives of anyOf; the nearest, 1: /type is \"strng\", must be one of \"array\", \"boolean\", \"integer\", \"null\", \"number\", \"object\", \"string\"\n" +
				"s.json:2:15: not a JSON Schema: is -1, must be at least 0"},
		{"network", files("s.json", "{\"properties\": {\n \"a\": {\"$ref\": \"https://acme.example/a.json#/x\"}}}"),
			"s.json:2:16: https://acme.example/a.json is not a file here, and schemas are never fetched (keep a copy beside this file and refer to it by its relative path)"},
		{"metaschema of one's own", files("s.json", `{"$schema": "https://acme.example/meta"}`),
			`s.json:1:13: the draft "https://acme.example/meta" is not supported` + nameDraft},
		{"draft 3", files("s.json", "{\"$schema\":\n\"http://json-schema.org/draft-03/schema#\"}"), `s.json:2:1: the draft "http://json-schema.org/draft-03/schema" is not supported` + nameDraft},
		{"no draft", files("s.json", `{"$schema": "#"}`), `s.json:1:1: the draft "" is not supported` + nameDraft},
		{"$schema that is no URL", files("s.json", `{"$schema": "::"}`), `s.json:1:13: $schema is "::", which is no URL` + nameDraft},
		{"$id that is no URL", files("s.json", "{\"items\":\n {\"$id\": \"::\"}}"), `s.json:2:10: $id is "::", which is no URL`},
		{"id that is no URL in draft 4", files("s.json", "{\"$schema\": \"http://json-schema.org/draft-04/schema#\",\n \"id\": \"::\"}"), `s.json:2:8: id is "::", which is no URL`},
		{"$id twice", files("s.json", "{\"$defs\":\n{\"a\": {\"$id\": \"x\"},\n\"b\": {\"$id\": \"x\"}}}"), `s.json:3:14: the $id x is also that of the schema at s.json:2:15 (give each its own)`},
		{"$anchor twice", files("s.json", "{\"$defs\":\n{\"a\": {\"$anchor\": \"x\"},\n\"b\": {\"$anchor\": \"x\"}}}"), `s.json:3:18: the $anchor x is also that of the schema at s.json:2:19 (give each its own)`},
		{"$ref that is no JSON Pointer", files("s.json", `{"$ref": "#/a~2"}`), `s.json:1:10: the reference is no JSON Pointer (write ~0 for ~, and ~1 for / in a name)`},
		{"no such file", files("d/s.json", `{"$ref": "../other/a.json"}`), "d/s.json:1:10: there is no file other/a.json"},
		{"error in a file referred to", files("s.json", `{"$ref": "a.json"}`, "a.json", `{"type": 1}`),
			"a.json:1:10: not a JSON Schema: matches none of the 2 alternatives of anyOf; the nearest, 1: /type is 1, must be one of \"array\", \"boolean\", \"integer\", \"null\", \"number\", \"object\", \"string\""},
		{"syntax in a file referred to", files("s.json", `{"$ref": "a.json"}`, "a.json", `{"type"}`),
			"a.json:1:8: not JSON: invalid character '}' after object key"},
		{"no such definition", files("s.json", `{"items": {"$ref": "#/$defs/none"}}`), "s.json:1:20: the reference leads to nothing in s.json"},
		{"no such definition elsewhere", files("s.json", `{"items": {"$ref": "a.json#/$defs/none"}}`, "a.json", `{}`), "s.json:1:20: the reference leads to nothing in a.json"},
		{"no such definition below a $id", files("s.json", `{"$id": "https://acme.example/order.json",
 "properties": {"a": {"$ref": "#/$defs/money"},
  "b": {"$ref": "#/$defs/none"}}, "$defs": {"money": {}}}`), "s.json:3:17: the reference leads to nothing in s.json"},
		{"no such definition by the whole $id", files("s.json", `{"$id": "https://acme.example/order.json",
 "items": {"$ref": "https://acme.example/order.json#/$defs/none"}}`), "s.json:2:20: the reference leads to nothing in s.json"},
		{"no such definition in a schema with its own $id", files("s.json", `{"$id": "https://acme.example/order.json",
 "$defs": {"money": {"$id": "money",
  "items": {"$ref": "#/$defs/none"}}},
 "items": {"$ref": "money"}}`), "s.json:3:21: the reference leads to nothing in s.json"},
		{"no such definition in another schema with its own $id", files("s.json", `{"$id": "https://acme.example/order.json",
 "$defs": {"money": {"$id": "money",
  "items": {"$ref": "#/$defs/cent"}, "$defs": {"cent": {}}}},
 "items": {"$ref": "money#/$defs/none"}}`), "s.json:4:20: the reference leads to nothing in s.json"},
		{"no such definition with escapes", files("s.json", `{"$defs": {"a b": {}},
 "items": {"$ref": "#/%24defs/b%20c"}}`), "s.json:2:20: the reference leads to nothing in s.json"},
		{"no such definition in draft 7", files("s.json", `{"$schema": "http://json-schema.org/draft-07/schema#", "$id": "http://acme.example/s.json",
 "items": {"$ref": "#/definitions/none"}}`), "s.json:2:20: the reference leads to nothing in s.json"},
		{"no such file below an id in draft 4", files("s.json", `{"$schema": "http://json-schema.org/draft-04/schema#", "id": "http://acme.example/s.json",
 "items": {"$ref": "money.json"}}`),
			"s.json:2:20: http://acme.example/money.json is not a file here, and schemas are never fetched (keep a copy beside this file and refer to it by its relative path)"},
		{"no such definition in YAML", files("s.yaml", "$id: https://acme.example/order.json\nproperties:\n  a: {$ref: '#/$defs/none'}\n"), "s.yaml:3:13: the reference leads to nothing in s.yaml"},
		{"no such anchor below a $id", files("s.json", `{"$id": "https://acme.example/order.json",
 "items": {"$ref": "#none"}}`), "s.json:2:20: the reference names an anchor that s.json does not have"},
		{"no such file below a $id", files("s.json", `{"$id": "https://acme.example/schemas/order.json",
 "items": {"$ref": "money.json"}}`),
			"s.json:2:20: https://acme.example/schemas/money.json is not a file here, and schemas are never fetched (keep a copy beside this file and refer to it by its relative path)"},
		{"no such anchor", files("s.json", `{"items": {"$ref": "#none"}}`), "s.json:1:20: the reference names an anchor that s.json does not have"},
		{"keyword among properties", files("s.json", "{\"properties\": {\n \"id\": {},\n \"required\": [\"id\"]}}"),
			`s.json:3:14: not a JSON Schema: is of type array, must be boolean or object ("required" is the name of a member of properties here; as a keyword it stands beside properties)`},
		{"keyword among the properties of a property that is called properties", files("s.json", "{\"properties\": {\"properties\": {\n\"required\": 1}}}"),
			`s.json:2:13: not a JSON Schema: is of type number, must be array (required is a list of names beside properties: "required": ["properties"])`},
		{"required as a flag", files("s.json", "{\"properties\": {\n \"id\": {\"required\": true}}}"),
			`s.json:2:21: not a JSON Schema: is of type boolean, must be array (required is a list of names beside properties: "required": ["id"])`},
		{"pattern", files("s.json", `{"pattern": "^(a"}`),
			`s.json:1:13: not a JSON Schema: is "^(a", which is no regular expression: the group is not closed at character 2`},
		{"pattern in draft 7", files("s.json", `{"$schema": "http://json-schema.org/draft-07/schema#", "pattern": "(?=a)\\Z"}`),
			`s.json:1:67: not a JSON Schema: is "(?=a)\\Z", which is no regular expression: \Z has no meaning at character 6`},
		{"pattern of properties", files("s.json", "{\"patternProperties\": {\n\"^a\": true, \"[z-a]\": true}}"),
			`s.json:2:13: not a JSON Schema: has a property with the name "[z-a]", which is not allowed: is "[z-a]", which is no regular expression: the range z-a is out of order at character 2`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var file string
			for _, name := range []string{"s.json", "s.yaml", "d/s.json"} {
				if tt.files[name] != nil {
					file = name
				}
			}
			_, err := jsonschema.Load(tt.files, file)
			var e *jsonschema.Error
			if !errors.As(err, &e) {
				t.Fatalf("Load = %v, want an *Error", err)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if _, err := jsonschema.Load(files(), "none.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load of a file that is not there = %v", err)
	}
}

func TestNestingIsBounded(t *testing.T) {
	nested := func(n int) []byte { return []byte(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	if _, err := jsonschema.ParseDocument("f.json", nested(500)); err != nil {
		t.Errorf("500 levels: %v", err)
	}
	const want = "f.json:1:501: objects and arrays are nested deeper than 500 levels"
	if _, err := jsonschema.ParseDocument("f.json", nested(501)); err == nil || err.Error() != want {
		t.Errorf("501 levels: %v, want %s", err, want)
	}
}

func TestPositions(t *testing.T) {
	const src = "{\n  \"a\": [1, {\"b/c\": \"ü\"}],\r\n  \"d~\": null\n}\n"
	d, err := jsonschema.ParseDocument("f.json", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ pointer, value, key string }{
		{"", "f.json:1:1", "f.json:1:1"},
		{"/a", "f.json:2:8", "f.json:2:3"},
		{"/a/0", "f.json:2:9", "f.json:2:9"},
		{"/a/1", "f.json:2:12", "f.json:2:12"},
		{"/a/1/b~1c", "f.json:2:20", "f.json:2:13"},
		{"/d~0", "f.json:3:9", "f.json:3:3"},
		{"/a/1/none/deeper", "f.json:2:12", "f.json:2:12"},
		{"/none", "f.json:1:1", "f.json:1:1"},
	}
	for _, tt := range tests {
		if got := d.Position(tt.pointer).String(); got != tt.value {
			t.Errorf("Position(%q) = %s, want %s", tt.pointer, got, tt.value)
		}
		if got := d.KeyPosition(tt.pointer).String(); got != tt.key {
			t.Errorf("KeyPosition(%q) = %s, want %s", tt.pointer, got, tt.key)
		}
	}
	if got := d.Position("/a").Source; got != `  "a": [1, {"b/c": "ü"}],` {
		t.Errorf("Source = %q", got)
	}
}

const draft = `"$schema": "https://json-schema.org/draft/2020-12/schema"`

func TestValidate(t *testing.T) {
	tests := []struct {
		name, schema, doc string
		want              []string // place [keyword@line:col]: message
	}{
		{"valid", `{"type":"object"}`, `{}`, nil},
		{"not JSON", `true`, `{"a":`, []string{" [@1:1]: is not JSON: unexpected EOF"}},
		{"two documents", `true`, `1 2`, []string{" [@1:1]: is not JSON: something follows the value"}},
		{"all at once", `{"type":"object","required":["a","b"],"properties":{"c":{"type":"string"},"d":{"minimum":3}},"additionalProperties":false}`,
			`{"c":1,"d":2.5,"e/f":0}`, []string{
				` [required@1:18]: lacks the required property "a"`,
				` [required@1:18]: lacks the required property "b"`,
				"/c [type@1:58]: is of type number, must be string",
				"/d [minimum@1:80]: is 2.5, must be at least 3",
				"/e~1f [additionalProperties@1:94]: is not allowed: the schema has no such property",
			}},
		{"sentences", `{"properties":{"a":{"enum":["x",1]},"b":{"const":null},"c":{"maxLength":2},"d":{"minLength":2},"e":{"pattern":"^a$"},
 "f":{"minItems":2},"g":{"maxItems":0},"h":{"uniqueItems":true},"i":{"exclusiveMinimum":1},"j":{"exclusiveMaximum":1},"k":{"maximum":0},"l":{"multipleOf":0.1},"m":false,"n":{"not":{}},"o":{"type":["string","null"]}}}`,
			`{"a":2,"b":1,"c":"abc","d":"a","e":"b","f":[1],"g":[1],"h":[1,2,1],"i":1,"j":1,"k":1e2,"l":0.25,"m":1,"n":1,"o":true}`, []string{
				`/a [enum@1:21]: is 2, must be one of "x", 1`,
				"/b [const@1:42]: must be null",
				"/c [maxLength@1:61]: has 3 characters, must have at most 2",
				"/d [minLength@1:81]: has 1 character, must have at least 2",
				`/e [pattern@1:101]: is "b", must match the pattern ^a$`,
				"/f [minItems@2:7]: has 1 item, must have at least 2",
				"/g [maxItems@2:26]: has 1 item, must have at most 0",
				"/h [uniqueItems@2:45]: has equal items at 0 and 2",
				"/i [exclusiveMinimum@2:70]: is 1, must be more than 1",
				"/j [exclusiveMaximum@2:97]: is 1, must be less than 1",
				"/k [maximum@2:124]: is 100, must be at most 0",
				"/l [multipleOf@2:142]: is 0.25, must be a multiple of 0.1",
				"/m [@2:160]: is not allowed",
				"/n [not@2:175]: matches what not forbids",
				"/o [type@2:190]: is of type boolean, must be null or string",
			}},
		{"alternatives", `{"oneOf":[{"properties":{"k":{"const":"a"},"x":{"type":"string"}}},{"properties":{"k":{"const":"b"},"y":{"type":"string"}}}]}`,
			`{"k":"b","y":1}`, []string{" [oneOf@1:2]: matches none of the 2 alternatives of oneOf; the nearest, 1: /k must be \"a\""}},
		{"too many alternatives", `{"oneOf":[{"type":"integer"},{"minimum":0}]}`, `1`, []string{" [oneOf@1:2]: matches alternatives 1 and 2 of oneOf, must match exactly one"}},
		{"the same rule twice", `{"allOf":[{"$ref":"#/$defs/s"},{"$ref":"#/$defs/s"}],"$defs":{"s":{"type":"string"}}}`, `1`,
			[]string{" [type@1:68]: is of type number, must be string"}},
		{"unevaluated", `{"properties":{"a":true},"unevaluatedProperties":false}`, `{"b":1}`, []string{"/b [@1:26]: is not allowed: no part of the schema that holds here describes it, and unevaluatedProperties is false"}},
		{"names", `{"propertyNames":{"maxLength":1}}`, `{"ab":1}`, []string{" [propertyNames@1:18]: has a property with the name \"ab\", which is not allowed: has 2 characters, must have at most 1"}},
		{"format is an annotation", `{"format":"uuid"}`, `"x"`, nil},
		{"format in draft 7, too", `{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"format":"email"},"b":{"format":"regex"}}}`, `{"a":"x","b":"("}`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := load(t, files("s.json", tt.schema), "s.json")
			var got []string
			for _, v := range s.Validate([]byte(tt.doc)) {
				at, _ := strings.CutPrefix(v.Schema.String(), "s.json:")
				got = append(got, v.Place+" ["+v.Keyword+"@"+at+"]: "+v.Message)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A byte order mark is no part of a file, and no column.
func TestByteOrderMark(t *testing.T) {
	s := load(t, files("s.json", "\ufeff{\"items\": {\"$ref\": \"t.yaml\"}}", "t.yaml", "\ufefftype: string\n"), "s.json")
	got := s.Validate([]byte("[1]"))
	if len(got) != 1 || got[0].Schema.String() != "t.yaml:1:1" || s.Position().String() != "s.json:1:1" {
		t.Errorf("%v", got)
	}
	if _, err := jsonschema.Load(files("s.json", "\ufeff{\"type\": 1}"), "s.json"); err == nil || !strings.HasPrefix(err.Error(), "s.json:1:10: ") {
		t.Errorf("%v", err)
	}
}

func TestAssertFormat(t *testing.T) {
	for _, schema := range []string{
		`{` + draft + `,"format":"uuid"}`,
		`{"$schema":"http://json-schema.org/draft-07/schema#","format":"uuid"}`,
	} {
		s := load(t, files("s.json", schema), "s.json", jsonschema.AssertFormat())
		violations := s.Validate([]byte(`"x"`))
		if len(violations) != 1 || violations[0].Keyword != "format" {
			t.Errorf("%s: %v", schema, violations)
		}
	}
}

func TestReferencesBesideAnID(t *testing.T) {
	fsys := files(
		"schemas/order.json", `{"$id":"https://acme.example/v1/order.json","properties":{"a":{"$ref":"parts/a.json"},"b":{"$ref":"https://acme.example/v1/b.json"}}}`,
		"schemas/parts/a.json", `{"type":"string"}`,
		"schemas/b.json", `{"type":"integer"}`,
	)
	s := load(t, fsys, "schemas/order.json")
	var got []string
	for _, v := range s.Validate([]byte(`{"a":1,"b":"x"}`)) {
		got = append(got, v.Schema.String()+" "+v.String())
	}
	want := []string{
		"schemas/parts/a.json:1:2 /a is of type number, must be string",
		"schemas/b.json:1:2 /b is of type string, must be integer",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLoadOutsideTheWorkingDirectory: contracts of a workspace name files
// beside and above the working directory, and by absolute path.
func TestLoadOutsideTheWorkingDirectory(t *testing.T) {
	for _, dir := range []string{"../../up", "up/deep", "/abs/olute", "../x/../up"} {
		fsys := anyPath{
			path.Join(dir, "s.json"):               `{"$ref":"../../other/a%20b.json"}`,
			path.Join(dir, "../../other/a b.json"): `{"type":"string"}`,
		}
		s, err := jsonschema.Load(fsys, path.Join(dir, "s.json"))
		if err != nil {
			t.Errorf("%s: %v", dir, err)
			continue
		}
		violations := s.Validate([]byte("1"))
		if want := path.Join(dir, "../../other/a b.json") + ":1:2"; len(violations) != 1 || violations[0].Schema.String() != want {
			t.Errorf("%s: %v, want one of %s", dir, violations, want)
		}
	}
}

// TestReferencesStayAtHome: a reference does not lead out of the repository or the
// workspace, what is there is not read, and what is no schema is not shown.
func TestReferencesStayAtHome(t *testing.T) {
	const secret = "root:x:0:0"
	passwd := anyPath{"../../../etc/passwd": secret, "../../etc/passwd": secret, "/etc/passwd": secret, "../up.json": "{}", "up.json": "{}", "repo/a/s.env": secret}
	for _, tt := range []struct{ file, ref, home, want string }{
		{"a/s.json", "../../../../etc/passwd", "", "a/s.json:1:10: the reference leads to ../../../etc/passwd, which is not in this folder, the folder that contracts are read from (keep a copy there, and refer to that)"},
		{"a/s.json", "/etc/passwd", "", "a/s.json:1:10: the reference leads to /etc/passwd, which is not in this folder, the folder that contracts are read from (keep a copy there, and refer to that)"},
		{"a/s.json", "../up.json", "", ""},
		{"repo/a/s.json", "../../up.json", "", ""},
		{"repo/a/s.json", "../../up.json", "repo/.git", "repo/a/s.json:1:10: the reference leads to up.json, which is not in repo, its repository (keep a copy there, and refer to that)"},
		{"repo/a/s.json", "../../up.json", "weir.work.yaml", ""},
		{"a/s.json", "../../up.json", "../.git", ""},
		{"a/s.json", "../../../up.json", "../.git", "a/s.json:1:10: the reference leads to ../../up.json, which is not in .., its repository (keep a copy there, and refer to that)"},
		{"/repo/a/s.json", "../../etc/passwd", "/repo/.git", "/repo/a/s.json:1:10: the reference leads to /etc/passwd, which is not in /repo, its repository (keep a copy there, and refer to that)"},
		{"repo/a/s.json", "s.env", "", "repo/a/s.json:1:10: the reference leads to repo/a/s.env, which is neither JSON nor YAML"},
	} {
		fsys := maps.Clone(passwd)
		fsys[tt.file] = `{"$ref": "` + tt.ref + `"}`
		if tt.home != "" {
			fsys[tt.home] = ""
		}
		_, err := jsonschema.Load(fsys, tt.file)
		switch {
		case tt.want == "" && err != nil, tt.want != "" && (err == nil || err.Error() != tt.want):
			t.Errorf("%s refers to %s: %v, want %s", tt.file, tt.ref, err, tt.want)
		}
	}
}

// anyPath is a file system that takes any path, as that of the host does.
type anyPath map[string]string

func (a anyPath) Open(name string) (fs.File, error) {
	content, ok := a[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return fstest.MapFS{"f": {Data: []byte(content)}}.Open("f")
}

func TestReferences(t *testing.T) {
	fsys := fstest.MapFS{
		"order.json":        {Data: []byte(`{"properties": {"total": {"$ref": "https://acme.com/money.json#/$defs/euro"}}}`)},
		"shared/money.json": {Data: []byte(`{"$id": "https://acme.com/money.json", "$defs": {"euro": {"type": "integer"}}}`)},
		"nameless.json":     {Data: []byte(`{"$defs": {}}`)},
		"relative.json":     {Data: []byte(`{"$id": "money.json"}`)},
		"broken.json":       {Data: []byte(`{`)},
	}
	s, err := jsonschema.Load(fsys, "order.json", jsonschema.References("shared/money.json"))
	if err != nil {
		t.Fatal(err)
	}
	got := s.Validate([]byte(`{"total": "5"}`))
	if len(got) != 1 || got[0].Schema.String() != "shared/money.json:1:59" {
		t.Errorf("got %v", got)
	}
	for reference, want := range map[string]string{
		"nameless.json": "nameless.json:1:1: the reference has no $id by which a schema could refer to it (give it a $id that is a URL, or refer to it by its path)",
		"relative.json": "relative.json:1:1: the reference has no $id by which a schema could refer to it (give it a $id that is a URL, or refer to it by its path)",
		"broken.json":   "broken.json:1:2: not JSON: unexpected end of JSON input",
	} {
		if _, err := jsonschema.Load(fsys, "order.json", jsonschema.References(reference)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", reference, err, want)
		}
	}
}
