package proto

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// view is a message as its schema's readers see it, with one form for what
// is encoded alike: a map is the list of its entries, and undeclared values of
// a closed enum are unknown.
type view struct {
	m protoreflect.Message
	// fields are the fields that are there: bool, int32, int64, uint32,
	// uint64, float32, float64, string, []byte, EnumNumber, *view, or []any.
	fields map[protoreflect.FieldNumber]any
	// unknown are the numbers of unknown fields.
	unknown map[protoreflect.FieldNumber]bool
}

func viewOf(m protoreflect.Message) *view {
	v := &view{m: m, fields: map[protoreflect.FieldNumber]any{}, unknown: map[protoreflect.FieldNumber]bool{}}
	for raw := m.GetUnknown(); len(raw) > 0; {
		n, _, size := protowire.ConsumeField(raw)
		if size < 0 {
			break
		}
		v.unknown[n], raw = true, raw[size:]
	}
	m.Range(func(f protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		v.add(f, value)
		return true
	})
	return v
}

func (v *view) add(f protoreflect.FieldDescriptor, value protoreflect.Value) {
	n := f.Number()
	if !many(f) {
		if v.fields[n] = single(f, value); v.fields[n] == nil {
			delete(v.fields, n)
			v.unknown[n] = true
		}
		return
	}
	elements := []any{}
	element := func(e any) {
		if e == nil {
			v.unknown[n] = true
			return
		}
		elements = append(elements, e)
	}
	if f.IsMap() {
		for _, e := range entries(f, value.Map()) {
			element(e)
		}
	} else {
		for i := range value.List().Len() {
			element(single(f, value.List().Get(i)))
		}
	}
	if len(elements) > 0 {
		v.fields[n] = elements
	}
}

// single is one value; nil for what a closed enum does not declare.
func single(f protoreflect.FieldDescriptor, v protoreflect.Value) any {
	switch {
	case isMessage(f):
		return viewOf(v.Message())
	case f.Enum() != nil && f.Enum().IsClosed() && f.Enum().Values().ByNumber(v.Enum()) == nil:
		return nil
	}
	return v.Interface()
}

// entries are the entries of a map, in the order in which they are encoded.
func entries(f protoreflect.FieldDescriptor, m protoreflect.Map) []any {
	var keys []protoreflect.MapKey
	m.Range(func(k protoreflect.MapKey, _ protoreflect.Value) bool {
		keys = append(keys, k)
		return true
	})
	slices.SortFunc(keys, compareKeys)
	var all []any
	for _, k := range keys {
		value := single(f.MapValue(), m.Get(k))
		if value == nil {
			all = append(all, nil)
			continue
		}
		entry := dynamicpb.NewMessage(f.Message())
		entry.Set(f.MapKey(), k.Value())
		entry.Set(f.MapValue(), m.Get(k))
		all = append(all, &view{m: entry, fields: map[protoreflect.FieldNumber]any{1: k.Interface(), 2: value}})
	}
	return all
}

func compareKeys(a, b protoreflect.MapKey) int {
	switch x := a.Interface().(type) {
	case string:
		return cmp.Compare(x, b.String())
	case bool:
		return cmp.Compare(a.String(), b.String()) // false before true
	case uint32, uint64:
		return cmp.Compare(a.Uint(), b.Uint())
	default:
		return cmp.Compare(a.Int(), b.Int())
	}
}

// byKeys are entries in the order of a map's keys.
func byKeys(f protoreflect.FieldDescriptor, elements []any) []any {
	key := func(e any) protoreflect.MapKey {
		if v, ok := e.(*view); ok {
			if k := v.m.Descriptor().Fields().ByNumber(1); k != nil && k.Kind() == f.MapKey().Kind() {
				return v.m.Get(k).MapKey()
			}
		}
		return f.MapKey().Default().MapKey()
	}
	return slices.SortedStableFunc(slices.Values(elements), func(a, b any) int { return compareKeys(key(a), key(b)) })
}

// inside is the message in a field, the first of several; nil without one.
func (v *view) inside(f protoreflect.FieldDescriptor) *view {
	if v == nil {
		return nil
	}
	switch inner := v.fields[f.Number()].(type) {
	case *view:
		return inner
	case []any:
		first, _ := inner[0].(*view)
		return first
	}
	return nil
}

// effective is a field's value, or what it reads as where it is not there.
func (v *view) effective(f protoreflect.FieldDescriptor) any {
	if value := v.fields[f.Number()]; value != nil || many(f) {
		return value
	}
	return defaultOf(f)
}

// defaultOf is what a single field reads as where it is missing; nil for a
// message.
func defaultOf(f protoreflect.FieldDescriptor) any {
	if isMessage(f) {
		return nil
	}
	return f.Default().Interface()
}

// same reports whether what was read is what was written.
func (w *walk) same(wf protoreflect.FieldDescriptor, written any, rf protoreflect.FieldDescriptor, read any) bool {
	if many(wf) || many(rf) {
		a, b := list(written), list(read)
		if w.json && (many(wf) != many(rf) || wf.IsMap() != rf.IsMap()) {
			return len(a)+len(b) == 0 // the forms have nothing in common
		}
		if rf.IsMap() && !wf.IsMap() { // a map has no order of its own
			a = byKeys(rf, a)
		}
		return slices.EqualFunc(a, b, func(x, y any) bool { return w.sameValue(wf, x, rf, y) })
	}
	if isMessage(wf) || isMessage(rf) {
		if empty, ok := read.(*view); ok && written == nil && rf.ContainingMessage().IsMapEntry() {
			return len(empty.fields) == 0 // a map's entry always has a value
		}
		return (written == nil) == (read == nil) && (written == nil || w.sameValue(wf, written, rf, read))
	}
	if written == nil {
		written = defaultOf(wf)
	}
	if read == nil {
		read = defaultOf(rf)
	}
	return w.sameValue(wf, written, rf, read)
}

