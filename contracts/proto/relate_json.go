package proto

import (
	"google.golang.org/protobuf/reflect/protoreflect"
)

// relateJSON compares the forms of one value in Protobuf's JSON; nil if every
// value of the writer reads as itself. All integers are alike there, and
// wrappers are what they wrap.
func relateJSON(wf, rf protoreflect.FieldDescriptor) *mismatch {
	if wf.IsMap() != rf.IsMap() || many(wf) != many(rf) {
		return &mismatch{rule: ruleJSONType, why: ", which have other forms in JSON"}
	}
	w, r := unwrapped(wf), unwrapped(rf)
	other := &mismatch{rule: ruleJSONType, why: ", which have other forms in JSON"}
	switch {
	case isMessage(w) && isMessage(r):
		_, ws := special(w.Message())
		_, rs := special(r.Message())
		if (ws || rs) && w.Message().FullName() != r.Message().FullName() && valueForm(r) != formAny {
			return other
		}
		return nil
	case isMessage(w):
		if valueForm(w) == formText && r.Kind() == protoreflect.StringKind {
			return nil
		}
		return other
	case isMessage(r):
		if valueForm(r) == formAny {
			return nil
		}
		return other
	}
	return relateScalars(w, r, other)
}

func relateScalars(w, r protoreflect.FieldDescriptor, other *mismatch) *mismatch {
	wform, rform := scalarForm(w), scalarForm(r)
	switch {
	case w.Kind() == protoreflect.EnumKind:
		if r.Kind() == protoreflect.EnumKind && wform == rform || r.Kind() == protoreflect.StringKind && wform == formText {
			return nil // names, compared one by one
		}
		if !many(w) && !w.HasPresence() && w.Enum().Values().Len() == 1 {
			return nil // its only name is never written
		}
		return other
	case r.Kind() == protoreflect.EnumKind && wform == formInteger:
		if m := intAsEnum(w, r); m != nil && m.rule == ruleNarrowed {
			m.rule = ruleJSONRange
			return m
		} else if m != nil {
			m.rule = ruleJSONType
			return m
		}
		return nil
	case wform == formInteger && rform == formInteger:
		return narrowed(w, r, ruleJSONRange)
	case wform == formInteger && rform == formNumber:
		return rounded(w, r)
	case wform == formNumber && rform == formNumber:
		if w.Kind() == protoreflect.DoubleKind && r.Kind() == protoreflect.FloatKind {
			return &mismatch{ruleJSONRange, ", which cannot hold all its values", []protoreflect.Value{protoreflect.ValueOfFloat64(1e300)}}
		}
		return nil
	case w.Kind() == r.Kind():
		return nil
	}
	return other
}

// rounded is the mismatch where a float cannot hold an integer exactly.
func rounded(w, r protoreflect.FieldDescriptor) *mismatch {
	exact := uint64(1) << 53
	if r.Kind() == protoreflect.FloatKind {
		exact = 1 << 24
	}
	if spanOf(w).high <= exact {
		return nil
	}
	return &mismatch{ruleJSONRange, ", which cannot hold all its values", []protoreflect.Value{numberOf(w, exact+1)}}
}

// unwrapped is the field inside a wrapper such as google.protobuf.Int64Value,
// or the field itself.
func unwrapped(f protoreflect.FieldDescriptor) protoreflect.FieldDescriptor {
	if m := f.Message(); m != nil {
		if value := wrapped(m); value != nil {
			return value
		}
	}
	return f
}
