package jsonschema

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/reports/finding"
)

// undecided reports what is open: one sentence is one problem, with the places
// of which it is true.
func (c *comparer) undecided(at spot, keyword, message string) {
	if why := c.sets.space.GaveUp(); why != nil {
		message += ": " + why.Error()
	}
	p := compat.Problem{
		Rule: ruleUndecided, Verdict: compat.Open, Message: message,
		Writer: c.writerPlace(at, keyword), Reader: c.reader.place(at.reader, keyword),
	}
	key := p.Rule + "\n" + message
	switch before := c.seen[key]; {
	case before == nil:
		c.seen[key] = &places{problem: len(c.problems), all: []string{p.Reader.Path}, counted: true}
		c.tell(p)
	case !slices.Contains(before.all, p.Reader.Path):
		before.all = append(before.all, p.Reader.Path)
	}
}

func (c *comparer) tell(p compat.Problem) {
	c.told[p.Verdict]++
	c.problems = append(c.problems, p)
}

// full reports whether there are more breaks than are reported, so that
// nothing more is looked for: the schemas are incompatible.
func (c *comparer) full() bool { return c.told[compat.Breaks] > maxProblems }

// leaf is a keyword of the reader and how its break is reported.
type leaf struct {
	rule, keyword string
	// detail is text that the reader's message must contain, where a keyword
	// can be broken in several ways.
	detail string
	// says is the message, given the place in the document and the value.
	says    func(b blame) string
	verdict compat.Verdict
	// writer is the writer's keyword, where it is another one, and reader the
	// part of the reader's that the break is about.
	writer, reader string
}

var unexplained = leaf{rule: ruleRefused, says: explain}

// report adds a problem with its witness, if the document is one: false if
// the writer's schema refuses it or the reader's accepts it.
func (c *comparer) report(at spot, l leaf, doc any) bool {
	if !c.isWitness(doc) {
		return false
	}
	b := c.blame(doc, at.reader, l.keyword, l.detail)
	if l.rule == ruleRefused && b.violation.Keyword != "" {
		l.rule = c.ruleOf(b.violation.Keyword)
	}
	if l.verdict == 0 {
		l.verdict = compat.Breaks
	}
	p := c.problem(at, l, doc, b)
	c.shown++
	if l.verdict == compat.Forgiven {
		c.overlooked++
	}
	keys := c.identities(at, l, b)
	for _, key := range keys {
		if before := c.seen[key]; before != nil {
			c.retell(before, b, p)
			return true
		}
	}
	switch n := c.told[l.verdict]; {
	case n > maxProblems:
	case n == maxProblems:
		c.beyond(l, doc, b)
	default:
		at := &places{problem: len(c.problems), depth: strings.Count(b.violation.Place, "/"), all: []string{b.where()}}
		for _, key := range keys {
			c.seen[key] = at
		}
		c.tell(p)
	}
	return true
}

// identities are what makes two problems one: the same keyword of the reader
// and the same place in documents, or the same definitions of the writer.
func (c *comparer) identities(at spot, l leaf, b blame) []string {
	keyword := strings.Join([]string{l.rule, at.reader.Location, l.keyword, l.detail, l.writer, l.reader}, "\n")
	keys := []string{keyword + "\nat " + b.violation.Place}
	if len(at.writer) > 0 {
		keys = append(keys, keyword+"\nof "+c.definitions(at))
	}
	return keys
}

func (c *comparer) problem(at spot, l leaf, doc any, b blame) compat.Problem {
	hint := hints[l.rule]
	if l.verdict == compat.Forgiven {
		hint = "" // nothing has to be done
	}
	return compat.Problem{
		Rule: l.rule, Verdict: l.verdict, Message: l.says(b), Hint: hint,
		Writer: c.writerPlace(at, cmp.Or(l.writer, l.keyword)), Reader: c.reader.place(at.reader, cmp.Or(l.reader, l.keyword)),
		Witness: &compat.Witness{Document: text(doc), Outcome: "refused: " + b.outcome.String()},
	}
}

// beyond says, instead of one more problem, that there are more.
func (c *comparer) beyond(l leaf, doc any, b blame) {
	p := compat.Problem{
		Rule: ruleRefused, Verdict: compat.Breaks,
		Message: fmt.Sprintf("the reader refuses more than is said in these %d breaks, such as this document; what else it refuses was not looked for", maxProblems),
		Hint:    "mend these breaks and compare again, or compare the parts of the schemas",
	}
	if l.verdict == compat.Forgiven {
		p.Rule, p.Verdict, p.Hint = l.rule, compat.Forgiven, ""
		p.Message = fmt.Sprintf("more than these %d breaks are forgiven; the others are not listed", maxProblems)
	}
	p.Writer, p.Reader = c.writer.place(c.writer.root, ""), c.reader.place(c.reader.root, "")
	p.Witness = &compat.Witness{Document: text(doc), Outcome: "refused: " + b.outcome.String()}
	c.tell(p)
}

// blame is what the reader's validator says of a witness.
type blame struct {
	doc       any
	violation Violation // of the keyword, also within alternatives
	outcome   Violation // of the document as a whole
	exact     bool      // the keyword that was asked for is broken
}

func (c *comparer) blame(doc any, at *js.Schema, keyword, detail string) blame {
	b := blame{doc: doc}
	all := c.reader.ValidateValue(doc)
	if len(all) == 0 {
		return b
	}
	location := at.Location
	if keyword != "" {
		location += "/" + keyword
	}
	b.violation, b.outcome = all[0], all[0]
	for _, v := range all {
		if below(v.location, location) && strings.Contains(v.Message, detail) {
			b.violation, b.outcome, b.exact = v, v, true
			return b
		}
	}
	var invalid *js.ValidationError
	if errors.As(c.reader.root.Validate(doc), &invalid) {
		if v, ok := violationAt(invalid, location, detail); ok {
			b.violation, b.exact = v, true
		}
	}
	return b
}

// violationAt looks for a violation also in alternatives that did not match.
func violationAt(e *js.ValidationError, location, detail string) (Violation, bool) {
	for _, v := range flatten(e) {
		if below(v.location, location) && strings.Contains(v.Message, detail) {
			return v, true
		}
	}
	for _, cause := range e.Causes {
		if v, ok := violationAt(cause, location, detail); ok {
			return v, true
		}
	}
	return Violation{}, false
}

// text writes a document as JSON in which all characters can be seen.
func text(doc any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(doc); err != nil {
		return compact(doc)
	}
	return finding.Escaped(strings.TrimSuffix(b.String(), "\n"))
}

// below says that a location is another one or stands within it.
func below(location, other string) bool {
	rest, ok := strings.CutPrefix(location, other)
	return ok && (rest == "" || rest[0] == '/')
}
