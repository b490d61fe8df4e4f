package docset

import (
	"math"
	"slices"
	"strconv"
)

const (
	// maxObject bounds the properties of objects that are chosen one by one,
	// maxPadded those of objects in which the others have made-up names.
	maxObject = 512
	maxPadded = 1_000_000
	// maxChosen bounds the ways to choose the properties that must exist.
	maxChosen = 1000
)

// objectFacts is what facts say of objects.
type objectFacts struct {
	min, max   int
	required   []string
	absent     []string
	properties map[string][]Set
	groups     []group
	exists     []existence
	names      []Set // every name is in these
	known      []string
	patterns   []string
	kinds      []Set // sets of names that the facts tell apart
	forbidden  []value
}

// group restricts the properties of some names.
type group struct {
	names *Names
	set   Set
}

// existence asks for a property: with a name among names, if they are not
// nil, and in nameSet, and a value in set.
type existence struct {
	names        *Names
	nameSet, set Set
}

func (s *Space) objectFacts(facts []Set) objectFacts {
	f := objectFacts{max: math.MaxInt, properties: map[string][]Set{}, forbidden: s.excluded(Object, facts)}
	require := func(name string) { f.required = append(f.required, name) }
	for _, set := range facts {
		n := &s.nodes[set>>1]
		not := set.negated()
		switch {
		case n.kind == has && !not:
			require(n.name)
		case n.kind == has:
			f.absent = append(f.absent, n.name)
		case n.kind == property && !not:
			f.properties[n.name] = append(f.properties[n.name], n.sets[0])
		case n.kind == property:
			require(n.name)
			f.properties[n.name] = append(f.properties[n.name], n.sets[0].Not())
		case n.kind == properties && !not:
			f.groups = append(f.groups, group{n.names, n.sets[0]})
		case n.kind == properties:
			f.exists = append(f.exists, existence{n.names, All, n.sets[0].Not()})
		case n.kind == nameOf && !not:
			f.names = append(f.names, n.sets[0])
		case n.kind == nameOf:
			f.exists = append(f.exists, existence{nil, n.sets[0].Not(), All})
		case n.kind == minProperties && !not:
			f.min = max(f.min, n.n)
		case n.kind == maxProperties && not:
			f.min = max(f.min, n.n+1)
		case n.kind == maxProperties:
			f.max = min(f.max, n.n)
		case n.kind == minProperties:
			f.max = min(f.max, n.n-1)
		}
	}
	f.survey()
	for _, p := range f.patterns {
		f.kinds = append(f.kinds, s.Pattern(p))
	}
	for _, e := range f.exists {
		if e.nameSet != All && !slices.Contains(f.kinds, e.nameSet) {
			f.kinds = append(f.kinds, e.nameSet)
		}
	}
	return f
}

// survey collects the names and the patterns that the facts tell apart.
func (f *objectFacts) survey() {
	names := func(n *Names) {
		if n == nil {
			return
		}
		f.known = append(f.known, n.Except...)
		f.patterns = append(f.patterns, n.ExceptPatterns...)
		if n.Pattern != "" {
			f.patterns = append(f.patterns, n.Pattern)
		}
	}
	for name := range f.properties {
		f.known = append(f.known, name)
	}
	for _, v := range f.forbidden {
		for name := range v.doc.(map[string]any) {
			f.known = append(f.known, name)
		}
	}
	for _, g := range f.groups {
		names(g.names)
	}
	for _, e := range f.exists {
		names(e.names)
	}
	f.known = append(append(f.known, f.absent...), f.required...)
	slices.Sort(f.required)
	f.required = slices.Compact(f.required)
	slices.Sort(f.known)
	f.known = slices.Compact(f.known)
	slices.Sort(f.patterns)
	f.patterns = slices.Compact(f.patterns)
}

func (s *Space) findObject(facts []Set) Result {
	c := composer{Space: s, objectFacts: s.objectFacts(facts), chosen: map[string][]Set{}, tries: maxChosen}
	if c.min > c.max || len(c.required) > c.max {
		return Result{Answer: Empty}
	}
	for _, name := range c.required {
		if !c.choose(name, All) {
			return c.failed()
		}
	}
	doc := c.satisfy(0)
	if doc == nil {
		return c.failed()
	}
	return s.tested(facts, Result{Found, doc})
}

