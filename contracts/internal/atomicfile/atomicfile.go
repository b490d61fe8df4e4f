// Package atomicfile writes files of which a reader sees the old content or
// the new one, never a part: files that pipelines commit, and that another
// process may read at the same moment.
package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
)

// Write replaces the content of file, and makes its directory where it is
// missing. The file is readable by all, as files of a repository are. After
// an error the old content is still there.
func Write(file string, content []byte) (err error) {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	// The name is hidden and ends unlike any file that Weir looks for.
	temp, err := os.CreateTemp(dir, ".weir-*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name())
		}
	}()
	_, err = temp.Write(content)
	err = errors.Join(err, temp.Chmod(0o644), temp.Sync(), temp.Close())
	if err != nil {
		return err
	}
	return os.Rename(temp.Name(), file)
}
