package document

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/flowweir/weir/reports/finding"
)

// Path leads to a value of a document: strings are keys, ints indexes.
type Path []any

// Add is the path further down; p itself is not changed.
func (p Path) Add(steps ...any) Path {
	return append(slices.Clip(p), steps...)
}

// name is what messages call the value: the last key.
func (p Path) name() string {
	for i, step := range slices.Backward(p) {
		if key, ok := step.(string); ok {
			if i < len(p)-1 {
				return fmt.Sprintf("%s[%v]", key, p[i+1])
			}
			return key
		}
	}
	return "the file"
}

// Checker collects the findings of checks over a decoded model. A problem at
// a value that could not be decoded is not reported again: the model holds
// nothing of it.
type Checker struct {
	doc      *Document
	findings []finding.Finding
	// before are the flaws of which nothing more is said.
	before map[*Node]bool
}

// NewChecker makes a Checker over doc, which may be nil: findings then have
// no place.
func NewChecker(doc *Document) *Checker {
	return &Checker{doc: doc}
}

// NewLaterChecker makes a Checker for checks of a file in which others have
// found something: of a value that was flawed then it reports nothing.
func NewLaterChecker(doc *Document) *Checker {
	c := NewChecker(doc)
	if doc != nil {
		c.before = maps.Clone(doc.flawed)
	}
	return c
}

// Findings are what was found, sorted by place.
func (c *Checker) Findings() []finding.Finding {
	c.findings = distinct(c.findings)
	return c.findings
}

// distinct sorts findings and keeps each once: what an alias repeats is wrong in
// one place.
func distinct(findings []finding.Finding) []finding.Finding {
	finding.Sort(findings)
	return slices.CompactFunc(findings, func(a, b finding.Finding) bool {
		return a.Position != nil && b.Position != nil && *a.Position == *b.Position && a.ID == b.ID && a.Message == b.Message
	})
}

// Error reports an error at the value of path.
func (c *Checker) Error(id string, path Path, message, hint string) {
	c.add(path, finding.Finding{ID: id, Message: message, Position: c.doc.Position(path...), Hint: hint})
}

// ErrorInside reports an error within the text of the value at path, offset
// bytes from its start. Where escapes or several lines make that place
// uncertain, the finding stands at the start.
func (c *Checker) ErrorInside(id string, path Path, offset int, message, hint string) {
	position := c.doc.Position(path...)
	if nodes, complete := c.doc.walk(path); complete {
		if n := nodes[len(nodes)-1]; n.Kind == Scalar {
			position = c.doc.inside(n, offset)
		}
	}
	c.add(path, finding.Finding{ID: id, Message: message, Position: position, Hint: hint})
}

// inside is the place offset bytes from the start of a scalar's text, or that
// of the scalar where its line does not show the text up to there as it is.
func (d *Document) inside(n *Node, offset int) *finding.Position {
	column := n.Column
	if n.Quoted {
		column++
	}
	if offset == 0 || n.Line > len(d.lines) || offset > len(n.Text) || column > len(d.lines[n.Line-1]) || !strings.HasPrefix(d.lines[n.Line-1][column-1:], n.Text[:offset]) {
		return d.at(n.Line, n.Column)
	}
	return d.at(n.Line, column+offset)
}

// ErrorUnshown reports an error at the value at path, which has a secret: its
// line is shown up to there.
func (c *Checker) ErrorUnshown(id string, path Path, message, hint string) {
	position := c.doc.Position(path...)
	if position != nil {
		position.Source = position.Source[:min(len(position.Source), position.Column-1)]
	}
	c.add(path, finding.Finding{ID: id, Message: message, Position: position, Hint: hint})
}

// ErrorAtKey reports an error at the key that leads to path.
func (c *Checker) ErrorAtKey(id string, path Path, message, hint string) {
	c.add(path, finding.Finding{ID: id, Message: message, Position: c.doc.KeyPosition(path...), Hint: hint})
}

