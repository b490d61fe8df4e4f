// Package bundle takes contracts out of where they are, with the files that
// they use and nothing else, and puts them elsewhere: the contracts of other
// repositories into this one, and the contract of a deployed version beside
// its record.
//
// A Bundle keeps the paths of its files, so that references among them still
// lead where they did. What belongs to it is what judging the contracts reads:
// the rules themselves are run over a file system that remembers, and so is
// the loader by which schemas are compared in all their versions, so that one
// which learns to read more needs no second list here. Schemas of a registry
// are no files, and stay there.
package bundle

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/versions"
)

// The limits of a bundle: far above what contracts need, and low enough that
// a mistaken path does not copy a repository.
const (
	maxFiles = 20_000
	maxBytes = 256 << 20
)

// Bundle is the content of files by their slash-separated paths.
type Bundle map[string][]byte

// File is a file of a bundle by the hash of its content.
type File struct {
	Name string
	// Sum is the SHA-256 of the content as 64 hexadecimal digits.
	Sum string
}

// Collect reads the files of contracts, which were loaded from fsys, and all
// that they use: schemas with what those refer to, retained versions,
// examples, bodies, AsyncAPI documents with what those refer to. What a
// contract names and is not there is left out; judging the contracts says so.
func Collect(set []*contracts.Contract, fsys fs.FS) (Bundle, error) {
	fsys = asyncapi.NewFiles(fsys).Below() // schemas inside documents are no files
	seen := &recorder{fsys: fsys, names: map[string]bool{}}
	files := asyncapi.NewFiles(seen)
	for _, c := range set {
		seen.names[path.Clean(c.Doc.File())] = true
		for _, name := range named(c) {
			if err := seen.add(c.Resolve(name)); err != nil {
				return nil, err
			}
		}
		if c.AsyncAPI != "" {
			files.Document(c.Resolve(c.AsyncAPI))
		}
	}
	rules.Check(set, files, time.Time{})
	load(set, versions.New(files, nil))

	b, size := Bundle{}, 0
	for _, name := range slices.Sorted(maps.Keys(seen.names)) {
		content, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		b[name] = content
		if size += len(content); size > maxBytes || len(b) > maxFiles {
			return nil, fmt.Errorf("the contracts use more than %d files or %d MiB; name a narrower path", maxFiles, maxBytes>>20)
		}
	}
	return b, nil
}

// Reads runs read over fsys and answers the files that it read. The error is
// that of read.
func Reads(fsys fs.FS, read func(fs.FS) error) (Bundle, error) {
	seen := &recorder{fsys: fsys, names: map[string]bool{}}
	if err := read(seen); err != nil {
		return nil, err
	}
	b := Bundle{}
	for name := range seen.names {
		content, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		b[name] = content
	}
	return b, nil
}

// load reads what comparing the contracts reads: their schemas, those that
// consumers read by included, as they are now and as they were published. What
// cannot be read, comparing them says.
func load(set []*contracts.Contract, loader *versions.Loader) {
	read := func(c *contracts.Contract, ref contracts.SchemaRef, message string) {
		if s := c.SchemaOf(ref); s != nil {
			_, _ = loader.Current(c, s, message)
			_, _, _ = loader.Published(c, s, message)
		}
	}
	for _, c := range set {
		for _, p := range c.Produces {
			message := ""
			if p.Match != nil {
				message = p.Match.Name
			}
			read(c, p.Schema, message)
			if p.Key != nil && p.Key.Schema != nil {
				read(c, *p.Key.Schema, "")
			}
		}
		for _, in := range c.Consumes {
			if in.Schema != nil {
				read(c, *in.Schema, "")
			}
		}
	}
}

// named are the files and directories that a contract names.
func named(c *contracts.Contract) []string {
	names := []string{c.AsyncAPI}
	schema := func(s *contracts.Schema) {
		if s != nil {
			names = append(append(names, s.File, s.History), s.References...)
		}
	}
	for name := range c.Schemas {
		schema(c.SchemaOf(contracts.SchemaRef{Ref: name}))
	}
	for _, p := range c.Produces {
		schema(c.SchemaOf(p.Schema))
		if p.Key != nil && p.Key.Schema != nil {
			schema(c.SchemaOf(*p.Key.Schema))
		}
		names = append(names, p.Examples...)
		if p.Trigger != nil {
			names = append(names, p.Trigger.Body)
			for _, step := range p.Trigger.Given {
				names = append(names, step.Body)
			}
		}
	}
	for _, consumes := range c.Consumes {
		if consumes.Schema != nil {
			schema(c.SchemaOf(*consumes.Schema))
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

// recorder remembers which files were read.
type recorder struct {
	fsys  fs.FS
	mu    sync.Mutex // rules may come to read in parallel
	names map[string]bool
}

func (r *recorder) remember(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names[path.Clean(name)] = true
}

// add remembers a file, or all files of a directory and below it.
func (r *recorder) add(name string) error {
	return fs.WalkDir(r.fsys, name, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid)):
			return nil
		case err != nil:
			return err
		case entry.Type().IsRegular():
			r.remember(name)
		}
		return nil
	})
}

// Open implements [fs.FS].
func (r *recorder) Open(name string) (fs.File, error) {
	f, err := r.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		r.remember(name)
	}
	return f, nil
}

// ReadFile implements [fs.ReadFileFS].
func (r *recorder) ReadFile(name string) ([]byte, error) {
	content, err := fs.ReadFile(r.fsys, name)
	if err == nil {
		r.remember(name)
	}
	return content, err
}

// ReadDir implements [fs.ReadDirFS].
func (r *recorder) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(r.fsys, name) }

// Stat implements [fs.StatFS]; to ask for a file is not to use it.
func (r *recorder) Stat(name string) (fs.FileInfo, error) { return fs.Stat(r.fsys, name) }

// Read reads the given files of fsys, as they were collected before.
func Read(fsys fs.FS, files []File) (Bundle, error) {
	b := Bundle{}
	for _, f := range files {
		content, err := fs.ReadFile(fsys, f.Name)
		if err != nil {
			return nil, err
		}
		b[f.Name] = content
	}
	return b, nil
}

// Files are the bundle's files by name.
func (b Bundle) Files() []File {
	files := make([]File, 0, len(b))
	for _, name := range slices.Sorted(maps.Keys(b)) {
		files = append(files, File{name, Sum(b[name])})
	}
	return files
}

// Sum is the SHA-256 of a content as hexadecimal digits.
func Sum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Digest is one hash over names and contents, as hexadecimal digits.
func Digest(files []File) string {
	h := sha256.New()
	for _, f := range files {
		_, _ = io.WriteString(h, f.Sum+"  "+f.Name+"\n") // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Local says whether a name stays below the directory it is joined to, on
// this system too.
func Local(name string) bool {
	return fs.ValidPath(name) && name != "." && filepath.IsLocal(filepath.FromSlash(name))
}

// FS is the bundle as a file system in memory.
func (b Bundle) FS() (fs.FS, error) {
	// A zip archive is the file system with directories that the standard
	// library has for content in memory.
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for _, f := range b.Files() {
		entry, err := w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Store})
		if err == nil {
			_, err = entry.Write(b[f.Name])
		}
		if err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
}

// ReadAll reads all files of fsys.
func ReadAll(fsys fs.FS) (Bundle, error) {
	b := Bundle{}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		b[name], err = fs.ReadFile(fsys, name)
		return err
	})
	return b, err
}
