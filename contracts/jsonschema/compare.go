package jsonschema

import (
	"slices"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
)

// CompareOption changes what Compare holds a reader to.
type CompareOption interface{ applyCompare(*comparer) }

type compareOption func(*comparer)

func (f compareOption) applyCompare(c *comparer) { f(c) }

// Lenient makes Compare forgive two breaks, which it still reports, with the
// verdict [compat.Forgiven]; the default is strict:
//
//   - a property that the reader describes and of which the writer's open
//     object says nothing, neither what it holds nor whether it is there
//     (compat/json-property-added);
//   - a property that the writer names and the reader's closed object does
//     not have (compat/json-property-removed).
//
// Within the alternatives of the reader's anyOf and oneOf they are forgiven
// where it is plain which alternative the writer's value is meant for.
func Lenient() CompareOption { return compareOption(func(c *comparer) { c.lenient = true }) }

// Since makes Compare look only for documents that an older schema of the writer
// refuses: for what the reader cannot read from now on, whatever it could not
// read before.
func Since(older *Schema) CompareOption { return compareOption(func(c *comparer) { c.older = older }) }

const (
	// maxAsked bounds the questions about one pair of schemas, maxAlone those
	// about a place alone, maxProblems the breaks that are reported, those that
	// are forgiven, and the places that are open.
	maxAsked    = 2000
	maxAlone    = 10_000
	maxProblems = 100
)

// Compare says whether a reader takes every document that a writer may write:
// whether the set of documents that the writer's schema accepts is a part of
// the reader's.
//
// Each problem that breaks or is forgiven has a document that was validated:
// the writer's schema accepts it and the reader's refuses it. Where the sets
// could not be compared and no such document was found, the problem is open.
// Comparing takes milliseconds for ordinary schemas; the work is bounded. After
// 100 breaks it ends, and the last problem says so.
func Compare(writer, reader *Schema, options ...CompareOption) compat.Comparison {
	c := &comparer{writer: writer, reader: reader, seen: map[string]*places{}, met: map[string]bool{}, entered: map[string]bool{}, answers: map[docset.Set]docset.Result{}, taken: map[docset.Set]bool{}, silence: map[docset.Set]bool{}}
	for _, o := range options {
		o.applyCompare(c)
	}
	return compat.Comparison{Problems: c.compare()}
}

// comparer compares one pair of schemas.
type comparer struct {
	writer, reader *Schema
	older          *Schema // what it accepts is left out; nil for none
	lenient        bool

	sets     *translator
	written  docset.Set // what the writer may write, and could not before
	guesses  bool       // whether a text matches a pattern may not be found out
	asked    int
	alone    int
	answers  map[docset.Set]docset.Result // to questions about whole documents
	taken    map[docset.Set]bool          // to those about a place alone
	inside   []string                     // the pairs that are being inspected
	met      map[string]bool              // the pairs that were
	entered  map[string]bool              // those of properties, before the writer's alternatives are held apart
	deeper   []waiting                    // what is inspected next
	choosing bool                         // whether an alternative of the reader is inspected
	repeats  []waiting                    // the spots of pairs that were met
	// revisiting: they are inspected now; within is how many more spots within
	// the present one.
	revisiting bool
	within     int
	seen       map[string]*places // by what they are, the problems
	shown      int                // how often a problem was found
	overlooked int                // how often what it found is forgiven
	problems   []compat.Problem
	told       [compat.Forgiven + 1]int // of each verdict, the problems
	open       []openPlace
	ended      bool  // the questions came to an end before all was looked at
	hunted     []any // documents that a search found, made once
	hasHunt    bool
	heard      *voices             // see voices
	silence    map[docset.Set]bool // by the spot, whether the writer says nothing of what it has no name for
}

// openPlace is a keyword of the reader about which nothing was decided.
type openPlace struct {
	at   spot
	leaf leaf
}

// compare finds the problems. Where matching a pattern was given up, that none
// was found proves nothing.
func (c *comparer) compare() []compat.Problem {
	problems := c.compared()
	if c.sets == nil || c.sets.space.GaveUp() == nil || slices.ContainsFunc(problems, func(p compat.Problem) bool { return p.Verdict != compat.Forgiven }) {
		return problems
	}
	root := spot{reader: c.reader.root, writer: []*js.Schema{c.writer.root}}
	c.undecided(root, "", "it could not be decided whether the reader takes all that the writer may write")
	return c.problems
}

