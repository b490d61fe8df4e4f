package place_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/place"
)

func TestParse(t *testing.T) {
	n, i := place.Name, place.Index
	tests := []struct {
		in   string
		kind place.Kind
		path []place.Segment
		out  string // String, if it differs from in
	}{
		{in: "key", kind: place.Key},
		{in: "header:ce_type", kind: place.Header},
		{in: "header:key", kind: place.Header},
		{in: "header:with: colon", kind: place.Header},
		{in: "envelope:id", kind: place.Envelope},
		{in: "envelope:causationid", kind: place.Envelope},
		{in: "envelope:causation_id", kind: place.Envelope, out: "envelope:causationid"},
		{in: "envelope:ce_causationid", kind: place.Envelope, out: "envelope:causationid"},
		{in: "envelope:spec_version", kind: place.Envelope, out: "envelope:specversion"},
		{in: "$", kind: place.Data},
		{in: "$.a", kind: place.Data, path: []place.Segment{n("a")}},
		{in: "$.order_id.v2", kind: place.Data, path: []place.Segment{n("order_id"), n("v2")}},
		{in: "$.größe", kind: place.Data, path: []place.Segment{n("größe")}},
		{in: "$.items[0].sku", kind: place.Data, path: []place.Segment{n("items"), i(0), n("sku")}},
		{in: "$[0][12]", kind: place.Data, path: []place.Segment{i(0), i(12)}},
		{in: "$['a b']", kind: place.Data, path: []place.Segment{n("a b")}},
		{in: `$["a"]`, kind: place.Data, path: []place.Segment{n("a")}, out: "$.a"},
		{in: `$[ 'a' ]`, kind: place.Data, path: []place.Segment{n("a")}, out: "$.a"},
		{in: `$['it\'s']`, kind: place.Data, path: []place.Segment{n("it's")}},
		{in: `$["say \"hi\""]`, kind: place.Data, path: []place.Segment{n(`say "hi"`)}, out: `$['say "hi"']`},
		{in: `$['\u0041\n\ud83d\ude00\/']`, kind: place.Data, path: []place.Segment{n("A\n😀/")}, out: `$['A\n😀/']`},
		{in: `$['\u0001']`, kind: place.Data, path: []place.Segment{n("\x01")}},
		{in: `$['']`, kind: place.Data, path: []place.Segment{n("")}},
		{in: `$['0']`, kind: place.Data, path: []place.Segment{n("0")}},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			p, err := place.Parse(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if p.Kind() != tt.kind {
				t.Errorf("Kind() = %v, want %v", p.Kind(), tt.kind)
			}
			if diff := cmp.Diff(tt.path, p.Path()); diff != "" {
				t.Errorf("Path() (-want +got):\n%s", diff)
			}
			want := tt.out
			if want == "" {
				want = tt.in
			}
			if p.String() != want {
				t.Errorf("String() = %q, want %q", p.String(), want)
			}
		})
	}
	if name := place.MustParse("header:ce_type").HeaderName(); name != "ce_type" {
		t.Errorf("HeaderName() = %q", name)
	}
	for text, name := range map[string]string{"envelope:causation_id": "causationid", "header:id": "", "$.id": ""} {
		if got := place.MustParse(text).Attribute(); got != name {
			t.Errorf("Attribute() of %s = %q, want %q", text, got, name)
		}
	}
	if name := place.MustParse("envelope:id").HeaderName(); name != "" {
		t.Errorf("HeaderName() of an attribute = %q", name)
	}
	if !(place.Place{}).IsZero() || place.MustParse("$").IsZero() {
		t.Error("IsZero must be true of the zero Place alone")
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct {
		in      string
		column  int
		message string
	}{
		{"", 1, "empty; write $.field, header:name, key or envelope:id"},
		{"order_id", 1, "not a place; write $.field"},
		{"Key", 1, "not a place"},
		{".a", 1, "a place in the data begins with $: write $.a"},
		{"header:", 8, "the header's name is missing"},
		{"header:\xff", 8, "not UTF-8"},
		{"envelope:", 10, "the attribute's name is missing: write envelope:id"},
		{"envelope:_", 11, "the attribute's name is missing"},
		{"envelope:causationId", 19, "an attribute's name has lower-case letters and digits, such as envelope:causationid"},
		{"envelope:a.b", 11, "an attribute's name has lower-case letters and digits"},
		{"envelope:\xff", 10, "an attribute's name has lower-case letters and digits"},
		{"$a", 2, "expected .name or [index] here"},
		{"$.", 3, "a name must follow the dot"},
		{"$.a.", 5, "a name must follow the dot"},
		{"$..a", 3, ".. selects many values"},
		{"$.*", 3, "* selects many values"},
		{"$.order-id", 8, "expected .name or [index] here; a name like this one is quoted: ['order-id']"},
		{"$.a.1st", 5, "a name must follow the dot; a name like this one is quoted: ['1st']"},
		{"$.a b", 4, "expected .name or [index] here; a name like this one is quoted: ['a b']"},
		{"$.a ", 4, "expected .name or [index] here"},
		{"$.\xff", 3, "not UTF-8"},
		{"$[", 3, "[ is not closed"},
		{"$[]", 3, "expected an index like [0] or a quoted name"},
		{"$[0", 4, "the [ of column 2 is not closed"},
		{"$[0.a", 4, "expected ]"},
		{"$[-1]", 3, "an index counts from 0"},
		{"$[01]", 3, "an index has no leading zero"},
		{"$[9007199254740992]", 3, "the index is too large"},
		{"$[99999999999999999999]", 3, "the index is too large"},
		{"$[0:2]", 4, ": selects many values"},
		{"$[0,1]", 4, ", selects many values"},
		{"$[*]", 3, "* selects many values"},
		{"$[?@.a]", 3, "? selects many values"},
		{"$[a]", 3, "expected an index like [0] or a quoted name"},
		{"$['a]", 6, "the quote of column 3 is not closed"},
		{"$['a\n']", 5, `a control character must be escaped: \u000a`},
		{`$['\x']`, 4, "unknown escape"},
		{`$['\"']`, 4, "unknown escape"},
		{`$['\`, 4, "nothing follows the backslash"},
		{`$['\u12g4']`, 4, "four hexadecimal digits"},
		{`$['\ud800']`, 4, "half of a surrogate pair"},
		{`$['\ud800\u0041']`, 4, "half of a surrogate pair"},
		{"$['\xff']", 4, "not UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			_, err := place.Parse(tt.in)
			var syntax *place.SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("Parse(%q) error = %v, want a *SyntaxError", tt.in, err)
			}
			if syntax.Column != tt.column || !strings.HasPrefix(syntax.Message, tt.message) {
				t.Errorf("column %d: %s\nwant column %d: %s", syntax.Column, syntax.Message, tt.column, tt.message)
			}
		})
	}
}

func decode(t *testing.T, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestInAndText(t *testing.T) {
	data := decode(t, `{"id":"o-1","n":12.50,"big":12345678901234567890,"ok":true,"nil":null,
		"items":[{"sku":"a"},{"sku":"<b>"}],"a b":1,"0":"zero"}`)
	tests := []struct {
		place, text string
		found       bool
	}{
		{"$.id", "o-1", true},
		{"$.n", "12.50", true},
		{"$.big", "12345678901234567890", true},
		{"$.ok", "true", true},
		{"$.nil", "null", true},
		{"$.items[1].sku", "<b>", true},
		{"$.items[1]", `{"sku":"<b>"}`, true},
		{"$.items", `[{"sku":"a"},{"sku":"<b>"}]`, true},
		{"$['a b']", "1", true},
		{"$['0']", "zero", true},
		{"$.none", "", false},
		{"$.items[2]", "", false},
		{"$.items.sku", "", false},
		{"$[0]", "", false},
		{"$.id.x", "", false},
		{"key", "", false},
		{"header:id", "", false},
		{"envelope:id", "", false},
	}
	for _, tt := range tests {
		v, found := place.MustParse(tt.place).In(data)
		if found != tt.found {
			t.Errorf("%s found = %v, want %v", tt.place, found, tt.found)
			continue
		}
		if found && place.Text(v) != tt.text {
			t.Errorf("Text(%s) = %q, want %q", tt.place, place.Text(v), tt.text)
		}
	}
	if root, ok := place.MustParse("$").In(data); !ok || !cmp.Equal(root, data) {
		t.Error("$ must be the data itself")
	}
}

func TestSet(t *testing.T) {
	const before = `{"id":"o-1","items":[{"sku":"a"}],"nil":null}`
	tests := []struct{ place, after, err string }{
		{"$.id", `{"id":"X","items":[{"sku":"a"}],"nil":null}`, ""},
		{"$.new", `{"id":"o-1","items":[{"sku":"a"}],"new":"X","nil":null}`, ""},
		{"$.a.b", `{"a":{"b":"X"},"id":"o-1","items":[{"sku":"a"}],"nil":null}`, ""},
		{"$.nil.b", `{"id":"o-1","items":[{"sku":"a"}],"nil":{"b":"X"}}`, ""},
		{"$.items[0].sku", `{"id":"o-1","items":[{"sku":"X"}],"nil":null}`, ""},
		{"$.items[0]", `{"id":"o-1","items":["X"],"nil":null}`, ""},
		{"$.items[1]", before, "set $.items[1]: $.items is an array of 1 and has no [1]"},
		{"$.items[1].sku", before, "set $.items[1].sku: $.items is an array of 1 and has no [1]"},
		{"$.a[0]", before, "set $.a[0]: $ is an object and has no .a"},
		{"$.id.b", before, "set $.id.b: $.id is a string and has no .b"},
		{"$.items.b", before, "set $.items.b: $.items is an array of 1 and has no .b"},
		{"$", before, "set $: only a field inside the data can be set"},
		{"key", before, "set key: only a field inside the data can be set"},
	}
	for _, tt := range tests {
		data := decode(t, before)
		err := place.MustParse(tt.place).Set(data, "X")
		if got := errorText(err); got != tt.err {
			t.Errorf("Set(%s) error = %q, want %q", tt.place, got, tt.err)
		}
		if got := place.Text(data); got != tt.after {
			t.Errorf("Set(%s) = %s, want %s", tt.place, got, tt.after)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestPointer(t *testing.T) {
	for in, want := range map[string]string{
		"$": "", "$.a[0].b": "/a/0/b", `$['a/b']['m~n']`: "/a~1b/m~0n", "key": "",
	} {
		if got := place.MustParse(in).Pointer(); got != want {
			t.Errorf("Pointer(%s) = %q, want %q", in, got, want)
		}
	}
}

func TestTextMarshaling(t *testing.T) {
	var got struct{ At place.Place }
	if err := json.Unmarshal([]byte(`{"At":"$.a['b c']"}`), &got); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(got)
	if err != nil || string(out) != `{"At":"$.a['b c']"}` {
		t.Errorf("Marshal = %s, %v", out, err)
	}
	if err := json.Unmarshal([]byte(`{"At":"$.."}`), &got); err == nil {
		t.Error("a malformed place must not unmarshal")
	}
}

// FuzzParse holds that errors stay inside the text, and that what parses
// prints in a form that parses to the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"key", "header:a", "$.a[0]['b c']", `$["\ud83d\ude00"]`, "$..", "$['\\", "$.order-id"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := place.Parse(text)
		if err != nil {
			var syntax *place.SyntaxError
			if !errors.As(err, &syntax) || syntax.Column < 1 || syntax.Column > len(text)+1 {
				t.Fatalf("Parse(%q) = %v", text, err)
			}
			return
		}
		again, err := place.Parse(p.String())
		if err != nil {
			t.Fatalf("Parse(%q).String() = %q: %v", text, p.String(), err)
		}
		if again.String() != p.String() || !cmp.Equal(again.Path(), p.Path()) {
			t.Fatalf("%q became %q", p.String(), again.String())
		}
	})
}
