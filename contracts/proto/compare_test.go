package proto_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/proto"
)

func TestRuleIDs(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range proto.Rules() {
		if seen[r.ID] || !strings.HasPrefix(r.ID, "compat/proto-") || r.Summary == "" {
			t.Errorf("%+v", r)
		}
		seen[r.ID] = true
	}
	if len(seen) != 33 {
		t.Errorf("%d rules", len(seen))
	}
}

// short lists the problems by rule, places and verdict.
func short(c compat.Comparison) []string {
	var all []string
	for _, p := range c.Problems {
		all = append(all, fmt.Sprintf("%d %s %s %s | %s %s", p.Verdict, strings.TrimPrefix(p.Rule, "compat/proto-"),
			p.Writer.Path, p.Writer.Position, p.Reader.Path, p.Reader.Position))
	}
	return all
}

// A schema is compatible with itself, whatever it has.
func TestCompareWithItself(t *testing.T) {
	for _, options := range [][]proto.CompareOption{nil, {proto.JSON()}, {proto.Both()}, {proto.Both(), proto.AllMessages()}} {
		a, b := load(t, files("s.proto", everything), "s.proto"), load(t, files("s.proto", everything), "s.proto")
		if got := short(proto.Compare(a, b, options...)); got != nil {
			t.Error(got)
		}
		if got := short(proto.Unreserved(a, b)); got != nil {
			t.Error(got)
		}
	}
}

