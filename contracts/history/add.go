package history

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Schema is the files of a schema: itself and all that it refers to, by
// slash-separated paths relative to the folder that holds them all.
type Schema struct {
	Main  string
	Files map[string][]byte
}

// Add keeps the schema as the next version in the folder dir of this machine,
// which is made if it does not exist. The time of publishing is kept to the
// second; it must not be before that of the latest version. note is what people
// should know of the version, kept beside it; "" for nothing.
//
// A schema that says the same as the latest version is an error of
// [ErrUnchanged]: only white space, the order of members in JSON and comments
// in Protobuf differ, or nothing does. Findings about the folder are an
// error, too.
func Add(dir string, schema Schema, published time.Time, note string) (Version, error) {
	published = published.UTC().Truncate(time.Second)
	if err := schema.check(); err != nil {
		return Version{}, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return Version{}, fmt.Errorf("cannot make the folder of versions: %w", err)
	}
	if err := Tidy(dir); err != nil {
		return Version{}, err
	}
	fsys := os.DirFS(dir)
	versions, err := sound(fsys, ".", dir)
	if err != nil {
		return Version{}, err
	}
	next := Version{Number: 1, Published: published, Note: strings.TrimSpace(note)}
	if len(versions) > 0 {
		latest := versions[len(versions)-1]
		if err := follows(fsys, latest, schema, published, dir); err != nil {
			return Version{}, err
		}
		next.Number = latest.Number + 1
	}
	if err := write(dir, &next, schema); err != nil {
		return Version{}, fmt.Errorf("cannot keep %s in %s: %w", next, dir, err)
	}
	return next, nil
}

// Unchanged reports whether the latest version in the folder dir of fsys says
// the same as the schema, and which it is. A folder that is not there has none.
func Unchanged(fsys fs.FS, dir string, schema Schema) (latest Version, unchanged bool, err error) {
	versions, err := sound(fsys, dir, "")
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && len(versions) == 0:
		return Version{}, false, nil
	case err != nil:
		return Version{}, false, err
	}
	latest = versions[len(versions)-1]
	kept, err := latest.read(fsys)
	return latest, err == nil && Same(kept, schema), err
}

// sound are the versions in a folder about which there is no finding. where is
// what the paths of fsys begin at, for messages.
func sound(fsys fs.FS, dir, where string) ([]Version, error) {
	versions, findings, err := Versions(fsys, dir)
	if err == nil && len(findings) > 0 {
		f := findings[0]
		err = fmt.Errorf("put the folder right first: %s: %s; %s", filepath.Join(where, f.Position.File), f.Message, f.Hint)
	}
	return versions, err
}

// follows refuses a schema that cannot come after the latest version.
func follows(fsys fs.FS, latest Version, schema Schema, published time.Time, dir string) error {
	if published.Before(latest.Published) {
		return fmt.Errorf("%s is before %s was published: is the clock right?", published.Format(time.RFC3339), latest)
	}
	kept, err := latest.read(fsys)
	if err != nil {
		return fmt.Errorf("cannot read %s in %s: %w", latest, dir, err)
	}
	if Same(kept, schema) {
		return fmt.Errorf("%w: %s in %s says the same", ErrUnchanged, latest, dir)
	}
	return nil
}

func (s Schema) check() error {
	if _, ok := s.Files[s.Main]; !ok {
		return fmt.Errorf("the schema's files lack the schema itself, %q", s.Main)
	}
	if !validEnding(path.Ext(s.Main)) {
		return fmt.Errorf("%s has no ending that says what kind of schema it is, such as .json, .avsc or .proto", s.Main)
	}
	for _, file := range slices.Sorted(maps.Keys(s.Files)) {
		if !fs.ValidPath(file) || file == "." || file == mainFile {
			return fmt.Errorf("%q cannot be kept: give paths relative to the folder that holds all files of the schema", file)
		}
	}
	return nil
}

