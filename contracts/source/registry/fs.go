package registry

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/singleflight"

	"github.com/flowweir/weir/contracts/source/internal/node"
)

// FS is the registry as a file system:
//
//	SUBJECT/VERSION/schema.avsc, schema.json or schema.proto
//	SUBJECT/VERSION/...          all that it refers to, by the names of references
//
// SUBJECT is escaped as in a URL ([SubjectDir]). VERSION is a number, or
// latest, which is not listed. [FS.Files] has the files of a version. What was
// read once stays as it was read, latest too: it is one view of the registry.
// Files have no time.
//
// It is safe for use by several goroutines.
type FS struct {
	ctx      context.Context
	registry *Registry

	once singleflight.Group
	mu   sync.Mutex
	read map[string]any // by the path of a folder: what is in it
}

var _ fs.ReadDirFS = (*FS)(nil)

// FS is the registry as a file system; ctx bounds reading from it.
func (r *Registry) FS(ctx context.Context) *FS {
	return &FS{ctx: ctx, registry: r, read: map[string]any{}}
}

// SubjectDir is the name of a subject's folder in [FS].
func SubjectDir(subject string) string {
	if strings.Trim(subject, ".") == "" {
		return strings.ReplaceAll(subject, ".", "%2E")
	}
	return url.PathEscape(subject)
}

// Files are the paths of the files of a version, or of Latest: that of the
// schema itself first, then those of all that it refers to.
func (f *FS) Files(subject string, version int) ([]string, error) {
	b, err := f.bundle(subject, versionName(version))
	if err != nil {
		return nil, err
	}
	files := make([]string, len(b.files))
	for i, file := range b.files {
		files[i] = path.Join(SubjectDir(subject), versionName(version), file)
	}
	return files, nil
}

// Format is the format of a version, or of Latest, as in [Schema].
func (f *FS) Format(subject string, version int) (string, error) {
	b, err := f.bundle(subject, versionName(version))
	return b.format, err
}

// Open opens a file or folder.
func (f *FS) Open(name string) (fs.File, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return file, nil
}

// ReadDir is the entries of a folder, sorted by name.
func (f *FS) ReadDir(name string) ([]fs.DirEntry, error) {
	file, err := f.Open(name)
	if err != nil {
		return nil, err
	}
	dir, ok := file.(fs.ReadDirFile)
	if !ok {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.New("is no folder")}
	}
	return dir.ReadDir(-1)
}

func (f *FS) open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, fs.ErrInvalid
	}
	if name == "." {
		subjects, err := load(f, name, func() ([]string, error) { return f.registry.Subjects(f.ctx) })
		if err != nil {
			return nil, err
		}
		return openFolders(name, subjects, SubjectDir), nil
	}
	dir, below, _ := strings.Cut(name, "/")
	subject, err := url.PathUnescape(dir)
	if err != nil || SubjectDir(subject) != dir {
		return nil, fmt.Errorf("%q is no subject as it is written here, escaped as in a URL: %w", dir, fs.ErrNotExist)
	}
	version, file, inVersion := strings.Cut(below, "/")
	if version == "" {
		versions, err := load(f, name, func() ([]int, error) { return f.registry.Versions(f.ctx, subject) })
		if err != nil {
			return nil, err
		}
		return openFolders(name, versions, strconv.Itoa), nil
	}
	b, err := f.bundle(subject, version)
	if err != nil {
		return nil, err
	}
	if !inVersion {
		file = "."
	}
	return b.tree.Open(file, name)
}

// bundle is the files of a version, read once.
func (f *FS) bundle(subject, version string) (bundle, error) {
	number, err := ParseVersion(version)
	if err != nil || versionName(number) != version {
		return bundle{}, fmt.Errorf("%q is no version: versions are numbers from 1, or latest: %w", version, fs.ErrNotExist)
	}
	return load(f, path.Join(SubjectDir(subject), version), func() (bundle, error) {
		s, err := f.registry.Schema(f.ctx, subject, number)
		if err != nil {
			return bundle{}, err
		}
		return f.registry.bundle(f.ctx, s)
	})
}

// load reads what is in a folder once; errors are not kept.
func load[T any](f *FS, dir string, read func() (T, error)) (T, error) {
	f.mu.Lock()
	kept, ok := f.read[dir]
	f.mu.Unlock()
	if ok {
		return kept.(T), nil
	}
	value, err, _ := f.once.Do(dir, func() (any, error) {
		value, err := read()
		if err == nil {
			f.mu.Lock()
			f.read[dir] = value
			f.mu.Unlock()
		}
		return value, err
	})
	if err != nil {
		var none T
		return none, err
	}
	return value.(T), nil
}

// openFolders is a folder of folders, sorted by name: version 10 comes before
// version 2.
func openFolders[T any](dir string, values []T, nameOf func(T) string) fs.File {
	names := make([]string, len(values))
	for i, value := range values {
		names[i] = nameOf(value)
	}
	slices.Sort(names)
	entries := make([]fs.DirEntry, len(names))
	for i, name := range names {
		entries[i] = node.Folder(name)
	}
	return node.OpenDir(node.Folder(dir), entries)
}
