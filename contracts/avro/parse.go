package avro

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// depthLimit bounds how deep types may be nested in each other's definitions.
const depthLimit = 250

// scope is where a definition stands.
type scope struct {
	namespace string
	depth     int
}

var validName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// shared are the primitive types without attributes, which need no place.
var shared = func() map[kind]*node {
	m := map[kind]*node{}
	for _, k := range primitives {
		m[k] = &node{kind: k, smallest: 1}
	}
	return m
}()

// invalid stands for a type that is a problem already.
var invalid = shared[nullKind]

// schema parses a type where it is used.
func (p *parser) schema(at site, v any, in scope) use {
	in.depth++
	if in.depth > depthLimit {
		p.fail(at, "", "types are nested more than %d levels deep", depthLimit)
		return use{invalid, at}
	}
	switch v := v.(type) {
	case string:
		return use{p.reference(at, v, in), at}
	case []any:
		return use{p.union(at, v, in), at}
	case map[string]any:
		return use{p.object(at, v, in), at}
	}
	p.fail(at, "", "a schema is the name of a type, an object with a type, or an array that is a union")
	return use{invalid, at}
}

// reference finds the type that a name means.
func (p *parser) reference(at site, name string, in scope) *node {
	if n := shared[kind(name)]; n != nil {
		return n
	}
	for {
		if n := p.lookup(name, in.namespace); n != nil {
			return n
		}
		if !p.more(in.depth) {
			p.unresolved = append(p.unresolved, unresolved{at, name, in.namespace})
			return invalid
		}
	}
}

// lookup takes a name without a dot in the namespace around it first, then
// among those of no namespace, as Java's and other libraries do: otherwise
// these could not be named at all inside of a namespace.
func (p *parser) lookup(name, namespace string) *node {
	if n := p.names[qualify(name, namespace)]; n != nil {
		return n
	}
	return p.names[name]
}

func qualify(name, namespace string) string {
	if namespace == "" || strings.Contains(name, ".") {
		return name
	}
	return namespace + "." + name
}

