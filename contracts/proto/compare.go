package proto

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/flowweir/weir/contracts/compat"
)

// CompareOption changes what Compare looks at.
type CompareOption interface{ applyCompare(*comparer) }

type compareOption func(*comparer)

func (f compareOption) applyCompare(c *comparer) { f(c) }

// JSON compares what is written and read as Protobuf's JSON, overriding the
// default that it is bytes: names of fields and of enum values count then, and
// numbers and encodings do not. A reader of JSON is taken to ignore unknown
// fields, which libraries do only when told so.
func JSON() CompareOption {
	return compareOption(func(c *comparer) { c.binary, c.withJSON = false, true })
}

// Both compares the bytes and Protobuf's JSON, overriding the default of the
// bytes alone: for messages that travel in one form and are shown in the other.
func Both() CompareOption {
	return compareOption(func(c *comparer) { c.binary, c.withJSON = true, true })
}

// Lenient forgives breaks where the encodings fit each other and only some
// values are misread (int64 to int32, bytes to string), as Protobuf's own
// table of compatible types does, overriding the default that they break.
func Lenient() CompareOption { return compareOption(func(c *comparer) { c.lenient = true }) }

// AllMessages compares every message at the top of the writer's file with
// the reader's of that name, as Confluent's registry does, overriding the
// default that only the schema's own message counts.
func AllMessages() CompareOption { return compareOption(func(c *comparer) { c.all = true }) }

// Compare says whether a program compiled with the reader's schema understands
// what one compiled with the writer's writes: every value of a field that both
// know, by its number and its name, arrives. Fields that the reader does not
// know are no problem, it ignores them. A value is one of an enum's declared
// ones; a string is UTF-8.
//
// A schema loaded without Message is compared by the other's message of the
// same full name, where there is one.
//
// A problem Breaks where the reader refuses, misreads or loses a value; its
// witness was read. Forgiven problems are what Protobuf's rules allow and a
// developer should know. Open ones could not be shown.
func Compare(writer, reader *Schema, options ...CompareOption) compat.Comparison {
	c := &comparer{writer: writer, reader: reader, binary: true, reported: map[string]bool{}, broken: map[names]bool{}}
	for _, o := range options {
		o.applyCompare(c)
	}
	bytes := &walk{comparer: c, seen: map[names]bool{}}
	if c.withJSON {
		bytes.form = "in the binary form "
	}
	text := &walk{comparer: c, seen: map[names]bool{}, json: true}
	for _, root := range c.roots() {
		if c.binary {
			bytes.run(root)
		}
		if c.withJSON {
			text.run(root)
		}
	}
	return compat.Comparison{Problems: c.problems}
}

type comparer struct {
	writer, reader *Schema

	binary, withJSON bool // the forms that are compared
	lenient, all     bool
	quiet            bool // nothing is said of the names of records

	problems []compat.Problem
	reported map[string]bool // by rule and places
	broken   map[names]bool  // fields of which the bytes break
}

// names are the full names of a writer's and a reader's thing.
type names [2]protoreflect.FullName

func namesOf(w, r protoreflect.Descriptor) names { return names{w.FullName(), r.FullName()} }

// pair is a message of the writer with the reader's that its bytes are read
// as, and the way to it from the message of the record.
type pair struct {
	root  *pair // nil in the root itself
	w, r  protoreflect.MessageDescriptor
	route []step
}

// step is a field on the way.
type step struct{ w, r protoreflect.FieldDescriptor }

func (p *pair) top() *pair {
	if p.root != nil {
		return p.root
	}
	return p
}

func (p *pair) into(w, r protoreflect.FieldDescriptor) *pair {
	route := append(slices.Clip(p.route), step{w, r})
	return &pair{root: p.top(), w: w.Message(), r: r.Message(), route: route}
}

// roots are the messages of records to compare.
func (c *comparer) roots() []*pair {
	if c.all {
		return c.allRoots()
	}
	w, r := c.writer.message, c.reader.message
	if same := c.reader.find(w.FullName()); same != nil && !c.reader.named {
		r = same
	} else if same := c.writer.find(r.FullName()); same != nil && !c.writer.named {
		w = same
	}
	root := &pair{w: w, r: r}
	c.rootNames(root)
	return []*pair{root}
}

func (c *comparer) allRoots() []*pair {
	var roots []*pair
	for i := range c.writer.main.Messages().Len() {
		w := c.writer.main.Messages().Get(i)
		r := c.reader.find(w.FullName())
		if r == nil {
			r = c.reader.main.Messages().ByName(w.Name())
		}
		if r == nil {
			c.removed(w)
			continue
		}
		root := &pair{w: w, r: r}
		c.rootNames(root)
		roots = append(roots, root)
	}
	return roots
}

