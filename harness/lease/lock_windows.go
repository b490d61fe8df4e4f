package lease

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

func tryLock(file *os.File) error {
	err := windows.LockFileEx(windows.Handle(file.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return errLocked
	}
	return err
}

// releaseFile closes first: Windows removes no file that is open. If another
// process takes the lock in between, the file is its own and stays.
func releaseFile(file *os.File, path string) error {
	if err := file.Close(); err != nil {
		return err
	}
	_ = os.Remove(path)
	return nil
}
