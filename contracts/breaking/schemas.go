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
	if c.sameFile(was, is) {
		return
	}
	c.needs()
	mode, err := c.mode(is)
	if err != nil {
		c.unread("", "the level of its registry", err)
		return
	}
	if mode == (compat.Mode{}) {
		return
	}
	before, err := c.oldSide.Loader.Current(c.was.contract, was, c.was.message())
	if err != nil {
		c.unread(c.oldSide.Name, "its schema", err)
		return
	}
	now, err := c.newSide.Loader.Current(c.now.contract, is, c.now.message())
	if err != nil {
		c.unread("", "its schema", err)
		return
	}
	c.evolve(mode, versions.Version{Name: c.oldSide.Name, Schema: before}, now)
}

func (p producer) schema() *contracts.Schema { return p.contract.SchemaOf(p.promise().Schema) }

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

// evolve compares two versions of the event's schema under a mode.
func (c *change) evolve(mode compat.Mode, before versions.Version, now *schema.Schema) {
	compare := func(writer, reader *schema.Schema) compat.Comparison {
		return schema.Compare(writer, reader, c.options.Dialect)
	}
	latest := versions.Version{Name: "the current version", Schema: now}
	for _, problem := range compat.Check(mode, []versions.Version{before}, latest, compare).Problems {
		f := problem.Finding()
		f.Message = fmt.Sprintf("%s is not %s compatible with %s: %s", c.event(), mode, before.Name, problem.Message)
		if problem.Verdict == compat.Open {
			f.Message = fmt.Sprintf("whether %s is %s compatible with %s is undecided: %s", c.event(), mode, before.Name, problem.Message)
		}
		c.report(c.now.contract, f)
	}
}

// unread says that something could not be read, so that it was not compared.
// A registry that nobody named is no mistake.
func (c *change) unread(side, what string, err error) {
	f := finding.Finding{ID: Unread, Position: c.now.at("schema"), Message: fmt.Sprintf("%s is not compared: %s cannot be read: %v", c.event(), what, reason(err))}
	if side != "" {
		f.Message = fmt.Sprintf("%s is not compared: %s in %s cannot be read: %v", c.event(), what, side, reason(err))
	}
	if errors.Is(err, versions.ErrNoRegistry) {
		f.ID, f.Severity, f.Hint = matrix.RegistryUnread, finding.Info, "set WEIR_REGISTRY_URL, or registry: in weir.work.yaml, to compare it"
		f.Message = fmt.Sprintf("the schema of %s is in a registry, so it is not compared", c.event())
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
	if was.File == "" || strings.Contains(is.File, "#") || was.Format != is.Format || was.Formats != is.Formats || c.was.message() != c.now.message() {
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
