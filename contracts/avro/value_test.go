package avro_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/avro"
	"github.com/flowweir/weir/contracts/place"
)

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

const order = `{"type":"record","name":"Order","namespace":"shop","fields":[
 {"name":"id","type":{"type":"string","logicalType":"uuid"}},
 {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
 {"name":"note","type":["null","string"]},
 {"name":"customer","type":["null",{"type":"record","name":"Customer","fields":[
  {"name":"mail","type":"string"},
  {"name":"age","type":["null","int","double"]}]}]},
 {"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","fields":[
  {"name":"sku","type":"bytes"},
  {"name":"status","type":{"type":"enum","name":"Status","symbols":["NEW","SENT"]}}]}}},
 {"name":"tags","type":{"type":"map","values":"float"}},
 {"name":"parent","type":["null","Order"]}]}`

func TestLookup(t *testing.T) {
	s := parse(t, "s.avsc", order)
	for in, want := range map[string]string{
		"$":                             "always [object] s.avsc:1:1",
		"$.id":                          "always [string] s.avsc:2:2",
		"$.at":                          "always [integer] s.avsc:3:2",
		"$.note":                        "always [null string] s.avsc:4:2",
		"$.note.x":                      "never [] s.avsc:4:2",
		"$.customer":                    "always [null object] s.avsc:5:2",
		"$.customer.mail":               "sometimes [string] s.avsc:6:3",
		"$.customer.age":                "sometimes [null number] s.avsc:7:3",
		"$.customer['shop.Customer']":   "never [] s.avsc:5:2",
		"$.lines":                       "always [array] s.avsc:8:2",
		"$.lines[3]":                    "sometimes [object] s.avsc:8:49",
		"$.lines[3].sku":                "sometimes [string] s.avsc:9:3",
		"$.lines[3].status":             "sometimes [string] s.avsc:10:3",
		"$.lines.sku":                   "never [] s.avsc:8:2",
		"$.tags":                        "always [object] s.avsc:11:2",
		"$.tags.a":                      "sometimes [number] s.avsc:11:47",
		"$.tags[0]":                     "never [] s.avsc:11:2",
		"$.parent.parent.parent.lines":  "sometimes [array] s.avsc:8:2",
		"$.missing":                     "never [] s.avsc:1:1",
		"header:id":                     "unstated [] s.avsc:1:1",
		"$.parent.customer.mail.inside": "never [] s.avsc:6:3",
	} {
		f := s.Lookup(place.MustParse(in))
		if got := fmt.Sprintf("%s %v %s", f.Presence, f.Types, f.Position); got != want {
			t.Errorf("Lookup(%s) = %s, want %s", in, got, want)
		}
	}
	if f := s.Lookup(place.MustParse("key")); f.Types != nil {
		t.Errorf("the key is of types %v, want nil, which is any", f.Types)
	}
	union := parse(t, "s.avsc", `[{"type":"record","name":"A","fields":[{"name":"x","type":"int"}]},{"type":"record","name":"B","fields":[{"name":"x","type":"string"}]}]`)
	if f := union.Lookup(place.MustParse("$.x")); f.Presence.String() != "always" || fmt.Sprint(f.Types) != "[integer string]" {
		t.Errorf("a field of all branches: %v", f)
	}
}

func TestExcludes(t *testing.T) {
	s := parse(t, "s.avsc", order)
	for in, want := range map[string]bool{
		"$.id": false, "$.note": false, "$.lines[0].sku": false, "$.at": true, "$.customer.age": true, "$.missing": true,
		"$.lines[0].status": true, "$.parent.lines[0].status": true, "header:status": false,
	} {
		if got := s.Excludes(place.MustParse(in), "PAID"); got != want {
			t.Errorf("PAID in %s is excluded: %t, want %t", in, got, want)
		}
	}
	if s.Excludes(place.MustParse("$.lines[0].status"), "SENT") {
		t.Error("a symbol of the enum is excluded")
	}
}

