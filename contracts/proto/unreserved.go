package proto

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/flowweir/weir/contracts/compat"
)

// Unreserved says which numbers and names the new version gave up and did
// not reserve. That breaks nothing between the two, so all is Forgiven; it
// breaks when a later version reuses them while old records are retained,
// which Compare sees only against that old version, and Reused where they were
// reserved. With JSON nothing is said of numbers, which it does not have.
func Unreserved(old, latest *Schema, options ...CompareOption) compat.Comparison {
	w := between(old, latest, options)
	for _, root := range w.roots() {
		for w.visit(root); len(w.queue) > 0; w.queue = w.queue[1:] {
			w.givenUp(w.queue[0])
		}
	}
	return compat.Comparison{Problems: w.problems}
}

func (w *walk) givenUp(p *pair) {
	for _, f := range w.writer.fields(p.w) {
		r := w.reader.byNumber(p.r, f.Number())
		switch {
		case r == nil && !f.IsExtension():
			w.fieldRemoved(p, f)
		case r == nil:
		case isMessage(f) && isMessage(r):
			w.visit(p.into(f, r))
		case f.Enum() != nil && r.Enum() != nil:
			w.valuesRemoved(p, f, r)
		}
	}
	w.reservations(p)
	if w.binary {
		w.extensionRanges(p)
	}
}

func (w *walk) fieldRemoved(p *pair, f protoreflect.FieldDescriptor) {
	c := claim{
		verdict: compat.Forgiven, at: p, writer: f, reader: p.r, samples: w.samples(f),
		shows: func(got reading) string {
			if got.err != nil || got.r == nil || !got.r.unknown[f.Number()] {
				return ""
			}
			return fmt.Sprintf("the value is left in the unknown field %d; a new field of that number would read it", f.Number())
		},
	}
	if w.binary && !p.r.ReservedRanges().Has(f.Number()) {
		c.rule = ruleNumberFree
		c.message = fmt.Sprintf("%s is gone, and its number %d is free for another field", f.Name(), f.Number())
		c.hint = fmt.Sprintf("write reserved %d; into the message", f.Number())
		w.claim(c)
	}
	if !p.r.ReservedNames().Has(f.Name()) && p.r.Fields().ByName(f.Name()) == nil {
		c.rule = ruleNameFree
		c.message = fmt.Sprintf("%s is gone, and its name is free for another field", f.Name())
		c.hint = fmt.Sprintf("write reserved %s; into the message, if its JSON is used", reservedName(p.r, f.Name()))
		w.claim(c)
	}
}

// reservedName is a name as the statement reserved has it: a string, and an
// identifier in editions.
func reservedName(d protoreflect.Descriptor, name protoreflect.Name) string {
	if d.ParentFile().Syntax() == protoreflect.Editions {
		return string(name)
	}
	return fmt.Sprintf("%q", name)
}

func (w *walk) valuesRemoved(p *pair, wf, rf protoreflect.FieldDescriptor) {
	we, re := wf.Enum(), rf.Enum()
	for _, v := range numbered(we) {
		if re.Values().ByNumber(v.Number()) != nil {
			continue
		}
		c := w.enumClaim(p, wf, rf, v)
		c.verdict = compat.Forgiven
		c.shows = func(got reading) string {
			switch {
			case got.err != nil || got.r == nil:
				return ""
			case got.r.unknown[rf.Number()]:
				return fmt.Sprintf("the number %d is left in the unknown field %d; a new value of that number would read it", v.Number(), rf.Number())
			}
			return fmt.Sprintf("reads the number %d; a new value of that number would name it", v.Number())
		}
		if w.binary && !re.ReservedRanges().Has(v.Number()) {
			c.rule = ruleNumberFree
			c.message = fmt.Sprintf("%s is gone, and its number %d is free for another value", v.Name(), v.Number())
			c.hint = fmt.Sprintf("write reserved %d; into the enum", v.Number())
			w.claim(c)
		}
		if !re.ReservedNames().Has(v.Name()) && re.Values().ByName(v.Name()) == nil {
			c.rule = ruleNameFree
			c.message = fmt.Sprintf("%s is gone, and its name is free for another value", v.Name())
			c.hint = fmt.Sprintf("write reserved %s; into the enum, if its JSON is used", reservedName(re, v.Name()))
			w.claim(c)
		}
	}
	if n := namesOf(we, re); !w.seen[n] {
		w.seen[n] = true
		w.enumReservations(we, re)
	}
}

