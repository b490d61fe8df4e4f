package jsonschema

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/reports/finding"
)

// Option changes how a schema is loaded.
type Option interface{ apply(*config) }

type config struct {
	assertFormat bool
	references   []string
}

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// AssertFormat makes the keyword format an assertion, overriding the default
// that it is an annotation which Validate does not look at. Formats that
// JSON Schema does not define stay annotations.
func AssertFormat() Option { return optionFunc(func(c *config) { c.assertFormat = true }) }

// References adds files that the schema refers to by their $id, wherever they
// are. Each must have one.
func References(files ...string) Option {
	return optionFunc(func(c *config) { c.references = append(c.references, files...) })
}

// Load reads a schema and every file that it refers to, by slash-separated
// path in fsys; files that end with .yaml or .yml are YAML, all others JSON. A
// reference is resolved against the file it stands in, or against the schema's
// $id; a $id that is a URL is taken as the file's own name, so that references
// beside it lead to files beside the file. A schema without $schema is one of
// draft 2020-12.
//
// The error is an *Error with every position, or that of fsys for a file
// that cannot be read.
func Load(fsys fs.FS, file string, options ...Option) (*Schema, error) {
	var cfg config
	for _, o := range options {
		o.apply(&cfg)
	}
	source := &loader{fsys: fsys, documents: map[string]*Document{}}
	// The file itself first: its errors are the caller's, not a reference's.
	if _, err := source.read(fileURL(file), file); err != nil {
		return nil, err
	}
	for _, reference := range cfg.references {
		if err := source.refer(reference); err != nil {
			return nil, err
		}
	}
	compiler := js.NewCompiler()
	compiler.UseLoader(source)
	compiler.UseRegexpEngine(compilePattern)
	compiler.AssertFormat() // kept on, so that Format says what to generate
	for _, f := range formats() {
		compiler.RegisterFormat(f)
	}
	root, err := compiler.Compile(fileURL(file))
	if err != nil {
		return nil, source.explain(file, err)
	}
	walk(root, keepToDraft)
	if problems := source.countProblems(root); len(problems) > 0 {
		return nil, &Error{problems}
	}
	if !cfg.assertFormat {
		walk(root, func(s *js.Schema) {
			if s.Format != nil {
				s.Format = &js.Format{Name: s.Format.Name, Validate: func(any) error { return nil }}
			}
		})
	}
	return &Schema{file: file, root: root, source: source, assertFormat: cfg.assertFormat}, nil
}

// References are resolved as URLs, and a URL cannot climb above its root,
// while a file named relative to the working directory can refer to "../..".
// So a relative file gets a root of this many made-up directories to climb
// out of; a file name has no control character. An absolute file is its own
// URL path.
const (
	climb  = 32
	madeUp = "\x01/"
)

func fileURL(file string) string {
	file = path.Clean(file)
	p := file
	if !path.IsAbs(file) {
		up := 0
		for strings.HasPrefix(p, "../") && up < climb {
			p, up = p[len("../"):], up+1
		}
		p = "/" + strings.Repeat(madeUp, climb-up) + p
	}
	return (&url.URL{Scheme: "file", Path: p}).String()
}

// fileOf is the inverse of fileURL.
func fileOf(u *url.URL) string {
	below, relative := strings.CutPrefix(u.Path, "/"+madeUp)
	if !relative {
		return u.Path
	}
	left := 1
	for strings.HasPrefix(below, madeUp) {
		below, left = below[len(madeUp):], left+1
	}
	return strings.Repeat("../", climb-left) + below
}

// loader reads the files that references lead to, and remembers them for
// positions.
type loader struct {
	fsys      fs.FS
	documents map[string]*Document // by URL
	order     []string             // URLs in the order of loading
}

// Load implements js.URLLoader.
func (l *loader) Load(location string) (any, error) {
	if d, ok := l.documents[location]; ok {
		return d.value, nil
	}
	u, err := url.Parse(location)
	if err != nil {
		return nil, err
	}
	file := fileOf(u)
	if u.Scheme != "file" {
		if file = l.beside(u); file == "" {
			return nil, errNetwork
		}
	}
	d, err := l.read(location, file)
	if err != nil {
		return nil, err
	}
	return d.value, nil
}

var errNetwork = errors.New("schemas are never fetched from the network")

// beside is the file that a URL stands for, given that a $id names the file
// that it is in; "" if there is none.
func (l *loader) beside(target *url.URL) string {
	for _, location := range l.order {
		d := l.documents[location]
		id, err := url.Parse(d.id())
		if err != nil || id.Host != target.Host || id.Scheme != target.Scheme {
			continue
		}
		rest, ok := strings.CutPrefix(target.Path, path.Dir(id.Path))
		file := path.Join(path.Dir(d.file), rest)
		if !ok {
			continue
		}
		if info, err := fs.Stat(l.fsys, file); err == nil && info.Mode().IsRegular() {
			return file
		}
	}
	return ""
}