// read is the schema that the version keeps.
func (v Version) read(fsys fs.FS) (Schema, error) {
	s := Schema{Files: map[string][]byte{}}
	if v.entry == v.File {
		content, err := fs.ReadFile(fsys, v.File)
		s.Main = path.Base(v.File)
		s.Files[s.Main] = content
		return s, err
	}
	root, err := fs.Sub(fsys, v.Root)
	if err != nil {
		return s, err
	}
	s.Main = v.File[len(v.Root)+1:]
	return s, fs.WalkDir(root, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || file == mainFile {
			return err
		}
		s.Files[file], err = fs.ReadFile(root, file)
		return err
	})
}

// Same reports whether two schemas say the same: only white space, the order of
// members in JSON and comments in Protobuf differ, or nothing does. The name of
// a schema's only file is not part of what it says.
func Same(a, b Schema) bool {
	if path.Ext(a.Main) != path.Ext(b.Main) || len(a.Files) != len(b.Files) {
		return false
	}
	if len(a.Files) == 1 {
		return bytes.Equal(canonical(a.Main, a.Files[a.Main]), canonical(b.Main, b.Files[b.Main]))
	}
	if a.Main != b.Main {
		return false
	}
	for file, content := range a.Files {
		other, ok := b.Files[file]
		if !ok || !bytes.Equal(canonical(file, content), canonical(file, other)) {
			return false
		}
	}
	return true
}

// working begins the names of folders in which versions are made.
const working = ".adding-"

// Tidy removes from the folder dir of this machine what an Add that was killed
// has left there, hidden. [Add] does so itself. An Add that is at work in the
// same folder at this moment fails, and keeps nothing.
func Tidy(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("cannot read the folder of versions: %w", err)
	}
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), working) {
			continue
		}
		// Under another name first: what is removed piece by piece cannot
		// become a version.
		left := filepath.Join(dir, entry.Name())
		gone := left + "-left"
		if err := os.Rename(left, gone); err != nil {
			return fmt.Errorf("cannot remove what was left of an interrupted addition: %w", err)
		}
		if err := os.RemoveAll(gone); err != nil {
			return fmt.Errorf("cannot remove what was left of an interrupted addition: %w", err)
		}
	}
	return nil
}

// write makes the version beside its place, in a folder that Versions and git
// pass over, and moves it there.
func write(dir string, v *Version, s Schema) (err error) {
	work, err := os.MkdirTemp(dir, working+"*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := writeFile(filepath.Join(work, ".gitignore"), []byte("*\n")); err != nil {
		return err
	}
	entry, made := "", filepath.Join(work, "version")
	if len(s.Files) == 1 {
		entry = name(v.Number, v.Published, path.Ext(s.Main))
		v.entry = path.Join(filepath.ToSlash(dir), entry)
		v.File, v.Root = v.entry, path.Clean(filepath.ToSlash(dir))
		err = writeFile(made, s.Files[s.Main])
	} else {
		entry = name(v.Number, v.Published, "")
		v.entry = path.Join(filepath.ToSlash(dir), entry)
		v.File, v.Root = path.Join(v.entry, s.Main), v.entry
		err = writeBundle(made, s)
	}
	if err != nil {
		return err
	}
	if v.Note == "" {
		return move(made, filepath.Join(dir, entry))
	}
	note := filepath.Join(dir, noteName(*v)) // before the version: alone it says nothing
	if err := writeFile(note, []byte(v.Note+"\n")); err != nil {
		return err
	}
	if err := move(made, filepath.Join(dir, entry)); err != nil {
		return errors.Join(err, os.Remove(note))
	}
	return nil
}

// writeBundle makes the folder of a schema of several files.
func writeBundle(dir string, s Schema) error {
	for file, content := range s.Files {
		made := filepath.Join(dir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(made), 0o755); err != nil {
			return err
		}
		if err := writeFile(made, content); err != nil {
			return err
		}
	}
	return writeFile(filepath.Join(dir, mainFile), []byte(s.Main+"\n"))
}

// move refuses to overwrite: a rename alone would replace a file.
func move(from, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("%s exists: %w", to, fs.ErrExist)
	}
	return os.Rename(from, to)
}

// writeFile makes the content durable, so that after a crash of the machine
// no version is there with half of it.
func writeFile(file string, content []byte) (err error) {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(content); err != nil {
		return err
	}
	return f.Sync()
}
