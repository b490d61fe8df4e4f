package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Write makes dir hold the files of the bundle and nothing else. The files are
// written beside it first and take its place by renaming.
func (b Bundle) Write(dir string) (err error) {
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	next, err := os.MkdirTemp(parent, ".weir-*.tmp")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(next)) }()
	made := filepath.Join(next, "new")
	for name, content := range b {
		if !Local(name) {
			return fmt.Errorf("%q is no name of a file that can be written here", name)
		}
		file := filepath.Join(made, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return err
		}
	}
	// A directory cannot be renamed onto a full one: the old one steps aside.
	if err := os.Rename(dir, filepath.Join(next, "old")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(made, dir)
}

// Difference is a file that is not as it should be.
type Difference struct {
	Name string
	Kind Kind
}

// Kind is how a file differs.
type Kind string

// The kinds.
const (
	Missing Kind = "missing"
	Changed Kind = "changed"
	Added   Kind = "added"
)

// Verify compares what is in and below dir, a path in fsys, with files. Nil
// means that they are the same; the differences are sorted by name. The error
// is that of a dir which cannot be read, [fs.ErrNotExist] without one.
func Verify(fsys fs.FS, dir string, files []File) ([]Difference, error) {
	if _, err := fs.Stat(fsys, dir); err != nil {
		return nil, err
	}
	want := map[string]string{}
	for _, f := range files {
		want[f.Name] = f.Sum
	}
	var differences []Difference
	err := fs.WalkDir(fsys, dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name := strings.TrimPrefix(file, path.Clean(dir)+"/")
		sum, known := want[name]
		delete(want, name)
		if !known {
			differences = append(differences, Difference{name, Added})
			return nil
		}
		content, err := fs.ReadFile(fsys, file)
		if err != nil {
			return err
		}
		if Sum(content) != sum {
			differences = append(differences, Difference{name, Changed})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for name := range want {
		differences = append(differences, Difference{name, Missing})
	}
	slices.SortFunc(differences, func(a, b Difference) int { return strings.Compare(a.Name, b.Name) })
	return differences, nil
}

// String says it of the file.
func (d Difference) String() string {
	switch d.Kind {
	case Missing:
		return "is not here"
	case Added:
		return "is not pinned"
	}
	return "is another one than pinned"
}
