package proto_test

import (
	"errors"
	"testing"

	"github.com/flowweir/weir/contracts/proto"
)

// Load takes any text: it compiles, or it says what is wrong.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"", everything, proto3 + "message M { M m = 1; map<string, M> n = 2; oneof o { int32 a = 3; } reserved 4, 6 to max; }",
		"syntax = \"proto2\"; message M { required group G = 1 { extensions 1 to 4; } extend M.G { optional M m = 2; } }",
		"edition = \"2023\"; option features.field_presence = IMPLICIT; message M { enum E { option allow_alias = true; A = 0; B = 0; } E e = 1; }",
		proto3 + "import \"a.proto\"; option (x) = {a: [<b: 1>, {c: \"\\x00\"}]}; message M { Foo f = 1 [json_name = \"a\"]; }",
		proto3 + "import \"google/protobuf/descriptor.proto\"; extend google.protobuf.FieldOptions { M m = 50000; } message M { M a = 1 [(m) = {a: {a: {}}}]; }",
		"message A { message B { message C { message D {} } } }",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := proto.Load(files("s.proto", text, "a.proto", proto3+"message Foo { int32 a = 1; }"), "s.proto")
		if err != nil {
			var e *proto.Error
			if !errors.As(err, &e) || len(e.Problems) == 0 {
				t.Fatalf("%v is no *Error", err)
			}
			return
		}
		if _, err := s.Decode(nil); err == nil {
			s.ValidateJSON([]byte("{}"))
		}
	})
}
