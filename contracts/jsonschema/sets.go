package jsonschema

import (
	"math/big"
	"math/rand/v2"
	"slices"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
)

// translator makes sets of documents of the schemas of two files. What is the
// same in both is one set.
type translator struct {
	*classes
	space *docset.Space
	// pardons are what the relaxed reader overlooks; see relaxed.
	pardons map[pardon]bool
	relaxes map[int]bool
}

func newTranslator(refs references) *translator {
	t := &translator{classes: newClasses(refs), pardons: map[pardon]bool{}}
	t.space = docset.NewSpace(t.define)
	return t
}

// define is the set of a class of schemas; behind the classes come those of
// the relaxed reader.
func (t *translator) define(class int) docset.Set {
	if class < len(t.first) {
		return (&scribe{translator: t}).keywords(t.first[class])
	}
	return (&scribe{translator: t, relaxed: true}).keywords(t.first[class-len(t.first)])
}

// set is the set of documents that a schema accepts.
func (t *translator) set(s *js.Schema) docset.Set { return (&scribe{translator: t}).set(s) }

// scribe writes the keywords of one schema as sets.
type scribe struct {
	*translator
	relaxed bool
}

func (w *scribe) set(s *js.Schema) docset.Set {
	s = w.resolve(s)
	if s.Bool != nil {
		if *s.Bool {
			return docset.All
		}
		return docset.None
	}
	class := w.of[s]
	if w.relaxed && w.relaxes[class] {
		class += len(w.first)
	}
	return w.space.Named(class)
}

func (w *scribe) sets(all []*js.Schema) []docset.Set {
	out := make([]docset.Set, len(all))
	for i, s := range all {
		out[i] = w.set(s)
	}
	return out
}

// keywords is the intersection of what the keywords accept.
func (w *scribe) keywords(s *js.Schema) docset.Set {
	if s.Bool != nil {
		return w.set(s)
	}
	if s.DraftVersion < 2019 && s.Ref != nil {
		return w.space.And(w.constant(s), w.set(s.Ref))
	}
	unevaluated, ok := w.unevaluated(s)
	if !ok {
		return w.opaque(s)
	}
	all := []docset.Set{w.general(s), w.numbers(s), w.strings(s), w.arrays(s), w.objects(s), w.choices(s), unevaluated}
	for _, sub := range w.refs.replace(s, conjuncts(s)) {
		all = append(all, w.set(sub))
	}
	return w.space.And(all...)
}

// opaque is a schema that is too large to be taken apart.
func (w *scribe) opaque(s *js.Schema) docset.Set {
	return w.space.Opaque(docset.Opaque{
		Key: "schema " + s.Location, Types: docset.AnyType,
		Test: func(doc any) bool { return s.Validate(doc) == nil },
	})
}

func (w *scribe) constant(s *js.Schema) docset.Set {
	if s.Const == nil {
		return docset.All
	}
	return w.space.Values(*s.Const)
}

func (w *scribe) general(s *js.Schema) docset.Set {
	all := []docset.Set{w.constant(s)}
	if s.Types != nil {
		all = append(all, w.space.Types(typesOf(s.Types)))
	}
	if s.Enum != nil {
		all = append(all, w.space.Values(s.Enum.Values...))
	}
	return w.space.And(all...)
}

type numberBound struct {
	keyword string
	value   *big.Rat
}

// numberBounds are the keywords about numbers that a schema has.
func numberBounds(s *js.Schema) []numberBound {
	return slices.DeleteFunc([]numberBound{
		{"minimum", s.Minimum}, {"exclusiveMinimum", s.ExclusiveMinimum},
		{"maximum", s.Maximum}, {"exclusiveMaximum", s.ExclusiveMaximum}, {"multipleOf", s.MultipleOf},
	}, func(b numberBound) bool { return b.value == nil })
}

func (w *scribe) bound(b numberBound) docset.Set {
	switch b.keyword {
	case "minimum":
		return w.space.Minimum(b.value)
	case "exclusiveMinimum":
		return w.space.ExclusiveMinimum(b.value)
	case "maximum":
		return w.space.Maximum(b.value)
	case "exclusiveMaximum":
		return w.space.ExclusiveMaximum(b.value)
	}
	return w.space.MultipleOf(b.value)
}

