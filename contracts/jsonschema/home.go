package jsonschema

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// home is the folder that references do not lead out of: what others wrote in a
// schema must not read the files of whoever checks it.
type home struct {
	dir  string // "" for none
	kind string
}

// Error says where a reference leads that leaves it.
func (h *home) Error() string {
	dir := h.dir
	if dir == "." {
		dir = "this folder"
	}
	return fmt.Sprintf("which is not in %s, %s", dir, h.kind)
}

// within is an error where a reference leads out of the home of the schema. Most
// lead no higher than the schema's own folder, and ask for none.
func (l *loader) within(file string) error {
	if isIn(path.Dir(l.file), file) {
		return nil
	}
	if l.home == nil {
		l.home = homeOf(l.fsys, l.file)
	}
	if l.home.dir == "" || isIn(l.home.dir, file) {
		return nil
	}
	return l.home
}

// homeOf is the repository that a file is in, or the workspace where that holds
// more; without both, of a file below the working directory, that directory.
func homeOf(fsys fs.FS, file string) *home {
	found := &home{}
	if !path.IsAbs(file) && !strings.HasPrefix(path.Clean(file), "../") {
		found = &home{".", "the folder that contracts are read from"}
	}
	var repository bool
	dir := path.Dir(file)
	for range climb {
		if _, err := fs.Stat(fsys, path.Join(dir, ".git")); err == nil && !repository {
			repository = true
			found = &home{dir, "its repository"}
		}
		if _, err := fs.Stat(fsys, path.Join(dir, "weir.work.yaml")); err == nil {
			return &home{dir, "the workspace"}
		}
		if dir == "/" {
			break
		}
		dir = path.Join(dir, "..")
	}
	return found
}

// isIn reports whether a file is in a folder or below it; both are relative to
// the same place, or absolute.
func isIn(dir, file string) bool {
	dir, file = path.Clean(dir), path.Clean(file)
	if path.IsAbs(dir) != path.IsAbs(file) {
		return false
	}
	if dir == "." || path.Base(dir) == ".." {
		above := strings.Count(dir+"/", "../")
		return !strings.HasPrefix(file, strings.Repeat("../", above+1))
	}
	return dir == "/" || strings.HasPrefix(file, dir+"/")
}

// isSchemaFile reports whether a file can be shown when it cannot be read: by
// its ending it was meant to be a schema.
func isSchemaFile(file string) bool { return isYAML(file) || path.Ext(file) == ".json" }