// note reports what no message can show.
func (w *walk) note(rule, message, hint string, writer, reader protoreflect.Descriptor) {
	w.problems = append(w.problems, compat.Problem{
		Rule: rule, Verdict: compat.Forgiven, Message: message, Hint: hint,
		Writer: w.writer.place(writer),
		Reader: w.reader.place(reader),
	})
}

const reserveAgain = "reserve it again: old records may have it"

func (w *walk) reservations(p *pair) {
	ranges := p.w.ReservedRanges()
	for i := range ranges.Len() {
		given := ranges.Get(i)
		n, ok := uncovered(given, p.r.ReservedRanges())
		for ; ok && p.r.Fields().ByNumber(n) != nil; n, ok = uncovered(given, p.r.ReservedRanges()) {
			given[0] = n + 1 // Reused says so
		}
		if ok && w.binary {
			w.note(ruleReservedShrunk, fmt.Sprintf("the number %d was reserved and is free", n), reserveAgain, p.w, p.r)
		}
	}
	for i := range p.w.ReservedNames().Len() {
		if name := p.w.ReservedNames().Get(i); !p.r.ReservedNames().Has(name) {
			w.nameShrunk(name, p.r.Fields().ByName(name) != nil, p.w, p.r)
		}
	}
}

func (w *walk) enumReservations(we, re protoreflect.EnumDescriptor) {
	for i := range we.ReservedRanges().Len() {
		r := we.ReservedRanges().Get(i)
		for n := int64(r[0]); w.binary && n <= int64(r[1]); n++ {
			if re.Values().ByNumber(protoreflect.EnumNumber(n)) != nil {
				continue // Reused says so
			}
			if !re.ReservedRanges().Has(protoreflect.EnumNumber(n)) {
				w.note(ruleReservedShrunk, fmt.Sprintf("the number %d was reserved and is not any more", n), reserveAgain, we, re)
				break
			}
			n = int64(endOf(re.ReservedRanges(), protoreflect.EnumNumber(n)))
		}
	}
	for i := range we.ReservedNames().Len() {
		if name := we.ReservedNames().Get(i); !re.ReservedNames().Has(name) {
			w.nameShrunk(name, re.Values().ByName(name) != nil, we, re)
		}
	}
}

// nameShrunk reports a name that is reserved no more. That it is taken again
// where JSON is compared Reused says.
func (w *walk) nameShrunk(name protoreflect.Name, taken bool, writer, reader protoreflect.Descriptor) {
	switch {
	case !taken:
		w.note(ruleReservedShrunk, fmt.Sprintf("the name %s was reserved and is not any more", name), reserveAgain, writer, reader)
	case !w.withJSON:
		w.note(ruleReservedShrunk, fmt.Sprintf("the name %s was reserved and is taken again", name), "bytes have no names; where JSON travels, too, take another one", writer, reader)
	}
}

// endOf is the last number of the range around n.
func endOf(ranges protoreflect.EnumRanges, n protoreflect.EnumNumber) protoreflect.EnumNumber {
	for i := range ranges.Len() {
		if r := ranges.Get(i); r[0] <= n && n <= r[1] {
			return r[1]
		}
	}
	return n
}

func (w *walk) extensionRanges(p *pair) {
	ranges := p.w.ExtensionRanges()
	for i := range p.r.Fields().Len() {
		f := p.r.Fields().Get(i)
		if ranges.Has(f.Number()) && w.writer.byNumber(p.w, f.Number()) == nil {
			w.note(ruleExtensionTaken, fmt.Sprintf("the number %d was open to extensions and is the field %s now", f.Number(), f.Name()),
				"take a number that was never open: records may hold an extension of this one", p.w, f)
		}
	}
	for i := range ranges.Len() {
		n, ok := uncovered(ranges.Get(i), p.r.ExtensionRanges(), p.r.ReservedRanges())
		if ok && p.r.Fields().ByNumber(n) == nil {
			w.note(ruleExtensionTaken, fmt.Sprintf("the number %d was open to extensions and is neither open nor reserved now", n),
				"keep the range open, or reserve it: records may hold an extension of this number", p.w, p.r)
		}
	}
}

// uncovered is the first number of a range that none of the others has.
func uncovered(r [2]protoreflect.FieldNumber, others ...protoreflect.FieldRanges) (protoreflect.FieldNumber, bool) {
	for n := r[0]; n < r[1]; {
		next := n
		for _, ranges := range others {
			for i := range ranges.Len() {
				if o := ranges.Get(i); o[0] <= n && n < o[1] {
					next = max(next, o[1])
				}
			}
		}
		if next == n {
			return n, true
		}
		n = next
	}
	return 0, false
}
