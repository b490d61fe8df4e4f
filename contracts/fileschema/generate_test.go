package fileschema_test

import (
	"encoding"
	"fmt"
	"path"
	"reflect"
	"slices"
	"testing"

	"github.com/flowweir/weir/contracts/document"
)

// generator makes the schema of a model.
type generator struct {
	t        *testing.T
	comments comments
	root     string // the package of the model
	defs     map[string]*schema
	order    []string
	used     map[string]bool // keys of the tables
}

// generate makes the schema of the kind of file that model is.
func generate(t *testing.T, comments comments, title string, model any) (*schema, map[string]bool) {
	root := reflect.TypeOf(model)
	g := &generator{t: t, comments: comments, root: path.Base(root.PkgPath()), defs: map[string]*schema{}, used: map[string]bool{}}
	s := g.object(root)
	s.Schema, s.Title = "https://json-schema.org/draft/2020-12/schema", title
	slices.Sort(g.order)
	for _, name := range g.order {
		s.Defs = append(s.Defs, entry{name, g.defs[name]})
	}
	return s, g.used
}

func key(typ reflect.Type) string { return path.Base(typ.PkgPath()) + "." + typ.Name() }

// value is the schema of a value of the type.
func (g *generator) value(typ reflect.Type) *schema {
	if typ.Kind() == reflect.Pointer {
		return g.value(typ.Elem())
	}
	_, readsNodes := reflect.New(typ).Interface().(document.NodeUnmarshaler)
	_, readsText := reflect.New(typ).Interface().(encoding.TextUnmarshaler)
	switch {
	case readsNodes || readsText:
		return g.define(typ, func() *schema { return g.form(typ) })
	case typ.Kind() == reflect.Struct:
		return g.define(typ, func() *schema { return g.object(typ) })
	case typ.Kind() == reflect.Map:
		return &schema{Type: "object", AdditionalProperties: g.value(typ.Elem())}
	case typ.Kind() == reflect.Slice:
		return &schema{Type: "array", Items: g.value(typ.Elem())}
	}
	switch typ.Kind() {
	case reflect.String:
		return text()
	case reflect.Bool:
		return &schema{Type: "boolean"}
	case reflect.Float64:
		return &schema{Type: "number"}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return &schema{Type: "integer"}
	case reflect.Uint64:
		return &schema{Type: "integer", Minimum: number(0)}
	}
	g.t.Fatalf("there is no schema for %s", typ)
	return nil
}

// text takes numbers and truth values too: the loader reads them as they are
// written.
func text() *schema { return &schema{Type: []string{"string", "number", "boolean"}} }

// define puts the schema of a named type among the definitions, once.
func (g *generator) define(typ reflect.Type, build func() *schema) *schema {
	name := typ.Name()
	if pkg := path.Base(typ.PkgPath()); pkg != g.root && pkg != "document" {
		name = pkg + "." + name
	}
	if _, known := g.defs[name]; !known {
		g.defs[name] = nil // a type may contain itself
		g.order = append(g.order, name)
		s := build()
		if s.Description == "" {
			s.Description = g.describe(key(typ))
		}
		g.defs[name] = s
	}
	return ref(name)
}

// object is the schema of a struct.
func (g *generator) object(typ reflect.Type) *schema {
	s := &schema{Type: "object", Description: g.describe(key(typ)), AdditionalProperties: false}
	g.fields(s, typ)
	if rule, ok := rules[key(typ)]; ok {
		g.used[key(typ)] = true
		rule(s)
	}
	return s
}

func (g *generator) fields(s *schema, typ reflect.Type) {
	for i := range typ.NumField() {
		f := typ.Field(i)
		name := fieldName(f.Tag)
		switch {
		case f.Anonymous:
			g.fields(s, f.Type)
		case name != "":
			id := key(typ) + "." + name
			value := g.value(f.Type)
			if form, ok := fields[id]; ok {
				g.used[id] = true
				value = form(value)
			}
			value.Description = g.describe(id)
			s.Properties = append(s.Properties, entry{name, value})
		}
	}
}

// describe is the description of a type or a field: that of the table, or the
// comment in the source.
func (g *generator) describe(id string) string {
	if text, ok := descriptions[id]; ok {
		g.used[id] = true
		return text
	}
	if text, ok := g.comments[id]; ok {
		return text
	}
	g.t.Errorf("%s has no description: comment it in the model, or add it to descriptions", id)
	return fmt.Sprint(id)
}
