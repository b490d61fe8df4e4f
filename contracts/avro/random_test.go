package avro

import (
	"encoding/json"
	"fmt"
	"slices"

	"pgregory.net/rapid"
)

// schemaMaker draws schemas as JSON: all kinds of types, names in namespaces,
// references, recursion, logical types, defaults and aliases.
type schemaMaker struct {
	t     *rapid.T
	names []string // defined so far, in full
	open  []string // of those, records whose fields are being drawn
	// loose: the place is in a union or a container, so that a record may
	// contain itself there.
	loose bool
	next  int
}

func drawSchema(t *rapid.T) any {
	m := &schemaMaker{t: t}
	return m.root()
}

// root is mostly a record, as of events.
func (m *schemaMaker) root() any {
	if m.chance(80) {
		return m.record(0, "")
	}
	return m.schema(0, "")
}

func (m *schemaMaker) pick(n int) int { return rapid.IntRange(0, n-1).Draw(m.t, "pick") }

func (m *schemaMaker) chance(percent int) bool { return m.pick(100) < percent }

var leaves = []any{
	"null", "boolean", "int", "long", "float", "double", "bytes", "string",
	map[string]any{"type": "long", "logicalType": "timestamp-millis"},
	map[string]any{"type": "int", "logicalType": "date"},
	map[string]any{"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2},
	map[string]any{"type": "string", "logicalType": "uuid"},
}

func (m *schemaMaker) schema(depth int, namespace string) any {
	choice := m.pick(12)
	if depth > 4 && choice > 5 {
		choice = 0
	}
	switch choice {
	case 6:
		return map[string]any{"type": "array", "items": m.inside(depth, namespace)}
	case 7:
		return map[string]any{"type": "map", "values": m.inside(depth, namespace)}
	case 8:
		return m.union(depth, namespace)
	case 9, 10:
		return m.record(depth, namespace)
	case 5:
		return m.named("enum", map[string]any{"symbols": m.symbols()}, namespace)
	case 4:
		return m.named("fixed", map[string]any{"size": 1 + m.pick(3)}, namespace)
	case 3:
		if len(m.names) > 0 {
			name := m.names[m.pick(len(m.names))]
			if m.loose || !slices.Contains(m.open, name) {
				return name
			}
		}
	}
	return leaves[m.pick(len(leaves))]
}

// inside draws what may be left out of a value.
func (m *schemaMaker) inside(depth int, namespace string) any {
	before := m.loose
	m.loose = true
	v := m.schema(depth+1, namespace)
	m.loose = before
	return v
}

func (m *schemaMaker) symbols() []any {
	all := []any{"A", "B", "C", "D"}
	return slices.Clone(all[:1+m.pick(len(all))])
}

// named finishes a named type. Names repeat in other namespaces.
func (m *schemaMaker) named(kind string, v map[string]any, namespace string) map[string]any {
	v["type"] = kind
	v["name"] = fmt.Sprintf("%c%d", kind[0]-32, m.next/2)
	m.next++
	switch m.pick(4) {
	case 0:
		namespace = "a"
	case 1:
		namespace = "b"
	}
	v["namespace"] = namespace
	full := qualify(v["name"].(string), namespace)
	for slices.Contains(m.names, full) {
		v["name"] = v["name"].(string) + "x"
		full = qualify(v["name"].(string), namespace)
	}
	m.names = append(m.names, full)
	return v
}

func (m *schemaMaker) record(depth int, namespace string) any {
	v := m.named("record", map[string]any{}, namespace)
	m.open = append(m.open, m.names[len(m.names)-1])
	before := m.loose
	m.loose = false
	defer func() { m.loose, m.open = before, m.open[:len(m.open)-1] }()
	fields := []any{}
	for i := range m.pick(5) {
		f := map[string]any{"name": fmt.Sprintf("f%d", i), "type": m.schema(depth+1, v["namespace"].(string))}
		m.addDefault(f)
		fields = append(fields, f)
	}
	v["fields"] = fields
	return v
}

func (m *schemaMaker) addDefault(f map[string]any) {
	if !m.chance(40) {
		return
	}
	switch typ := f["type"].(type) {
	case string:
		d, ok := map[string]any{"null": nil, "boolean": true, "int": 1, "long": 1, "float": 1.5, "double": 1.5, "bytes": "\u00ff", "string": "s"}[typ]
		if ok {
			f["default"] = d
		}
	case []any:
		if slices.Contains(typ, any("null")) {
			f["default"] = nil
		}
	case map[string]any:
		switch typ["type"] {
		case "array":
			f["default"] = []any{}
		case "map":
			f["default"] = map[string]any{}
		case "enum":
			f["default"] = typ["symbols"].([]any)[0]
		}
	}
}

func (m *schemaMaker) union(depth int, namespace string) any {
	union, seen := []any{}, map[string]bool{}
	for range 1 + m.pick(4) {
		b := m.inside(depth, namespace)
		key, _ := json.Marshal(b)
		if object, ok := b.(map[string]any); ok && object["name"] == nil {
			key, _ = json.Marshal(object["type"])
		}
		if _, nested := b.([]any); nested || seen[string(key)] {
			continue
		}
		seen[string(key)] = true
		union = append(union, b)
	}
	if m.chance(60) && !seen[`"null"`] {
		union = append([]any{"null"}, union...)
	}
	return union
}

// mutate makes another version of a schema.
func (m *schemaMaker) mutate(v any) any {
	switch v := v.(type) {
	case string:
		if m.chance(4) {
			return leaves[m.pick(len(leaves))]
		}
		if wider, ok := map[string]any{"int": "long", "long": "double", "float": "double", "string": "bytes"}[v]; ok && m.chance(8) {
			return wider
		}
		return v
	case []any:
		return m.mutateUnion(v)
	}
	old := v.(map[string]any)
	mutated := map[string]any{}
	for name, inner := range old {
		mutated[name] = inner
	}
	for _, name := range []string{"items", "values"} {
		if inner, ok := old[name]; ok {
			mutated[name] = m.mutate(inner)
		}
	}
	switch {
	case old["logicalType"] != nil && m.chance(30):
		m.mutateLogical(mutated)
	case old["symbols"] != nil && m.chance(40):
		mutated["symbols"] = m.symbols()
		if m.chance(40) {
			mutated["default"] = mutated["symbols"].([]any)[0]
		}
	case old["size"] != nil && m.chance(10):
		mutated["size"] = 1 + m.pick(3)
	}
	if old["name"] != nil {
		m.rename(mutated)
	}
	if fields, ok := old["fields"].([]any); ok {
		mutated["fields"] = m.mutateFields(fields)
	}
	return mutated
}

func (m *schemaMaker) mutateLogical(v map[string]any) {
	switch {
	case v["logicalType"] == "decimal":
		v["precision"], v["scale"] = 5+m.pick(2), 1+m.pick(2)
	case v["type"] == "long":
		v["logicalType"] = "timestamp-micros"
	default:
		delete(v, "logicalType")
	}
}

// rename gives a type another name or namespace, mostly with an alias. What
// refers to it fails to load then; those pairs are passed over.
func (m *schemaMaker) rename(v map[string]any) {
	name, namespace := v["name"].(string), v["namespace"].(string)
	switch m.pick(30) {
	case 0:
		v["name"] = name + "y"
	case 1:
		v["name"], v["aliases"] = name+"y", []any{name}
	case 2:
		v["name"], v["aliases"] = name+"y", []any{qualify(name, namespace)}
	case 3:
		v["namespace"] = "c"
	case 4:
		v["name"], v["namespace"], v["aliases"] = name+"y", "c", []any{name}
	}
}

func (m *schemaMaker) mutateFields(fields []any) []any {
	mutated := []any{}
	for _, field := range fields {
		f := map[string]any{}
		for name, v := range field.(map[string]any) {
			f[name] = v
		}
		switch m.pick(24) {
		case 0:
			continue
		case 1:
			f["name"], f["aliases"] = f["name"].(string)+"y", []any{f["name"]}
		case 2:
			f["name"] = f["name"].(string) + "y"
		case 3:
			f["aliases"] = []any{"f1", "f2"}
		}
		f["type"] = m.mutate(f["type"])
		delete(f, "default")
		m.addDefault(f)
		mutated = append(mutated, f)
	}
	if m.chance(15) {
		f := map[string]any{"name": "added", "type": leaves[m.pick(8)]}
		m.addDefault(f)
		mutated = append(mutated, f)
	}
	if m.chance(15) {
		slices.Reverse(mutated)
	}
	return mutated
}

func (m *schemaMaker) mutateUnion(union []any) any {
	mutated := []any{}
	for _, b := range union {
		if m.chance(4) {
			continue
		}
		mutated = append(mutated, m.mutate(b))
	}
	switch m.pick(20) {
	case 0:
		mutated = append(mutated, "boolean")
	case 1:
		slices.Reverse(mutated)
	case 2:
		if len(mutated) > 0 {
			return mutated[0]
		}
	}
	return mutated
}
