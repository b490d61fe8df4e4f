package rules

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/reports/finding"
)

// jsonSchema is a schema in JSON Schema.
type jsonSchema struct {
	*jsonschema.Schema
	src []byte
}

func openJSONSchema(fsys fs.FS, file string, src []byte) (schema, error) {
	s, err := jsonschema.Load(fsys, file)
	if err != nil {
		if problems := problemsOf(err); problems != nil {
			return nil, &invalidError{problems}
		}
		return nil, err
	}
	return jsonSchema{s, src}, nil
}

func problemsOf(err error) []problem {
	var invalid *jsonschema.Error
	if !errors.As(err, &invalid) {
		return nil
	}
	var problems []problem
	for _, p := range invalid.Problems {
		problems = append(problems, problem{Position: p.Position, Message: p.Message, Hint: p.Hint})
	}
	return problems
}

func (s jsonSchema) Examine(file string, src []byte) []problem {
	doc, err := jsonschema.ParseDocument(file, src)
	if err != nil {
		return problemsOf(err)
	}
	var problems []problem
	for _, v := range s.ValidateValue(doc.Value()) {
		problems = append(problems, problem{
			Position: doc.KeyPosition(v.Place), Message: v.String(),
			Related: []finding.Related{{Position: v.Schema, Message: "the rule of the schema"}},
		})
	}
	return problems
}

// Members are the properties of the root, of what it refers to within its
// file, and of what it combines them with.
func (s jsonSchema) Members() []string {
	var root any
	if json.Unmarshal(s.src, &root) != nil {
		return nil
	}
	names := map[string]bool{}
	collectMembers(root, root, names, 0)
	return slices.Sorted(maps.Keys(names))
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

func (s jsonSchema) References() []string {
	var root any
	if json.Unmarshal(s.src, &root) != nil {
		return nil
	}
	files := map[string]bool{}
	s.collectReferences(root, files)
	return slices.Sorted(maps.Keys(files))
}

func (s jsonSchema) collectReferences(at any, into map[string]bool) {
	switch at := at.(type) {
	case []any:
		for _, item := range at {
			s.collectReferences(item, into)
		}
	case map[string]any:
		for name, value := range at {
			if ref, ok := value.(string); ok && name == "$ref" {
				if file, _, _ := strings.Cut(ref, "#"); file != "" && !strings.Contains(file, "://") {
					into[path.Join(path.Dir(s.File()), file)] = true
				}
			}
			s.collectReferences(value, into)
		}
	}
}
