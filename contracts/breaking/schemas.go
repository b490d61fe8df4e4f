package breaking

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/history"
	"github.com/flowweir/weir/contracts/matrix"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
)

// schema compares the schemas of an event, and how their bytes are framed.
func (c *change) schema() {
	was, is := c.was.schema(), c.now.schema()
	switch {
	case was == nil:
		return
	case is == nil:
		c.breaks(SchemaRemoved, steps("schema"), fmt.Sprintf("%s had a schema and has none: nothing is promised of its data any more", c.event()), "keep the schema")
		return
	case was.Wire != is.Wire:
		c.breaks(WireChanged, steps("schema"), fmt.Sprintf("%s was written with the framing %s and is written with %s: consumers misread its first bytes, or miss the schema's id", c.event(), was.Wire, is.Wire),
			"publish with the new framing on a topic of its own until all consumers have moved")
	}
	p := part{what: c.event(), at: steps("schema")}
	c.retained(p, was, is)
	if c.was.message() == c.now.message() && c.sameFile(was, is) {
		return
	}
	c.relying()
	c.versions(p, named{was, c.was.message()}, named{is, c.now.message()})
}

// keySchema compares the schemas of an event's key.
func (c *change) keySchema() {
	was, is := c.was.keySchema(), c.now.keySchema()
	if was == nil || is == nil {
		return // a key that is no longer a document is written differently: that is told
	}
	p := part{what: "the key of " + c.event(), at: steps("key", "schema")}
	c.retained(p, was, is)
	same := c.sameFile(was, is)
	framed := c.keyFraming(was, is, same || c.sayTheSame(was, is))
	if same {
		return
	}
	before, now, ok := c.load(p, named{of: was}, named{of: is})
	if !ok {
		return
	}
	if !framed {
		c.keyBytes(p, before, now)
	}
	mode, err := c.mode(is)
	if err != nil {
		c.unread(p, "", "the level of its registry", err)
		return
	}
	c.evolve(p.what, mode, []versions.Version{before}, now)
}

// spread is what becomes of a key whose bytes change, whether or not readers
// understand both.
const spread = "one entity has other bytes then, so records of it are on two partitions and their order is lost"

// keyFraming reports a key whose bytes change by what is around the document.
func (c *change) keyFraming(was, is *contracts.Schema, same bool) (changed bool) {
	switch {
	case was.Wire != is.Wire:
		c.breaks(KeyFormatChanged, steps("key", "schema"), fmt.Sprintf("the key of %s was written with the framing %s and is written with %s: %s", c.event(), was.Wire, is.Wire, spread),
			"publish with the new key on a topic of its own until all consumers have moved")
	case is.Wire == contracts.WireConfluent && !same:
		c.breaks(KeyFormatChanged, steps("key", "schema"), fmt.Sprintf("the key of %s has another schema, whose id is in the key's own bytes with the framing %s: %s", c.event(), is.Wire, spread),
			"keep the key's schema for as long as the topic lives, or write keys that have no schema's id in them")
	default:
		return false
	}
	return true
}

// keyBytes reports a key whose schema writes the same value in other bytes,
// though readers may understand both.
func (c *change) keyBytes(p part, before versions.Version, now *schema.Schema) {
	all := schema.Recoded(before.Schema, now)
	if len(all) == 0 {
		return
	}
	f := finding.Finding{
		ID: KeyFormatChanged, Severity: severity(c.rely), Position: c.now.at(p.at...),
		Message: fmt.Sprintf("%s is written in other bytes than by %s: %s: %s", p.what, before.Name, all[0].Message, spread),
		Hint:    "keep the key's schema for as long as the topic lives, or publish with the new key on a topic of its own until all consumers have moved",
	}
	for _, r := range all {
		f.Related = append(f.Related,
			finding.Related{Position: r.Latest, Message: r.Message},
			finding.Related{Position: r.Old, Message: "before, in " + before.Name})
	}
	f.Related = append(f.Related, c.places(nil, c.rely)...)
	c.report(c.now.contract, f)
}

// sayTheSame reports whether two schemas in files differ in white space alone,
// or so.
func (c *change) sayTheSame(was, is *contracts.Schema) bool {
	if was.File == "" || is.File == "" {
		return false
	}
	before, err := fs.ReadFile(c.oldSide.FS, c.was.contract.Resolve(was.File))
	if err != nil {
		return false
	}
	now, err := fs.ReadFile(c.newSide.FS, c.now.contract.Resolve(is.File))
	return err == nil && saySame(was.File, before, is.File, now)
}

// saySame is sayTheSame of the texts of two files.
func saySame(was string, before []byte, is string, now []byte) bool {
	one := func(file string, content []byte) history.Schema {
		return history.Schema{Main: file, Files: map[string][]byte{file: content}}
	}
	return history.Same(one(was, before), one(is, now))
}

// part is the part of an event that a schema is of: in sentences, as a field, and
// as the field at which a mode that is weaker than the registry's is told.
type part struct {
	what         string
	at, promises []any
}

// named is a schema with the full name by which Protobuf knows its message.
type named struct {
	of      *contracts.Schema
	message string
}

