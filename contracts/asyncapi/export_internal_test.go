package asyncapi

import (
	"io/fs"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
)

// EncodeContract is the file of a contract, for tests from outside.
func EncodeContract(c *contracts.Contract) []byte { return toYAML(encodeContract(c)) }

// Tree is the tree of a file as JSON, in its order and without the fields of a
// name at its root, for tests from outside.
func Tree(fsys fs.FS, name, without string) string {
	f, err := newReader(fsys, name).open(name)
	if err != nil || f.root == nil {
		return "unreadable"
	}
	whole := tree(f.root).(object)
	return toJSON(slices.DeleteFunc(whole, func(p pair) bool { return p.key == without }))
}

// TreeWithoutExtensions is Tree without any extension.
func TreeWithoutExtensions(fsys fs.FS, name string) string {
	f, err := newReader(fsys, name).open(name)
	if err != nil || f.root == nil {
		return "unreadable"
	}
	var without func(v any) any
	without = func(v any) any {
		switch v := v.(type) {
		case object:
			out := object{}
			for _, p := range v {
				if !strings.HasPrefix(p.key, "x-") {
					out.set(p.key, without(p.value))
				}
			}
			return out
		case []any:
			for i := range v {
				v[i] = without(v[i])
			}
		}
		return v
	}
	return toJSON(without(tree(f.root)))
}
