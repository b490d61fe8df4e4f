package jsonschema

import (
	"errors"
	"io/fs"
	"net/url"
	"path"
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
// beside it lead to files beside the file. No reference leads out of the
// repository or the workspace that the file is in. A schema without $schema is one of
// draft 2020-12.
//
// The error is an *Error with every position, or that of fsys for a file
// that cannot be read.
func Load(fsys fs.FS, file string, options ...Option) (*Schema, error) {
	var cfg config
	for _, o := range options {
		o.apply(&cfg)
	}
	source := &loader{fsys: fsys, file: file, documents: map[string]*Document{}}
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
	walk(root, judgeNames)
	if problems := source.countProblems(root); len(problems) > 0 {
		sortProblems(problems)
		return nil, &Error{problems}
	}
	if !cfg.assertFormat {
		walk(root, func(s *js.Schema) {
			if s.Format != nil {
				s.Format = &js.Format{Name: s.Format.Name, Validate: func(any) error { return nil }}
			}
		})
	}
	return &Schema{file: file, root: root, source: source, assertFormat: cfg.assertFormat, doubted: doubted(root)}, nil
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
	file      string               // the schema's own
	home      *home                // nil until a reference climbs
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
	if err := l.within(file); err != nil {
		return nil, err
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
	id, _ := object[d.keyword("$id")].(string)
	return id
}

// keyword is what a keyword is called in the schema's draft: in draft 4, $id
// was id.
func (d *Document) keyword(name string) string {
	object, _ := d.value.(map[string]any)
	if draft, _ := object["$schema"].(string); name == "$id" && strings.Contains(draft, "//json-schema.org/draft-04/schema") {
		return "id"
	}
	return name
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
