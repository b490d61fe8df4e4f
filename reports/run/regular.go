package run

import (
	"errors"
	"io/fs"
	"os"
)

// regular opens what is inside a run directory, and of that nothing but regular
// files and directories: whoever opens a pipe waits for its other end, and a
// device may have none.
type regular struct{ root *os.Root }

var errNotRegular = errors.New("is no regular file")

// Open is for package fs.
func (r regular) Open(name string) (fs.File, error) {
	info, err := fs.Stat(r.root.FS(), name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() && !info.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
	}
	return r.root.FS().Open(name)
}
