package infer

import (
	"fmt"
	"math/rand/v2"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/internal/bundle"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
)

// examplesOf are the given files, where these are data, or else a file with
// what was observed, if that may be kept, or with what is generated.
func (d *drafting) examplesOf(e *event, base, schema string) ([]string, error) {
	var given []string
	for _, r := range e.documents {
		if r.File != "" && r.envelope == envelope.None {
			given = append(given, d.exampleFile(r.Record))
		}
	}
	if len(given) > 0 {
		return given, nil
	}
	if d.examples {
		d.note("the examples of %s have an envelope around the data: %s has data alone", e.name, "examples/"+base+".json")
	}
	name := "examples/" + base + ".json"
	if d.KeepValues {
		d.files[name] = indented(e.documents[0].data)
		return []string{name}, nil
	}
	v, err := generate(d.files, schema, d.Seed, e.name)
	if err != nil {
		return nil, err
	}
	if e.match.Value != "" {
		at, err := place.Parse(e.match.Value)
		if err != nil {
			return nil, err
		}
		if err := at.Set(v, e.name); err != nil {
			return nil, err
		}
	}
	d.ExampleSeed = &d.Seed
	d.files[name] = indented(v)
	return []string{name}, nil
}

// exampleFile is the name of an example in the contract: its own below the
// contract's directory, else that of a copy, which a checkout elsewhere has.
func (d *drafting) exampleFile(r *Record) string {
	if filepath.IsLocal(filepath.FromSlash(r.File)) {
		d.given[r.File] = r.Value
		return r.File
	}
	base, ending := strings.TrimSuffix(path.Base(r.File), path.Ext(r.File)), path.Ext(r.File)
	name := "examples/" + base + ending
	for n := 2; d.files[name] != nil || slices.ContainsFunc(d.Records, func(r Record) bool { return r.File == name }); n++ {
		name = fmt.Sprintf("examples/%s-%d%s", base, n, ending)
	}
	d.files[name] = r.Value
	d.note("%s is outside the contract's directory: %s is a copy", r.File, name)
	return name
}

// generate makes a document with all fields of a schema.
func generate(files bundle.Bundle, schema string, seed uint64, event string) (any, error) {
	fsys, err := files.FS()
	if err != nil {
		return nil, err
	}
	loaded, err := jsonschema.Load(fsys, schema)
	if err != nil {
		return nil, err
	}
	g, err := jsonschema.NewGenerator(loaded, jsonschema.OptionalFields(1))
	if err != nil {
		return nil, err
	}
	stream := uint64(0)
	for _, b := range []byte(event) {
		stream = stream*31 + uint64(b)
	}
	return g.Generate(rand.New(rand.NewPCG(seed, stream)))
}

var unfit = regexp.MustCompile(`[^a-z0-9]+`)

// file is the name of an event's files: order-placed for
// com.acme.order.OrderPlaced.
func (d *drafting) file(event string) string {
	base := slug(shortName(event))
	name := base
	for n := 2; d.taken[name]; n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	d.taken[name] = true
	return name
}

func slug(s string) string {
	var words strings.Builder
	var last rune
	for _, r := range s {
		if unicode.IsUpper(r) && unicode.IsLower(last) {
			words.WriteByte('-')
		}
		words.WriteRune(r)
		last = r
	}
	if name := strings.Trim(unfit.ReplaceAllString(strings.ToLower(words.String()), "-"), "-"); name != "" {
		return name
	}
	return "event"
}