// composer chooses the properties of an object.
type composer struct {
	*Space
	objectFacts
	chosen  map[string][]Set // what the values must be in, by name
	order   []string
	tries   int
	unknown bool
}

func (c *composer) failed() Result {
	if c.unknown || c.tries <= 0 {
		return Result{}
	}
	return Result{Answer: Empty}
}

// allows says whether objects may have the name.
func (c *composer) allows(name string) bool {
	return !slices.Contains(c.absent, name) && c.holdsAll(c.names, name)
}

// valueSets are the sets that a value under the name must be in.
func (c *composer) valueSets(name string) []Set {
	sets := slices.Clone(c.properties[name])
	for _, g := range c.groups {
		if c.inNames(g.names, name) {
			sets = append(sets, g.set)
		}
	}
	return sets
}

// choose takes the property, or demands more of it; false if it cannot be.
func (c *composer) choose(name string, set Set) bool {
	sets, ok := c.chosen[name]
	if !ok {
		if !c.allows(name) {
			return false
		}
		sets = c.valueSets(name)
	}
	sets = append(slices.Clone(sets), set)
	r := c.find(sets)
	if r.Answer != Found {
		c.unknown = c.unknown || r.Answer == Unknown
		return false
	}
	if !ok {
		c.order = append(c.order, name)
	}
	c.chosen[name] = sets
	return true
}

// restore takes a choice back.
func (c *composer) restore(name string, sets []Set, was bool) {
	if was {
		c.chosen[name] = sets
		return
	}
	delete(c.chosen, name)
	c.order = slices.DeleteFunc(c.order, func(n string) bool { return n == name })
}

// satisfy chooses a property for each existence from the given one on, and
// makes the object; nil if there is none.
func (c *composer) satisfy(i int) map[string]any {
	if c.tries--; c.tries < 0 {
		return nil
	}
	if i >= len(c.exists) {
		return c.differ(i - len(c.exists))
	}
	e := c.exists[i]
	if c.refutes(e) {
		return nil
	}
	for name := range c.candidates(e) {
		old, was := c.chosen[name]
		if !c.choose(name, e.set) {
			continue
		}
		doc := c.satisfy(i + 1)
		if doc != nil {
			return doc
		}
		c.restore(name, old, was)
	}
	return nil
}

// refutes says whether no property that an existence asks for can have a value,
// because of what holds for all properties of its names.
func (c *composer) refutes(e existence) bool {
	if e.names == nil {
		return false
	}
	sets := []Set{e.set}
	for _, g := range c.groups {
		if g.names.contains(e.names) {
			sets = append(sets, g.set)
		}
	}
	return c.find(sets).Answer == Empty
}

// complete adds properties until there are enough, and finds the values.
func (c *composer) complete() map[string]any {
	if len(c.chosen) > c.max {
		return nil
	}
	if c.min > maxObject {
		return c.padded()
	}
	chosen, order := len(c.chosen), len(c.order)
	for len(c.chosen) < c.min && c.addOne() {
	}
	var doc map[string]any
	if len(c.chosen) >= c.min {
		doc = c.values()
	}
	if chosen < len(c.chosen) {
		for _, name := range c.order[order:] {
			delete(c.chosen, name)
		}
		c.order = c.order[:order]
	}
	return doc
}

// padded is the object with made-up names, as many as it lacks; nil where too
// few of them are allowed, which does not mean that there are no others.
func (c *composer) padded() map[string]any {
	c.unknown = true
	if c.min > maxPadded {
		return nil
	}
	doc := c.values()
	if doc == nil {
		return nil
	}
	for i := range c.min {
		name := "p" + strconv.Itoa(i)
		if _, taken := doc[name]; taken || !c.allows(name) {
			continue
		}
		if r := c.find(c.valueSets(name)); r.Answer == Found {
			doc[name] = r.Doc
		}
		if len(doc) == c.min {
			return doc
		}
	}
	return nil
}

// addOne adds any property; false if there is none.
func (c *composer) addOne() bool {
	for name := range c.candidates(existence{nil, All, All}) {
		if _, taken := c.chosen[name]; !taken && c.choose(name, All) {
			return true
		}
	}
	return false
}

func (c *composer) values() map[string]any {
	doc := make(map[string]any, len(c.chosen))
	for _, name := range c.order {
		r := c.find(c.chosen[name])
		if r.Answer != Found {
			c.unknown = true
			return nil
		}
		doc[name] = r.Doc
	}
	return doc
}