// All problems are reported, wherever they are: in imported files, nested
// packages and messages that lead back to themselves.
func TestCompareReachesEverything(t *testing.T) {
	schema := func(money, line, order string) map[string]string {
		return map[string]string{
			"acme/money.proto":      "syntax = \"proto2\";\npackage acme.money;\nmessage Money {\n\t" + money + "\n}\n",
			"acme/shop/line.proto":  "edition = \"2023\";\npackage acme.shop;\nimport \"acme/money.proto\";\nmessage Line {\n  acme.money.Money price = 1; Line next = 2;\n  " + line + "\n}\n",
			"acme/shop/order.proto": "syntax = \"proto3\";\npackage acme.shop;\nimport \"acme/shop/line.proto\";\nmessage Order {\n  map<string, Line> lines = 1; Order parent = 2; Sub sub = 3;\n  " + order + "\n  message Sub { Order order = 1; }\n}\n",
		}
	}
	fsys := files()
	for folder, s := range map[string]map[string]string{
		"old": schema("optional int64 units = 1; optional string currency = 2;", "int32 n = 3; string sku = 4;", "string id = 5;"),
		"new": schema("optional int32 units = 1; required string currency = 2;", "sint32 n = 3; string sku = 5;", "repeated string id = 5; bool b = 6;"),
	} {
		for name, text := range s {
			for k, v := range files(folder+"/"+name, text) {
				fsys[k] = v
			}
		}
	}
	old, latest := load(t, fsys, "old/acme/shop/order.proto"), load(t, fsys, "new/acme/shop/order.proto")
	want := []string{
		"1 field-type acme.shop.Line.n old/acme/shop/line.proto:6:3 | acme.shop.Line.n new/acme/shop/line.proto:6:3",
		"1 field-renumbered acme.shop.Line.sku old/acme/shop/line.proto:6:16 | acme.shop.Line.sku new/acme/shop/line.proto:6:17",
		"1 narrowed acme.money.Money.units old/acme/money.proto:4:2 | acme.money.Money.units new/acme/money.proto:4:2",
		"1 required acme.money.Money.currency old/acme/money.proto:4:28 | acme.money.Money.currency new/acme/money.proto:4:28",
	}
	if diff := cmp.Diff(want, short(proto.Compare(old, latest))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// The witness stands as deep in the record as the field.
	units := proto.Compare(old, latest).Problems[2].Witness
	if got := fmt.Sprintf("%s %x %s", units.Document, units.Bytes, units.Outcome); got !=
		`{"lines":{"":{"price":{"units":"2147483648"}}}} 0a0c0a0012080a06088080808008 reads units = -2147483648 instead of 2147483648` {
		t.Error(got)
	}
	back := []string{
		"1 cardinality acme.shop.Order.id new/acme/shop/order.proto:6:3 | acme.shop.Order.id old/acme/shop/order.proto:6:3",
		"1 field-type acme.shop.Line.n new/acme/shop/line.proto:6:3 | acme.shop.Line.n old/acme/shop/line.proto:6:3",
		"1 field-renumbered acme.shop.Line.sku new/acme/shop/line.proto:6:17 | acme.shop.Line.sku old/acme/shop/line.proto:6:16",
	}
	if diff := cmp.Diff(back, short(proto.Compare(latest, old))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Which messages are compared.
func TestCompareRoots(t *testing.T) {
	a := files("s.proto", proto3+"package p;\nmessage A { int32 n = 1; }\nmessage B { int32 n = 1; }\nmessage C { string s = 1; }\n")
	b := files("s.proto", proto3+"package p;\nmessage B { string n = 1; }\nmessage A { int32 n = 1; }\n")
	moved := files("s.proto", proto3+"package q;\nmessage A { int32 n = 1; }\nmessage B { string n = 1; }\n")
	inB := "1 field-type p.B.n s.proto:4:13 | p.B.n s.proto:3:13"
	for _, tt := range []struct {
		name           string
		writer, reader *proto.Schema
		options        []proto.CompareOption
		want           []string
	}{
		{"the writer's first, by name", load(t, a, "s.proto"), load(t, b, "s.proto"), nil, nil},
		{"the writer's choice", load(t, a, "s.proto", proto.Message("p.B")), load(t, b, "s.proto"), nil, []string{inB}},
		{"the reader's choice", load(t, a, "s.proto"), load(t, b, "s.proto", proto.Message("p.B")), nil, []string{inB}},
		{"both choices", load(t, a, "s.proto", proto.Message("p.C")), load(t, b, "s.proto", proto.Message("p.B")), nil, []string{
			"3 message-renamed p.C s.proto:5:1 | p.B s.proto:3:1", "3 field-renamed p.C.s s.proto:5:13 | p.B.n s.proto:3:13"}},
		{"all", load(t, a, "s.proto"), load(t, b, "s.proto"), []proto.CompareOption{proto.AllMessages()}, []string{
			"1 message-removed p.C s.proto:5:1 | p s.proto:2:1", inB}},
		{"all, in another package", load(t, a, "s.proto"), load(t, moved, "s.proto"), []proto.CompareOption{proto.AllMessages()}, []string{
			"3 package p.A s.proto:3:1 | q.A s.proto:3:1", "3 package p.B s.proto:4:1 | q.B s.proto:4:1",
			"1 message-removed p.C s.proto:5:1 | q s.proto:2:1", "1 field-type p.B.n s.proto:4:13 | q.B.n s.proto:4:13"}},
	} {
		if diff := cmp.Diff(tt.want, short(proto.Compare(tt.writer, tt.reader, tt.options...))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// What no message can show is open: here the writer has no message at all.
func TestOpen(t *testing.T) {
	p2 := "syntax = \"proto2\";\n"
	writer := load(t, files("s.proto", p2+"message M { required M m = 1; optional int32 n = 2; }"), "s.proto")
	reader := load(t, files("s.proto", p2+"message M { optional M m = 1; optional string n = 2; }"), "s.proto")
	c := proto.Compare(writer, reader)
	if diff := cmp.Diff([]string{"2 field-type M.n s.proto:2:31 | M.n s.proto:2:31"}, short(c)); diff != "" || c.Result() != compat.Undecided || c.Problems[0].Witness != nil {
		t.Errorf("%s: %s", c.Result(), diff)
	}
}

// A break of bytes and JSON alike is told once.
func TestOneProblemForBytesAndJSON(t *testing.T) {
	writer := load(t, files("s.proto", proto3+"message M { int32 n = 1; repeated int32 l = 2; oneof o { int32 a = 3; } int32 b = 4; }"), "s.proto")
	reader := load(t, files("s.proto", proto3+"message M { string n = 1; int32 l = 2; oneof o { int32 a = 3; int32 b = 4; } }"), "s.proto")
	want := []string{
		"1 field-type M.n s.proto:2:13 | M.n s.proto:2:13",
		"1 cardinality M.l s.proto:2:26 | M.l s.proto:2:27",
		"3 presence M.b s.proto:2:73 | M.b s.proto:2:63",
		"1 oneof-joined M.b s.proto:2:73 | M.b s.proto:2:63",
	}
	if diff := cmp.Diff(want, short(proto.Compare(writer, reader, proto.Both()))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestConcurrentUse(t *testing.T) {
	a := load(t, files("s.proto", everything), "s.proto")
	b := load(t, files("s.proto", strings.ReplaceAll(everything, "int64", "int32")), "s.proto")
	want := describe(proto.Compare(a, b, proto.Both()))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if got := describe(proto.Compare(a, b, proto.Both())); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
	wg.Wait()
}

// wide is a schema of 40 messages of 10 fields each, which lead to each
// other; kind is the type of one field of each.
func wide(kind string) string {
	var b strings.Builder
	b.WriteString(proto3)
	for i := range 40 {
		fmt.Fprintf(&b, "message M%d {\n", i)
		for f := 1; f < 9; f++ {
			fmt.Fprintf(&b, "  string f%d = %d;\n", f, f)
		}
		fmt.Fprintf(&b, "  %s n = 9;\n  repeated M%d next = 10;\n}\n", kind, (i+1)%40)
	}
	return b.String()
}

func BenchmarkCompare(b *testing.B) {
	old := load(b, files("s.proto", wide("int64")), "s.proto")
	same, narrow := load(b, files("s.proto", wide("int64")), "s.proto"), load(b, files("s.proto", wide("int32")), "s.proto")
	for _, bb := range []struct {
		name     string
		latest   *proto.Schema
		problems int
	}{{"unchanged", same, 0}, {"40 breaks", narrow, 40}} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if c := proto.Compare(old, bb.latest); len(c.Problems) != bb.problems {
					b.Fatalf("%d problems", len(c.Problems))
				}
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	fsys := files("s.proto", wide("int64"))
	b.ReportAllocs()
	for b.Loop() {
		load(b, fsys, "s.proto")
	}
}

// A Timestamp is text in JSON, and bytes that are no text: each form is judged
// by itself, and where both are, a message about the bytes says so.
func TestEachFormIsJudgedByItself(t *testing.T) {
	timestamp := files("s.proto", "syntax = \"proto3\";\npackage acme;\nimport \"google/protobuf/timestamp.proto\";\nmessage Order { google.protobuf.Timestamp at = 1; }\n")
	text := files("s.proto", "syntax = \"proto3\";\npackage acme;\nmessage Order { string at = 1; }\n")
	compared := func(writer, reader *proto.Schema, options ...proto.CompareOption) []string {
		var said []string
		for _, p := range proto.Compare(writer, reader, options...).Problems {
			said = append(said, p.Rule+": "+p.Message+"; "+p.Witness.Outcome)
		}
		return said
	}
	at, s := load(t, timestamp, "s.proto"), load(t, text, "s.proto")
	const (
		asText    = "at is google.protobuf.Timestamp to the writer and string to the reader, and not all bytes are UTF-8; refused: field acme.Order.at contains invalid UTF-8"
		asMessage = "at is string to the writer and google.protobuf.Timestamp to the reader, and not all bytes are a message; refused: cannot parse invalid wire-format data"
		inJSON    = "compat/proto-json-type: at is string to the writer and google.protobuf.Timestamp to the reader, which have other forms in JSON; refused: invalid google.protobuf.Timestamp value \"a\""
	)
	for _, tt := range []struct {
		name      string
		want, got []string
	}{
		{"bytes", []string{"compat/proto-bytes-as-text: " + asText}, compared(at, s)},
		{"JSON", nil, compared(at, s, proto.JSON())},
		{"both", []string{"compat/proto-bytes-as-text: in the binary form " + asText}, compared(at, s, proto.Both())},
		{"bytes back", []string{"compat/proto-bytes-as-message: " + asMessage}, compared(s, at)},
		{"JSON back", []string{inJSON}, compared(s, at, proto.JSON())},
		{"both back", []string{"compat/proto-bytes-as-message: in the binary form " + asMessage, inJSON}, compared(s, at, proto.Both())},
	} {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// What was given up matters as far as it travels: numbers are nothing to JSON.
func TestUnreservedInJSON(t *testing.T) {
	of := func(enum, message string) *proto.Schema {
		return load(t, files("s.proto", "syntax = \"proto2\";\npackage acme;\nenum S { NONE = 0; "+enum+" }\nmessage Order { optional S s = 1; "+message+" }\n"), "s.proto")
	}
	old, latest := of("PAID = 1; reserved 5;", "optional string a = 2; reserved 7; extensions 100;"), of("", "")
	for _, tt := range []struct {
		options []proto.CompareOption
		want    []string
	}{
		{nil, []string{"number-free", "name-free", "reserved-shrunk", "number-free", "name-free", "reserved-shrunk", "extension-taken"}},
		{[]proto.CompareOption{proto.JSON()}, []string{"name-free", "name-free"}},
	} {
		var got []string
		for _, p := range proto.Unreserved(old, latest, tt.options...).Problems {
			got = append(got, strings.TrimPrefix(p.Rule, "compat/proto-"))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// What is no more than bytes breaks nothing where JSON travels: encodings and
// numbers. What is no more than names breaks nothing where bytes do.
func TestFormsThatTravelAlone(t *testing.T) {
	order := func(fields string) string {
		return "syntax = \"proto3\";\npackage acme;\nenum S { NONE = 0; PAID = 1; }\nenum T { NIL = 0; SETTLED = 1; }\nmessage Order { " + fields + " }\n"
	}
	for _, tt := range []struct {
		name, old, latest string
		bytes, json       compat.Result
	}{
		{"another encoding of one range", "int64 a = 1;", "sint64 a = 1;", compat.Incompatible, compat.Compatible},
		{"fixed numbers", "fixed32 a = 1;", "uint64 a = 1;", compat.Incompatible, compat.Compatible},
		{"another number", "string a = 1;", "string a = 7;", compat.Incompatible, compat.Compatible},
		{"numbers that changed places", "string a = 1; string b = 2;", "string b = 1; string a = 2;", compat.Incompatible, compat.Compatible},
		{"a number for another field", "string a = 1; string b = 2;", "string b = 1;", compat.Incompatible, compat.Compatible},
		{"another name", "string a = 1;", "string b = 1;", compat.Compatible, compat.Incompatible},
		{"another name of a value", "S s = 1;", "T s = 1;", compat.Compatible, compat.Incompatible},
		{"one of many", "string a = 1;", "repeated string a = 1;", compat.Compatible, compat.Incompatible},
		{"a smaller range", "int64 a = 1;", "int32 a = 1;", compat.Incompatible, compat.Incompatible},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, r := load(t, files("s.proto", order(tt.old)), "s.proto"), load(t, files("s.proto", order(tt.latest)), "s.proto")
			got := []compat.Result{proto.Compare(w, r).Result(), proto.Compare(w, r, proto.JSON()).Result(), proto.Compare(w, r, proto.Both()).Result()}
			want := []compat.Result{tt.bytes, tt.json, compat.Incompatible}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("bytes, JSON, both (-want +got):\n%s", diff)
			}
		})
	}
}