// Conflict reports that the field at path does not go with the one at other.
func (c *Checker) Conflict(path, other Path, message, hint string) {
	if c.doc.Failed(other...) {
		return
	}
	f := finding.Finding{ID: Conflicting, Message: message, Position: c.doc.KeyPosition(path...), Hint: hint}
	if c.doc.Has(other...) {
		f.Related = []finding.Related{{Position: *c.doc.KeyPosition(other...), Message: other.name() + " is here"}}
	}
	c.add(path, f)
}

// Missing reports that the field of the map at path is required. It keeps
// silent where the file has the field misspelt.
func (c *Checker) Missing(path Path, field, hint string) {
	if c.doc.Misspelt(path, field) {
		return
	}
	full := path.Add(field)
	if c.doc.Has(full...) {
		c.Error(Required, full, field+" is empty", hint)
		return
	}
	c.Error(Required, full, fmt.Sprintf("%s needs the field %s", path.name(), field), hint)
}

// OneOf reports a value that is none of the valid ones, and says whether it
// is one. The empty value, which stands for a default, is fine unless the
// file says it.
func (c *Checker) OneOf(path Path, value string, valid ...string) bool {
	if value == "" && !c.doc.Has(path...) || slices.Contains(valid, value) {
		return true
	}
	c.Error(UnknownValue, path, fmt.Sprintf("%s cannot be %q", path.name(), value), Suggest(value, valid))
	return false
}

// Option is a field of which a map has exactly one or at most one.
type Option struct {
	Field string
	Set   bool
}

// ExactlyOne reports a map at path that has none of the options, or several.
func (c *Checker) ExactlyOne(path Path, options ...Option) bool {
	set, ok := c.AtMostOne(path, options...)
	if !ok || set != "" {
		return ok
	}
	names := make([]string, len(options))
	for i, option := range options {
		names[i] = option.Field
		if full := path.Add(option.Field); c.doc.Misspelt(path, option.Field) || c.doc.Failed(full...) {
			return false
		}
	}
	c.Error(Required, path, fmt.Sprintf("%s needs one of %s", path.name(), strings.Join(names, ", ")), "")
	return false
}

// AtMostOne reports a map at path that has several of the options; set is
// the first that it has.
func (c *Checker) AtMostOne(path Path, options ...Option) (set string, ok bool) {
	ok = true
	for _, option := range options {
		switch {
		case !option.Set:
		case set == "":
			set = option.Field
		default:
			ok = false
			c.Conflict(path.Add(option.Field), path.Add(set), fmt.Sprintf("%s excludes %s", option.Field, set), "keep one of them")
		}
	}
	return set, ok
}

// Positive reports a number or a duration at path that the file gives and
// that is not above zero.
func (c *Checker) Positive(path Path, positive bool) {
	if !positive && c.doc.Has(path...) {
		c.Error(OutOfRange, path, path.name()+" must be above 0", "")
	}
}

func (c *Checker) add(path Path, f finding.Finding) {
	if c.doc.Failed(path...) || len(c.before) > 0 && c.doc.flawedBy(c.before, path) {
		return
	}
	c.doc.flaw(path)
	f.Severity = finding.Error
	// What is cut out may be the name of a secret.
	f = finding.Shown([]finding.Finding{f})[0]
	f.Message, f.Hint = shorten(f.Message), shorten(f.Hint)
	c.findings = append(c.findings, f)
}

// shorten cuts the middle out of a message that repeats a long value; the
// source line shows it.
func shorten(message string) string {
	const longest = 300
	runes := []rune(message)
	if len(runes) <= longest {
		return message
	}
	return string(runes[:longest/2]) + " … " + string(runes[len(runes)-longest/2:])
}

// Misspelt says whether the map at path has an unknown field that was
// probably meant to be this one.
func (d *Document) Misspelt(path Path, field string) bool {
	if d == nil {
		return false
	}
	nodes, complete := d.walk(path)
	return complete && slices.Contains(d.misspelt[nodes[len(nodes)-1]], field)
}
