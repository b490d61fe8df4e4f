// Package node makes the open files and folders of file systems whose content
// is in memory once it is open.
package node

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"time"
)

// ErrIsFolder is for reading a folder as a file.
var ErrIsFolder = errors.New("is a folder")

// Info describes a file or folder; it is an [fs.FileInfo] and, where all of it
// is known at once, an [fs.DirEntry].
type Info struct {
	FileName string
	FileSize int64
	FileMode fs.FileMode
	Modified time.Time
}

// Name is the base name.
func (i Info) Name() string { return path.Base(i.FileName) }

// Size is the length in bytes; 0 for folders.
func (i Info) Size() int64 { return i.FileSize }

// Mode has the permissions and the type.
func (i Info) Mode() fs.FileMode { return i.FileMode }

// Type is the type alone.
func (i Info) Type() fs.FileMode { return i.FileMode.Type() }

// ModTime is when the content came to be.
func (i Info) ModTime() time.Time { return i.Modified }

// IsDir reports whether it is a folder.
func (i Info) IsDir() bool { return i.FileMode.IsDir() }

// Sys is nil.
func (i Info) Sys() any { return nil }

// Info is i itself.
func (i Info) Info() (fs.FileInfo, error) { return i, nil }

// String is as [fs.FormatFileInfo] writes it.
func (i Info) String() string { return fs.FormatFileInfo(i) }

// Open is an open file of that content, which can also be read at any offset.
func Open(info Info, content []byte) fs.File {
	info.FileSize = int64(len(content))
	return &file{Reader: bytes.NewReader(content), info: info}
}

type file struct {
	*bytes.Reader
	info Info
}

func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }

func (f *file) Close() error { return nil }

// OpenDir is an open folder of those entries, which are sorted by name.
func OpenDir(info Info, entries []fs.DirEntry) fs.ReadDirFile {
	return &dir{info: info, rest: entries}
}

type dir struct {
	info Info
	rest []fs.DirEntry
}

func (d *dir) Stat() (fs.FileInfo, error) { return d.info, nil }

func (d *dir) Close() error { return nil }

func (d *dir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.info.FileName, Err: ErrIsFolder}
}

func (d *dir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 || n > len(d.rest) {
		if n > 0 && len(d.rest) == 0 {
			return nil, io.EOF
		}
		n = len(d.rest)
	}
	// A copy: the caller may change what it got, and others have it, too.
	entries := append([]fs.DirEntry(nil), d.rest[:n]...)
	d.rest = d.rest[n:]
	return entries, nil
}