func (c *comparer) compared() []compat.Problem {
	if c.writer.sameAs(c.reader) {
		return nil
	}
	compared := []*Schema{c.writer, c.reader}
	if c.older != nil {
		compared = append(compared, c.older)
	}
	refs, blocked := newReferences(compared...)
	c.sets = newTranslator(refs)
	if c.sets.class(c.writer.root) == c.sets.class(c.reader.root) {
		return nil
	}
	root := spot{reader: c.reader.root, writer: []*js.Schema{c.writer.root}, holder: c.writer.root, lift: func(s docset.Set) docset.Set { return s }}
	if blocked != nil {
		return c.blocked(root, blocked)
	}
	c.guesses = slices.ContainsFunc(refs.all, guesses)
	c.written = c.sets.set(c.writer.root)
	if c.older != nil {
		c.written = c.sets.space.And(c.written, c.sets.set(c.older.root).Not())
	}
	answer := c.ask(root, c.sets.set(c.reader.root))
	if answer.Answer == docset.Empty {
		return nil
	}
	c.inspectAll(root)
	c.inspectRepeats()
	c.settleOpen()
	switch {
	case len(c.problems) == 0:
		c.whole(root, answer)
	case c.ended:
		c.undecided(root, "", "the work on these schemas came to its end: whether the reader refuses more than is said here was not looked for")
	}
	if c.lenient {
		c.beyondForgiven(root)
	}
	c.nameRepeats()
	return c.problems
}

// ask looks for a document that the writer may write and that is, at a spot,
// outside of a set of the reader. A question that was asked before is none.
func (c *comparer) ask(at spot, set docset.Set) docset.Result {
	outside := at.lift(set.Not())
	answer, known := c.answers[outside]
	if known {
		return answer
	}
	if c.asked++; c.asked > maxAsked {
		return docset.Result{}
	}
	answer = c.sets.space.Find(c.written, outside)
	c.answers[outside] = answer
	return answer
}

// deep is the number of schemas within each other from which on places are
// found with questions about the place alone, whose answers are known from
// those about what is around it. A question about the whole document takes the
// way from the root each time.
const deep = 16

// safe reports whether nothing that the writer may write at a spot is outside
// of a set, as far as that is needed to pass over it.
func (c *comparer) safe(at spot, set docset.Set) bool {
	if len(c.inside) > deep && !at.loose && len(at.writer) > 0 {
		return c.safeAlone(at, set)
	}
	return c.ask(at, set).Answer == docset.Empty
}

// safeAlone is safe whatever the document around the spot is like.
func (c *comparer) safeAlone(at spot, set docset.Set) bool {
	outside := c.sets.space.And(append((&scribe{translator: c.sets}).sets(at.writer), set.Not())...)
	safe, known := c.taken[outside]
	if known {
		return safe
	}
	if c.alone++; c.alone > maxAlone {
		return false
	}
	safe = c.sets.space.Find(outside).Answer == docset.Empty
	c.taken[outside] = safe
	return safe
}

// whole reports a break that no keyword explains, or that nothing is known.
func (c *comparer) whole(root spot, answer docset.Result) {
	if answer.Answer == docset.Found && c.report(root, unexplained, answer.Doc) {
		return
	}
	for _, doc := range c.hunt() {
		if c.report(root, unexplained, doc) {
			return
		}
	}
	c.undecided(root, "", "it could not be decided whether the reader takes all that the writer may write")
}

// settleOpen searches for documents that show what could not be worked out.
func (c *comparer) settleOpen() {
	for _, o := range c.open {
		shown := c.full()
		for _, doc := range c.hunt() {
			if shown {
				break
			}
			if b := c.blame(doc, o.at.reader, o.leaf.keyword, o.leaf.detail); b.exact {
				shown = c.report(o.at, o.leaf, doc)
			}
		}
		if !shown {
			c.undecided(o.at, o.leaf.keyword, "it could not be decided whether the reader takes all that the writer may write here")
		}
	}
}

// beyondForgiven makes sure that what was forgiven is all there is.
func (c *comparer) beyondForgiven(root spot) {
	for _, p := range c.problems {
		if p.Verdict != compat.Forgiven {
			return
		}
	}
	relaxed := c.sets.relaxed(c.reader.root)
	switch r := c.sets.space.Find(c.written, relaxed.Not()); r.Answer {
	case docset.Empty:
	case docset.Found:
		if c.report(root, unexplained, r.Doc) {
			return
		}
		fallthrough
	case docset.Unknown:
		c.undecided(root, "", "it could not be decided whether the reader takes all that the writer may write, apart from what is forgiven")
	}
}

// blocked reports schemas that are not compared.
func (c *comparer) blocked(root spot, o *obstacle) []compat.Problem {
	for _, doc := range c.hunt() {
		if c.report(root, unexplained, doc) {
			return c.problems
		}
	}
	p := compat.Problem{Rule: ruleUndecided, Verdict: compat.Open, Message: "the schemas were not compared: " + o.err.Error()}
	p.Writer, p.Reader = c.writer.place(c.writer.root, ""), c.reader.place(c.reader.root, "")
	switch {
	case c.writer.owns(o.at):
		p.Writer = c.writer.place(o.at, "")
	case c.reader.owns(o.at):
		p.Reader = c.reader.place(o.at, "")
	}
	return []compat.Problem{p}
}
