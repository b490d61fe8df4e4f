package avro

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// resolver reads bytes of a writer's schema into the shape of a reader's by
// the letter of the specification, value by value: an implementation of its
// own, which the witnesses of Compare are held to. It notes every refusal
// with its rule and place, and goes on behind the value.
type resolver struct {
	src      []byte
	refusals []string // "rule at the reader's path"
}

func (r *resolver) refuse(rule, path string) { r.refusals = append(r.refusals, rule+" at "+path) }

func (r *resolver) varint() int64 {
	n, used := binary.Varint(r.src)
	if used <= 0 {
		panic("a varint ends too early")
	}
	r.src = r.src[used:]
	return n
}

func (r *resolver) take(n int64) []byte {
	taken := r.src[:n]
	r.src = r.src[n:]
	return taken
}

// read reads one value. With refused the value is read as the writer's own.
func (r *resolver) read(w, rd *node, path string, inUnion bool) any {
	switch {
	case w.kind == unionKind:
		return r.read(w.branches[r.varint()].node, rd, path, true)
	case rd.kind == unionKind:
		i := pick(w, rd)
		if i < 0 {
			r.refuse(ruleUnionBranch, path)
			return r.own(w)
		}
		return r.read(w, rd.branches[i].node, fmt.Sprintf("%s/%d", path, i), inUnion)
	}
	if a, b := w.logical.name, rd.logical.name; a != "" && b != "" && a != b && strings.TrimPrefix(a, "local-") != strings.TrimPrefix(b, "local-") && w.kind != unionKind && rd.kind != unionKind {
		r.refuse(ruleLogicalType, path)
	}
	switch {
	case w.kind != rd.kind && !strings.Contains(promotable, " "+string(w.kind)+">"+string(rd.kind)+" "):
		rule := ruleType
		if inUnion {
			rule = ruleUnionBranch
		}
		r.refuse(rule, path)
		return r.own(w)
	case w.kind != rd.kind:
		return promoted(r.own(w), rd.kind)
	}
	if w.named() && last(w.name) != last(rd.name) && !slices.Contains(rd.aliases, w.name) {
		r.refuse(ruleName, path+"/name")
	}
	if w.logical.name == decimal && rd.logical.name == decimal {
		if w.logical.scale != rd.logical.scale {
			r.refuse(ruleDecimalScale, path)
		}
		if w.logical.precision != rd.logical.precision {
			r.refuse(ruleDecimalPrecision, path)
		}
	}
	switch w.kind {
	case recordKind:
		return r.record(w, rd, path)
	case arrayKind:
		list := []any{}
		r.blocks(func() { list = append(list, r.read(w.element.node, rd.element.node, path+"/items", false)) })
		return list
	case mapKind:
		object := map[string]any{}
		r.blocks(func() {
			key := string(r.take(r.varint()))
			object[key] = r.read(w.element.node, rd.element.node, path+"/values", false)
		})
		return object
	case enumKind:
		symbol := w.symbols[r.varint()]
		if slices.Contains(rd.symbols, symbol) {
			return symbol
		}
		if rd.fallback == "" {
			r.refuse(ruleEnumSymbol, path+"/symbols")
		}
		return rd.fallback
	case fixedKind:
		if w.length != rd.length {
			r.refuse(ruleFixedSize, path+"/size")
		}
	}
	return r.own(w)
}

func (r *resolver) record(w, rd *node, path string) any {
	object := map[string]any{}
	// Aliases of the reader rename the writer's fields.
	renamed := map[string]string{}
	for _, f := range rd.fields {
		for _, alias := range f.aliases {
			renamed[alias] = f.name
		}
	}
	given := map[string]bool{}
	for _, f := range w.fields {
		name := f.name
		if to, ok := renamed[name]; ok {
			name = to
		}
		j := slices.IndexFunc(rd.fields, func(f recordField) bool { return f.name == name })
		if j < 0 {
			r.own(f.typ.node)
			continue
		}
		if given[name] {
			r.refuse(ruleAmbiguousAlias, fmt.Sprintf("%s/fields/%d", path, j))
		}
		given[name] = true
		object[name] = r.read(f.typ.node, rd.fields[j].typ.node, fmt.Sprintf("%s/fields/%d/type", path, j), false)
	}
	for j, f := range rd.fields {
		if !given[f.name] && !f.defaulted {
			r.refuse(ruleMissingField, fmt.Sprintf("%s/fields/%d", path, j))
		}
	}
	return object
}

func (r *resolver) blocks(each func()) {
	for n := r.varint(); n != 0; n = r.varint() {
		if n < 0 {
			r.varint()
			n = -n
		}
		for range n {
			each()
		}
	}
}

// own reads a value as what the writer meant: in the codec's form.
func (r *resolver) own(w *node) any {
	switch w.kind {
	case nullKind:
		return nil
	case booleanKind:
		return r.take(1)[0] == 1
	case intKind:
		return int32(r.varint())
	case longKind:
		return r.varint()
	case floatKind:
		return math.Float32frombits(binary.LittleEndian.Uint32(r.take(4)))
	case doubleKind:
		return math.Float64frombits(binary.LittleEndian.Uint64(r.take(8)))
	case bytesKind:
		return slices.Clone(r.take(r.varint()))
	case stringKind:
		return string(r.take(r.varint()))
	case fixedKind:
		return append([]byte{}, r.take(int64(w.length))...)
	case enumKind:
		return w.symbols[r.varint()]
	case arrayKind:
		list := []any{}
		r.blocks(func() { list = append(list, r.own(w.element.node)) })
		return list
	case mapKind:
		object := map[string]any{}
		r.blocks(func() { key := string(r.take(r.varint())); object[key] = r.own(w.element.node) })
		return object
	case unionKind:
		b := w.branches[r.varint()].node
		return chosen(b, r.own(b))
	}
	object := map[string]any{}
	for _, f := range w.fields {
		object[f.name] = r.own(f.typ.node)
	}
	return object
}

const promotable = " int>long int>float int>double long>float long>double float>double string>bytes bytes>string "

func promoted(v any, to kind) any {
	switch v := v.(type) {
	case int32:
		return map[kind]any{longKind: int64(v), floatKind: float32(v), doubleKind: float64(v)}[to]
	case int64:
		return map[kind]any{floatKind: float32(v), doubleKind: float64(v)}[to]
	case float32:
		return float64(v)
	case string:
		return []byte(v)
	}
	return string(v.([]byte))
}

func last(name string) string {
	parts := strings.Split(name, ".")
	return parts[len(parts)-1]
}

// pick is the branch that reads the writer's type: the same name in full
// first, as docs/compatibility-avro.md has it, else the first that matches.
func pick(w, union *node) int {
	loose, promotion := -1, -1
	for i, b := range union.branches {
		switch {
		case b.kind == w.kind && (!w.named() || b.length == w.length && (b.name == w.name || slices.Contains(b.aliases, w.name))):
			return i
		case b.kind == w.kind && b.length == w.length && last(b.name) == last(w.name) && loose < 0:
			loose = i
		case strings.Contains(promotable, " "+string(w.kind)+">"+string(b.kind)+" ") && promotion < 0:
			promotion = i
		}
	}
	if loose >= 0 {
		return loose
	}
	return promotion
}
