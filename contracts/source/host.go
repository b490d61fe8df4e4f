// Package source gives the places that contracts come from as an [fs.FS], so
// that everything else reads them alike.
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
