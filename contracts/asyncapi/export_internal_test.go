package asyncapi

import (
	"io/fs"
	"slices"

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
