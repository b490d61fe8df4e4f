package node

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Tree is files in folders, by their slash-separated paths.
type Tree map[string][]byte

// Open opens a file or folder; shown is the name that it goes by.
func (t Tree) Open(name, shown string) (fs.File, error) {
	if content, ok := t[name]; ok {
		return Open(Info{FileName: shown, FileMode: 0o444}, content), nil
	}
	entries := t.entries(name)
	if len(entries) == 0 && name != "." {
		return nil, fs.ErrNotExist
	}
	return OpenDir(Folder(shown), entries), nil
}

// Folder describes a folder.
func Folder(name string) Info { return Info{FileName: name, FileMode: fs.ModeDir | 0o555} }

// entries are those of a folder, sorted by name.
func (t Tree) entries(dir string) []fs.DirEntry {
	prefix := dir + "/"
	if dir == "." {
		prefix = ""
	}
	children := map[string]fs.DirEntry{}
	for file, content := range t {
		below, ok := strings.CutPrefix(file, prefix)
		if !ok {
			continue
		}
		child, _, nested := strings.Cut(below, "/")
		if nested {
			children[child] = Folder(child)
			continue
		}
		children[child] = Info{FileName: child, FileSize: int64(len(content)), FileMode: 0o444}
	}
	entries := make([]fs.DirEntry, 0, len(children))
	for _, child := range slices.Sorted(maps.Keys(children)) {
		entries = append(entries, children[child])
	}
	return entries
}

// Put adds a file, unless its path is that of another file or folder.
func (t Tree) Put(file string, content []byte) bool {
	if _, taken := t[file]; taken || len(t.entries(file)) > 0 {
		return false
	}
	for dir := path.Dir(file); dir != "."; dir = path.Dir(dir) {
		if _, taken := t[dir]; taken {
			return false
		}
	}
	t[file] = content
	return true
}
