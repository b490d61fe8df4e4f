package proto

import (
	"fmt"
	"strconv"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/flowweir/weir/contracts/compat"
)

// numberAndName reports a field that is another one by its number than by its
// name. r is the reader's field of the number, or nil.
func (w *walk) numberAndName(p *pair, f, r protoreflect.FieldDescriptor) {
	if p.w.IsMapEntry() || p.r.IsMapEntry() || r != nil && nameOf(r) == nameOf(f) {
		return
	}
	if moved := w.reader.byName(p.r, nameOf(f)); moved != nil {
		w.claim(claim{
			rule: ruleFieldRenumbered, verdict: compat.Breaks, at: p, writer: f, reader: moved,
			message: fmt.Sprintf("%s has the number %d to the writer and %d to the reader", label(f), f.Number(), moved.Number()),
			hint:    "give the field its old number back; a number is the field's name on the wire",
			samples: w.samples(f), shows: w.differs(f, moved),
		})
		return
	}
	if r == nil || w.withJSON || w.writer.byName(p.w, nameOf(r)) != nil {
		return // the JSON walk reports the name, or the other field its number
	}
	w.claim(claim{
		rule: ruleFieldRenamed, verdict: compat.Forgiven, at: p, writer: f, reader: r,
		message: fmt.Sprintf("the field of number %d is %s to the writer and %s to the reader", f.Number(), label(f), label(r)),
		hint:    "a new name for the same thing is fine on the wire; for another thing take a new number, and reserve this one",
		samples: w.samples(f),
		shows: func(got reading) string {
			if got.err != nil || got.r == nil {
				return ""
			}
			return fmt.Sprintf("reads %s as %s = %s", label(f), label(r), show(r, got.r.fields[r.Number()]))
		},
	})
}

// jsonName reports a field whose name in JSON the reader does not know,
// though it has the field.
func (w *walk) jsonName(p *pair, f, r protoreflect.FieldDescriptor) {
	known := w.reader.byNumber(p.r, f.Number())
	if known == nil || r != nil || w.inWriter(p, known) != nil {
		return // the reader lacks it, has it, or gave its number to another one
	}
	wanted := strconv.Quote(key(known))
	if known.TextName() != key(known) {
		wanted += " or " + strconv.Quote(known.TextName())
	}
	w.claim(claim{
		rule: ruleJSONName, verdict: compat.Breaks, at: p, writer: f, reader: known,
		message: fmt.Sprintf("the writer's JSON has the field of number %d as %q, the reader looks for %s", f.Number(), key(f), wanted),
		hint:    fmt.Sprintf("keep the name, or give the reader's field the option json_name = %q", key(f)),
		samples: w.samples(f), shows: w.differs(f, known),
	})
}

// cardinality reports elements that the reader has no room for.
func (w *walk) cardinality(p *pair, wf, rf protoreflect.FieldDescriptor) {
	switch {
	case w.json || !many(wf):
	case !many(rf):
		w.broken[namesOf(wf, rf)] = true
		w.claim(claim{
			rule: ruleCardinality, verdict: compat.Breaks, at: p, writer: wf, reader: rf,
			message: label(wf) + " is " + typeName(wf) + " to the writer and " + typeName(rf) + " to the reader, which loses elements",
			hint:    "keep the field repeated, or give the single value a field of its own with a new number",
			samples: w.twoElements(wf), shows: w.differs(wf, rf),
		})
	case rf.IsMap() && !wf.IsMap() && isMessage(wf):
		w.claim(claim{
			rule: ruleMap, verdict: compat.Breaks, at: p, writer: wf, reader: rf,
			message: label(wf) + " is " + typeName(wf) + " to the writer and " + typeName(rf) + " to the reader, which keeps one entry of each key",
			hint:    "give the map a field of its own with a new number",
			samples: w.twoElements(wf), shows: w.differs(wf, rf),
		})
	}
}

// packedAway: the writer packs the elements of a field that the reader has
// once, where Go's, Java's and C++'s parsers leave them in an unknown field.
func (w *walk) packedAway(wf, rf protoreflect.FieldDescriptor) bool {
	return !w.json && wf.IsPacked() && !many(rf) && encodingOf(wf.Kind()) == encodingOf(rf.Kind())
}

