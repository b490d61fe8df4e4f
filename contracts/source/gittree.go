package source

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// The modes of entries in trees, in octal as git writes them.
const (
	modeTree       = 0o040000
	modeExecutable = 0o100755
	modeSymlink    = 0o120000
	modeSubmodule  = 0o160000
)

// treeEntry is an entry of a git tree.
type treeEntry struct {
	name string
	mode uint32
	id   string
}

// fileMode is the mode of a file that nobody can write.
func (e treeEntry) fileMode() fs.FileMode {
	switch e.mode {
	case modeTree, modeSubmodule:
		return fs.ModeDir | 0o555
	case modeSymlink:
		return fs.ModeSymlink | 0o777
	case modeExecutable:
		return 0o555
	}
	return 0o444
}

// parseTree reads a tree object: "MODE NAME", a zero byte and the id, again
// and again. idSize is the length of an id in bytes.
func parseTree(content []byte, idSize int) ([]treeEntry, error) {
	var entries []treeEntry
	for len(content) > 0 {
		head, rest, ok := bytes.Cut(content, []byte{0})
		mode, name, spaced := strings.Cut(string(head), " ")
		bits, err := strconv.ParseUint(mode, 8, 32)
		if !ok || !spaced || err != nil || len(rest) < idSize {
			return nil, errors.New("a tree is damaged: run git fsck")
		}
		if name == "" || name == "." || name == ".." || strings.Contains(name, "/") {
			return nil, fmt.Errorf("a tree has an entry called %q: run git fsck", name)
		}
		entries = append(entries, treeEntry{name: name, mode: uint32(bits), id: hex.EncodeToString(rest[:idSize])})
		content = rest[idSize:]
	}
	// git sorts folders as if their names ended in a slash.
	slices.SortFunc(entries, func(a, b treeEntry) int { return cmp.Compare(a.name, b.name) })
	return entries, nil
}

// tree is the entries of a folder.
func (r *Revision) tree(e treeEntry) ([]treeEntry, error) {
	if e.mode == modeSubmodule {
		return nil, nil
	}
	r.mu.Lock()
	entries, ok := r.trees[e.id]
	r.mu.Unlock()
	if ok {
		return entries, nil
	}
	content, err := r.object(e.id, "tree")
	if err != nil {
		return nil, err
	}
	if entries, err = parseTree(content, len(r.commit)/2); err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.trees[e.id] = entries
	r.mu.Unlock()
	return entries, nil
}

// blob is the content of a file or the target of a link.
func (r *Revision) blob(e treeEntry) ([]byte, error) {
	content, err := r.object(e.id, "blob")
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.sizes[e.id] = int64(len(content))
	r.mu.Unlock()
	return content, nil
}

// size is the length of a file, which git trees do not have.
func (r *Revision) size(e treeEntry) (int64, error) {
	if e.fileMode().IsDir() {
		return 0, nil
	}
	r.mu.Lock()
	size, ok := r.sizes[e.id]
	r.mu.Unlock()
	if ok {
		return size, nil
	}
	content, err := r.blob(e)
	return int64(len(content)), err
}

func (r *Revision) object(id, kind string) ([]byte, error) {
	is, content, err := r.objects.read(id)
	if err == nil && is != kind {
		return nil, fmt.Errorf("git says that %s is a %s, not a %s: run git fsck", id, is, kind)
	}
	return content, err
}

// Bounds of links: that of Linux for how many are followed, and what a path
// takes at most.
const (
	maxLinks  = 40
	maxTarget = 4096
)

// walk finds the entry of a name, following links on the way, and at its end
// if follow.
func (r *Revision) walk(name string, follow bool) (treeEntry, error) {
	full, err := r.full(name)
	if err != nil {
		return treeEntry{}, err
	}
	at := []treeEntry{r.root} // the folders from the root to here
	rest := strings.Split(full, "/")
	links := 0
	for len(rest) > 0 {
		part := rest[0]
		rest = rest[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			if len(at) == 1 {
				return treeEntry{}, errOutside
			}
			at = at[:len(at)-1]
			continue
		}
		e, err := r.child(at[len(at)-1], part)
		if err != nil {
			return treeEntry{}, err
		}
		if e.mode != modeSymlink || len(rest) == 0 && !follow {
			at = append(at, e)
			continue
		}
		if links++; links > maxLinks {
			return treeEntry{}, fmt.Errorf("more than %d symbolic links, probably in a circle", maxLinks)
		}
		target, err := r.target(e)
		if err != nil {
			return treeEntry{}, err
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	return at[len(at)-1], nil
}

var errOutside = errors.New("it leads out of the repository")

// full is the name from the root of the repository. Only clean names are
// taken, as [fs.ValidPath] asks, but they may lead up.
func (r *Revision) full(name string) (string, error) {
	below := name
	for strings.HasPrefix(below, "../") {
		below = below[len("../"):]
	}
	if below != ".." && !fs.ValidPath(below) || below == "." && name != "." {
		return "", fs.ErrInvalid
	}
	full := path.Join(r.prefix, name)
	if full == ".." || strings.HasPrefix(full, "../") {
		return "", errOutside
	}
	return full, nil
}

// child is the entry of that name in a folder.
func (r *Revision) child(dir treeEntry, name string) (treeEntry, error) {
	switch dir.mode {
	case modeSubmodule:
		return treeEntry{}, fmt.Errorf("%s is a submodule, at commit %s: its files are in another repository, name that one", dir.name, dir.id)
	case modeTree:
	default:
		return treeEntry{}, fs.ErrNotExist
	}
	entries, err := r.tree(dir)
	if err != nil {
		return treeEntry{}, err
	}
	i, ok := slices.BinarySearchFunc(entries, name, func(e treeEntry, name string) int { return cmp.Compare(e.name, name) })
	if !ok {
		return treeEntry{}, fs.ErrNotExist
	}
	return entries[i], nil
}

// target is what a symbolic link leads to.
func (r *Revision) target(link treeEntry) (string, error) {
	content, err := r.blob(link)
	switch {
	case err != nil:
		return "", err
	case len(content) == 0 || len(content) > maxTarget:
		return "", fmt.Errorf("the symbolic link %s is damaged", link.name)
	case content[0] == '/':
		return "", fmt.Errorf("the symbolic link %s leads to %s: %w", link.name, content, errOutside)
	}
	return string(content), nil
}
