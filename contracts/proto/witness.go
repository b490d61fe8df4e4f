package proto

import (
	"fmt"
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"slices"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/flowweir/weir/contracts/compat"
)

// claim is a problem that is still to be shown.
type claim struct {
	rule           string
	verdict        compat.Verdict
	message, hint  string
	at             *pair
	writer, reader protoreflect.Descriptor // the places
	// samples are tried in order until shows says what the reader makes of
	// one; "" means that it does not show the problem.
	samples iter.Seq[sample]
	shows   func(reading) string
	// unread is the outcome where the reader has nothing to read it with.
	unread string
}

// sample is what the message of the claim is filled with, besides what is
// required.
type sample []filled

type filled struct {
	field  protoreflect.FieldDescriptor
	values []protoreflect.Value
}

func fill(f protoreflect.FieldDescriptor, values ...protoreflect.Value) sample {
	return sample{{f, values}}
}

// reading is what the reader makes of a message of the writer: the part of
// the record that the claim is about.
type reading struct {
	err error
	w   *view
	r   *view // nil if the reader does not see that part
}

// claim reports a problem with the first sample that shows it. A break that
// no sample shows is Open.
func (w *walk) claim(c claim) {
	id := c.rule + " " + string(c.writer.FullName()) + " " + string(c.reader.FullName())
	if w.reported[id] {
		return
	}
	w.reported[id] = true
	problem := compat.Problem{
		Rule: c.rule, Verdict: c.verdict, Message: w.form + c.message, Hint: c.hint,
		Writer:  w.writer.place(c.writer),
		Reader:  w.reader.place(c.reader),
		Witness: w.witness(c),
	}
	switch {
	case problem.Witness == nil && c.verdict == compat.Forgiven:
		return // what cannot happen is no news
	case problem.Witness == nil:
		problem.Verdict = compat.Open
	case w.lenient && dependsOnValues(c.rule):
		problem.Verdict = compat.Forgiven
	}
	w.problems = append(w.problems, problem)
}

func (w *walk) witness(c claim) *compat.Witness {
	for s := range c.samples {
		m := w.record(c.at, s)
		if m == nil {
			continue
		}
		document, err := w.writer.json(m)
		if err != nil {
			continue // no message that the writer can write
		}
		data, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
		if err != nil {
			continue
		}
		outcome := c.unread
		if outcome == "" {
			outcome = c.shows(w.read(c.at, m, data, document))
		}
		if outcome == "" {
			continue
		}
		if w.json {
			data = nil
		}
		return &compat.Witness{Document: string(document), Bytes: data, Outcome: outcome}
	}
	return nil
}

// record wraps a sample of the message of a pair into a record of the writer;
// nil if it cannot be.
func (w *walk) record(p *pair, s sample) *dynamicpb.Message {
	m := dynamicpb.NewMessage(p.w)
	for _, f := range s {
		set(m, f.field, f.values)
	}
	for i := len(p.route); ; i-- {
		if !fillRequired(m, 0) {
			return nil
		}
		if i == 0 {
			return m
		}
		f := p.route[i-1].w
		outer := dynamicpb.NewMessage(f.ContainingMessage())
		set(outer, f, []protoreflect.Value{protoreflect.ValueOfMessage(m)})
		m = outer
	}
}

// set gives a field its values; those of a map are its entries.
func set(m *dynamicpb.Message, f protoreflect.FieldDescriptor, values []protoreflect.Value) {
	for _, v := range values {
		switch {
		case f.IsMap():
			entries, entry := m.Mutable(f).Map(), v.Message()
			value := entry.Get(f.MapValue())
			if isMessage(f.MapValue()) && !entry.Has(f.MapValue()) {
				value = entries.NewValue()
				fillRequired(value.Message(), 0)
			}
			entries.Set(entry.Get(f.MapKey()).MapKey(), value)
		case f.IsList():
			m.Mutable(f).List().Append(v)
		default:
			m.Set(f, v)
		}
	}
}

// fillRequired sets required fields that are not set; false if that would not
// end.
func fillRequired(m protoreflect.Message, depth int) bool {
	numbers := m.Descriptor().RequiredNumbers()
	for i := range numbers.Len() {
		f := m.Descriptor().Fields().ByNumber(numbers.Get(i))
		switch {
		case m.Has(f):
		case !isMessage(f):
			m.Set(f, f.Default())
		case depth > maxNested:
			return false
		case !fillRequired(m.Mutable(f).Message(), depth+1):
			return false
		}
	}
	return true
}

// maxNested bounds messages that are required in each other.
const maxNested = 32

// read lets the reader read a record and finds the part of a pair in it.
func (w *walk) read(p *pair, m *dynamicpb.Message, data, document []byte) reading {
	var err error
	r := dynamicpb.NewMessage(p.top().r)
	if w.json {
		err = protojson.UnmarshalOptions{AllowPartial: true, DiscardUnknown: true, Resolver: w.reader.types}.Unmarshal(document, r)
	} else {
		err = w.reader.unmarshalInto(r, data)
	}
	got := reading{w: viewOf(m), r: viewOf(r)}
	if err != nil {
		got.err = fmt.Errorf("refused: %s", noise.ReplaceAllString(plain(err).Error(), ""))
	}
	for _, s := range p.route {
		got.w, got.r = got.w.inside(s.w), got.r.inside(s.r)
	}
	return got
}