func (w *scribe) numbers(s *js.Schema) docset.Set {
	var all []docset.Set
	for _, b := range numberBounds(s) {
		all = append(all, w.bound(b))
	}
	return w.space.And(all...)
}

func (w *scribe) strings(s *js.Schema) docset.Set {
	var all []docset.Set
	if s.MinLength != nil {
		all = append(all, w.space.MinLength(*s.MinLength))
	}
	if s.MaxLength != nil {
		all = append(all, w.space.MaxLength(*s.MaxLength))
	}
	if s.Pattern != nil {
		all = append(all, w.space.Pattern(s.Pattern.String()))
	}
	return w.space.And(append(all, w.format(s))...)
}

// format is a set that its test describes, if it is an assertion, and what is
// known of some formats.
func (w *scribe) format(s *js.Schema) docset.Set {
	if s.Format == nil || !w.refs.formats[s] {
		return docset.All
	}
	name, validate := s.Format.Name, s.Format.Validate
	var implies []string
	for _, wider := range widerThan[name] {
		implies = append(implies, formatKey(wider))
	}
	return w.space.Opaque(docset.Opaque{
		Key: formatKey(name), Types: docset.String, Texts: textsOf[name], Implies: implies,
		Test: func(doc any) bool { return validate(doc) == nil },
		Samples: func() []any {
			rng, samples := rand.New(rand.NewPCG(1, 0)), make([]any, 8)
			for i := range samples {
				samples[i] = fromFormat(rng, name)
			}
			for _, text := range variants[name] {
				samples = append(samples, text)
			}
			return samples
		},
	})
}

func formatKey(name string) string { return "format " + name }

func (w *scribe) arrays(s *js.Schema) docset.Set {
	var all []docset.Set
	if s.MinItems != nil {
		all = append(all, w.space.MinItems(*s.MinItems))
	}
	if s.MaxItems != nil {
		all = append(all, w.space.MaxItems(*s.MaxItems))
	}
	if s.UniqueItems {
		all = append(all, w.space.Unique())
	}
	first, rest := tuple(s)
	for i, sub := range first {
		all = append(all, w.space.ItemAt(i, w.set(sub)))
	}
	switch rest := rest.(type) {
	case bool:
		if !rest {
			all = append(all, w.space.ItemsFrom(len(first), docset.None))
		}
	case *js.Schema:
		all = append(all, w.space.ItemsFrom(len(first), w.set(rest)))
	}
	least, most := w.contained(s)
	return w.space.And(append(all, least, most)...)
}

// tuple are the schemas of the first elements, and what holds for the rest:
// nil, a bool or a *js.Schema.
func tuple(s *js.Schema) (first []*js.Schema, rest any) {
	if s.DraftVersion >= 2020 {
		if s.Items2020 == nil {
			return s.PrefixItems, nil
		}
		return s.PrefixItems, s.Items2020
	}
	switch items := s.Items.(type) {
	case *js.Schema:
		return nil, items
	case []*js.Schema:
		return items, s.AdditionalItems
	}
	return nil, nil
}

// contained are the sets of contains, with minContains, and of maxContains.
func (w *scribe) contained(s *js.Schema) (least, most docset.Set) {
	if s.Contains == nil {
		return docset.All, docset.All
	}
	set, n := w.set(s.Contains), 1
	if s.MinContains != nil {
		n = *s.MinContains
	}
	least, most = w.space.Contains(n, set), docset.All
	if s.MaxContains != nil {
		most = w.space.Or(w.space.Types(docset.Array).Not(), w.space.Contains(*s.MaxContains+1, set).Not())
	}
	return least, most
}

// choices are not, anyOf, oneOf and if.
func (w *scribe) choices(s *js.Schema) docset.Set {
	var all []docset.Set
	if s.Not != nil {
		all = append(all, w.set(s.Not).Not())
	}
	if len(s.AnyOf) > 0 {
		all = append(all, w.space.Or(w.sets(s.AnyOf)...))
	}
	if len(s.OneOf) > 0 {
		all = append(all, w.space.OneOf(w.sets(s.OneOf)...))
	}
	if s.If != nil {
		then, otherwise := docset.All, docset.All
		if s.Then != nil {
			then = w.set(s.Then)
		}
		if s.Else != nil {
			otherwise = w.set(s.Else)
		}
		all = append(all, w.space.If(w.set(s.If), then, otherwise))
	}
	return w.space.And(all...)
}
