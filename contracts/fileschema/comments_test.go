package fileschema_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// comments are the doc comments of types, by "package.Type", and of the
// fields that a file has, by "package.Type.field".
type comments map[string]string

// readComments parses the sources of the models.
func readComments(t *testing.T) comments {
	t.Helper()
	c := comments{}
	for _, pattern := range []string{"../model.go", "../document/scalar.go", "../../harness/scenario/model*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no sources, %v", pattern, err)
		}
		for _, name := range files {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			c.add(file)
		}
	}
	return c
}

func (c comments) add(file *ast.File) {
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range gen.Specs {
			named, ok := spec.(*ast.TypeSpec)
			if !ok {
				continue
			}
			doc := named.Doc
			if doc == nil && len(gen.Specs) == 1 {
				doc = gen.Doc
			}
			name := file.Name.Name + "." + named.Name.Name
			c[name] = sentence(doc.Text())
			if s, ok := named.Type.(*ast.StructType); ok {
				c.fields(name, s)
			}
		}
	}
}

func (c comments) fields(of string, s *ast.StructType) {
	for _, f := range s.Fields.List {
		if f.Tag == nil {
			continue
		}
		text := f.Doc.Text()
		if text == "" {
			text = f.Comment.Text()
		}
		if name := fieldName(reflect.StructTag(strings.Trim(f.Tag.Value, "`"))); name != "" && text != "" {
			c[of+"."+name] = sentence(text)
		}
	}
}

// fieldName is the name that a file has for a field; "" if it has none.
func fieldName(tag reflect.StructTag) string {
	name, _, _ := strings.Cut(tag.Get("yaml"), ",")
	if name == "-" {
		return ""
	}
	return name
}

// sentence makes a comment one line.
func sentence(comment string) string { return strings.Join(strings.Fields(comment), " ") }
