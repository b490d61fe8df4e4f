package jsonschema

import (
	"fmt"
	"net/url"
	"strings"
)

// referrer is where a reference stands.
type referrer struct {
	document *Document
	pointer  string
}

// referrer is the first reference that leads to a URL; the whole of the first
// file where none does.
func (l *loader) referrer(target string) referrer {
	named := l.identified()
	target = decoded(target)
	for _, location := range l.order {
		d := l.documents[location]
		leads := func(ref, full string) bool {
			base, fragment, _ := strings.Cut(full, "#")
			return ref == target || full == target || base == target || named[base]+fragment == target
		}
		if pointer, ok := d.findReference(location, leads); ok {
			return referrer{d, pointer}
		}
	}
	return referrer{l.documents[l.order[0]], ""}
}

// identified are the schemas that have a $id: where each really stands, as a
// URL of a file with the pointer in it.
func (l *loader) identified() map[string]string {
	named := map[string]string{}
	for _, location := range l.order {
		named[decoded(location)] = decoded(location) + "#"
		d := l.documents[location]
		d.eachObject(d.value, "", location, func(object map[string]any, pointer, base string) bool {
			if id, ok := object[d.keyword("$id")].(string); ok && !strings.HasPrefix(id, "#") {
				named[decoded(base)] = decoded(location) + "#" + pointer
			}
			return false
		})
	}
	return named
}

// findReference looks for a reference that leads somewhere: leads is asked with
// what it says, and with what that is as a URL.
func (d *Document) findReference(location string, leads func(ref, full string) bool) (found string, ok bool) {
	ok = d.eachObject(d.value, "", location, func(object map[string]any, pointer, base string) bool {
		for _, keyword := range [...]string{"$ref", "$dynamicRef", "$recursiveRef", "$schema"} {
			if ref, is := object[keyword].(string); is && leads(ref, decoded(resolve(base, ref))) {
				found = pointer + "/" + keyword
				return true
			}
		}
		return false
	})
	return found, ok
}

// eachObject visits the objects of a document, in the order of their names,
// with the URL that references in them are resolved against, until visit is
// satisfied.
func (d *Document) eachObject(v any, pointer, base string, visit func(object map[string]any, pointer, base string) bool) bool {
	switch v := v.(type) {
	case map[string]any:
		if id, ok := v[d.keyword("$id")].(string); ok {
			base, _, _ = strings.Cut(resolve(base, id), "#")
		}
		if visit(v, pointer, base) {
			return true
		}
		for _, name := range sortedKeys(v) {
			if d.eachObject(v[name], pointer+"/"+escapeToken(name), base, visit) {
				return true
			}
		}
	case []any:
		for i, item := range v {
			if d.eachObject(item, fmt.Sprintf("%s/%d", pointer, i), base, visit) {
				return true
			}
		}
	}
	return false
}

// decoded is a URL without its escapes: those of two that are compared may
// differ.
func decoded(location string) string {
	if plain, err := url.PathUnescape(location); err == nil {
		return plain
	}
	return location
}

func resolve(base, ref string) string {
	b, err := url.Parse(base)
	if err != nil {
		return ref
	}
	r, err := b.Parse(ref)
	if err != nil {
		return ref
	}
	return r.String()
}