// differs says how the reader's value of a field is not the writer's.
func (w *walk) differs(wf, rf protoreflect.FieldDescriptor) func(reading) string {
	return func(got reading) string {
		switch {
		case got.err != nil:
			return got.err.Error()
		case got.r == nil && rf.ContainingMessage().IsMapEntry():
			return "the entry is missing: it is left among the unknown fields"
		case got.r == nil:
			return "the message around " + label(rf) + " is missing: it is left among the unknown fields"
		}
		written, read := got.w.fields[wf.Number()], got.r.fields[rf.Number()]
		lost := written != nil && read == nil && rf.HasPresence()
		if !lost && w.same(wf, written, rf, read) {
			return ""
		}
		if read == nil && written != nil {
			text := label(rf) + " is missing"
			if !rf.HasPresence() || !isMessage(rf) && !many(rf) {
				text += ", and reads " + show(rf, got.r.effective(rf))
			}
			if got.r.unknown[wf.Number()] {
				return fmt.Sprintf("%s; the value is left in the unknown field %d", text, wf.Number())
			}
			return text + " instead of " + show(wf, written)
		}
		return fmt.Sprintf("reads %s = %s instead of %s", label(rf), show(rf, got.r.effective(rf)), show(wf, got.w.effective(wf)))
	}
}

// tries is how many random values are tried after the likely ones.
const tries = 32

// only tries one sample.
func only(s sample) iter.Seq[sample] { return slices.Values([]sample{s}) }

// samples fill a field with one value: likely ones first, then random ones,
// the same for the same field.
func (w *walk) samples(f protoreflect.FieldDescriptor) iter.Seq[sample] {
	return func(yield func(sample) bool) {
		for v := range w.values(f) {
			if !yield(fill(f, v)) {
				return
			}
		}
	}
}

func (w *walk) values(f protoreflect.FieldDescriptor) iter.Seq[protoreflect.Value] {
	return func(yield func(protoreflect.Value) bool) {
		for _, v := range likely(f) {
			if !yield(v) {
				return
			}
		}
		h := fnv.New64a()
		h.Write([]byte(f.FullName()))
		m := maker{Generator: &Generator{schema: w.writer, optional: 0.7}, rng: rand.New(rand.NewPCG(h.Sum64(), 0))}
		empty := func() protoreflect.Value {
			return protoreflect.ValueOfMessage(dynamicpb.NewMessage(f.Message()))
		}
		for range tries {
			if !yield(m.value(f, empty, maxDepth-2)) {
				return
			}
		}
	}
}

// likely are small values, of a map entries, those first that are not the
// default: to lose that is not seen.
func likely(f protoreflect.FieldDescriptor) []protoreflect.Value {
	values := likelyOf(f)
	if !many(f) && !isMessage(f) {
		slices.SortStableFunc(values, func(a, b protoreflect.Value) int {
			switch d := f.Default(); {
			case a.Equal(d) == b.Equal(d):
				return 0
			case a.Equal(d):
				return 1
			default:
				return -1
			}
		})
	}
	return values
}

func likelyOf(f protoreflect.FieldDescriptor) []protoreflect.Value {
	if f.IsMap() {
		values := []protoreflect.Value{protoreflect.ValueOfMessage(dynamicpb.NewMessage(f.Message()))}
		for _, k := range likely(f.MapKey()) {
			entry := dynamicpb.NewMessage(f.Message())
			entry.Set(f.MapKey(), k)
			values = append(values, protoreflect.ValueOfMessage(entry))
		}
		return values
	}
	switch f.Kind() {
	case protoreflect.BoolKind:
		return []protoreflect.Value{protoreflect.ValueOfBool(many(f) || !f.Default().Bool())}
	case protoreflect.StringKind:
		return []protoreflect.Value{protoreflect.ValueOfString("a"), protoreflect.ValueOfString("é")}
	case protoreflect.BytesKind:
		return []protoreflect.Value{protoreflect.ValueOfBytes([]byte{0xff}), protoreflect.ValueOfBytes([]byte("a"))}
	case protoreflect.FloatKind:
		return []protoreflect.Value{protoreflect.ValueOfFloat32(1.5)}
	case protoreflect.DoubleKind:
		return []protoreflect.Value{protoreflect.ValueOfFloat64(1.5)}
	case protoreflect.MessageKind, protoreflect.GroupKind:
		m := dynamicpb.NewMessage(f.Message())
		fillRequired(m, 0)
		return []protoreflect.Value{protoreflect.ValueOfMessage(m)}
	case protoreflect.EnumKind:
		var values []protoreflect.Value
		for _, v := range numbered(f.Enum()) {
			if v.Number() != 0 {
				values = append(values, protoreflect.ValueOfEnum(v.Number()))
			}
		}
		if !f.Enum().IsClosed() {
			values = append(values, protoreflect.ValueOfEnum(1)) // it may have none but 0
		}
		return values
	default:
		return []protoreflect.Value{numberOf(f, 1), numberOf(f, 2)}
	}
}

// twoElements fill a repeated field with two values: different ones first.
func (w *walk) twoElements(f protoreflect.FieldDescriptor) iter.Seq[sample] {
	return func(yield func(sample) bool) {
		var first, last protoreflect.Value
		for v := range w.values(f) {
			if last.IsValid() && !yield(fill(f, last, v)) {
				return
			}
			if last = v; !first.IsValid() {
				first = v
			}
		}
		yield(fill(f, first, first))
	}
}

// both fill two fields.
func (w *walk) both(a, b protoreflect.FieldDescriptor) iter.Seq[sample] {
	return func(yield func(sample) bool) {
		next, stop := iter.Pull(w.values(b))
		defer stop()
		for v := range w.values(a) {
			u, ok := next()
			if !ok || !yield(append(fill(a, v), fill(b, u)...)) {
				return
			}
		}
	}
}