// unqualified is the name without its namespace.
func unqualified(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

func (p *parser) object(at site, v map[string]any, in scope) *node {
	name, ok := v["type"].(string)
	if !ok {
		p.failType(at, v)
		return invalid
	}
	n := &node{kind: kind(name), site: at}
	switch n.kind {
	case "error": // what a protocol calls a record
		n.kind = recordKind
		p.named(n, v, in)
	case recordKind, enumKind, fixedKind:
		p.named(n, v, in)
	case arrayKind:
		n.element = p.attribute(at, v, "items", in)
	case mapKind:
		n.element = p.attribute(at, v, "values", in)
	default:
		if base := shared[n.kind]; base == nil || v["logicalType"] == nil {
			return p.reference(at.under("/type"), name, in)
		}
	}
	n.logical = logicalOf(n, v)
	p.nodes = append(p.nodes, n)
	return n
}

func (p *parser) failType(at site, v map[string]any) {
	switch v["type"].(type) {
	case nil:
		if v["protocol"] != nil {
			p.fail(at, "name the .avsc files of its types", "this is a protocol, not a schema")
			return
		}
		p.fail(at, "", "the schema has no type")
	default:
		p.fail(at.under("/type"), "write what it contains in its place", "the type of a schema is a name, not a schema")
	}
}

func (p *parser) attribute(at site, v map[string]any, name string, in scope) use {
	inner, ok := v[name]
	if !ok {
		p.fail(at, "", "the %s has no %s", v["type"], name)
		return use{invalid, at}
	}
	return p.schema(at.under("/"+name), inner, in)
}

func (p *parser) union(at site, v []any, in scope) *node {
	n := &node{kind: unionKind, site: at}
	seen := map[string]bool{}
	for i, branch := range v {
		place := at.under(fmt.Sprintf("/%d", i))
		if _, nested := branch.([]any); nested {
			p.fail(place, "add its types to the union around it", "a union directly contains a union")
			continue
		}
		b := p.schema(place, branch, in)
		switch {
		case b.node == invalid && branch != "null":
		case b.kind == unionKind:
			p.fail(place, "add its types to the union around it", "a union directly contains a union")
		case seen[b.tag()]:
			p.fail(place, "", "the union has %s twice", b.node)
		}
		seen[b.tag()] = true
		n.branches = append(n.branches, b)
	}
	p.nodes = append(p.nodes, n)
	return n
}

// named parses a record, an enum or a fixed.
func (p *parser) named(n *node, v map[string]any, in scope) {
	in.namespace = p.name(n, v, in)
	n.aliases = p.aliases(n.site, v, in.namespace)
	switch n.kind {
	case recordKind:
		p.fields(n, v, in)
	case enumKind:
		p.enum(n, v)
	default:
		length, ok := wholeNumber(v["size"])
		if !ok || length < 0 {
			p.fail(n.site.under("/size"), "", "the size of %s is not a number of bytes", n)
		}
		n.length = length
	}
}

// name reads the full name of a definition and registers it.
func (p *parser) name(n *node, v map[string]any, in scope) (namespace string) {
	name, ok := v["name"].(string)
	if !ok {
		p.fail(n.site.under("/name"), "", "the %s has no name", n.kind)
		return in.namespace
	}
	namespace = in.namespace
	if given, ok := v["namespace"]; ok {
		if namespace, ok = given.(string); !ok {
			p.fail(n.site.under("/namespace"), "", "the namespace is not a string")
		}
	}
	n.name = qualify(name, namespace)
	namespace = n.namespace()
	for _, part := range strings.Split(n.name, ".") {
		if !validName.MatchString(part) {
			p.fail(n.site.under("/name"), "names are letters, digits and _, and do not begin with a digit", "%q is not a name", n.name)
			break
		}
	}
	switch other := p.names[n.name]; {
	case shared[kind(unqualified(n.name))] != nil:
		p.fail(n.site.under("/name"), "", "%s is the name of a primitive type", unqualified(n.name))
	case other != nil:
		p.fail(n.site.under("/name"), fmt.Sprintf("the first definition is at %s; refer to it by its name", other.site.position("")), "%s is defined twice", n.name)
	default:
		p.names[n.name] = n
	}
	return namespace
}

// aliases are the other names of a type, in full, or those of a field.
func (p *parser) aliases(at site, v map[string]any, namespace string) []string {
	given, ok := v["aliases"]
	if !ok {
		return nil
	}
	list, ok := given.([]any)
	var names []string
	for _, element := range list {
		name, text := element.(string)
		ok = ok && text
		names = append(names, qualify(name, namespace))
	}
	if !ok {
		p.fail(at.under("/aliases"), "", "aliases are not an array of names")
	}
	return names
}

func (p *parser) enum(n *node, v map[string]any) {
	list, ok := v["symbols"].([]any)
	if !ok {
		p.fail(n.site.under("/symbols"), "", "%s has no array of symbols", n)
	}
	for i, element := range list {
		symbol, _ := element.(string)
		switch at := n.site.under(fmt.Sprintf("/symbols/%d", i)); {
		case !validName.MatchString(symbol):
			p.fail(at, "symbols are letters, digits and _, and do not begin with a digit", "%v is not a symbol", element)
		case slices.Contains(n.symbols, symbol):
			p.fail(at, "", "%s has the symbol %s twice", n, symbol)
		}
		n.symbols = append(n.symbols, symbol)
	}
	if given, ok := v["default"]; ok {
		n.fallback, _ = given.(string)
		if !slices.Contains(n.symbols, n.fallback) {
			p.fail(n.site.under("/default"), "", "the default of %s is none of its symbols", n)
		}
	}
}

func (p *parser) fields(n *node, v map[string]any, in scope) {
	list, ok := v["fields"].([]any)
	if !ok {
		p.fail(n.site.under("/fields"), "", "%s has no array of fields", n)
	}
	taken := map[string]bool{}
	for i, element := range list {
		at := n.site.under(fmt.Sprintf("/fields/%d", i))
		object, ok := element.(map[string]any)
		if !ok {
			p.fail(at, "", "a field is an object with a name and a type")
			continue
		}
		f := p.field(n, at, object, in)
		for _, name := range append([]string{f.name}, f.aliases...) {
			if taken[name] && name != "" {
				p.fail(at, "", "%s has the name or alias %q of a field twice", n, name)
			}
			taken[name] = true
		}
		n.fields = append(n.fields, f)
	}
}

func (p *parser) field(n *node, at site, v map[string]any, in scope) recordField {
	f := recordField{site: at, typ: use{invalid, at}}
	name, ok := v["name"].(string)
	switch {
	case !ok:
		p.fail(at.under("/name"), "", "the field has no name")
	case !validName.MatchString(name):
		p.fail(at.under("/name"), "names are letters, digits and _, and do not begin with a digit", "%q is not a name", name)
	}
	f.name = name
	f.aliases = p.aliases(at, v, "")
	if order, ok := v["order"]; ok && !slices.Contains([]any{"ascending", "descending", "ignore"}, order) {
		p.fail(at.under("/order"), "it is ascending, descending or ignore", "the field has no such order: %v", order)
	}
	if inner, ok := v["type"]; ok {
		f.typ = p.schema(at.under("/type"), inner, in)
	} else {
		p.fail(at, "", "the field %q has no type", name)
	}
	if value, ok := v["default"]; ok {
		f.defaulted, f.fallback = true, value
		p.defaults = append(p.defaults, &fieldDefault{record: n, field: len(n.fields), typ: f.typ, at: at.under("/default"), value: value})
	}
	return f
}