// unopened reports a message that the reader takes for bytes: they are the
// same, and what they hold is no longer told.
func (w *walk) unopened(p *pair, wf, rf protoreflect.FieldDescriptor) {
	w.claim(claim{
		rule: ruleMessageAsBytes, verdict: compat.Forgiven, at: p, writer: wf, reader: rf,
		message: label(wf) + " is " + typeName(wf) + " to the writer and " + typeName(rf) + " to the reader, which gets its bytes",
		hint:    "fine where the reader passes the message on, or parses it itself",
		samples: w.mismatched(wf, rf, &mismatch{}),
		shows: func(got reading) string {
			if got.err != nil || got.r == nil {
				return ""
			}
			return fmt.Sprintf("reads %s = %s", label(rf), show(rf, got.r.fields[rf.Number()]))
		},
	})
}

// absence compares what it means that a field is not written.
func (w *walk) absence(p *pair, wf, rf protoreflect.FieldDescriptor) {
	if many(wf) || many(rf) || isMessage(wf) || isMessage(rf) || required(wf) || p.w.IsMapEntry() {
		return
	}
	if !w.sameDefault(wf, rf) {
		w.claim(claim{
			rule: ruleDefault, verdict: compat.Breaks, at: p, writer: wf, reader: rf,
			message: fmt.Sprintf("where %s is not written, the writer means %s and the reader reads %s", label(wf), show(wf, defaultOf(wf)), show(rf, defaultOf(rf))),
			hint:    "give the field its old default back; defaults are never written",
			samples: only(nil), shows: w.differs(wf, rf),
		})
		return
	}
	if wf.HasPresence() != rf.HasPresence() && !p.r.IsMapEntry() {
		w.presence(p, wf, rf)
	}
}

// presence tells that one side sees whether a field was written.
func (w *walk) presence(p *pair, wf, rf protoreflect.FieldDescriptor) {
	zero := show(rf, defaultOf(rf))
	c := claim{
		rule: rulePresence, verdict: compat.Forgiven, at: p, writer: wf, reader: rf,
		message: fmt.Sprintf("the writer tells a missing %s from %s, and the reader does not", label(wf), zero),
		hint:    "keep the field optional if a missing one means something of its own",
		samples: only(fill(wf, wf.Default())),
	}
	outcome := fmt.Sprintf("reads %s = %s, as if the writer had left it out", label(rf), zero)
	if rf.HasPresence() {
		c.message = fmt.Sprintf("the reader tells a missing %s from %s, and the writer does not write %s", label(wf), zero, zero)
		c.hint = "do not take a missing field for something else than the default while such records are retained"
		c.samples = only(nil)
		outcome = fmt.Sprintf("%s is missing, and reads %s", label(rf), zero)
	}
	c.shows = func(got reading) string {
		if got.err != nil || got.r == nil || got.r.fields[rf.Number()] != nil {
			return ""
		}
		return outcome
	}
	w.claim(c)
}

// sameDefault: a missing field means the same. Of enums the number or the name
// may be another: that is told of the value.
func (w *walk) sameDefault(wf, rf protoreflect.FieldDescriptor) bool {
	if wf.Enum() != nil && rf.Enum() != nil {
		a, b := wf.Default().Enum(), rf.Default().Enum()
		return a == b || wf.Enum().Values().ByNumber(a).Name() == rf.Enum().Values().ByNumber(b).Name()
	}
	byNumber := &walk{comparer: w.comparer, json: w.json && rf.Kind() == protoreflect.StringKind}
	return byNumber.sameValue(wf, defaultOf(wf), rf, defaultOf(rf))
}

// required reports fields without which the reader refuses a message.
func (w *walk) required(p *pair) {
	if p.r.IsMapEntry() {
		w.entryValue(p)
	}
	for i := range p.r.RequiredNumbers().Len() {
		rf := p.r.Fields().ByNumber(p.r.RequiredNumbers().Get(i))
		wf := w.inWriter(p, rf)
		why, place := "does not have", protoreflect.Descriptor(p.w)
		if wf != nil {
			if required(wf) || p.w.IsMapEntry() {
				continue
			}
			why, place = "may leave out", wf
		}
		w.claim(claim{
			rule: ruleRequired, verdict: compat.Breaks, at: p, writer: place, reader: rf,
			message: fmt.Sprintf("the reader requires %s, which the writer %s", label(rf), why),
			hint:    "make the field optional in the reader; a required field can only be required from the first version on",
			samples: only(nil),
			shows: func(got reading) string {
				if got.err == nil && (got.r == nil || got.r.fields[rf.Number()] != nil) {
					return ""
				}
				return fmt.Sprintf("refused: the required field %s is missing", rf.FullName())
			},
		})
	}
}