// versions compares the schema of then with that of now, where a mode asks
// for it.
func (c *change) versions(p part, was, is named) {
	mode, err := c.mode(is.of)
	if err != nil {
		c.unread(p, "", "the level of its registry", err)
		return
	}
	if mode == (compat.Mode{}) {
		return
	}
	if before, now, ok := c.load(p, was, is); ok {
		c.evolve(p.what, mode, []versions.Version{before}, now)
	}
}

// load reads the schema of then and that of now; one that cannot be read is
// told.
func (c *change) load(p part, was, is named) (before versions.Version, now *schema.Schema, ok bool) {
	old, err := c.oldSide.Loader.Current(c.was.contract, was.of, was.message)
	if err != nil {
		c.unread(p, c.oldSide.Name, "its schema", err)
		return before, nil, false
	}
	now, err = c.newSide.Loader.Current(c.now.contract, is.of, is.message)
	if err != nil {
		c.unread(p, "", "its schema", err)
		return before, nil, false
	}
	return versions.Version{Name: c.oldSide.Name, Schema: old}, now, true
}

func (p producer) schema() *contracts.Schema { return p.contract.SchemaOf(p.promise().Schema) }

// keySchema is that of the event's key, nil where it has none of its own.
func (p producer) keySchema() *contracts.Schema {
	key := p.promise().Key
	if key == nil || key.Schema == nil {
		return nil
	}
	return p.contract.SchemaOf(*key.Schema)
}

// message is the full name by which Protobuf knows the event.
func (p producer) message() string {
	if m := p.promise().Match; m != nil {
		return m.Name
	}
	return ""
}

// mode is what the old contract, the new one and the registry ask for
// together.
func (c *change) mode(s *contracts.Schema) (compat.Mode, error) {
	declared, err := compat.ParseMode(c.now.promise().CompatibilityMode())
	if err != nil {
		return declared, err
	}
	if before, err := compat.ParseMode(c.was.promise().CompatibilityMode()); err == nil {
		declared = declared.Union(before)
	}
	registered, known, err := c.newSide.Loader.Mode(s)
	if err != nil || !known {
		return declared, err
	}
	return declared.Union(registered), nil
}

// evolve compares a schema with those before it, the oldest first, under a mode.
func (c *change) evolve(what string, mode compat.Mode, before []versions.Version, now *schema.Schema) {
	latest := versions.Version{Name: "the current version", Schema: now}
	for _, problem := range schema.Check(mode, before, latest, c.options.Dialect).Problems {
		f := problem.Finding()
		f.Message = fmt.Sprintf("%s is not %s compatible with %s: %s", what, mode, problem.Old(), problem.Message)
		if problem.Verdict == compat.Open {
			f.Message = fmt.Sprintf("whether %s is %s compatible with %s is undecided: %s", what, mode, problem.Old(), problem.Message)
		}
		c.report(c.now.contract, f)
	}
}

// unread says that something could not be read, so that it was not compared.
// A registry that nobody named is no mistake.
func (c *change) unread(p part, side, what string, err error) {
	f := finding.Finding{ID: Unread, Position: c.now.at(p.at...), Message: fmt.Sprintf("%s is not compared: %s cannot be read: %v", p.what, what, reason(err))}
	if side != "" {
		f.Message = fmt.Sprintf("%s is not compared: %s in %s cannot be read: %v", p.what, what, side, reason(err))
	}
	if errors.Is(err, versions.ErrNoRegistry) {
		f.ID, f.Severity, f.Hint = matrix.RegistryUnread, finding.Info, "set WEIR_REGISTRY_URL, or registry: in weir.work.yaml, to compare it"
		f.Message = fmt.Sprintf("the schema of %s is in a registry, so it is not compared", p.what)
	}
	var invalid *schema.Error
	if errors.As(err, &invalid) {
		for _, problem := range invalid.Problems {
			f.Related = append(f.Related, finding.Related{Position: problem.Position, Message: problem.Message})
		}
	}
	c.report(c.now.contract, f)
}

// reason is an error without the path, which others say, and without what
// related places say.
func reason(err error) error {
	var invalid *schema.Error
	if errors.As(err, &invalid) {
		return errors.New("it is no valid schema")
	}
	return err
}

// elsewhere is what refers to another file in a schema.
var elsewhere = regexp.MustCompile(`\$(ref|dynamicRef|recursiveRef|schema)["']?\s*:\s*["']?[^#"'\s]|\bimport\b`)

// sameFile reports whether a schema is in one file that has not changed, so
// that nothing has to be parsed: what most schemas of most changes are. One
// that stands inside an AsyncAPI document, named with a #, may refer to the
// rest of it.
func (c *change) sameFile(was, is *contracts.Schema) bool {
	if was.File == "" || strings.Contains(is.File, "#") || was.Format != is.Format || was.Formats != is.Formats || was.Encoding != is.Encoding {
		return false
	}
	if len(was.References)+len(is.References) > 0 {
		return false
	}
	before, err := fs.ReadFile(c.oldSide.FS, c.was.contract.Resolve(was.File))
	if err != nil {
		return false
	}
	now, err := fs.ReadFile(c.newSide.FS, c.now.contract.Resolve(is.File))
	return err == nil && bytes.Equal(before, now) && !elsewhere.Match(now)
}