// id is the root's $id, "" without one.
func (d *Document) id() string {
	object, _ := d.value.(map[string]any)
	id, _ := object["$id"].(string)
	return id
}

// refer reads a file under the URL of its $id.
func (l *loader) refer(file string) error {
	d, err := l.parse(file)
	if err != nil {
		return err
	}
	id, _, _ := strings.Cut(d.id(), "#")
	if u, err := url.Parse(id); err != nil || !u.IsAbs() {
		return d.fail(0, "give it a $id that is a URL, or refer to it by its path", "the reference has no $id by which a schema could refer to it")
	}
	l.documents[id] = d
	l.order = append(l.order, id)
	return nil
}

func (l *loader) read(location, file string) (*Document, error) {
	d, err := l.parse(file)
	if err != nil {
		return nil, err
	}
	l.documents[location] = d
	l.order = append(l.order, location)
	return d, nil
}

func (l *loader) parse(file string) (*Document, error) {
	src, err := fs.ReadFile(l.fsys, file)
	if err != nil {
		return nil, err
	}
	parse := ParseDocument
	if isYAML(file) {
		parse = parseYAML
	}
	return parse(file, src)
}

// split cuts a location of the compiler, url#pointer.
func (l *loader) split(location string) (*Document, string) {
	base, fragment, _ := strings.Cut(location, "#")
	if pointer, err := url.PathUnescape(fragment); err == nil {
		fragment = pointer
	}
	return l.documents[base], fragment
}

// keyPosition is the position of a location; a part of a metaschema has
// none.
func (l *loader) keyPosition(location string) finding.Position {
	d, pointer := l.split(location)
	if d == nil {
		return finding.Position{File: location}
	}
	return d.KeyPosition(pointer)
}

// explain turns the compiler's error into problems with positions.
func (l *loader) explain(file string, err error) error {
	var (
		invalid *js.SchemaValidationError
		load    *js.LoadURLError
		missing *js.JSONPointerNotFoundError
		anchor  *js.AnchorNotFoundError
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
	}
	return &Error{[]Problem{{finding.Position{File: file, Line: 1, Column: 1}, err.Error(), ""}}}
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
	switch {
	case errors.As(load.Err, &nested):
		return nested
	case errors.Is(load.Err, errNetwork):
		return l.atReference(load.URL, fmt.Sprintf("%s is not a file here, and schemas are never fetched", load.URL),
			"keep a copy beside this file and refer to it by its relative path")
	case errors.Is(load.Err, fs.ErrNotExist):
		return l.atReference(load.URL, fmt.Sprintf("there is no file %s", l.name(load.URL)), "")
	}
	return l.atReference(load.URL, fmt.Sprintf("cannot read %s: %v", l.name(load.URL), load.Err), "")
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

// atReference blames the first reference that leads to target.
func (l *loader) atReference(target, message, hint string) error {
	named := l.identified()
	target = decoded(target)
	for _, location := range l.order {
		d := l.documents[location]
		leads := func(ref, full string) bool {
			base, fragment, _ := strings.Cut(full, "#")
			return ref == target || full == target || base == target || named[base]+fragment == target
		}
		if pointer, ok := findReference(d.value, "", location, leads); ok {
			return &Error{[]Problem{{d.Position(pointer), message, hint}}}
		}
	}
	d := l.documents[l.order[0]]
	return &Error{[]Problem{{d.Position(""), message, hint}}}
}

// identified are the schemas that have a $id: where each really stands, as a
// URL of a file with the pointer in it.
func (l *loader) identified() map[string]string {
	named := map[string]string{}
	for _, location := range l.order {
		named[decoded(location)] = decoded(location) + "#"
		eachObject(l.documents[location].value, "", location, func(object map[string]any, pointer, base string) bool {
			if id, ok := object["$id"].(string); ok && !strings.HasPrefix(id, "#") {
				named[decoded(base)] = decoded(location) + "#" + pointer
			}
			return false
		})
	}
	return named
}

// findReference looks for a reference that leads somewhere: leads is asked with
// what it says, and with what that is as a URL.
func findReference(v any, pointer, base string, leads func(ref, full string) bool) (found string, ok bool) {
	ok = eachObject(v, pointer, base, func(object map[string]any, pointer, base string) bool {
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
func eachObject(v any, pointer, base string, visit func(object map[string]any, pointer, base string) bool) bool {
	switch v := v.(type) {
	case map[string]any:
		if id, ok := v["$id"].(string); ok {
			base, _, _ = strings.Cut(resolve(base, id), "#")
		}
		if visit(v, pointer, base) {
			return true
		}
		for _, name := range sortedKeys(v) {
			if eachObject(v[name], pointer+"/"+escapeToken(name), base, visit) {
				return true
			}
		}
	case []any:
		for i, item := range v {
			if eachObject(item, fmt.Sprintf("%s/%d", pointer, i), base, visit) {
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
