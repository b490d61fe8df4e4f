package source

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/flowweir/weir/contracts/source/internal/node"
)

var (
	_ fs.ReadFileFS = (*Revision)(nil)
	_ fs.ReadDirFS  = (*Revision)(nil)
	_ fs.StatFS     = (*Revision)(nil)
	_ fs.ReadLinkFS = (*Revision)(nil)
)

// Open opens a file or folder, following symbolic links.
func (r *Revision) Open(name string) (fs.File, error) {
	e, err := r.find("open", name, true)
	if err != nil {
		return nil, err
	}
	if e.fileMode().IsDir() {
		entries, err := r.entries(e)
		if err != nil {
			return nil, r.fault("open", name, err)
		}
		return node.OpenDir(r.info(name, e, 0), entries), nil
	}
	content, err := r.blob(e)
	if err != nil {
		return nil, r.fault("open", name, err)
	}
	return node.Open(r.info(name, e, int64(len(content))), content), nil
}

// ReadFile is the content of a file.
func (r *Revision) ReadFile(name string) ([]byte, error) {
	e, err := r.find("open", name, true)
	if err != nil {
		return nil, err
	}
	if e.fileMode().IsDir() {
		return nil, r.fault("read", name, node.ErrIsFolder)
	}
	content, err := r.blob(e)
	if err != nil {
		return nil, r.fault("read", name, err)
	}
	return content, nil
}

// ReadDir is the entries of a folder, sorted by name.
func (r *Revision) ReadDir(name string) ([]fs.DirEntry, error) {
	e, err := r.find("open", name, true)
	if err != nil {
		return nil, err
	}
	if !e.fileMode().IsDir() {
		return nil, r.fault("readdir", name, errors.New("is no folder"))
	}
	entries, err := r.entries(e)
	if err != nil {
		return nil, r.fault("readdir", name, err)
	}
	return entries, nil
}

// Stat describes a file or folder, following symbolic links.
func (r *Revision) Stat(name string) (fs.FileInfo, error) { return r.describe("stat", name, true) }

// Lstat describes a file, folder or symbolic link.
func (r *Revision) Lstat(name string) (fs.FileInfo, error) { return r.describe("lstat", name, false) }

// ReadLink is the target of a symbolic link.
func (r *Revision) ReadLink(name string) (string, error) {
	e, err := r.find("readlink", name, false)
	if err != nil {
		return "", err
	}
	if e.mode != modeSymlink {
		return "", r.fault("readlink", name, fs.ErrInvalid)
	}
	content, err := r.blob(e)
	if err != nil {
		return "", r.fault("readlink", name, err)
	}
	return string(content), nil
}

func (r *Revision) describe(op, name string, follow bool) (fs.FileInfo, error) {
	e, err := r.find(op, name, follow)
	if err != nil {
		return nil, err
	}
	size, err := r.size(e)
	if err != nil {
		return nil, r.fault(op, name, err)
	}
	return r.info(name, e, size), nil
}

func (r *Revision) find(op, name string, follow bool) (treeEntry, error) {
	e, err := r.walk(name, follow)
	if err != nil {
		return treeEntry{}, r.fault(op, name, err)
	}
	return e, nil
}

// fault says at which revision a name led to an error.
func (r *Revision) fault(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: name, Err: fmt.Errorf("at %s: %w", r, err)}
}

func (r *Revision) info(name string, e treeEntry, size int64) node.Info {
	return node.Info{FileName: name, FileSize: size, FileMode: e.fileMode(), Modified: r.committed}
}

func (r *Revision) entries(dir treeEntry) ([]fs.DirEntry, error) {
	tree, err := r.tree(dir)
	if err != nil {
		return nil, err
	}
	entries := make([]fs.DirEntry, len(tree))
	for i, e := range tree {
		entries[i] = dirEntry{r, e}
	}
	return entries, nil
}

// dirEntry is an entry of a folder; its size is read when it is asked for.
type dirEntry struct {
	revision *Revision
	entry    treeEntry
}

func (d dirEntry) Name() string      { return d.entry.name }
func (d dirEntry) IsDir() bool       { return d.Type().IsDir() }
func (d dirEntry) Type() fs.FileMode { return d.entry.fileMode().Type() }
func (d dirEntry) String() string    { return fs.FormatDirEntry(d) }

func (d dirEntry) Info() (fs.FileInfo, error) {
	size, err := d.revision.size(d.entry)
	if err != nil {
		return nil, d.revision.fault("stat", d.entry.name, err)
	}
	return d.revision.info(d.entry.name, d.entry, size), nil
}
