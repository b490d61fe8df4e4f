package jsonschema

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/reports/finding"
)

// explain turns the compiler's error into problems with positions.
func (l *loader) explain(file string, err error) error {
	var (
		invalid *js.SchemaValidationError
		load    *js.LoadURLError
		missing *js.JSONPointerNotFoundError
		anchor  *js.AnchorNotFoundError
		pointer *js.InvalidJsonPointerError
		id      *js.ParseIDError
		name    *js.ParseAnchorError
		meta    *js.InvalidMetaSchemaURLError
		ids     *js.DuplicateIDError
		anchors *js.DuplicateAnchorError
	)
	switch {
	case errors.As(err, &invalid):
		return l.explainInvalid(invalid)
	case errors.As(err, &load):
		return l.explainLoad(load)
	case errors.As(err, &missing):
		base, _, _ := strings.Cut(missing.URL, "#")
		return l.atReference(missing.URL, fmt.Sprintf("the reference leads to nothing in %s", l.name(base)), "")
	case errors.As(err, &anchor):
		return l.atReference(anchor.Reference, fmt.Sprintf("the reference names an anchor that %s does not have", l.name(anchor.URL)), "")
	case errors.As(err, &pointer):
		return l.atReference(pointer.URL, "the reference is no JSON Pointer", "write ~0 for ~, and ~1 for / in a name")
	case errors.As(err, &id):
		return l.noURL(id.URL, "$id", "")
	case errors.As(err, &name):
		return l.noURL(name.URL, "$id", "")
	case errors.As(err, &meta):
		return l.noURL(meta.URL, "$schema", nameDraft)
	case errors.As(err, &ids):
		return l.twice(ids.URL, "$id", l.name(ids.ID), ids.Ptr1, ids.Ptr2)
	case errors.As(err, &anchors):
		return l.twice(anchors.URL, "$anchor", anchors.Anchor, anchors.Ptr1, anchors.Ptr2)
	}
	message := err.Error()
	for _, location := range l.order {
		message = strings.ReplaceAll(message, location, l.name(location))
	}
	return &Error{[]Problem{{finding.Position{File: file, Line: 1, Column: 1}, message, ""}}}
}

// noURL says that what a keyword names is no URL.
func (l *loader) noURL(location, keyword, hint string) error {
	d, at := l.split(location)
	if d == nil {
		return l.at(location, keyword+" is no URL", hint)
	}
	keyword = d.keyword(keyword)
	at += "/" + keyword
	v, _ := placeIn(d.value, at).In(d.value)
	return d.fail(d.values[at], hint, "%s is %s, which is no URL", keyword, compact(v))
}

// twice says that two schemas of a file have the same name.
func (l *loader) twice(location, keyword, name, one, other string) error {
	d, _ := l.split(location)
	if d == nil {
		return l.at(location, fmt.Sprintf("two schemas have the %s %s", keyword, name), "")
	}
	keyword = d.keyword(keyword)
	here, there := d.Position(one+"/"+keyword), d.Position(other+"/"+keyword)
	if cmp.Or(cmp.Compare(here.Line, there.Line), cmp.Compare(here.Column, there.Column)) < 0 {
		here, there = there, here
	}
	return &Error{[]Problem{{here, fmt.Sprintf("the %s %s is also that of the schema at %s", keyword, name, there), "give each its own"}}}
}

func (l *loader) explainInvalid(invalid *js.SchemaValidationError) error {
	d, base := l.split(invalid.URL)
	var validation *js.ValidationError
	if d == nil || !errors.As(invalid.Err, &validation) {
		return l.at(invalid.URL, invalid.Err.Error(), "")
	}
	e := &Error{}
	for _, v := range flatten(validation) {
		at := d.Position(base + v.Place)
		if v.member != "" {
			at = d.KeyPosition(base + v.Place + "/" + escapeToken(v.member))
		}
		e.Problems = append(e.Problems, Problem{at, "not a JSON Schema: " + v.Message, misplaced(base+v.Place, v.Keyword)})
	}
	slices.SortStableFunc(e.Problems, func(a, b Problem) int {
		return (a.Position.Line-b.Position.Line)<<16 + a.Position.Column - b.Position.Column
	})
	return e
}

func (l *loader) explainLoad(load *js.LoadURLError) error {
	var nested *Error
	var out *home
	switch {
	case errors.As(load.Err, &out):
		return l.atReference(load.URL, fmt.Sprintf("the reference leads to %s, %v", l.name(load.URL), out), "keep a copy there, and refer to that")
	case errors.As(load.Err, &nested) && !isSchemaFile(l.name(load.URL)):
		return l.atReference(load.URL, fmt.Sprintf("the reference leads to %s, which is neither JSON nor YAML", l.name(load.URL)), "")
	case errors.As(load.Err, &nested):
		return nested
	case errors.Is(load.Err, errNetwork) && (load.URL == "" || strings.HasSuffix(l.referrer(load.URL).pointer, "/$schema")):
		return l.atReference(load.URL, fmt.Sprintf("the draft %q is not supported", load.URL), nameDraft)
	case errors.Is(load.Err, errNetwork):
		return l.atReference(load.URL, fmt.Sprintf("%s is not a file here, and schemas are never fetched", load.URL),
			"keep a copy beside this file and refer to it by its relative path")
	case errors.Is(load.Err, fs.ErrNotExist):
		return l.atReference(load.URL, fmt.Sprintf("there is no file %s", l.name(load.URL)), "")
	}
	return l.atReference(load.URL, fmt.Sprintf("cannot read %s: %v", l.name(load.URL), load.Err), "")
}

// nameDraft is the next step where $schema names what is not read.
const nameDraft = `name draft 4, 6, 7, 2019-09 or 2020-12; of the last, it is "https://json-schema.org/draft/2020-12/schema"`

// atReference blames the first reference that leads to target.
func (l *loader) atReference(target, message, hint string) error {
	at := l.referrer(target)
	return &Error{[]Problem{{at.document.Position(at.pointer), message, hint}}}
}

// name is the file behind a URL, or the URL.
func (l *loader) name(location string) string {
	if d := l.documents[location]; d != nil {
		return d.file
	}
	if u, err := url.Parse(location); err == nil && u.Scheme == "file" {
		return fileOf(u)
	}
	return location
}

func (l *loader) at(location, message, hint string) error {
	d, pointer := l.split(location)
	if d == nil {
		return &Error{[]Problem{{finding.Position{File: location}, message, hint}}}
	}
	return &Error{[]Problem{{d.Position(pointer), message, hint}}}
}
