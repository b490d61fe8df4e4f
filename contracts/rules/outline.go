package rules

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
)

// members are the names of the fields that a schema declares at the top of
// the data: for JSON Schema the properties of the root, of what it refers to
// within its file, and of what it combines them with; for Avro the fields of
// the record. Protobuf's text is not looked into.
func (s *schemaFile) members() []string {
	var root any
	if json.Unmarshal(s.src, &root) != nil {
		return nil
	}
	found := map[string]bool{}
	switch s.schema.Format() {
	case contracts.FormatJSONSchema:
		collectMembers(root, root, found, 0)
	case contracts.FormatAvro:
		collectFields(root, found)
	}
	return slices.Sorted(maps.Keys(found))
}

func collectMembers(root, at any, into map[string]bool, depth int) {
	const deepest = 16 // references may go round in a circle
	object, ok := at.(map[string]any)
	if !ok || depth > deepest {
		return
	}
	if properties, ok := object["properties"].(map[string]any); ok {
		for name := range properties {
			into[name] = true
		}
	}
	for _, combined := range []string{"allOf", "anyOf", "oneOf"} {
		list, _ := object[combined].([]any)
		for _, sub := range list {
			collectMembers(root, sub, into, depth+1)
		}
	}
	if ref, ok := object["$ref"].(string); ok {
		collectMembers(root, within(root, ref), into, depth+1)
	}
}

func collectFields(root any, into map[string]bool) {
	record, _ := root.(map[string]any)
	fields, _ := record["fields"].([]any)
	for _, field := range fields {
		object, _ := field.(map[string]any)
		if name, ok := object["name"].(string); ok {
			into[name] = true
		}
	}
}

// within is what a reference like #/$defs/order leads to, nil for others.
func within(root any, ref string) any {
	pointer, local := strings.CutPrefix(ref, "#/")
	if !local {
		return nil
	}
	for step := range strings.SplitSeq(pointer, "/") {
		object, _ := root.(map[string]any)
		root = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(step)]
	}
	return root
}

// references are the files that a JSON Schema refers to by itself.
func (s *schemaFile) references() []string {
	var root any
	if s.schema.Format() != contracts.FormatJSONSchema || json.Unmarshal(s.src, &root) != nil {
		return nil
	}
	files := map[string]bool{}
	collectReferences(path.Dir(s.schema.File()), root, files)
	return slices.Sorted(maps.Keys(files))
}

func collectReferences(dir string, at any, into map[string]bool) {
	switch at := at.(type) {
	case []any:
		for _, item := range at {
			collectReferences(dir, item, into)
		}
	case map[string]any:
		for name, value := range at {
			if ref, ok := value.(string); ok && name == "$ref" {
				if file, _, _ := strings.Cut(ref, "#"); file != "" && !strings.Contains(file, "://") {
					into[path.Join(dir, file)] = true
				}
			}
			collectReferences(dir, value, into)
		}
	}
}