func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// sameValue compares single values.
func (w *walk) sameValue(wf protoreflect.FieldDescriptor, a any, rf protoreflect.FieldDescriptor, b any) bool {
	switch x := a.(type) {
	case *view:
		switch y := b.(type) {
		case *view:
			if !w.json && differInMeaning(x.m.Descriptor(), y.m.Descriptor()) {
				return meaning(x) == meaning(y)
			}
			return w.sameView(x, y)
		case []byte:
			again := dynamicpb.NewMessage(x.m.Descriptor())
			err := w.writer.unmarshalInto(again, y)
			return err == nil && w.sameView(x, viewOf(again))
		case string:
			return w.json && valueForm(wf) == formText // the text of it
		}
		return false
	case string:
		return x == text(b)
	case []byte:
		y, isText := b.(string)
		return string(x) == text(b) && (!isText || utf8.ValidString(y))
	case protoreflect.EnumNumber:
		if w.json && wf.Enum().Values().ByNumber(x) != nil {
			return enumName(wf, x) == enumName(rf, b)
		}
	}
	return sameNumber(wf, a, b)
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return "\xff not text"
}

// enumName is what Protobuf's JSON writes for an enum, or a string itself.
func enumName(f protoreflect.FieldDescriptor, v any) string {
	switch v := v.(type) {
	case string:
		return v
	case protoreflect.EnumNumber:
		return fmt.Sprint(enumValue(f.Enum(), v))
	}
	return ""
}

// sameView compares what both messages know, as the walk does.
func (w *walk) sameView(a, b *view) bool {
	p := &pair{w: a.m.Descriptor(), r: b.m.Descriptor()}
	for _, f := range w.writer.fields(p.w) {
		if r := w.inReader(p, f); r != nil && !w.same(f, a.fields[f.Number()], r, b.fields[r.Number()]) {
			return false
		}
	}
	return true
}

// sameNumber compares numbers by value; true is 1.
func sameNumber(wf protoreflect.FieldDescriptor, a, b any) bool {
	x, xok := number(a)
	y, yok := number(b)
	if !xok || !yok {
		return xok == yok && fmt.Sprint(a) == fmt.Sprint(b) // NaN and infinities
	}
	if wf.Kind() == protoreflect.FloatKind {
		xf, _ := x.Float32()
		yf, _ := y.Float32()
		return xf == yf
	}
	return x.Cmp(y) == 0
}

func number(v any) (*big.Float, bool) {
	f := new(big.Float).SetPrec(64)
	switch v := v.(type) {
	case bool:
		if v {
			return f.SetInt64(1), true
		}
		return f, true
	case int32:
		return f.SetInt64(int64(v)), true
	case int64:
		return f.SetInt64(v), true
	case uint32:
		return f.SetUint64(uint64(v)), true
	case uint64:
		return f.SetUint64(v), true
	case protoreflect.EnumNumber:
		return f.SetInt64(int64(v)), true
	case float32:
		return finite(f, float64(v))
	case float64:
		return finite(f, v)
	}
	return nil, false
}

func finite(f *big.Float, v float64) (*big.Float, bool) {
	if v-v != 0 { // NaN or an infinity
		return nil, false
	}
	return f.SetFloat64(v), true
}

// maxShown bounds a value in an outcome.
const maxShown = 60

// show writes a value for people.
func show(f protoreflect.FieldDescriptor, v any) string {
	text := showValue(f, v)
	if r := []rune(text); len(r) > maxShown {
		return string(r[:maxShown]) + "…"
	}
	return text
}

func showValue(f protoreflect.FieldDescriptor, v any) string {
	switch v := v.(type) {
	case nil:
		if many(f) {
			return "[]"
		}
		return "nothing"
	case string:
		return strconv.Quote(v)
	case []byte:
		if len(v) == 0 {
			return "no bytes"
		}
		return "0x" + hex.EncodeToString(v)
	case protoreflect.EnumNumber:
		if name := f.Enum().Values().ByNumber(v); name != nil {
			return fmt.Sprintf("%s (%d)", name.Name(), v)
		}
		return strconv.Itoa(int(v))
	case *view:
		return showView(v)
	case []any:
		var parts []string
		for _, e := range v {
			parts = append(parts, showValue(f, e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return fmt.Sprint(v)
}

// meaning is how Protobuf's JSON writes a value of a well-known type; what it
// cannot write is out of the type's range.
func meaning(v *view) string {
	text, err := protojson.Marshal(v.m.Interface())
	if err != nil {
		return "no valid " + string(v.m.Descriptor().FullName())
	}
	var plain bytes.Buffer // protojson adds white space at random
	if err := json.Compact(&plain, text); err != nil {
		return string(text)
	}
	return plain.String()
}

func showView(v *view) string {
	if _, ok := special(v.m.Descriptor()); ok && wrapped(v.m.Descriptor()) == nil {
		return meaning(v)
	}
	var numbers []protoreflect.FieldNumber
	for n := range v.fields {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	var b bytes.Buffer
	for i, n := range numbers {
		if i > 0 {
			b.WriteString(", ")
		}
		f := v.m.Descriptor().Fields().ByNumber(n)
		if f == nil { // an extension
			fmt.Fprintf(&b, "%d: …", n)
			continue
		}
		fmt.Fprintf(&b, "%s: %s", f.Name(), showValue(f, v.fields[n]))
	}
	return "{" + b.String() + "}"
}
