package proto_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/proto"
	"github.com/flowweir/weir/contracts/source"
)

// files makes a file system of name, content, name, content ...
func files(pairs ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return fsys
}

func load(t testing.TB, fsys fs.FS, name string, options ...proto.Option) *proto.Schema {
	t.Helper()
	s, err := proto.Load(fsys, name, options...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const proto3 = "syntax = \"proto3\";\n"

func TestLoadErrors(t *testing.T) {
	tests := []struct {
		name  string
		files fstest.MapFS
		want  string
	}{
		{"empty", files("s.proto", ""), "s.proto:1:1: the file declares no message"},
		{"no message", files("s.proto", proto3+"enum E { A = 0; }"), "s.proto:1:1: the file declares no message"},
		{"syntax", files("s.proto", proto3+"message M {\n\tint32 a 1;\n}"), "s.proto:3:10: expecting ';'\ns.proto:3:10: unexpected int literal"},
		{"not UTF-8", files("s.proto", proto3+"// \xff"), "s.proto:2:4: the file is not UTF-8"},
		{"too deep", files("s.proto", strings.Repeat("{", 501)), "s.proto:1:501: brackets nest deeper than 500"},
		{"too large", files("s.proto", strings.Repeat(" ", 4<<20+1)), "s.proto:1:1: the file is too large: a schema may have 4 MiB, with its imports 32 MiB"},
		{"all at once", files("s.proto", proto3+"message M {\n  Foo a = 1;\n  /* é */ Bar b = 2;\n\tint32 c = 1;\n}"), "" +
			"s.proto:3:3: field M.a: unknown type Foo\n" +
			"s.proto:4:12: field M.b: unknown type Bar\n" +
			"s.proto:5:12: message M: fields a and c both have the same tag 1"},
		{"imports that are not there", files("d/s.proto", proto3+"import \"a.proto\";\nimport \"b.proto\";\nmessage M {}"), "" +
			"d/s.proto:2:8: there is no file a.proto (looked in d, .)\n" +
			"d/s.proto:3:8: there is no file b.proto (looked in d, .)"},
		{"an import that climbs", files("d/s.proto", proto3+"import \"../a.proto\";\nmessage M {}"),
			`d/s.proto:2:8: the import "../a.proto" is not a plain path (write it with "/" from a folder that imports are looked for in)`},
		{"a circle", files("s.proto", proto3+"import \"a.proto\";\nmessage M {}", "a.proto", proto3+"import \"s.proto\";"),
			`a.proto:2:8: cycle found in imports: "a.proto" -> "s.proto" -> "a.proto"`},
		{"one file under two names", files("d/s.proto", proto3+"import \"d/a.proto\";\nimport \"a.proto\";\nmessage M {}", "d/a.proto", proto3),
			`d/s.proto:3:8: d/a.proto is imported as "a.proto" and read as "d/a.proto" (give it one name, from the same folder)`},
		{"errors in two files", files("s.proto", proto3+"import \"a.proto\";\nmessage M { int32 a }", "a.proto", proto3+"mesage N {}"), "" +
			"s.proto:3:21: expecting ';'\n" +
			"a.proto:2:1: unexpected identifier"},
		{"no such message", files("s.proto", proto3+"package p;\nmessage A {}\nmessage B {}"), "s.proto:1:1: no message p.None is here (it declares p.A, p.B)"},
		{"no such message, nearly", files("s.proto", proto3+"package p;\nmessage Aa {}\nmessage OrderPlaced {}"), "s.proto:4:1: no message p.OrderPlace or p.Order is here (did you mean p.OrderPlaced?)"},
		{"an edition that is not supported", files("s.proto", "edition = \"2077\";\nmessage M {}"), `s.proto:1:11: edition value "2077" not recognized; should be one of ["2023"]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file, options := "s.proto", []proto.Option(nil)
			if tt.files[file] == nil {
				file = "d/s.proto"
			}
			switch tt.name {
			case "no such message":
				options = append(options, proto.Message("p.None"))
			case "no such message, nearly":
				options = append(options, proto.Message("p.OrderPlace", "p.Order"))
			}
			_, err := proto.Load(tt.files, file, options...)
			var e *proto.Error
			if !errors.As(err, &e) {
				t.Fatalf("Load = %v, want an *Error", err)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if _, err := proto.Load(files(), "none.proto"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load of a file that is not there = %v", err)
	}
}

func TestImports(t *testing.T) {
	fsys := files(
		"api/acme/order/order.proto", proto3+`package acme.order;
import "acme/money.proto";
import "line.proto";
import "google/protobuf/timestamp.proto";
import "vendor.proto";
message OrderPlaced { acme.Money total = 1; Line line = 2; google.protobuf.Timestamp at = 3; Vendor by = 4;
  message Inner { int32 n = 1; } }`,
		"api/acme/money.proto", proto3+"package acme; message Money { int64 units = 1; }",
		"api/acme/order/line.proto", proto3+"package acme.order; message Line { string sku = 1; }",
		"third_party/vendor.proto", proto3+"message Vendor {}",
		// Of two files of one name, that of the import path is taken.
		"third_party/line.proto", proto3+"package acme.order; message Line { bool other = 1; }",
	)
	s := load(t, fsys, "api/acme/order/order.proto", proto.ImportPaths("third_party"))
	if got := s.MessageName() + " " + s.Position().String(); got != "acme.order.OrderPlaced api/acme/order/order.proto:7:1" {
		t.Error(got)
	}
	if got, err := s.Encode(map[string]any{"line": map[string]any{"other": true}}); err != nil || string(got) != "\x12\x02\x08\x01" {
		t.Errorf("%q, %v", got, err)
	}
	for name, want := range map[string]string{
		"acme.order.OrderPlaced.Inner": "api/acme/order/order.proto:8:3",
		"acme.Money":                   "api/acme/money.proto:2:15",
		"google.protobuf.Timestamp":    "google/protobuf/timestamp.proto",
	} {
		s := load(t, fsys, "api/acme/order/order.proto", proto.ImportPaths("third_party"), proto.Message(name))
		if got := s.Position().String(); got != want {
			t.Errorf("%s stands at %s, want %s", name, got, want)
		}
	}
}

// On the file system of a machine a schema may stand above the working
// directory, or be named by its full path.
func TestImportsOnTheHost(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"api/acme/order.proto": proto3 + "import \"acme/money.proto\";\nmessage Order { Money total = 1; }",
		"api/acme/money.proto": proto3 + "message Money { int64 units = 1; }",
		"work/none":            "",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(dir, "work"))
	for _, name := range []string{"../api/acme/order.proto", filepath.ToSlash(filepath.Join(dir, "api/acme/order.proto"))} {
		s := load(t, source.Host(), name)
		if got, want := s.Position().String(), name+":3:1"; got != want {
			t.Errorf("the message stands at %s, want %s", got, want)
		}
		units := s.Lookup(place.MustParse("$.total.units")).Position
		if got, want := units.Of(units.String()), "Money.units of "+strings.Replace(name, "order", "money", 1)+":2:17"; got != want {
			t.Errorf("units stands at %s, want %s", got, want)
		}
	}
}
