package avro

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// fieldDefault is a default that is yet to be judged.
type fieldDefault struct {
	record *node
	field  int
	typ    use
	at     site
	value  any
	// fills are the fields whose defaults fill gaps in this one.
	fills []defaultKey
	state uint8 // of the search for circles
	steps int   // taken by check
	parts int   // of the value
}

// checkSteps bounds the work on one value: with unions inside of unions the
// ways to read it multiply.
const checkSteps = 1 << 16

type defaultKey struct {
	record *node
	field  int
}

// checkDefaults judges every default of a field by its type.
func (p *parser) checkDefaults() {
	byField := map[defaultKey]*fieldDefault{}
	for _, d := range p.defaults {
		byField[defaultKey{d.record, d.field}] = d
		d.parts = parts(d.value, math.MaxInt)
		if why := d.check(d.typ.node, d.value); why != "" {
			p.fail(d.at, "readers fill in the default where a writer has no such field, so it must fit", "the default does not fit the type: %s", why)
		}
	}
	for _, d := range p.defaults {
		if d.circular(byField) {
			p.fail(d.at, "give the fields of the default that are left out", "filling in the default never ends: it needs itself")
		}
	}
}

const (
	unvisited uint8 = iota
	visiting
	visited
)

// circular reports whether filling the gaps of the default leads back to it.
// It walks without recursion, because a chain of defaults can be long.
func (d *fieldDefault) circular(byField map[defaultKey]*fieldDefault) bool {
	if d.state != unvisited {
		return false
	}
	stack, found := []*fieldDefault{d}, false
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		if top.state == visiting {
			top.state = visited
			stack = stack[:len(stack)-1]
			continue
		}
		if top.state == visited {
			stack = stack[:len(stack)-1]
			continue
		}
		top.state = visiting
		for _, key := range top.fills {
			switch next := byField[key]; {
			case next == nil:
			case next.state == visiting:
				found = true
			case next.state == unvisited:
				stack = append(stack, next)
			}
		}
	}
	return found
}

// check says why a value does not fit a type as a default, "" if it does. A
// union's default fits any of its branches, since Avro 1.12.
func (d *fieldDefault) check(n *node, v any) string {
	if d.steps++; d.steps > checkSteps+stepsPerPart*d.parts {
		return "there are too many ways to read it" // and so there are for readers
	}
	switch n.kind {
	case unionKind:
		for _, b := range n.branches {
			before := len(d.fills)
			if d.check(b.node, v) == "" {
				return ""
			}
			d.fills = d.fills[:before]
		}
		return fmt.Sprintf("%s is a value of no branch of the union", brief(v))
	case recordKind:
		return d.checkRecord(n, v)
	case arrayKind:
		list, ok := v.([]any)
		if !ok {
			return mismatch(v, "an array")
		}
		for i, element := range list {
			if why := d.check(n.element.node, element); why != "" {
				return fmt.Sprintf("element %d: %s", i, why)
			}
		}
		return ""
	case mapKind:
		object, ok := v.(map[string]any)
		if !ok {
			return mismatch(v, "an object")
		}
		for _, name := range sortedKeys(object) {
			if why := d.check(n.element.node, object[name]); why != "" {
				return fmt.Sprintf("%q: %s", name, why)
			}
		}
		return ""
	}
	_, why := scalar(n, v)
	return why
}

func (d *fieldDefault) checkRecord(n *node, v any) string {
	object, ok := v.(map[string]any)
	if !ok {
		return mismatch(v, "an object")
	}
	for i, f := range n.fields {
		value, given := object[f.name]
		switch {
		case given:
			if why := d.check(f.typ.node, value); why != "" {
				return f.name + ": " + why
			}
		case f.defaulted:
			d.fills = append(d.fills, defaultKey{n, i})
		default:
			return fmt.Sprintf("it lacks the field %q, which has no default of its own", f.name)
		}
	}
	return ""
}

// scalar reads a value of JSON as one of a type without parts, in the form
// that the codec takes; why says why it is none.
func scalar(n *node, v any) (native any, why string) {
	switch n.kind {
	case nullKind:
		if v == nil {
			return nil, ""
		}
		return nil, mismatch(v, "null")
	case booleanKind:
		if b, ok := v.(bool); ok {
			return b, ""
		}
		return nil, mismatch(v, "true or false")
	case intKind, longKind:
		return integer(n, v)
	case floatKind, doubleKind:
		return floating(n, v)
	}
	return text(n, v)
}

func integer(n *node, v any) (any, string) {
	number, ok := v.(json.Number)
	bits, want := 64, "a whole number of 64 bits"
	if n.kind == intKind {
		bits, want = 32, "a whole number of 32 bits"
	}
	i, err := strconv.ParseInt(number.String(), 10, bits)
	switch {
	case !ok || err != nil:
		return nil, mismatch(v, want)
	case bits == 32:
		return int32(i), ""
	}
	return i, ""
}

func floating(n *node, v any) (any, string) {
	bits := 64
	if n.kind == floatKind {
		bits = 32
	}
	if f, ok := v.(float64); ok { // not a number, or infinite
		if bits == 32 {
			return float32(f), ""
		}
		return f, ""
	}
	number, ok := v.(json.Number)
	f, err := strconv.ParseFloat(number.String(), bits)
	switch {
	case !ok || err != nil:
		return nil, mismatch(v, fmt.Sprintf("a number of %d bits", bits))
	case bits == 32:
		return float32(f), ""
	}
	return f, ""
}

func text(n *node, v any) (any, string) {
	s, ok := v.(string)
	if !ok {
		return nil, mismatch(v, "a string")
	}
	switch n.kind {
	case stringKind:
		return s, ""
	case enumKind:
		if !slices.Contains(n.symbols, s) {
			return nil, fmt.Sprintf("%s is no symbol of %s", brief(v), n)
		}
		return s, ""
	}
	octets := make([]byte, 0, len(s))
	for _, r := range s {
		if r > math.MaxUint8 {
			return nil, fmt.Sprintf("%q stands for no byte; the characters of bytes are U+0000 to U+00FF", r)
		}
		octets = append(octets, byte(r))
	}
	if n.kind == fixedKind && len(octets) != n.length {
		return nil, fmt.Sprintf("is %d bytes long, must be %d", len(octets), n.length)
	}
	return octets, ""
}

func mismatch(v any, want string) string { return fmt.Sprintf("is %s, must be %s", brief(v), want) }

// brief is a value in a sentence.
func brief(v any) string {
	const most, mostParts = 40, 20
	if parts(v, mostParts) >= mostParts {
		if _, list := v.([]any); list {
			return "an array"
		}
		return "an object"
	}
	octets, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	if len(octets) <= most {
		return string(octets)
	}
	cut := most
	for !utf8.RuneStart(octets[cut]) {
		cut--
	}
	return string(octets[:cut]) + "…"
}

// parts counts the values that a value consists of, no further than to most.
func parts(v any, most int) int {
	n := 1
	switch v := v.(type) {
	case []any:
		for _, inner := range v {
			if n >= most {
				break
			}
			n += parts(inner, most-n)
		}
	case map[string]any:
		for _, inner := range v {
			if n >= most {
				break
			}
			n += parts(inner, most-n)
		}
	}
	return n
}
