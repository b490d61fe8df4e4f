package proto

import (
	"fmt"
	"iter"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/flowweir/weir/contracts/compat"
)

// Reused says which fields and enum values of the new version take a number
// that the old one reserves, or, where JSON is compared, a name. The old one
// writes none of these itself. Reserved is what an earlier version used: its
// records that are still retained are misread by the new version, and the new
// one's by readers of before. The witness is such a record. Lenient forgives
// it, for a field that comes back as what it was.
func Reused(old, latest *Schema, options ...CompareOption) compat.Comparison {
	w := between(old, latest, options)
	w.together(func(p *pair) {
		for i := range p.r.Fields().Len() {
			f := p.r.Fields().Get(i)
			w.fieldReused(p, f)
			if before := p.w.Fields().ByNumber(f.Number()); before != nil && before.Enum() != nil && f.Enum() != nil {
				w.valuesReused(p, before.Enum(), f)
			}
		}
	})
	return compat.Comparison{Problems: w.problems}
}

// between is a walk through what two versions have in common, that says nothing
// of the names of records.
func between(old, latest *Schema, options []CompareOption) *walk {
	c := &comparer{writer: old, reader: latest, binary: true, reported: map[string]bool{}, broken: map[names]bool{}, quiet: true}
	for _, o := range options {
		o.applyCompare(c)
	}
	return &walk{comparer: c, seen: map[names]bool{}}
}

// together visits each pair of messages that have a number in common, from the
// roots on.
func (w *walk) together(visit func(*pair)) {
	for _, root := range w.roots() {
		for w.visit(root); len(w.queue) > 0; w.queue = w.queue[1:] {
			p := w.queue[0]
			for _, f := range w.writer.fields(p.w) {
				if r := w.reader.byNumber(p.r, f.Number()); r != nil && isMessage(f) && isMessage(r) {
					w.visit(p.into(f, r))
				}
			}
			visit(p)
		}
	}
}

func (w *walk) fieldReused(p *pair, f protoreflect.FieldDescriptor) {
	w.reused(reuse{
		pair: p, reserves: p.w, takes: f, field: f, samples: likelyFilled(f), number: int32(f.Number()),
		numberTaken: p.w.ReservedRanges().Has(f.Number()), nameTaken: p.w.ReservedNames().Has(f.Name()),
	})
}

func (w *walk) valuesReused(p *pair, before protoreflect.EnumDescriptor, f protoreflect.FieldDescriptor) {
	for _, v := range numbered(f.Enum()) {
		w.reused(reuse{
			pair: p, reserves: before, takes: v, field: f, samples: only(fill(f, protoreflect.ValueOfEnum(v.Number()))), number: int32(v.Number()),
			numberTaken: before.ReservedRanges().Has(v.Number()), nameTaken: before.ReservedNames().Has(v.Name()),
		})
	}
}

// reuse is a field of the new version, or a value of its enum, that takes what
// the old one reserves.
type reuse struct {
	*pair
	reserves, takes        protoreflect.Descriptor
	field                  protoreflect.FieldDescriptor
	samples                iter.Seq[sample]
	number                 int32
	numberTaken, nameTaken bool
}

// reused reports what is taken in the forms that are compared: bytes have no
// names, JSON no numbers.
func (w *walk) reused(r reuse) {
	if w.binary && r.numberTaken {
		w.taken(r, compat.Problem{
			Rule:    ruleNumberReused,
			Message: fmt.Sprintf("%s takes the number %d, which was reserved", r.takes.Name(), r.number),
			Hint:    "take a number that was never used: retained records may have this one, with what it meant before",
		})
	}
	if w.withJSON && r.nameTaken {
		w.taken(r, compat.Problem{
			Rule:    ruleNameReused,
			Message: fmt.Sprintf("%s takes a name that was reserved", r.takes.Name()),
			Hint:    "take a name that was never used: retained JSON may have this one, with what it meant before",
		})
	}
}

// taken reports a problem with the first record of before that the new version
// reads: one that has a value where the new version has it.
func (w *walk) taken(r reuse, problem compat.Problem) {
	id := problem.Rule + " " + string(r.reserves.FullName()) + " " + string(r.takes.FullName())
	if w.reported[id] {
		return
	}
	w.reported[id] = true
	problem.Writer, problem.Reader = w.writer.place(r.reserves), w.reader.place(r.takes)
	problem.Verdict, problem.Witness = compat.Breaks, w.retained(r)
	switch {
	case w.lenient:
		problem.Verdict = compat.Forgiven
	case problem.Witness == nil:
		problem.Verdict = compat.Open
	}
	if problem.Witness != nil && problem.Rule == ruleNameReused {
		problem.Witness.Bytes = nil
	}
	w.problems = append(w.problems, problem)
}

// retained is a record of before the reservation, as the new version reads it.
func (w *walk) retained(r reuse) *compat.Witness {
	for s := range r.samples {
		m := w.record(r.inReader(), s)
		if m == nil {
			continue
		}
		document, err := w.reader.json(m)
		if err != nil {
			continue
		}
		data, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
		if err != nil {
			continue
		}
		part := dynamicpb.NewMessage(r.r)
		set(part, r.field, s[0].values)
		return &compat.Witness{Document: string(document), Bytes: data, Earlier: true, Outcome: fmt.Sprintf(
			"a record from before the reservation reads %s = %s, whatever it meant", label(r.field), show(r.field, viewOf(part).effective(r.field)))}
	}
	return nil
}

// inReader is the pair with the reader's messages on both sides.
func (p *pair) inReader() *pair {
	route := slices.Clone(p.route)
	for i := range route {
		route[i].w = route[i].r
	}
	return &pair{w: p.r, r: p.r, route: route}
}

// likelyFilled fill a field with its likely values.
func likelyFilled(f protoreflect.FieldDescriptor) iter.Seq[sample] {
	return func(yield func(sample) bool) {
		for _, v := range likely(f) {
			if !yield(fill(f, v)) {
				return
			}
		}
	}
}