// rootNames reports a record whose message has another name in the reader.
func (c *comparer) rootNames(p *pair) {
	if c.quiet || p.w.FullName() == p.r.FullName() {
		return
	}
	rule, what := ruleMessageRenamed, ""
	if inPackage(p.w) == inPackage(p.r) {
		rule, what = rulePackage, ", of another package,"
	}
	c.any().claim(claim{
		rule: rule, verdict: compat.Forgiven, at: p, writer: p.w, reader: p.r,
		message: "the record is " + string(p.w.FullName()) + " to the writer and " + string(p.r.FullName()) + what + " to the reader",
		hint:    "the record is read all the same; who finds the type by its name (an Any, a contract's match, a registry) has to be told",
		samples: only(nil),
		shows: func(r reading) string {
			if r.err != nil {
				return ""
			}
			return "reads it as " + string(p.r.FullName())
		},
	})
}

// any is a walk in a form that is compared, for what concerns all forms.
func (c *comparer) any() *walk { return &walk{comparer: c, json: !c.binary} }

func inPackage(m protoreflect.MessageDescriptor) string {
	return strings.TrimPrefix(string(m.FullName()), string(m.ParentFile().Package())+".")
}

func (c *comparer) removed(w protoreflect.MessageDescriptor) {
	if c.quiet {
		return
	}
	hint := "keep the message for as long as records of it are retained"
	if here := c.reader.main.Messages(); c.writer.main.Messages().Len() == 1 && here.Len() == 1 {
		other := here.Get(0).FullName()
		hint += fmt.Sprintf("; if %s is the same under another name, give it the old one: messages are compared by name, and weir compat --message %s,%[1]s compares the two", other, w.FullName())
	}
	c.any().claim(claim{
		rule: ruleMessageRemoved, verdict: compat.Breaks, at: &pair{w: w, r: w}, writer: w, reader: c.reader.main,
		message: "the reader has no message " + string(w.FullName()),
		hint:    hint,
		samples: only(nil),
		unread:  "refused: the reader has no message " + string(w.FullName()),
	})
}

// walk compares messages from the roots on, each pair once: the bytes, or
// Protobuf's JSON.
type walk struct {
	*comparer
	json  bool
	form  string // begins messages that are about one of two forms
	seen  map[names]bool
	queue []*pair
}

func (w *walk) run(root *pair) {
	for w.visit(root); len(w.queue) > 0; w.queue = w.queue[1:] {
		w.messages(w.queue[0])
	}
}

// visit queues a pair that is not compared yet.
func (w *walk) visit(p *pair) {
	if n := namesOf(p.w, p.r); !w.seen[n] && p.w != p.r {
		w.seen[n] = true
		w.queue = append(w.queue, p)
	}
}

// inReader is the reader's field that a field of the writer is read as: bytes
// are read by number, JSON by name.
func (w *walk) inReader(p *pair, f protoreflect.FieldDescriptor) protoreflect.FieldDescriptor {
	if w.json {
		return w.reader.byKey(p.r, key(f))
	}
	return w.reader.byNumber(p.r, f.Number())
}

// inWriter is the writer's field that is read as a field of the reader.
func (w *walk) inWriter(p *pair, f protoreflect.FieldDescriptor) protoreflect.FieldDescriptor {
	if !w.json {
		return w.writer.byNumber(p.w, f.Number())
	}
	return w.writer.fieldWhere(p.w, func(g protoreflect.FieldDescriptor) bool {
		r := w.inReader(p, g)
		return r != nil && r.FullName() == f.FullName()
	})
}

func (w *walk) messages(p *pair) {
	for _, f := range w.writer.fields(p.w) {
		r := w.inReader(p, f)
		if w.json {
			w.jsonName(p, f, r)
		} else {
			w.numberAndName(p, f, r)
		}
		if r != nil {
			w.field(p, f, r)
		}
	}
	w.required(p)
	w.oneofs(p)
}

// field compares what is written and what is read of one field.
func (w *walk) field(p *pair, wf, rf protoreflect.FieldDescriptor) {
	if w.json && w.broken[namesOf(wf, rf)] {
		return
	}
	if w.packedAway(wf, rf) {
		w.cardinality(p, wf, rf) // no value arrives that could be another one
		return
	}
	m := w.relate(wf, rf)
	if m != nil {
		w.mismatch(p, wf, rf, m)
		if !dependsOnValues(m.rule) && m.rule != ruleJSONRange {
			return
		}
	}
	w.cardinality(p, wf, rf)
	w.absence(p, wf, rf)
	switch {
	case m != nil:
	case isMessage(wf) && rf.Kind() == protoreflect.BytesKind && !w.json:
		w.unopened(p, wf, rf)
	case isMessage(wf) && isMessage(rf):
		if w.json {
			_, ws := special(wf.Message())
			if _, rs := special(rf.Message()); ws || rs {
				return
			}
		}
		w.visit(p.into(wf, rf))
	case wf.Enum() != nil && rf.Enum() != nil:
		w.enums(p, wf, rf)
	}
}