func TestNames(t *testing.T) {
	for text, want := range map[string]string{
		order: "[shop.Order]", `"string"`: "[]", `{"type":"array","items":"int"}`: "[]",
		`["null",{"type":"enum","name":"K","symbols":["A"]},{"type":"record","name":"R","namespace":"n","aliases":["Q"],"fields":[]}]`: "[K n.R]",
	} {
		if got := fmt.Sprint(parse(t, "s.avsc", text).Names()); got != want {
			t.Errorf("the names of %s are %s, want %s", text, got, want)
		}
	}
}

// plainOrder and taggedOrder are one event, without and with the names of
// the branches.
const (
	plainOrder  = `{"id":"1","at":5,"note":"n","customer":{"mail":"m","age":1.5},"lines":[{"sku":"\u00ff","status":"SENT"}],"tags":{"a":0.5},"parent":null}`
	taggedOrder = `{"id":"1","at":5,"note":{"string":"n"},"customer":{"shop.Customer":{"mail":"m","age":{"double":1.5}}},"lines":[{"sku":"\u00ff","status":"SENT"}],"tags":{"a":0.5},"parent":null}`
)

func TestCodecOfAnOrder(t *testing.T) {
	s := parse(t, "s.avsc", order)
	want := "0231" + "0a" + "02026e" + "02026d04000000000000f83f" + "0202ff0200" + "0202610000003f00" + "00"
	for _, doc := range []string{plainOrder, taggedOrder} {
		if violations := s.ValidateJSON([]byte(doc)); len(violations) > 0 {
			t.Fatalf("%s: %v", doc, violations)
		}
		octets, err := s.Encode(decoded(t, doc))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%x", octets); got != want {
			t.Errorf("%s is encoded as\n%s, want\n%s", doc, got, want)
		}
		v, err := s.Decode(octets)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(decoded(t, plainOrder), v); diff != "" {
			t.Errorf("decoded (-want +got):\n%s", diff)
		}
		if v, found := place.MustParse("$.customer.age").In(v); !found || v != json.Number("1.5") {
			t.Errorf("the age is %v", v)
		}
	}
}

