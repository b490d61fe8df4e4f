// Package source gives the places that contracts come from as an [fs.FS], so
// that everything else reads them alike: the files of this machine ([Host])
// and a git revision ([Git]). A schema registry is in the package registry
// below, apart from these, because it needs a client.
//
// Guarantees: nothing is written, nothing is checked out, and a revision stays
// what it was when it was opened.
package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Host is the file system of this machine. Unlike [os.DirFS] it takes any
// slash-separated path that the system does, absolute or with "..", because
// contracts name files beside and above themselves; findings then show the
// path as the user wrote it. What is neither a file nor a folder is refused:
// reading a pipe would wait for ever, and a device has no end.
func Host() fs.FS { return host{} }

type host struct{}

// errNoFile is the error of a pipe, socket or device.
var errNoFile = errors.New("neither a file nor a folder")

// readable is the name as the system has it, if it can be read to its end.
func readable(name string) (string, error) {
	name = filepath.FromSlash(name)
	info, err := os.Stat(name)
	if err != nil {
		return name, nil //nolint:nilerr // opening it gives the better error
	}
	if !info.Mode().IsRegular() && !info.IsDir() {
		return name, &fs.PathError{Op: "open", Path: name, Err: errNoFile}
	}
	return name, nil
}

func (host) Open(name string) (fs.File, error) {
	name, err := readable(name)
	if err != nil {
		return nil, err
	}
	return os.Open(name)
}

func (host) ReadFile(name string) ([]byte, error) {
	name, err := readable(name)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(name)
}

func (host) Stat(name string) (fs.FileInfo, error) { return os.Stat(filepath.FromSlash(name)) }
