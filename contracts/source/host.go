// Package source gives the places that contracts come from as an [fs.FS], so
// that everything else reads them alike: the files of this machine ([Host])
// and a git revision ([Git]). A schema registry is in the package registry
// below, apart from these, because it needs a client.
//
// Guarantees: nothing is written, nothing is checked out, and a revision stays
// what it was when it was opened.
package source

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Host is the file system of this machine. Unlike [os.DirFS] it takes any
// slash-separated path that the system does, absolute or with "..", because
// contracts name files beside and above themselves; findings then show the
// path as the user wrote it.
func Host() fs.FS { return host{} }

type host struct{}

func (host) Open(name string) (fs.File, error) { return os.Open(filepath.FromSlash(name)) }

func (host) ReadFile(name string) ([]byte, error) { return os.ReadFile(filepath.FromSlash(name)) }

func (host) Stat(name string) (fs.FileInfo, error) { return os.Stat(filepath.FromSlash(name)) }
