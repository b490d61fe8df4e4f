package proto

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/flowweir/weir/contracts/compat"
)

// enums compares two enums value by value, once for each pair of them.
func (w *walk) enums(p *pair, wf, rf protoreflect.FieldDescriptor) {
	we, re := wf.Enum(), rf.Enum()
	if n := namesOf(we, re); w.seen[n] || we == re {
		return
	}
	w.seen[namesOf(we, re)] = true
	for _, v := range numbered(we) {
		names := namesAt(we, v.Number())
		there := namesAt(re, v.Number())
		switch {
		case w.json:
			w.jsonEnumName(p, wf, rf, v)
		case slices.ContainsFunc(names, func(n protoreflect.Name) bool { return slices.Contains(there, n) }):
		case w.enumRenumbered(p, wf, rf, v, names):
		case len(there) == 0:
			w.enumMissing(p, wf, rf, v)
		case !w.withJSON:
			w.enumRenamed(p, wf, rf, v)
		}
	}
}

// numbered are the values of an enum in the order of declaration, one for
// each number.
func numbered(e protoreflect.EnumDescriptor) []protoreflect.EnumValueDescriptor {
	var all []protoreflect.EnumValueDescriptor
	for i := range e.Values().Len() {
		if v := e.Values().Get(i); e.Values().ByNumber(v.Number()) == v {
			all = append(all, v)
		}
	}
	return all
}

// namesAt are the names of a number; with allow_alias there can be several.
func namesAt(e protoreflect.EnumDescriptor, n protoreflect.EnumNumber) []protoreflect.Name {
	var names []protoreflect.Name
	for i := range e.Values().Len() {
		if v := e.Values().Get(i); v.Number() == n {
			names = append(names, v.Name())
		}
	}
	return names
}

// enumClaim is a claim about one value of the writer's enum.
func (w *walk) enumClaim(p *pair, wf, rf protoreflect.FieldDescriptor, v protoreflect.EnumValueDescriptor) claim {
	return claim{
		at: p, writer: v, reader: rf.Enum(),
		samples: only(fill(wf, protoreflect.ValueOfEnum(v.Number()))),
	}
}

func (w *walk) enumRenumbered(p *pair, wf, rf protoreflect.FieldDescriptor, v protoreflect.EnumValueDescriptor, names []protoreflect.Name) bool {
	for _, name := range names {
		moved := rf.Enum().Values().ByName(name)
		if moved == nil {
			continue
		}
		c := w.enumClaim(p, wf, rf, v)
		c.rule, c.verdict, c.reader = ruleEnumRenumbered, compat.Breaks, moved
		c.message = fmt.Sprintf("%s is %d to the writer and %d to the reader", name, v.Number(), moved.Number())
		c.hint = "give the value its old number back; a number is the value's name on the wire"
		c.shows = func(got reading) string {
			if text := w.differs(wf, rf)(got); text != "" || got.r == nil {
				return text
			}
			return fmt.Sprintf("reads %s = %s instead of %s", label(rf), show(rf, got.r.effective(rf)), name)
		}
		w.claim(c)
		return true
	}
	return false
}

// enumMissing reports a number that the reader's enum does not have.
func (w *walk) enumMissing(p *pair, wf, rf protoreflect.FieldDescriptor, v protoreflect.EnumValueDescriptor) {
	c := w.enumClaim(p, wf, rf, v)
	if rf.Enum().IsClosed() {
		c.rule, c.verdict = ruleEnumClosed, compat.Breaks
		c.message = fmt.Sprintf("the writer may send %s (%d), which the reader's closed enum %s lacks", v.Name(), v.Number(), rf.Enum().FullName())
		c.hint = "add the value to the reader first"
		c.shows = w.differs(wf, rf)
		w.claim(c)
		return
	}
	if w.withJSON {
		return // the JSON walk reports the name
	}
	c.rule, c.verdict = ruleEnumValue, compat.Forgiven
	c.message = fmt.Sprintf("the writer may send %s (%d), which the reader's enum %s has no name for", v.Name(), v.Number(), rf.Enum().FullName())
	c.hint = "let the reader handle numbers that it does not know"
	c.shows = w.readsNumber(rf)
	w.claim(c)
}

func (w *walk) enumRenamed(p *pair, wf, rf protoreflect.FieldDescriptor, v protoreflect.EnumValueDescriptor) {
	c := w.enumClaim(p, wf, rf, v)
	there := rf.Enum().Values().ByNumber(v.Number())
	c.rule, c.verdict, c.reader = ruleEnumRenamed, compat.Forgiven, there
	c.message = fmt.Sprintf("the number %d is %s to the writer and %s to the reader", v.Number(), v.Name(), there.Name())
	c.hint = "a new name for the same thing is fine on the wire; for another thing take a new number, and reserve this one"
	c.shows = w.readsNumber(rf)
	w.claim(c)
}

// readsNumber says what is read, whatever it is.
func (w *walk) readsNumber(rf protoreflect.FieldDescriptor) func(reading) string {
	return func(got reading) string {
		if got.err != nil || got.r == nil {
			return ""
		}
		return fmt.Sprintf("reads %s = %s", label(rf), show(rf, got.r.effective(rf)))
	}
}

// jsonEnumName reports a name that the reader of JSON does not know. The
// writer writes the first name of a number.
func (w *walk) jsonEnumName(p *pair, wf, rf protoreflect.FieldDescriptor, v protoreflect.EnumValueDescriptor) {
	if rf.Enum().Values().ByName(v.Name()) != nil {
		return
	}
	c := w.enumClaim(p, wf, rf, v)
	c.rule, c.verdict = ruleJSONEnum, compat.Breaks
	c.message = fmt.Sprintf("the writer's JSON may have %q, which the reader's enum %s does not know", v.Name(), rf.Enum().FullName())
	if there := rf.Enum().Values().ByNumber(v.Number()); there != nil {
		c.reader = there
		c.message += fmt.Sprintf(": the number %d is %s there", v.Number(), there.Name())
		if v.Number() == 0 && !wf.HasPresence() && !many(wf) {
			c.message = fmt.Sprintf("the writer's JSON leaves %s out where it is %s, and the reader takes that for %s", label(wf), v.Name(), there.Name())
		}
	}
	c.hint = "add the name to the reader first; with allow_alias both names of a number can stand for a while"
	c.shows = w.differs(wf, rf)
	w.claim(c)
}