// decoded reads JSON with numbers as they are written.
func decoded(t *testing.T, doc string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(doc))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestValidateJSON(t *testing.T) {
	s := parse(t, "s.avsc", order)
	for _, tt := range []struct{ old, new, want string }{
		{`"at":5`, `"at":"5"`, `/at is "5", must be a whole number of 64 bits`},
		{`"at":5`, `"at":5.5`, `/at is 5.5, must be a whole number of 64 bits`},
		{`"at":5,`, ``, `the document lacks the field "at" of record shop.Order`},
		{`"at":5`, `"at":5,"on":6`, `/on is not a field of record shop.Order`},
		{`"note":"n"`, `"note":7`, `/note is 7, must be null or string`},
		{`"note":"n"`, `"note":{"string":7}`, `/note/string is 7, must be a string`},
		{`"note":"n"`, `"note":{"bytes":"n"}`, `/note is {"bytes":"n"}, must be null or string`},
		{`"mail":"m",`, ``, `/customer lacks the field "mail" of record shop.Customer`},
		{`"SENT"`, `"LOST"`, `/lines/0/status "LOST" is no symbol of enum shop.Status`},
		{`"\u00ff"`, `"\u0100"`, `/lines/0/sku 'Ā' stands for no byte; the characters of bytes are U+0000 to U+00FF`},
		{`{"a":0.5}`, `[0.5]`, `/tags is [0.5], must be an object`},
		{`{"a":0.5}`, `{"a/b":null}`, `/tags/a~1b is null, must be a number of 32 bits`},
		{`"lines":[`, `"lines":[3,`, `/lines/0 is 3, must be an object: record shop.Line`},
		{`"parent":null}`, `"parent":null,"parent":null}`, `the document cannot be read: the name "parent" is there twice`},
		{`{"id"`, `["id"`, `the document cannot be read: not JSON: invalid character ':' after array element`},
	} {
		doc := strings.Replace(plainOrder, tt.old, tt.new, 1)
		var got []string
		for _, v := range s.ValidateJSON([]byte(doc)) {
			got = append(got, v.String())
		}
		if diff := cmp.Diff([]string{tt.want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", doc, diff)
		}
	}
	violations := s.ValidateJSON([]byte(strings.Replace(plainOrder, `"m"`, `1`, 1)))
	if len(violations) != 1 || violations[0].Schema.String() != "s.avsc:6:25" {
		t.Errorf("violations %v, want one of the type at s.avsc:6:25", violations)
	}
}

// TestUnionBranches: the name of a branch wins, else the first that fits.
func TestUnionBranches(t *testing.T) {
	for _, tt := range []struct{ schema, doc, want string }{
		{`["int","long","double"]`, `7`, "000e"},
		{`["int","long","double"]`, `{"long":7}`, "020e"},
		{`["int","long","double"]`, `2147483648`, "028080808010"},
		{`["int","long","double"]`, `0.5`, "04000000000000e03f"},
		{`["string","bytes"]`, `"a"`, "000261"},
		{`["string","bytes"]`, `{"bytes":"a"}`, "020261"},
		{`["string",{"type":"map","values":"string"}]`, `{"string":"a"}`, "000261"},
		{`["string",{"type":"map","values":"string"}]`, `{"other":"a"}`, "02020a6f74686572026100"},
		{`["string",{"type":"map","values":"string"}]`, `{"map":{"string":"a"}}`, "02020c737472696e67026100"},
		{`["null",{"type":"enum","name":"a.E","symbols":["X"]}]`, `{"E":"X"}`, "0200"},
		{`["null",{"type":"enum","name":"a.E","symbols":["X"]}]`, `{"a.E":"X"}`, "0200"},
		{`["null","string"]`, `null`, "00"},
		{`["float"]`, `"NaN"`, "000000c07f"},
		{`["string","double"]`, `{"double":"-Infinity"}`, "02000000000000f0ff"},
	} {
		s := parse(t, "s.avsc", tt.schema)
		octets, err := s.Encode(decoded(t, tt.doc))
		if got := fmt.Sprintf("%x", octets); err != nil || got != tt.want {
			t.Errorf("%s of %s: %s, %v, want %s", tt.doc, tt.schema, got, err, tt.want)
		}
	}
}

func TestGoNumbers(t *testing.T) {
	for _, tt := range []struct {
		schema string
		v      any
		want   any
	}{
		{`"int"`, 7, json.Number("7")},
		{`"int"`, int32(7), json.Number("7")},
		{`"int"`, 7.0, json.Number("7")},
		{`"long"`, int64(math.MaxInt64), json.Number("9223372036854775807")},
		{`"long"`, 1e15, json.Number("1000000000000000")},
		{`"float"`, float32(0.1), json.Number("0.1")},
		{`"double"`, math.Inf(1), "Infinity"},
		{`"double"`, math.NaN(), "NaN"},
	} {
		s := parse(t, "s.avsc", tt.schema)
		octets, err := s.Encode(tt.v)
		if err != nil {
			t.Errorf("%v of %s: %v", tt.v, tt.schema, err)
			continue
		}
		if got, err := s.Decode(octets); err != nil || got != tt.want {
			t.Errorf("%v of %s becomes %v, %v, want %v", tt.v, tt.schema, got, err, tt.want)
		}
	}
	_, err := parse(t, "s.avsc", `"int"`).Encode(0.5)
	var invalid *avro.Invalid
	if !errors.As(err, &invalid) || err.Error() != "the document is 0.5, must be a whole number of 32 bits" {
		t.Errorf("error %v", err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	s := parse(t, "s.avsc", `{"type":"array","items":"string"}`)
	for octets, want := range map[string]string{
		"\x02\x02a\x00x":                   "not a value of s.avsc: 1 bytes are left after it",
		"\x02\x08a":                        "not a value of s.avsc: ",
		"\xfe\xff\xff\xff\xff\xff\xff\x7f": "not a value of s.avsc: ",
		"":                                 "not a value of s.avsc: ",
	} {
		if v, err := s.Decode([]byte(octets)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%x is %v, %v, want %s", octets, v, err, want)
		}
	}
}

// TestManyWays: unions within unions of records that differ only at their
// ends must not take exponential time.
func TestManyWays(t *testing.T) {
	s := parse(t, "s.avsc", `{"type":"record","name":"A","fields":[{"name":"n","type":["null","A",{"type":"record","name":"B","fields":[{"name":"n","type":["null","A","B","int"]}]}]}]}`)
	doc := strings.Repeat(`{"n":`, 60) + `"x"` + strings.Repeat(`}`, 60)
	violations := s.ValidateJSON([]byte(doc))
	if len(violations) != 1 || violations[0].Message != "has too many ways to be read; write the names of the unions' branches" {
		t.Errorf("violations %v", violations)
	}
}

func TestGenerate(t *testing.T) {
	s := parse(t, "s.avsc", order)
	g, err := avro.NewGenerator(s)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"at":1742989250875,"customer":{"age":5507.56,"mail":"kxduxkmdgnz"},"id":"44ffd670-3731-40de-8cba-51e2e7b705a0","lines":[{"sku":"ehjfhezb","status":"NEW"},{"sku":"trrlvuvud","status":"NEW"},{"sku":"fyssyfje","status":"NEW"},{"sku":"xqjxfqc","status":"NEW"}],"note":"znplyfcrrjh","parent":{"at":1758818076385,"customer":{"age":null,"mail":"mpzoeygg"},"id":"4c068d56-cedb-408f-b39e-720a7ab4d7aa","lines":[{"sku":"tkbenmxzxb","status":"NEW"}],"note":"gpurfebay","parent":null,"tags":{"lebicm":275.29}},"tags":{"eqvewp":9249.51,"mzhvdl":2039.65,"qnqpzj":1467.28,"vzntbd":3693.5}}`
	got, err := json.Marshal(g.Generate(seeded(7)))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("the same seed makes\n%s, want\n%s", got, want)
	}
	for seed := range uint64(1000) {
		v := g.Generate(seeded(seed))
		if _, err := s.Encode(v); err != nil {
			t.Fatal(err)
		}
		octets, err := g.GenerateEncoded(seeded(seed))
		if err != nil {
			t.Fatal(err)
		}
		back, err := s.Decode(octets)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(v, back); diff != "" {
			t.Fatalf("generated and decoded differ:\n%s", diff)
		}
	}
}

// TestOptionalFields: what can be null always is, or never.
func TestOptionalFields(t *testing.T) {
	s := parse(t, "s.avsc", order)
	for probability, want := range map[float64]bool{0: false, 1: true} {
		g, err := avro.NewGenerator(s, avro.OptionalFields(probability))
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(100) {
			v := g.Generate(seeded(seed))
			for _, name := range []string{"note", "customer", "parent"} {
				if got := v.(map[string]any)[name] != nil; got != want {
					t.Fatalf("OptionalFields(%v): %s is there = %v in %v", probability, name, got, v)
				}
			}
		}
	}
}

func TestGenerateWhatHasNoValues(t *testing.T) {
	for _, schema := range []string{
		`[]`,
		`{"type":"enum","name":"E","symbols":[]}`,
		`{"type":"record","name":"R","fields":[{"name":"r","type":"R"}]}`,
		`{"type":"record","name":"R","fields":[{"name":"r","type":[{"type":"record","name":"S","fields":[{"name":"r","type":"R"}]}]}]}`,
	} {
		_, err := avro.NewGenerator(parse(t, "s.avsc", schema))
		var invalid *avro.Error
		if !errors.As(err, &invalid) || !strings.HasPrefix(err.Error(), "s.avsc:1:1: ") || !strings.Contains(err.Error(), "has no values") {
			t.Errorf("%s: %v", schema, err)
		}
	}
}
