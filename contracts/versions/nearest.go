package versions

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/source"
)

// absent says that a revision has no such file, how its path was read, and
// which file was probably meant.
func absent(r *source.Revision, rev, file string) error {
	message := fmt.Sprintf("%s has no file %s; the path is relative to the working directory, as for files here", r, file)
	if near := near(r, file); near != "" {
		return fmt.Errorf("%s: did you mean %s:%s?", message, rev, near)
	}
	return errors.New(message)
}

// near is the file of a revision that a path was probably meant to lead to: the
// same path from the root of the repository, as git takes it, or the nearest
// name in the deepest folder that is there; else that folder.
func near(r fs.FS, file string) string {
	for up := "../"; len(up) < len("../")*maxUp; up += "../" {
		if isFile(r, path.Join(up, file)) {
			return path.Join(up, file)
		}
		if _, err := fs.Stat(r, path.Clean(up)); err != nil {
			break
		}
	}
	dir, rest := ".", strings.Split(file, "/")
	for len(rest) > 1 {
		if info, err := fs.Stat(r, path.Join(dir, rest[0])); err != nil || !info.IsDir() {
			break
		}
		dir, rest = path.Join(dir, rest[0]), rest[1:]
	}
	entries, err := fs.ReadDir(r, dir)
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() == (len(rest) > 1) {
			names = append(names, e.Name())
		}
	}
	name := document.Nearest(rest[0], names)
	switch {
	case name == "" && dir != ".":
		return dir + "/"
	case name == "":
		return ""
	}
	rest[0] = name
	whole := path.Join(append([]string{dir}, rest...)...)
	if len(rest) == 1 || isFile(r, whole) {
		return whole
	}
	return near(r, whole)
}

func isFile(r fs.FS, name string) bool {
	info, err := fs.Stat(r, name)
	return err == nil && !info.IsDir()
}

// maxUp bounds the folders above the working directory that are looked into.
const maxUp = 32