// entryValue reports required fields of the messages in a reader's map: an
// entry that was written without a value has an empty one.
func (w *walk) entryValue(p *pair) {
	value := p.r.Fields().ByNumber(2)
	if wf := w.inWriter(p, value); p.w.IsMapEntry() || !isMessage(value) || wf != nil && required(wf) {
		return
	}
	for i := range value.Message().RequiredNumbers().Len() {
		rf := value.Message().Fields().ByNumber(value.Message().RequiredNumbers().Get(i))
		w.claim(claim{
			rule: ruleRequired, verdict: compat.Breaks, at: p, writer: p.w, reader: rf,
			message: fmt.Sprintf("the reader requires %s in %s, and the writer may leave the value out", label(rf), label(value)),
			hint:    "make the field optional in the reader, or give the map a field of its own with a new number",
			samples: only(nil),
			shows: func(got reading) string {
				if inner := got.r.inside(value); got.err == nil && (inner == nil || inner.fields[rf.Number()] != nil) {
					return ""
				}
				return fmt.Sprintf("refused: the required field %s is missing", rf.FullName())
			},
		})
	}
}

// oneofs reports what the reader's oneofs lose, and the cases that they lack.
func (w *walk) oneofs(p *pair) {
	for i := range p.r.Oneofs().Len() {
		if o := p.r.Oneofs().Get(i); !o.IsSynthetic() {
			w.joined(p, o)
		}
	}
	for i := range p.w.Oneofs().Len() {
		if o := p.w.Oneofs().Get(i); !o.IsSynthetic() {
			w.cases(p, o)
		}
	}
}

// joined reports the first two fields that the writer may set together and
// that exclude each other in the reader.
func (w *walk) joined(p *pair, o protoreflect.OneofDescriptor) {
	var members [][2]protoreflect.FieldDescriptor // the writer's, the reader's
	for i := range o.Fields().Len() {
		rf := o.Fields().Get(i)
		if wf := w.inWriter(p, rf); wf != nil {
			members = append(members, [2]protoreflect.FieldDescriptor{wf, rf})
		}
	}
	for i, a := range members {
		for _, b := range members[:i] {
			if oa := oneofOf(a[0]); oa != nil && oa == oneofOf(b[0]) {
				continue
			}
			w.claim(claim{
				rule: ruleOneofJoined, verdict: compat.Breaks, at: p, writer: a[0], reader: a[1],
				message: fmt.Sprintf("%s and %s exclude each other in the reader's oneof %s, and the writer may set both", label(b[0]), label(a[0]), o.Name()),
				hint:    "leave fields that exist out of a oneof; new fields may start in one",
				samples: w.both(b[0], a[0]),
				shows: func(got reading) string {
					if text := w.differs(b[0], b[1])(got); text != "" {
						return text
					}
					return w.differs(a[0], a[1])(got)
				},
			})
			return
		}
	}
}

// cases reports members of the writer's oneof that the reader does not know,
// where it knows others of them as a oneof.
func (w *walk) cases(p *pair, o protoreflect.OneofDescriptor) {
	var known protoreflect.OneofDescriptor
	var missing []protoreflect.FieldDescriptor
	for i := range o.Fields().Len() {
		f := o.Fields().Get(i)
		if r := w.inReader(p, f); r == nil {
			missing = append(missing, f)
		} else if known == nil {
			known = oneofOf(r)
		}
	}
	if known == nil {
		return
	}
	for _, f := range missing {
		w.claim(claim{
			rule: ruleOneofCase, verdict: compat.Forgiven, at: p, writer: f, reader: known,
			message: fmt.Sprintf("the writer may choose %s in the oneof %s, which the reader lacks", label(f), o.Name()),
			hint:    "let the reader handle a oneof of which no case is set",
			samples: w.samples(f),
			shows: func(got reading) string {
				if got.err != nil || got.r == nil || got.r.m.WhichOneof(known) != nil {
					return ""
				}
				return fmt.Sprintf("no case of %s is set", known.Name())
			},
		})
	}
}
